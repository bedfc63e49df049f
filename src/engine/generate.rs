//! The drafting loop: run a piece of what waits, run one step for all, hand out what is finished.
//!
//! It owns the session and runs on a thread of its own, because a step computes for tens of
//! milliseconds and must not hold up the tasks that talk to the database. A finished sequence leaves
//! at once and a waiting one takes its place; between two steps, prompts run for about as long as a
//! step takes and no longer, so that a burst of new ones does not make the running ones wait.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;

use super::batcher::{Limits, admit, capacity_for, rows_for};
use super::decoder::{Cache, Decoder, Logits, Step, failed};
use super::error::EngineError;
use super::folder::AnswerTokens;
use super::prefill::Prefill;
use super::row::{Row, Shared, Writing, milliseconds};
use super::sampler::Sampler;
use super::submission::Submission;
use super::watch::Watch;
use crate::domain::draft::FinishReason;

/// Tokens of prompts after which the running sequences get their turn.
const PREFILL_TOKENS: usize = 256;

/// Below so many rows, starting a thread takes longer than it saves.
const ROWS_A_THREAD: usize = 2;

/// Kept prefixes may take this part of the KV cache's memory.
const KEPT_PART: usize = 8;

/// A request whose prompt is running.
struct Starting {
    submission: Submission,
    queue_ms: f64,
    since: Instant,
}

/// The loop's state.
pub(super) struct Generator {
    decoder: Decoder,
    writing: Writing,
    limits: Limits,
    prefill: Prefill,
    batch: Cache,
    rows: Vec<Row>,
    starting: Option<Starting>,
    waiting: VecDeque<Submission>,
    /// One a thread.
    samplers: Vec<Sampler>,
    /// Tokens generated so far; read by progress bars.
    generated: Arc<AtomicU64>,
}

impl Generator {
    pub(super) fn new(
        decoder: Decoder,
        writing: Writing,
        limits: Limits,
        generated: Arc<AtomicU64>,
    ) -> Result<Self, EngineError> {
        let AnswerTokens {
            start,
            forced_first,
            ..
        } = writing.answer;
        let begin = start.into_iter().chain(forced_first).collect();
        let prefill = Prefill::new(&decoder, limits.kv_bytes / KEPT_PART, begin)?;
        let batch = decoder.cache(1, capacity_for(1, 0))?;
        let samplers = (0..writing.threads.max(1)).map(|_| Sampler::default());
        Ok(Self {
            decoder,
            samplers: samplers.collect(),
            writing,
            limits,
            prefill,
            batch,
            rows: Vec::new(),
            starting: None,
            waiting: VecDeque::new(),
            generated,
        })
    }

    /// Runs until every sender is gone and nothing is left to do.
    pub(super) fn run(&mut self, submissions: &mut mpsc::Receiver<Submission>, watch: &Watch) {
        loop {
            if self.rows.is_empty() && self.waiting.is_empty() && self.starting.is_none() {
                // Nobody may come for hours: what the last night needed is given back.
                self.fit(0);
                match submissions.blocking_recv() {
                    Some(submission) => self.accept(submission),
                    None => return,
                }
            }
            while let Ok(submission) = submissions.try_recv() {
                self.accept(submission);
            }
            self.waiting.retain(|waiting| !waiting.events.is_over());
            self.rows_of_the_living();
            watch.start();
            self.prefill();
            if !self.rows.is_empty() {
                watch.start();
                self.decode();
            }
            watch.end();
        }
    }

    /// Puts a request behind those that wait. With a latent vector of its own each candidate reads the prompt
    /// differently, so each waits for itself.
    fn accept(&mut self, submission: Submission) {
        if self.decoder.latent_size().is_none() {
            self.waiting.push_back(submission);
            return;
        }
        self.waiting.extend(submission.each());
    }

    /// Runs prompts for one turn.
    fn prefill(&mut self) {
        let mut spent = 0;
        // With nothing to write, the first prompt runs to its end.
        while spent < PREFILL_TOKENS || self.rows.is_empty() {
            let Some(starting) = self.starting.take().or_else(|| self.next()) else {
                return;
            };
            let events = starting.submission.events.clone();
            if events.is_over() {
                continue;
            }
            let request = &starting.submission.request;
            let prompt = self.prefill.prompt(&request.prompt, request.prefix_len);
            spent += self.prefill.next_piece(prompt);
            let outcome = match self.prefill.advance(&mut self.decoder, prompt) {
                Ok(None) => {
                    self.starting = Some(starting);
                    Ok(())
                }
                Ok(Some(logits)) => self.start(starting, &logits),
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                events.fail(error);
                // Candidates of the same request may run already.
                self.rows_of_the_living();
            }
        }
    }

