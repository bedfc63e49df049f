//! What came of the drafts; docs/DESK.md defines each figure.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::body::QueryParams;
use super::problem::Refused;
use crate::store::{
    CostFigures, DecileFigures, EDIT_BOUNDS, Frequency, LateFigures, VerdictFigures,
};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new().routes(routes!(numbers))
}

/// Of how many days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Window {
    /// 1 to 366; 30 where nothing is said.
    #[param(minimum = 1, maximum = 366)]
    days: Option<i32>,
}

/// The figures of a window of days.
#[derive(Debug, Serialize, ToSchema)]
struct Numbers {
    /// The window.
    days: i32,
    /// Accepted unchanged or edited, rejected: by campaign, template and model.
    verdicts: Vec<VerdictFigures>,
    /// Where each class of edit ratios ends, the last at 1.
    edit_bounds: Vec<f64>,
    /// Edited texts in each class.
    edits: Vec<i64>,
    /// Reasons of rejections, the most frequent first.
    reasons: Vec<Frequency>,
    /// Verdicts by deciles of the priority.
    deciles: Vec<DecileFigures>,
    /// Drafts, tokens and seconds by accepted draft.
    costs: Vec<CostFigures>,
    /// What was past its deadline.
    late: Vec<LateFigures>,
}

/// Acceptance, edits, reasons, calibration and cost.
#[utoipa::path(get, path = "/numbers", tag = "night", params(Window),
    responses((status = OK, body = Numbers), Refused))]
async fn numbers(
    State(state): State<Arc<WebState>>,
    _: Bearer,
    QueryParams(window): QueryParams<Window>,
) -> Result<Json<Numbers>, Refused> {
    let days = window.days.unwrap_or(30);
    if !(1..=366).contains(&days) {
        let why = format!("a window has 1 to 366 days, asked for {days}");
        return Err(Refused::unreadable("days", &why));
    }
    let store = &state.store;
    // One after the other: a program can wait, and the pages need the other connections.
    Ok(Json(Numbers {
        days,
        verdicts: store.verdict_figures(days).await?,
        edit_bounds: EDIT_BOUNDS.to_vec(),
        edits: store.edit_figures(days).await?,
        reasons: store.reason_figures(days).await?,
        deciles: store.decile_figures(days).await?,
        costs: store.cost_figures(days).await?,
        late: store.late_figures(days).await?,
    }))
}
