//! What a caller asks of the engine, and what comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::error::EngineError;
use super::sampler::{DrawKey, SamplingParams, TopLogprobs};
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
    /// For each candidate the latent vector or the noise that its text is made from, where the model takes one and
    /// somebody chose it; drawn from the standard normal distribution where this is empty.
    pub latents: Vec<Vec<f32>>,
}

impl GenerateRequest {
    /// Tokens that a candidate may come to have, those of the prompt included.
    pub fn most_tokens(&self) -> usize {
        self.prompt.len() + self.params.max_tokens as usize
    }

    /// The latent vector or the noise of a candidate, so many numbers.
    pub(super) fn latent(&self, candidate: u32, size: usize) -> Vec<f32> {
        let chosen = self.latents.get(candidate as usize);
        chosen.cloned().unwrap_or_else(|| {
            let key = DrawKey {
                seed: self.params.seed,
                item: self.item,
                candidate,
            };
            key.normals(size)
        })
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

/// Where the events of one request go; every clone is of the same request.
#[derive(Debug, Clone)]
pub(super) struct EventSender {
    events: mpsc::UnboundedSender<Event>,
    /// A candidate of the request has failed; the others are not worth finishing.
    failed: Arc<AtomicBool>,
}

impl EventSender {
    /// A sender, and what the caller receives from.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (events, receiver) = mpsc::unbounded_channel();
        let failed = Arc::new(AtomicBool::new(false));
        (Self { events, failed }, receiver)
    }

    /// Tells what has come of the request; nothing once it has failed.
    pub(super) fn send(&self, event: Event) {
        if !self.failed.load(Ordering::Relaxed) {
            // The receiver may be gone; then nobody wants to know.
            let _ = self.events.send(event);
        }
    }

    /// Tells why the request cannot be completed, once.
    pub(super) fn fail(&self, error: EngineError) {
        if !self.failed.swap(true, Ordering::Relaxed) {
            let _ = self.events.send(Event::Failed(error));
        }
    }

    /// Whether nobody waits for the request any more.
    pub(super) fn is_over(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.events.is_closed()
    }
}
