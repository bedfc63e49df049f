//! The drafting loop: admit what waits, run one step for all, hand out what is finished.
//!
//! It owns the session and runs on a thread of its own, because a step computes for tens of
//! milliseconds and must not hold up the tasks that talk to the database. A finished sequence leaves
//! at once and a waiting one takes its place.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;

use super::batcher::{Limits, admit, capacity_for, rows_for};
use super::error::EngineError;
use super::kv_cache::KvCache;
use super::prefill::Prefill;
use super::request::{Candidate, Event, EventSender, GenerateRequest};
use super::sampler::{DrawKey, Sampled, Sampler};
use super::session::{BoundCache, Decoder, Step};
use super::stop::{Pushed, TextBuffer};
use super::tokenizer::Tokenizer;
use crate::domain::draft::FinishReason;

/// A request on its way to the loop.
pub(super) struct Submission {
    pub(super) request: GenerateRequest,
    pub(super) events: EventSender,
    pub(super) submitted: Instant,
}

/// The loop's state.
pub(super) struct Drafter {
    decoder: Decoder,
    tokenizer: Arc<Tokenizer>,
    end_tokens: Vec<u32>,
    limits: Limits,
    prefill: Prefill,
    batch: BoundCache,
    rows: Vec<Row>,
    waiting: VecDeque<Submission>,
    sampler: Sampler,
    /// Tokens generated so far; read by progress bars.
    generated: Arc<AtomicU64>,
}

/// What the candidates of one request share.
struct Shared {
    request: GenerateRequest,
    events: EventSender,
    queue_ms: f64,
    prefill_ms: f64,
    /// A candidate of it failed; the others are not worth finishing.
    abandoned: Cell<bool>,
}

/// One running sequence.
struct Row {
    shared: Rc<Shared>,
    candidate: u32,
    /// Tokens in the cache.
    cached: usize,
    token_ids: Vec<u32>,
    logprobs: Vec<f32>,
    /// Prompt and output, where the repetition penalty wants them.
    history: Vec<u32>,
    text: TextBuffer,
    started: Instant,
}

impl Drafter {
    pub(super) fn new(
        decoder: Decoder,
        tokenizer: Arc<Tokenizer>,
        end_tokens: Vec<u32>,
        limits: Limits,
        generated: Arc<AtomicU64>,
    ) -> Result<Self, EngineError> {
        let capacity = capacity_for(1, 0);
        let prefill = Prefill::new(&decoder, capacity)?;
        let batch = decoder.bind(KvCache::new(decoder.shape(), 1, capacity)?)?;
        Ok(Self {
            decoder,
            tokenizer,
            end_tokens,
            limits,
            prefill,
            batch,
            rows: Vec::new(),
            waiting: VecDeque::new(),
            sampler: Sampler::default(),
            generated,
        })
    }

    /// Runs until every sender is gone and nothing is left to do.
    pub(super) fn run(&mut self, submissions: &mut mpsc::Receiver<Submission>) {
        loop {
            if self.rows.is_empty() && self.waiting.is_empty() {
                match submissions.blocking_recv() {
                    Some(submission) => self.waiting.push_back(submission),
                    None => return,
                }
            }
            while let Ok(submission) = submissions.try_recv() {
                self.waiting.push_back(submission);
            }
            self.waiting.retain(|waiting| !waiting.events.is_closed());
            self.rows_of_the_living();
            self.admit();
            if !self.rows.is_empty() {
                self.decode();
            }
        }
    }

    /// Starts the waiting requests that fit.
    fn admit(&mut self) {
        let longest = self
            .waiting
            .iter()
            .map(|waiting| {
                waiting.request.prompt.len() + waiting.request.params.max_tokens as usize
            })
            .max()
            .unwrap_or(0);
        let capacity = capacity_for(longest, self.batch.cache().capacity());
        let candidates = self
            .waiting
            .iter()
            .map(|waiting| waiting.request.candidates as usize);
        let admitted = admit(candidates, self.rows.len(), self.limits.rows(capacity));
        for submission in self.waiting.drain(..admitted).collect::<Vec<_>>() {
            let events = submission.events.clone();
            if let Err(error) = self.start(submission) {
                // The receiver may be gone; then nobody wants to know.
                let _ = events.send(Event::Failed(error));
            }
        }
    }

