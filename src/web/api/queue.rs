//! The queue: one page of it, and how much there is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::body::QueryParams;
use super::page::checked_limit;
use super::problem::Refused;
use crate::domain::review::{QueueFilter, QueueOrder};
use crate::domain::user::User;
use crate::store::{QueueCounts, QueuePage};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list))
        .routes(routes!(counts))
}

/// Which items.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Counted {
    #[serde(flatten)]
    filter: QueueFilter,
}

/// Which items, in which order, from where on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Listed {
    #[serde(flatten)]
    #[param(ignore)]
    filter: QueueFilter,
    /// What comes first; the earliest deadline where nothing is said.
    #[param(inline)]
    order: Option<QueueOrder>,
    /// `next` of the page before, in the same order.
    after: Option<String>,
    /// Items of the page, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Who asks.
#[utoipa::path(get, path = "/me", tag = "queue", responses((status = OK, body = User), Refused))]
async fn me(Bearer(user): Bearer) -> Json<User> {
    Json(user)
}

/// A page of what waits.
#[utoipa::path(get, path = "/items", tag = "queue", params(QueueFilter, Listed),
    responses((status = OK, body = QueuePage), Refused))]
async fn list(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    QueryParams(listed): QueryParams<Listed>,
) -> Result<Json<QueuePage>, Refused> {
    let limit = checked_limit(listed.limit)?;
    let order = listed.order.unwrap_or(QueueOrder::Due);
    let after = listed.after;
    let filter = listed.filter.seen_by(user.role);
    let page = state
        .store
        .review_queue(&filter, order, after.as_deref(), limit)
        .await?;
    Ok(Json(page))
}

/// How much waits; 10,001 means more than 10,000.
#[utoipa::path(get, path = "/items/counts", tag = "queue", params(QueueFilter),
    responses((status = OK, body = QueueCounts), Refused))]
async fn counts(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    QueryParams(counted): QueryParams<Counted>,
) -> Result<Json<QueueCounts>, Refused> {
    let filter = counted.filter.seen_by(user.role);
    Ok(Json(state.store.review_counts(&filter).await?))
}
