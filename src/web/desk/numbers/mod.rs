//! What came of the drafts: acceptance, edits, reasons, times, calibration and cost, over a window of days.
//!
//! docs/DESK.md defines each figure. Each chart stands beside a table with the same figures.

mod cells;
mod chart;
mod cost;
mod quality;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use super::error_page::ErrorPage;
use super::layout::{self, Nav};
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Windows that can be chosen, in days.
const WINDOWS: [i32; 3] = [7, 30, 90];

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/numbers", get(numbers))
}

#[derive(Debug, Default, Deserialize)]
struct Params {
    #[serde(default)]
    days: String,
}

async fn numbers(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(asked): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let seen = |error| ErrorPage::from(error).seen_by(&viewer);
    let asked = asked.days.parse().ok();
    let days = asked.filter(|days| WINDOWS.contains(days)).unwrap_or(30);
    let store = &state.store;
    let (verdicts, edits, reasons, deciles, costs, late) = tokio::join!(
        store.verdict_figures(days),
        store.edit_figures(days),
        store.reason_figures(days),
        store.decile_figures(days),
        store.cost_figures(days),
        store.late_figures(days),
    );
    let verdicts = verdicts.map_err(seen)?;
    let costs = costs.map_err(seen)?;
    let late = late.map_err(seen)?;
    let body = html! {
        h1 { "Numbers" }
        (windows(days))
        @if verdicts.is_empty() && costs.is_empty() && late.is_empty() {
            div class="card" {
                p { "Nothing was drafted or reviewed in the last " (days) " days." }
                p { "The figures come from decisions: " a href="/" { "the queue" } " is where they are made." }
            }
        } @else {
            (quality::acceptance(&verdicts))
            (quality::edits(&edits.map_err(seen)?))
            (quality::reasons(&reasons.map_err(seen)?))
            (quality::calibration(&deciles.map_err(seen)?))
            (cost::times(&verdicts))
            (cost::late(&late))
            (cost::costs(&costs))
        }
    };
    let page = layout::page(&viewer, "Numbers", Nav::Numbers, body);
    Ok(Html(page.into_string()))
}

fn windows(days: i32) -> Markup {
    html! {
        nav class="pager" aria-label="Window of time" {
            @for window in WINDOWS {
                a href={ "/numbers?days=" (window) } aria-current=[(window == days).then_some("true")] {
                    (window) " days"
                }
            }
        }
    }
}
