//! Scored candidates as drafts: ranked, and each with everything that it takes to make it again.

use uuid::Uuid;

use super::input::BriefInput;
use super::plan::DraftPlan;
use crate::channel::ChannelSpec;
use crate::domain::draft::{FinishReason, NewDraft, Timings};
use crate::domain::score::ScoreCard;
use crate::engine::{Engine, cpu_class};
use crate::scoring;

/// A text with its score card, before it has a rank.
pub(super) struct ScoredCandidate {
    /// 0-based number.
    pub(super) number: u32,
    /// The copy; for a multi-part draft the plain rendering of its parts.
    pub(super) text: String,
    /// Fields of a multi-part draft.
    pub(super) parts: Option<serde_json::Value>,
    pub(super) card: ScoreCard,
    pub(super) finish_reason: FinishReason,
    /// How it was sampled: with the brief, the template and the model enough to draw it again.
    pub(super) params: serde_json::Value,
    /// Tokens of its prompt, or of all of its prompts.
    pub(super) prompt_tokens: usize,
    pub(super) token_ids: Vec<u32>,
    pub(super) logprobs: Vec<f32>,
    pub(super) timings_ms: Timings,
}

/// The drafts of one brief, best first.
pub(super) fn drafts(
    engine: &Engine,
    plan: &DraftPlan,
    input: &BriefInput<'_>,
    channel: Option<&ChannelSpec>,
    candidates: Vec<ScoredCandidate>,
) -> Vec<NewDraft> {
    let cards: Vec<&ScoreCard> = candidates.iter().map(|candidate| &candidate.card).collect();
    let order = scoring::rank(&cards);
    let mut candidates: Vec<Option<ScoredCandidate>> = candidates.into_iter().map(Some).collect();
    let ranked = order
        .into_iter()
        .filter_map(|index| candidates.get_mut(index)?.take());
    ranked
        .enumerate()
        .map(|(place, candidate)| NewDraft {
            id: Uuid::now_v7(),
            brief_id: input.id,
            brief_revision: input.revision,
            candidate_no: candidate.number as i32,
            rank: place as i32 + 1,
            kept: (place as u32) < plan.spec.review.keep,
            channel: channel.map(|spec| spec.name.clone()),
            text: candidate.text,
            parts: candidate.parts,
            card: candidate.card,
            finish_reason: candidate.finish_reason,
            template_sha256: plan.template.sha256.clone(),
            model_sha256: engine.model().sha256.clone(),
            runtime: engine.runtime_version().to_owned(),
            params: with_origin(candidate.params, input.note),
            seed: plan.spec.draft.seed as i64,
            prompt_tokens: candidate.prompt_tokens as i32,
            token_ids: candidate.token_ids.iter().map(|id| *id as i32).collect(),
            logprobs: candidate.logprobs,
            timings_ms: candidate.timings_ms,
        })
        .collect()
}

/// Without the editor's note the prompt could not be made again, and on another kind of CPU the last bits differ.
fn with_origin(mut params: serde_json::Value, note: Option<&str>) -> serde_json::Value {
    params["cpu"] = cpu_class().into();
    if let Some(note) = note {
        params["note"] = note.into();
    }
    params
}
