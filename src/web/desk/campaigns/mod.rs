//! Campaigns: what fires next, what ran last, and the buttons that pause, resume and run one.

mod actions;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::{get, post};
use serde::Deserialize;

use super::error_page::ErrorPage;
use super::layout::{self, Nav};
use crate::schedule::Schedule;
use crate::store::LastRun;
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Last runs shown of each campaign.
const LAST: i64 = 3;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/campaigns", get(list))
        .route("/campaigns/pause", post(actions::pause))
        .route("/campaigns/resume", post(actions::resume))
        .route("/campaigns/run", post(actions::run_now))
}

/// What was just done, told once above the page.
#[derive(Debug, Default, Deserialize)]
struct Params {
    #[serde(default)]
    paused: String,
    #[serde(default)]
    resumed: String,
}

async fn list(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let store = &state.store;
    // One that a newer program wrote must not take the page from the others.
    let (now, campaigns, last) = tokio::join!(
        store.now(),
        store.readable_campaigns(),
        store.last_runs(LAST)
    );
    let seen = |error| ErrorPage::from(error).seen_by(&viewer);
    let now = now.map_err(seen)?;
    let mut runs: HashMap<_, Vec<LastRun>> = HashMap::new();
    for run in last.map_err(seen)? {
        runs.entry(run.campaign_id).or_default().push(run);
    }
    let mut rows: Vec<view::Row> = campaigns
        .map_err(seen)?
        .into_iter()
        .map(|campaign| {
            let schedule = Schedule::of(&campaign.spec);
            view::Row {
                silent_until: campaign
                    .spec
                    .schedule
                    .as_ref()
                    .and_then(|_| campaign.silent_until(now)),
                next: schedule.map_err(|error| error.problem()).map(|schedule| {
                    let schedule = schedule?;
                    let is_paused = campaign.paused_at.is_some();
                    let slot = schedule.next_firing(campaign.cursor, now, is_paused)?;
                    Some((slot, schedule.wall(slot.instant)))
                }),
                runs: runs.remove(&campaign.id).unwrap_or_default(),
                campaign,
            }
        })
        .collect();
    // What fires next stands first; what does not fire by itself comes after.
    rows.sort_by_key(|row| {
        let next = row.fires_at();
        (next.is_none(), next, row.campaign.name.clone())
    });
    let body = view::page(&viewer, &rows, &params.paused, &params.resumed);
    let page = layout::page(&viewer, "Campaigns", Nav::Campaigns, body);
    Ok(Html(page.into_string()))
}