    /// Begins the first waiting request if it fits.
    fn next(&mut self) -> Option<Starting> {
        let submission = self.waiting.front()?;
        let longest = self.longest().max(submission.request.most_tokens());
        let rows = self.limits.rows(self.room(longest));
        let candidates = submission.candidates.len();
        if admit([candidates], self.rows.len(), rows) == 0 {
            return None;
        }
        let submission = self.waiting.pop_front()?;
        let request = &submission.request;
        let prompt = self.prefill.prompt(&request.prompt, request.prefix_len);
        let queue_ms = milliseconds(submission.submitted);
        let latent = self
            .decoder
            .latent_size()
            .map(|size| request.latent(submission.candidates.start, size));
        let begun = self.prefill.begin(&self.decoder, prompt, latent.as_deref());
        if let Err(error) = begun {
            submission.events.fail(error);
            return None;
        }
        Some(Starting {
            submission,
            queue_ms,
            since: Instant::now(),
        })
    }

    /// Gives each candidate of a prompt a row with the first token drawn.
    fn start(&mut self, starting: Starting, logits: &[f32]) -> Result<(), EngineError> {
        let submission = starting.submission;
        let prompt = &submission.request.prompt;
        let length = self.prefill.tokens_behind(&self.decoder, prompt);
        let shared = Arc::new(Shared {
            queue_ms: starting.queue_ms,
            prefill_ms: milliseconds(starting.since),
            events: submission.events,
            constraints: submission.constraints,
            request: submission.request,
        });
        let candidates = submission.candidates;
        let longest = shared.request.most_tokens();
        let limit = self.limits.rows(self.room(longest.max(self.longest())));
        let now = self.rows.len() + candidates.len();
        // Room for those that follow as well, or every one of a burst would copy the cache.
        let soon = self.rows_soon() + candidates.len();
        self.resize(now.max(soon.min(limit)), longest)?;
        let sampler = &mut self.samplers[0];
        let writing = &self.writing;
        let drawn = candidates.len() as u64;
        for candidate in candidates {
            let mut row = Row::new(Arc::clone(&shared), candidate, length);
            match row.draw(logits, sampler, writing) {
                Ok(None) => {
                    let index = self.rows.len();
                    let copied = self.batch.copy_row(index, self.prefill.cache(), 0, length);
                    if let Err(error) = copied {
                        // Those that were begun before it wait for nobody: the request has failed as a whole.
                        self.rows
                            .retain(|other| !Arc::ptr_eq(&other.shared, &shared));
                        return Err(failed("cache")(error));
                    }
                    self.rows.push(row);
                }
                Ok(Some(reason)) => row.finish(reason, &writing.tokenizer),
                Err(error) => {
                    self.rows
                        .retain(|other| !Arc::ptr_eq(&other.shared, &shared));
                    return Err(error);
                }
            }
        }
        self.generated.fetch_add(drawn, Ordering::Relaxed);
        Ok(())
    }

