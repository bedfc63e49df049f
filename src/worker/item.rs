//! One leased item, drafted: what became of it, drafts or a failure.

use crate::domain::problem::Problem;
use crate::domain::run::FailureKind;
use crate::drafting::{self, BriefInput, DraftPlan};
use crate::engine::Engine;
use crate::store::{ItemOutcome, LeasedItem};

/// Drafts one item; every error becomes its outcome, never the worker's.
pub(super) async fn draft(engine: &Engine, plan: &DraftPlan, leased: LeasedItem) -> ItemOutcome {
    let (brief_id, epoch) = (leased.brief_id, leased.epoch);
    let input = BriefInput {
        id: brief_id,
        revision: leased.brief_revision,
        brief: &leased.brief,
        note: leased.note.as_deref(),
    };
    match drafting::drafts(engine, plan, &input).await {
        Ok(drafts) => ItemOutcome::Done {
            brief_id,
            epoch,
            drafts,
        },
        Err(error) => {
            let kind = if error.is_permanent() {
                FailureKind::Permanent
            } else {
                FailureKind::Transient
            };
            let problem: Problem = error.problem();
            tracing::warn!(
                external_ref = leased.brief.external_ref,
                code = problem.code,
                "brief {} could not be drafted: {}",
                leased.brief.external_ref,
                problem.message
            );
            ItemOutcome::Failed {
                brief_id,
                epoch,
                kind,
                problem,
            }
        }
    }
}
