//! What came of the drafts: acceptance, edits, reasons, times, calibration and cost, over a period of days.
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
use crate::domain::numbers::NumbersPeriod;
use crate::store::{Asking, ReviewStatistics};
use crate::web::guard::Viewer;
use crate::web::state::WebState;

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
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let seen = |error| ErrorPage::from(error).seen_by(&viewer);
    // An address with another period, changed by hand say, shows the usual one.
    let days = params.days.parse().ok();
    let days = days.filter(|days| NumbersPeriod::OFFERED.contains(days));
    let period = NumbersPeriod::of(days).unwrap_or_default();
    let days = period.days();
    let ReviewStatistics {
        verdicts,
        edits,
        reasons,
        deciles,
        costs,
        late,
    } = state
        .store
        .review_statistics(period, Asking::Together)
        .await
        .map_err(seen)?;
    let body = html! {
        h1 { "Numbers" }
        (periods(days))
        @if verdicts.is_empty() && costs.is_empty() && late.is_empty() {
            div class="card" {
                p { "Nothing was drafted or reviewed in the last " (days) " days." }
                p { "The figures come from decisions: " a href="/" { "the queue" } " is where they are made." }
            }
        } @else {
            (quality::acceptance(&verdicts))
            (quality::edits(&edits))
            (quality::reasons(&reasons))
            (quality::calibration(&deciles))
            (cost::times(&verdicts))
            (cost::late(&late))
            (cost::costs(&costs))
        }
    };
    let page = layout::page(&viewer, "Numbers", Nav::Numbers, body);
    Ok(Html(page.into_string()))
}

fn periods(shown: i32) -> Markup {
    html! {
        nav class="pager" aria-label="Period" {
            @for days in NumbersPeriod::OFFERED {
                a href={ "/numbers?days=" (days) } aria-current=[(days == shown).then_some("true")] {
                    (days) " days"
                }
            }
        }
    }
}
