//! A draft: one stored candidate, where it came from, and what state it is in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::score::{Deduction, ScoreCard};
use super::words::words;

/// One stored candidate as every listing shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Draft {
    /// UUIDv7, so ordered by time.
    pub id: Uuid,
    /// Run that made it.
    pub run_id: Uuid,
    /// Brief it was written from.
    pub brief_id: Uuid,
    /// The brief's own key at its sender.
    pub external_ref: String,
    /// Campaign name.
    pub campaign: String,
    /// 0-based number among the candidates of its brief.
    pub candidate_no: i32,
    /// 1 for the best candidate of its brief.
    pub rank: i32,
    /// Whether it reaches the review queue (`[review] keep`).
    pub kept: bool,
    /// Channel it was checked against.
    pub channel: Option<String>,
    /// The copy; for multi-part drafts the plain rendering of `parts`.
    pub text: String,
    /// Fields of a multi-part draft.
    pub parts: Option<serde_json::Value>,
    /// 0–100, from the score card.
    pub priority: i32,
    /// What lowered the priority, largest first.
    pub deductions: Vec<Deduction>,
    /// Why generation ended.
    pub finish_reason: FinishReason,
    /// Where it stands in review.
    pub state: DraftState,
    /// When it was committed.
    pub created_at: DateTime<Utc>,
}

/// A draft with its reasons and its origin, as `drafts show` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DraftDetail {
    /// The draft.
    #[serde(flatten)]
    pub draft: Draft,
    /// Gates, scores and findings.
    pub score_card: ScoreCard,
    /// Where it came from.
    pub provenance: Provenance,
}

/// Everything needed to say where a text came from, and to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    /// Revision number of the brief, from 1.
    pub brief_revision: i32,
    /// Hash of that revision.
    pub brief_sha256: String,
    /// Template name.
    pub template: String,
    /// Hash of the template file.
    pub template_sha256: String,
    /// Model name.
    pub model: String,
    /// Hash over the files below.
    pub model_sha256: String,
    /// Every file of the model that the text depends on (graphs, weights, tokenizer, chat template, configuration) with
    /// its SHA-256 in hex; empty where the draft is older than this record.
    pub files: BTreeMap<String, String>,
    /// Inference runtime and its version.
    pub runtime: String,
    /// Sampling parameters.
    pub params: serde_json::Value,
    /// Seed of the campaign; the random numbers are keyed by (seed, item, candidate, position).
    pub seed: i64,
    /// Tokens in the prompt, chat template included.
    pub prompt_tokens: i32,
    /// Tokens generated, the end-of-text token included.
    pub output_tokens: i32,
    /// The generated tokens.
    pub token_ids: Vec<i32>,
    /// Wall time by stage, in milliseconds.
    pub timings_ms: Timings,
}

/// Wall time by stage, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    /// Waiting for a place in the batch.
    pub queue: f64,
    /// Running the prompt; shared by the candidates of a brief.
    pub prefill: f64,
    /// Generating, from the first token to the last.
    pub decode: f64,
    /// All scorers together.
    pub score: f64,
}

/// A candidate that is to be stored: a draft without a state yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewDraft {
    /// UUIDv7.
    pub id: Uuid,
    /// The brief.
    pub brief_id: Uuid,
    /// Its revision.
    pub brief_revision: i32,
    /// 0-based number.
    pub candidate_no: i32,
    /// 1 for the best of its brief.
    pub rank: i32,
    /// Whether it reaches the review queue.
    pub kept: bool,
    /// Channel it was checked against.
    pub channel: Option<String>,
    /// The copy; for a multi-part draft the plain rendering of its parts.
    pub text: String,
    /// Fields of a multi-part draft.
    pub parts: Option<serde_json::Value>,
    /// Gates, scores, findings, priority.
    pub card: ScoreCard,
    /// Why generation ended.
    pub finish_reason: FinishReason,
    /// Hash of the template.
    pub template_sha256: String,
    /// Hash of the model.
    pub model_sha256: String,
    /// Inference runtime and its version.
    pub runtime: String,
    /// Sampling parameters.
    pub params: serde_json::Value,
    /// Seed.
    pub seed: i64,
    /// Tokens of the prompt.
    pub prompt_tokens: i32,
    /// Generated tokens.
    pub token_ids: Vec<i32>,
    /// Their raw log-probabilities.
    pub logprobs: Vec<f32>,
    /// Wall time by stage.
    pub timings_ms: Timings,
}

/// A generated text as a draft stores it: without blanks around it, and without U+0000, which a model can produce and
/// the database refuses; one such text would fail the commit of its whole group, every night again.
pub fn storable(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

words! {
    /// Why generation ended.
    #[derive(ToSchema)]
    FinishReason {
        /// The model ended the text itself.
        Stop = "stop";
        /// `max_tokens` was reached.
        Length = "length";
        /// A stop string appeared; the text ends before it.
        StopSequence = "stop_sequence";
    } else "unknown finish reason `{}`"
}

words! {
    /// Where a draft stands in review.
    #[derive(ToSchema)]
    DraftState {
        /// Waits for an editor.
        Drafted = "drafted";
        /// An editor has it.
        InReview = "in_review";
        /// May be published.
        Approved = "approved";
        /// Will not be published.
        Rejected = "rejected";
        /// Left the building.
        Exported = "exported";
        /// Withdrawn after export.
        Killed = "killed";
    } else "unknown draft state `{}`"
}

#[cfg(test)]
mod tests {
    use super::storable;

    #[test]
    fn a_text_that_the_database_would_refuse_is_made_storable() {
        assert_eq!(storable(" Rain\u{0} fell. \u{0}\n"), "Rain fell.");
    }
}
