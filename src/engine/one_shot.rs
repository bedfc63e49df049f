//! Writing with a model that makes a whole text of noise at once: no prompt, no states, one step a candidate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::decoder::OneShotGraph;
use super::error::EngineError;
use super::row::{Row, Shared, Writing, milliseconds};
use super::sampler::Sampler;
use super::submission::Submission;
use super::watch::Watch;
use crate::domain::draft::FinishReason;

/// Owns the graph; runs on a thread of its own.
pub(super) struct OneShotWriter {
    graph: OneShotGraph,
    writing: Writing,
    sampler: Sampler,
    /// Tokens generated so far; read by progress bars.
    generated: Arc<AtomicU64>,
    /// Logits of a position that the graph gave as a token.
    row: Vec<f32>,
}

impl OneShotWriter {
    pub(super) fn new(graph: OneShotGraph, writing: Writing, generated: Arc<AtomicU64>) -> Self {
        Self {
            graph,
            writing,
            sampler: Sampler::default(),
            generated,
            row: Vec::new(),
        }
    }

    /// Runs until every sender is gone.
    pub(super) fn run(&mut self, submissions: &mut mpsc::Receiver<Submission>, watch: &Watch) {
        while let Some(submission) = submissions.blocking_recv() {
            let shared = Arc::new(Shared {
                queue_ms: milliseconds(submission.submitted),
                prefill_ms: 0.0,
                events: submission.events,
                constraints: submission.constraints,
                request: submission.request,
            });
            for candidate in submission.candidates {
                if shared.events.is_over() {
                    break;
                }
                watch.start();
                if let Err(error) = self.write(&shared, candidate) {
                    shared.events.fail(error);
                }
                watch.end();
            }
        }
    }

    /// Makes one text; its tokens are drawn one after the other, as if each had been a step of its own.
    fn write(&mut self, shared: &Arc<Shared>, candidate: u32) -> Result<(), EngineError> {
        let noise = shared.request.latent(candidate, self.graph.noise_size());
        let mut row = Row::new(Arc::clone(shared), candidate, 0);
        let text = self.graph.run(&noise)?;
        let mut reason = FinishReason::Length;
        for position in 0..text.positions() {
            self.generated.fetch_add(1, Ordering::Relaxed);
            let logits = text.logits(position, &mut self.row);
            if let Some(ended) = row.draw(logits, &mut self.sampler, &self.writing)? {
                reason = ended;
                break;
            }
        }
        row.finish(reason, &self.writing.tokenizer);
        Ok(())
    }
}
