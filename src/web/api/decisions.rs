//! What is said about an item, and taking it back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::body::{Body, Key, uuid};
use super::problem::Refused;
use crate::domain::review::Decided;
use crate::review;
use crate::web::decision::{DecisionRequest, NoDecision};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(decide))
        .routes(routes!(undo))
}

/// Decides about an item.
///
/// `approve_with_edits` has a `text` or `parts`, `reject` its `reasons`, `regenerate` a `note`.
#[utoipa::path(post, path = "/items/{id}/decisions", tag = "review",
    params(("id" = Uuid, Path), Key), request_body = DecisionRequest,
    responses((status = OK, body = Decided), Refused))]
async fn decide(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Key(key): Key,
    Body(request): Body<DecisionRequest>,
) -> Result<Json<Decided>, Refused> {
    let draft = state
        .store
        .draft(&request.draft_id.to_string())
        .await?
        .draft;
    let decision = request
        .decision(uuid(&id)?, key, Some(&draft))
        .map_err(no_decision)?;
    Ok(Json(review::decide(&state.store, &user, &decision).await?))
}

fn no_decision(none: NoDecision) -> Refused {
    match none {
        NoDecision::Undo => Refused::unreadable(
            "verdict",
            "`undo` is a resource of its own: POST /api/v1/decisions/ID/undo",
        ),
        NoDecision::NoText => Refused::unreadable("text", "an edit has a `text`, or `parts`"),
    }
}

/// Takes a decision back, within ten seconds of it.
#[utoipa::path(post, path = "/decisions/{id}/undo", tag = "review", params(("id" = Uuid, Path)),
    responses((status = OK, body = Decided), Refused))]
async fn undo(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
) -> Result<Json<Decided>, Refused> {
    Ok(Json(state.store.undo_decision(uuid(&id)?, &user).await?))
}
