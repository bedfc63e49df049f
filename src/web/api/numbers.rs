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
use crate::domain::numbers::NumbersPeriod;
use crate::store::{
    Asking, CostFigures, DecileFigures, EDIT_BOUNDS, Frequency, LateFigures, VerdictFigures,
};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new().routes(routes!(numbers))
}

/// Of how many days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Period {
    /// 1 to 366; 30 where nothing is said.
    #[param(minimum = 1, maximum = 366)]
    days: Option<i32>,
}

/// The figures of a period.
#[derive(Debug, Serialize, ToSchema)]
struct Numbers {
    /// How many days.
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
#[utoipa::path(get, path = "/numbers", tag = "night", params(Period),
    responses((status = OK, body = Numbers), Refused))]
async fn numbers(
    State(state): State<Arc<WebState>>,
    _: Bearer,
    QueryParams(period): QueryParams<Period>,
) -> Result<Json<Numbers>, Refused> {
    let period = NumbersPeriod::of(period.days).map_err(|why| Refused::unreadable("days", &why))?;
    let found = state
        .store
        .review_statistics(period, Asking::InTurn)
        .await?;
    Ok(Json(Numbers {
        days: period.days(),
        verdicts: found.verdicts,
        edit_bounds: EDIT_BOUNDS.to_vec(),
        edits: found.edits,
        reasons: found.reasons,
        deciles: found.deciles,
        costs: found.costs,
        late: found.late,
    }))
}