    /// Runs a prompt and gives each of its candidates a row with the first token drawn.
    fn start(&mut self, submission: Submission) -> Result<(), EngineError> {
        let request = submission.request;
        let queue_ms = milliseconds(submission.submitted);
        let started = Instant::now();
        let length = request.prompt.len();
        if length > self.prefill.capacity() {
            self.prefill = Prefill::new(&self.decoder, capacity_for(length, 0))?;
        }
        let logits = self
            .prefill
            .run(&mut self.decoder, &request.prompt, request.prefix_len)?;
        let capacity = capacity_for(
            length + request.params.max_tokens as usize,
            self.batch.cache().capacity(),
        );
        let shared = Rc::new(Shared {
            queue_ms,
            prefill_ms: milliseconds(started),
            events: submission.events,
            request,
            abandoned: Cell::new(false),
        });
        self.resize(
            self.rows.len() + shared.request.candidates as usize,
            capacity,
        )?;
        for candidate in 0..shared.request.candidates {
            let mut row = Row::new(Rc::clone(&shared), candidate);
            match row.draw(
                &logits,
                &mut self.sampler,
                &self.tokenizer,
                &self.end_tokens,
            ) {
                Ok(None) => {
                    let index = self.rows.len();
                    self.batch
                        .cache_mut()
                        .copy_row(index, self.prefill.cache(), 0, length)?;
                    self.rows.push(row);
                }
                Ok(Some(reason)) => row.finish(reason, &self.tokenizer),
                Err(error) => {
                    self.rows
                        .retain(|other| !Rc::ptr_eq(&other.shared, &shared));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// One token for every row.
    fn decode(&mut self) {
        let rows = self.batch.cache().rows();
        // Rows without a sequence run a token nobody reads, at the first position of their own.
        let mut input_ids = vec![0; rows];
        let mut lengths = vec![1; rows];
        for (index, row) in self.rows.iter_mut().enumerate() {
            row.cached += 1;
            input_ids[index] = row.token_ids.last().copied().unwrap_or_default();
            lengths[index] = row.cached;
        }
        let step = Step {
            input_ids: &input_ids,
            lengths: &lengths,
        };
        let (sampler, tokenizer, end_tokens) =
            (&mut self.sampler, &*self.tokenizer, &self.end_tokens);
        let running = &mut self.rows;
        let outcomes = self
            .decoder
            .run(&mut self.batch, &step, "decode", |logits| {
                running
                    .iter_mut()
                    .enumerate()
                    .map(|(index, row)| row.draw(logits.row(index), sampler, tokenizer, end_tokens))
                    .collect::<Vec<_>>()
            });
        match outcomes {
            Ok(outcomes) => {
                self.generated
                    .fetch_add(outcomes.len() as u64, Ordering::Relaxed);
                self.settle(outcomes);
            }
            // The step failed as a whole: every sequence in it did.
            Err(error) => {
                for row in std::mem::take(&mut self.rows) {
                    let _ = row.shared.events.send(Event::Failed(error.clone()));
                }
            }
        }
    }

    /// Takes finished and failed rows out.
    fn settle(&mut self, outcomes: Vec<Result<Option<FinishReason>, EngineError>>) {
        // From the end, so that an index stays that of its row while others are taken out.
        for (index, outcome) in outcomes.into_iter().enumerate().rev() {
            match outcome {
                Ok(None) => {}
                Ok(Some(reason)) => self.take_row(index).finish(reason, &self.tokenizer),
                Err(error) => {
                    let row = self.take_row(index);
                    let _ = row.shared.events.send(Event::Failed(error));
                    row.shared.abandoned.set(true);
                }
            }
        }
        self.rows_of_the_living();
        if let Err(error) = self.resize(self.rows.len(), self.batch.cache().capacity()) {
            tracing::warn!(%error, "the KV cache could not be made smaller");
        }
    }

    /// Takes out rows whose request failed or whose caller has gone.
    fn rows_of_the_living(&mut self) {
        for index in (0..self.rows.len()).rev() {
            let shared = &self.rows[index].shared;
            if shared.abandoned.get() || shared.events.is_closed() {
                self.take_row(index);
            }
        }
    }

    /// Removes a row and moves the last one into its place.
    fn take_row(&mut self, index: usize) -> Row {
        let last = self.rows.len() - 1;
        let tokens = self.rows[last].cached;
        if let Err(error) = self.batch.cache_mut().move_row(last, index, tokens) {
            // The moved sequence would read another one's keys: it must not go on.
            let _ = self.rows[last].shared.events.send(Event::Failed(error));
            self.rows[last].shared.abandoned.set(true);
        }
        self.rows.swap_remove(index)
    }

    /// Makes room for `running` rows of `capacity` tokens, or gives room back.
    fn resize(&mut self, running: usize, capacity: usize) -> Result<(), EngineError> {
        let cache = self.batch.cache();
        let most = self.limits.rows(capacity).max(running).max(1);
        let rows = rows_for(running.max(1), cache.rows()).min(most);
        if rows == cache.rows() && capacity == cache.capacity() {
            return Ok(());
        }
        let cached: Vec<usize> = self.rows.iter().map(|row| row.cached).collect();
        let resized = cache.resized(rows, capacity, &cached)?;
        self.batch = self.decoder.bind(resized)?;
        Ok(())
    }
}

impl Row {
    fn new(shared: Rc<Shared>, candidate: u32) -> Self {
        let params = &shared.request.params;
        let history = if params.repetition_penalty == 1.0 {
            Vec::new()
        } else {
            shared.request.prompt.clone()
        };
        Self {
            candidate,
            cached: shared.request.prompt.len(),
            token_ids: Vec::with_capacity(params.max_tokens as usize),
            logprobs: Vec::with_capacity(params.max_tokens as usize),
            history,
            text: TextBuffer::new(params.stop.clone()),
            started: Instant::now(),
            shared,
        }
    }

    /// Draws the next token; gives the reason when it is the last.
    fn draw(
        &mut self,
        logits: &[f32],
        sampler: &mut Sampler,
        tokenizer: &Tokenizer,
        end_tokens: &[u32],
    ) -> Result<Option<FinishReason>, EngineError> {
        let params = &self.shared.request.params;
        let position = self.token_ids.len();
        let key = DrawKey {
            seed: params.seed,
            item: self.shared.request.item,
            candidate: self.candidate,
        };
        let uniform = if params.temperature == 0.0 {
            0.0
        } else {
            key.uniform(position)
        };
        let Sampled { token, logprob } =
            sampler.sample(logits, &self.history, params, position, uniform)?;
        self.token_ids.push(token);
        self.logprobs.push(logprob);
        if params.repetition_penalty != 1.0 {
            self.history.push(token);
        }
        if end_tokens.contains(&token) {
            return Ok(Some(FinishReason::Stop));
        }
        let (text, stopped) = match self.text.push(token, tokenizer) {
            Pushed::More(text) => (text, false),
            Pushed::Stopped(text) => (text, true),
        };
        self.emit(text);
        let full = self.token_ids.len() >= params.max_tokens as usize;
        Ok(match (stopped, full) {
            (true, _) => Some(FinishReason::StopSequence),
            (false, true) => Some(FinishReason::Length),
            (false, false) => None,
        })
    }

    fn finish(mut self, finish_reason: FinishReason, tokenizer: &Tokenizer) {
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
            finish_reason,
        };
        let _ = self
            .shared
            .events
            .send(Event::Finished(Box::new(candidate)));
    }

    fn emit(&self, text: String) {
        if !text.is_empty() {
            let candidate = self.candidate;
            let _ = self.shared.events.send(Event::Text { candidate, text });
        }
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