    /// One token for every row.
    fn decode(&mut self) {
        let rows = self.batch.rows();
        // Rows without a sequence run a token nobody reads, at the first position of their own.
        let mut input_ids = vec![0; rows];
        let mut lengths = vec![1; rows];
        for (index, row) in self.rows.iter_mut().enumerate() {
            row.cached += 1;
            input_ids[index] = row.last_token();
            lengths[index] = row.cached;
        }
        let step = Step {
            input_ids: &input_ids,
            lengths: &lengths,
            live: self.rows.len(),
        };
        let (running, samplers, writing) = (&mut self.rows, &mut self.samplers, &self.writing);
        let outcomes = self
            .decoder
            .run(&mut self.batch, &step, "decode", |logits| {
                draw_all(running, samplers, writing, logits)
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
                    row.shared.events.fail(error.clone());
                }
            }
        }
    }

    /// Takes finished and failed rows out.
    fn settle(&mut self, outcomes: Vec<Outcome>) {
        // From the end, so that an index stays that of its row while others are taken out.
        for (index, outcome) in outcomes.into_iter().enumerate().rev() {
            match outcome {
                Ok(None) => {}
                Ok(Some(reason)) => self.take_row(index).finish(reason, &self.writing.tokenizer),
                Err(error) => self.take_row(index).shared.events.fail(error),
            }
        }
        self.rows_of_the_living();
        self.fit(self.rows_soon());
    }

    /// Takes out rows whose request failed or whose caller has gone.
    fn rows_of_the_living(&mut self) {
        for index in (0..self.rows.len()).rev() {
            if self.rows[index].shared.events.is_over() {
                self.take_row(index);
            }
        }
    }

    /// Removes a row and moves the last one into its place.
    fn take_row(&mut self, index: usize) -> Row {
        let last = self.rows.len() - 1;
        let tokens = self.rows[last].cached;
        if let Err(error) = self.batch.move_row(last, index, tokens) {
            // The moved sequence would read another one's keys: it must not go on.
            self.rows[last].shared.events.fail(failed("cache")(error));
        }
        self.rows.swap_remove(index)
    }

    /// Rows there will be once everything that waits and fits has started.
    fn rows_soon(&self) -> usize {
        let running = self.rows.len();
        let limit = self.limits.rows(self.capacity());
        let waiting = self.waiting.iter().map(|w| w.candidates.len());
        let fit = admit(waiting.clone(), running, limit);
        running + waiting.take(fit).sum::<usize>()
    }

    /// Tokens a row has room for, or may come to have where rows take what they need.
    fn capacity(&self) -> usize {
        self.batch
            .capacity()
            .unwrap_or_else(|| self.room(self.longest()))
    }

    /// Tokens that a new cache has room for where its longest sequence comes to have so many.
    fn room(&self, longest: usize) -> usize {
        capacity_for(longest, 0).max(self.decoder.least_capacity())
    }

    /// Tokens that the longest running sequence may come to have.
    fn longest(&self) -> usize {
        self.rows.iter().map(Row::most_tokens).max().unwrap_or(0)
    }

    /// Gives memory back that so many rows do not need.
    fn fit(&mut self, rows: usize) {
        if let Err(error) = self.resize(rows, 0) {
            tracing::warn!(%error, "the KV cache could not be made smaller");
        }
    }

    /// Makes the cache fit for so many rows, the running ones and one of `longest` tokens among them.
    fn resize(&mut self, wanted: usize, longest: usize) -> Result<(), EngineError> {
        let now = self.batch.capacity().unwrap_or(0);
        let capacity = capacity_for(longest.max(self.longest()), now);
        let rows = rows_for(wanted.max(self.rows.len()).max(1), self.batch.rows());
        let cached: Vec<usize> = self.rows.iter().map(|row| row.cached).collect();
        if self.batch.fits(rows, capacity, &cached) {
            return Ok(());
        }
        let resized = self.batch.resize(rows, capacity, &cached);
        let resized = resized.map_err(failed("cache"));
        if let Err(error) = &resized {
            // Part of the cache has moved: nothing that ran in it can go on.
            for row in std::mem::take(&mut self.rows) {
                row.shared.events.fail(error.clone());
            }
        }
        resized
    }
}

/// What drawing a row's token led to: nothing more, the end of the text, or a failure of its own.
type Outcome = Result<Option<FinishReason>, EngineError>;

/// Draws a token for every row, on several threads: a row's draw depends on nothing beside it.
fn draw_all(
    rows: &mut [Row],
    samplers: &mut [Sampler],
    writing: &Writing,
    logits: Logits<'_>,
) -> Vec<Outcome> {
    let threads = samplers.len().min(rows.len() / ROWS_A_THREAD).max(1);
    let share = rows.len().div_ceil(threads);
    let draw = |first: usize, rows: &mut [Row], sampler: &mut Sampler| -> Vec<Outcome> {
        rows.iter_mut()
            .enumerate()
            .map(|(at, row)| row.draw(logits.row(first + at), sampler, writing))
            .collect()
    };
    std::thread::scope(|scope| {
        let mut shares = rows.chunks_mut(share).zip(samplers).enumerate();
        let own = shares.next();
        let others: Vec<_> = shares
            .map(|(part, (rows, sampler))| {
                let length = rows.len();
                let drawing = scope.spawn(move || draw(part * share, rows, sampler));
                (length, drawing)
            })
            .collect();
        let mut outcomes = own.map_or_else(Vec::new, |(_, (rows, sampler))| draw(0, rows, sampler));
        for (length, drawing) in others {
            let lost = || Err(EngineError::Stopped);
            let drawn = drawing.join();
            outcomes.extend(drawn.unwrap_or_else(|_| (0..length).map(|_| lost()).collect()));
        }
        outcomes
    })
}
