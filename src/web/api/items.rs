//! One item: read, taken, kept, given back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::bearer::Bearer;
use super::body::{Body, uuid};
use super::problem::Refused;
use crate::domain::review::ReviewLease;
use crate::store::ReviewDetail;
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(one))
        .routes(routes!(claim))
        .routes(routes!(heartbeat))
        .routes(routes!(release))
}

/// The item, its brief, all drafts with scores and findings, decisions and revisions; also by a draft's id.
///
/// What others decided stays hidden from somebody whose own review is still to come.
#[utoipa::path(get, path = "/items/{id}", tag = "review", params(("id" = Uuid, Path)),
    responses((status = OK, body = ReviewDetail), Refused))]
async fn one(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
) -> Result<Json<ReviewDetail>, Refused> {
    Ok(Json(state.store.review_item(&id, &user).await?))
}

/// How an item is taken.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Claim {
    /// Also from somebody who holds it: for supervisors, and recorded.
    takeover: bool,
}

/// Takes the item: a lease of 90 seconds, with the token that every write under it shows.
#[utoipa::path(post, path = "/items/{id}/claim", tag = "review", params(("id" = Uuid, Path)), request_body = Claim,
    responses((status = OK, body = ReviewLease), Refused))]
async fn claim(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Body(claim): Body<Claim>,
) -> Result<Json<ReviewLease>, Refused> {
    let lease = state
        .store
        .claim_review(uuid(&id)?, &user, claim.takeover)
        .await?;
    Ok(Json(lease))
}

/// Under which lease.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Held {
    /// The lease's.
    token: Uuid,
}

/// When the lease ends now.
#[derive(Debug, Serialize, ToSchema)]
struct Renewed {
    /// 90 seconds from now.
    lease_until: DateTime<Utc>,
}

/// Keeps the item; a lease that nobody renews ends by itself.
#[utoipa::path(post, path = "/items/{id}/heartbeat", tag = "review", params(("id" = Uuid, Path)), request_body = Held,
    responses((status = OK, body = Renewed), Refused))]
async fn heartbeat(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Body(held): Body<Held>,
) -> Result<Json<Renewed>, Refused> {
    let lease_until = state
        .store
        .heartbeat_review(uuid(&id)?, user.id, held.token)
        .await?;
    Ok(Json(Renewed { lease_until }))
}

/// Gives the item back undecided.
#[utoipa::path(post, path = "/items/{id}/release", tag = "review", params(("id" = Uuid, Path)), request_body = Held,
    responses((status = NO_CONTENT, description = "It waits again"), Refused))]
async fn release(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Body(held): Body<Held>,
) -> Result<StatusCode, Refused> {
    state
        .store
        .release_review(uuid(&id)?, user.id, held.token)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
