//! Campaigns: what fires next, and pausing, resuming or running one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::problem::Refused;
use crate::domain::run::Run;
use crate::domain::user::Role;
use crate::schedule::Schedule;
use crate::store::CampaignRecord;
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(run_now))
}

/// A campaign, and when it fires.
#[derive(Debug, Serialize, ToSchema)]
struct Planned {
    /// The campaign as it was applied.
    #[serde(flatten)]
    campaign: CampaignRecord,
    /// When it fires next, after the clock and its cursor; none where it is paused, or runs by hand only.
    fires_at: Option<DateTime<Utc>>,
}

/// Every campaign, by name.
#[utoipa::path(get, path = "/campaigns", tag = "night",
    responses((status = OK, body = Vec<Planned>), Refused))]
async fn list(
    State(state): State<Arc<WebState>>,
    _: Bearer,
) -> Result<Json<Vec<Planned>>, Refused> {
    let now = state.store.now().await?;
    let campaigns = state.store.readable_campaigns().await?.into_iter();
    let planned = campaigns.map(|campaign| Planned {
        fires_at: fires_at(&campaign, now),
        campaign,
    });
    Ok(Json(planned.collect()))
}

fn fires_at(campaign: &CampaignRecord, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // What is wrong with a schedule is told where it is applied, and by its page.
    let schedule = Schedule::of(&campaign.spec).ok().flatten()?;
    let next = schedule.next_firing(campaign.cursor, now, campaign.paused_at.is_some());
    Some(next?.instant)
}

/// Keeps the campaign from firing; for supervisors.
#[utoipa::path(post, path = "/campaigns/{name}/pause", tag = "night", params(("name" = String, Path)),
    responses((status = NO_CONTENT, description = "It is paused"), Refused))]
async fn pause(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(name): Path<String>,
) -> Result<StatusCode, Refused> {
    bearer.require(Role::Supervisor)?;
    state.store.pause_campaign(&name, &bearer.0.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets the campaign fire again; for supervisors.
#[utoipa::path(post, path = "/campaigns/{name}/resume", tag = "night", params(("name" = String, Path)),
    responses((status = NO_CONTENT, description = "It is not paused"), Refused))]
async fn resume(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(name): Path<String>,
) -> Result<StatusCode, Refused> {
    bearer.require(Role::Supervisor)?;
    state.store.resume_campaign(&name, &bearer.0.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs the campaign now, with the template and model of its last run; for supervisors.
///
/// An unfinished run by hand is taken up instead of making another, so sending it twice makes one run.
#[utoipa::path(post, path = "/campaigns/{name}/runs", tag = "night", params(("name" = String, Path)),
    responses((status = OK, body = Run), Refused))]
async fn run_now(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(name): Path<String>,
) -> Result<Json<Run>, Refused> {
    bearer.require(Role::Supervisor)?;
    let opened = state.store.run_again(&name, &bearer.0.name).await?;
    Ok(Json(state.store.run(&opened.id.to_string()).await?))
}
