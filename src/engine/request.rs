//! What a caller asks of the engine, and what comes back.

use tokio::sync::mpsc;

use super::error::EngineError;
use super::sampler::{SamplingParams, TopLogprobs};
use crate::domain::draft::FinishReason;

/// Candidates of one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateRequest {
    /// Key of the random numbers: the same item draws the same texts whatever runs beside it.
    pub item: u64,
    /// Tokens of the prompt.
    pub prompt: Vec<u32>,
    /// How many of the first tokens other prompts share; computed once and kept for the next.
    pub prefix_len: usize,
    /// Texts wanted.
    pub candidates: u32,
    /// How they are drawn.
    pub params: SamplingParams,
}

impl GenerateRequest {
    /// Tokens that a candidate may come to have, those of the prompt included.
    pub fn most_tokens(&self) -> usize {
        self.prompt.len() + self.params.max_tokens as usize
    }
}

/// What comes back, in this order for each candidate: any number of `Text`, then `Finished`; or
/// `Failed` for the whole request, after which nothing comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// More of a candidate's text, whole characters, nothing of a stop string.
    Text {
        /// Number of the candidate.
        candidate: u32,
        /// The new part.
        text: String,
    },
    /// A candidate is complete.
    Finished(Box<Candidate>),
    /// The request cannot be completed.
    Failed(EngineError),
}

/// One finished text.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// 0-based number.
    pub candidate: u32,
    /// The text, stop string left out.
    pub text: String,
    /// Generated tokens, the end-of-text token included.
    pub token_ids: Vec<u32>,
    /// Natural logarithm of each token's probability in the raw distribution.
    pub logprobs: Vec<f32>,
    /// For each token the likeliest alternatives and the entropy, where `top_logprobs` asked for them.
    pub top_logprobs: Vec<TopLogprobs>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Milliseconds until the prompt began to run.
    pub queue_ms: f64,
    /// Milliseconds of the prompt, shared by its candidates.
    pub prefill_ms: f64,
    /// Milliseconds from the first token to the last.
    pub decode_ms: f64,
}

/// Where events go.
pub(super) type EventSender = mpsc::UnboundedSender<Event>;
