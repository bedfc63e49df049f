//! Runs: how far they are, stopping one, and trying again what one gave up.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::bearer::Bearer;
use super::body::{Body, QueryParams, uuid};
use super::page::{Page, checked_limit};
use super::problem::Refused;
use crate::domain::run::Run;
use crate::domain::user::Role;
use crate::store::{Redrive, RedriveFilter};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(cancel))
        .routes(routes!(redrive))
}

/// Whose runs, and how many.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Listed {
    /// Only this campaign's, by name.
    campaign: Option<String>,
    /// `next` of the page before.
    after: Option<Uuid>,
    /// Entries of the page, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A page of runs.
#[utoipa::path(get, path = "/runs", tag = "night", params(Listed),
    responses((status = OK, body = Page<Run>), Refused))]
async fn list(
    State(state): State<Arc<WebState>>,
    _: Bearer,
    QueryParams(listed): QueryParams<Listed>,
) -> Result<Json<Page<Run>>, Refused> {
    let limit = checked_limit(listed.limit)?;
    let runs = state
        .store
        .runs_before(listed.campaign.as_deref(), listed.after, limit + 1)
        .await?;
    Ok(Json(Page::cut(runs, limit, |run| run.id.to_string())))
}

/// One run: where it stands, its items by state, what it has drafted.
#[utoipa::path(get, path = "/runs/{id}", tag = "night", params(("id" = Uuid, Path)),
    responses((status = OK, body = Run), Refused))]
async fn one(
    State(state): State<Arc<WebState>>,
    _: Bearer,
    Path(id): Path<String>,
) -> Result<Json<Run>, Refused> {
    Ok(Json(state.store.run(&uuid(&id)?.to_string()).await?))
}

/// Stops a run for good, its drafts kept; for supervisors. Again on a cancelled run it changes nothing.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "night", params(("id" = Uuid, Path)),
    responses((status = OK, body = Run), Refused))]
async fn cancel(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(id): Path<String>,
) -> Result<Json<Run>, Refused> {
    bearer.require(Role::Supervisor)?;
    let id = uuid(&id)?;
    state.store.cancel_run(id, &bearer.0.name).await?;
    Ok(Json(state.store.run(&id.to_string()).await?))
}

/// Which items of the run.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Again {
    /// Only those given up for this code, such as `prompt.too_long`.
    code: Option<String>,
    /// Only this brief, by its sender's key.
    brief: Option<String>,
    /// Say what would be done, and do nothing.
    dry_run: bool,
}

/// Gives briefs that the run gave up another try in the same run; for supervisors.
///
/// A brief that a later run of the campaign has taken, or that is embargoed or expired, is left alone.
#[utoipa::path(post, path = "/runs/{id}/redrive", tag = "night", params(("id" = Uuid, Path)), request_body = Again,
    responses((status = OK, body = Redrive), Refused))]
async fn redrive(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(id): Path<String>,
    Body(again): Body<Again>,
) -> Result<Json<Redrive>, Refused> {
    bearer.require(Role::Supervisor)?;
    let filter = RedriveFilter {
        code: again.code.as_deref(),
        external_ref: again.brief.as_deref(),
    };
    let (id, actor) = (uuid(&id)?, &bearer.0.name);
    let redrive = state
        .store
        .redrive(id, filter, again.dry_run, actor)
        .await?;
    Ok(Json(redrive))
}
