//! A brief becomes drafts: prompt, texts, scores. It knows the engines, and neither the store nor leases: a worker
//! stores what comes out of here, and a preview shows it.
//!
//! ```text
//! DraftPlan ── what all drafts of a campaign share: spec, template, shared prefix of the prompts
//!   │  + BriefInput ── one brief, its revision, an editor's note
//!   ▼
//! plan ──> control_tokens ──> request ──> engine ──> scoring ──> assemble
//!          the prompt         sampling    texts      cards       NewDraft, best first
//! ```
//! `text` drafts running text, `set` copy of several parts; `channel` says which channel a draft is for.

mod assemble;
mod channel;
mod control_tokens;
mod error;
mod input;
mod plan;
mod prompt;
mod reasoning;
mod request;
mod set;
mod text;

use crate::domain::draft::NewDraft;
use crate::engine::Engine;

pub use channel::{check_parts, find_channel};
pub use error::DraftError;
pub use input::BriefInput;
pub use plan::DraftPlan;
pub use prompt::Prompt;

/// Drafts every candidate of a brief, scored and ranked: best first.
///
/// # Errors
/// [`DraftError`]; then there is no draft at all.
pub async fn drafts(
    engine: &Engine,
    plan: &DraftPlan,
    input: &BriefInput<'_>,
) -> Result<Vec<NewDraft>, DraftError> {
    if plan.drafts_sets() {
        set::drafts(engine, plan, input).await
    } else {
        text::drafts(engine, plan, input).await
    }
}

/// Rows of a step of the model that one brief fills at once.
pub fn rows(plan: &DraftPlan) -> usize {
    if plan.drafts_sets() {
        set::rows(plan)
    } else {
        text::rows(plan)
    }
}

/// Tokens that are asked for to draft one brief, at most; sets may ask again for what is missing.
pub fn most_tokens(plan: &DraftPlan) -> u64 {
    rows(plan) as u64 * u64::from(plan.spec.draft.max_tokens)
}
