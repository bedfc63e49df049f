//! The audit log, for admins.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::body::QueryParams;
use super::page::{Page, checked_limit};
use super::problem::Refused;
use crate::domain::user::{Event, Role};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// How much of the log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Listed {
    /// `next` of the page before.
    after: Option<i64>,
    /// Entries of the page, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A page of the audit log: one event for every write of a person. `nightdesk audit verify` checks its chain.
#[utoipa::path(get, path = "/events", tag = "night", params(Listed),
    responses((status = OK, body = Page<Event>), Refused))]
async fn list(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    QueryParams(listed): QueryParams<Listed>,
) -> Result<Json<Page<Event>>, Refused> {
    bearer.require(Role::Admin)?;
    let limit = checked_limit(listed.limit)?;
    let events = state.store.events(listed.after, limit + 1).await?;
    Ok(Json(Page::cut(events, limit, |event| {
        event.seq.to_string()
    })))
}
