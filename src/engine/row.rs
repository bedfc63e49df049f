//! One sequence that is being written: drawing its next token, its text, and how it ends.

use std::sync::Arc;
use std::time::Instant;

use super::constraints::Constraints;
use super::error::EngineError;
use super::folder::AnswerTokens;
use super::request::{Candidate, Event, EventSender, GenerateRequest};
use super::sampler::{DrawKey, SampleInput, Sampler, TextWindow, TopLogprobs};
use super::stop::{Pushed, TextBuffer};
use super::tokenizer::Tokenizer;
use crate::domain::draft::FinishReason;

/// What the candidates of one request share.
pub(super) struct Shared {
    pub(super) request: GenerateRequest,
    pub(super) events: EventSender,
    pub(super) constraints: Arc<Constraints>,
    pub(super) queue_ms: f64,
    pub(super) prefill_ms: f64,
}

/// What drawing and writing tokens needs of the model.
pub(super) struct Writing {
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) end_tokens: Vec<u32>,
    /// Tokens that are never written.
    pub(super) suppressed_tokens: Vec<u32>,
    /// What the answers of an encoder-decoder begin and end with.
    pub(super) answer: AnswerTokens,
    /// Threads that draw together.
    pub(super) threads: usize,
}

/// One running sequence.
pub(super) struct Row {
    pub(super) shared: Arc<Shared>,
    candidate: u32,
    /// Tokens in the cache.
    pub(super) cached: usize,
    token_ids: Vec<u32>,
    logprobs: Vec<f32>,
    top_logprobs: Vec<TopLogprobs>,
    text: TextBuffer,
    /// Where banned words may have begun.
    window: TextWindow,
    masked: Vec<u32>,
    started: Instant,
}

impl Row {
    /// A sequence whose cache holds `cached` tokens.
    pub(super) fn new(shared: Arc<Shared>, candidate: u32, cached: usize) -> Self {
        let params = &shared.request.params;
        Self {
            candidate,
            cached,
            token_ids: Vec::with_capacity(params.max_tokens as usize),
            logprobs: Vec::with_capacity(params.max_tokens as usize),
            top_logprobs: Vec::new(),
            text: TextBuffer::new(params.stop.clone()),
            window: TextWindow::default(),
            masked: Vec::new(),
            started: Instant::now(),
            shared,
        }
    }

    /// The token that runs next.
    pub(super) fn last_token(&self) -> u32 {
        self.token_ids.last().copied().unwrap_or_default()
    }

    /// Tokens the sequence may come to have, its prompt included.
    pub(super) fn most_tokens(&self) -> usize {
        self.shared.request.most_tokens()
    }

    /// Draws the next token; gives the reason when it is the last.
    pub(super) fn draw(
        &mut self,
        logits: &[f32],
        sampler: &mut Sampler,
        writing: &Writing,
    ) -> Result<Option<FinishReason>, EngineError> {
        let (tokenizer, end_tokens) = (&*writing.tokenizer, &*writing.end_tokens);
        let shared = Arc::clone(&self.shared);
        let (request, constraints) = (&shared.request, &*shared.constraints);
        let params = &request.params;
        // The token after this one is the first that may end the text.
        let early = self.token_ids.len() < params.min_tokens as usize;
        let stops = self.token_ids.len() + 1 >= params.min_tokens as usize;
        let is_last = self.token_ids.len() + 1 >= params.max_tokens as usize;
        let forced = writing.answer.forced_last.filter(|_| is_last);
        self.masked.clear();
        self.masked.extend_from_slice(&writing.suppressed_tokens);
        if early {
            self.masked.extend_from_slice(end_tokens);
        }
        constraints.mask(&self.window, &mut self.masked);
        let input = SampleInput {
            params,
            prompt: &request.prompt,
            output: &self.token_ids,
            bias: &constraints.bias,
            masked: &self.masked,
            forced,
            key: DrawKey {
                seed: params.seed,
                item: request.item,
                candidate: self.candidate,
            },
        };
        let sampled = sampler.sample(logits, &input, |token| {
            let words = &constraints.words;
            if words.is_empty() || end_tokens.contains(&token) {
                return true;
            }
            let piece = self.text.piece(token, tokenizer);
            match self.text.cut_text(&piece).filter(|_| stops) {
                // A stop text can end in the middle of a word and leave a banned one.
                Some(cut) => !words.occur_in(&cut),
                None => !self.window.would_hold(words, &piece),
            }
        })?;
        self.token_ids.push(sampled.token);
        self.logprobs.push(sampled.logprob);
        self.top_logprobs.extend(sampled.top);
        if end_tokens.contains(&sampled.token) {
            // A text that was made to end has not come to its end.
            let reason = if forced.is_some() {
                FinishReason::Length
            } else {
                FinishReason::Stop
            };
            return Ok(Some(reason));
        }
        let before = self.text.text().len();
        let (text, stopped) = match self.text.push(sampled.token, tokenizer, stops) {
            Pushed::More(text) => (text, false),
            Pushed::Stopped(text) => (text, true),
        };
        if let Some(piece) = self.text.text().get(before..) {
            self.window.push(&constraints.words, piece);
        }
        self.emit(text);
        let full = self.token_ids.len() >= params.max_tokens as usize;
        Ok(match (stopped, full) {
            (true, _) => Some(FinishReason::StopSequence),
            (false, true) => Some(FinishReason::Length),
            (false, false) => None,
        })
    }

    pub(super) fn finish(mut self, finish_reason: FinishReason, tokenizer: &Tokenizer) {
        if finish_reason != FinishReason::StopSequence {
            let rest = self.text.finish(tokenizer);
            self.emit(rest);
        }
        let candidate = Candidate {
            candidate: self.candidate,
            text: self.text.text().to_owned(),
            prompt_tokens: self.shared.request.prompt.len(),
            queue_ms: self.shared.queue_ms,
            prefill_ms: self.shared.prefill_ms,
            decode_ms: milliseconds(self.started),
            token_ids: self.token_ids,
            logprobs: self.logprobs,
            top_logprobs: self.top_logprobs,
            finish_reason,
        };
        let finished = Event::Finished(Box::new(candidate));
        self.shared.events.send(finished);
    }

    fn emit(&self, text: String) {
        if !text.is_empty() {
            let candidate = self.candidate;
            self.shared.events.send(Event::Text { candidate, text });
        }
    }
}

pub(super) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
