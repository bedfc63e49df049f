//! What a worker hands in: finished items in groups, and runs for which everything fails.

use std::time::Duration;

use tracing::Instrument;

use super::retry::Retry;
use super::{Finished, Progress, Tell, Worker};
use crate::store::{Committed, ItemOutcome, StoreError};

impl Worker {
    /// Commits what is finished: one transaction a batch.
    pub(super) async fn commit(&mut self, progress: Tell<'_>) -> Result<(), StoreError> {
        let busy = self.busy_since.elapsed();
        self.busy_since = std::time::Instant::now();
        self.oldest_finished = None;
        let mut finished = std::mem::take(&mut self.finished);
        let all = finished.len().max(1) as f64;
        finished.sort_by_key(|finished| finished.batch_id);
        while let Some(first) = finished.first() {
            let batch_id = first.batch_id;
            let rest = finished.split_off(finished.partition_point(|f| f.batch_id <= batch_id));
            // The time belongs to all batches of this round together.
            let share = busy.mul_f64(finished.len() as f64 / all);
            self.commit_batch(finished, share, progress).await?;
            finished = rest;
        }
        self.report(progress).await
    }

    /// Items of one batch.
    async fn commit_batch(
        &mut self,
        finished: Vec<Finished>,
        busy: Duration,
        progress: Tell<'_>,
    ) -> Result<(), StoreError> {
        let Some(&Finished {
            run_id, batch_id, ..
        }) = finished.first()
        else {
            return Ok(());
        };
        let outcomes: Vec<ItemOutcome> = finished
            .into_iter()
            .map(|finished| finished.outcome)
            .collect();
        let store = &self.store;
        let committed: Committed = Retry::new(self.options.retry_for, progress)
            .keep_trying(async || store.commit(run_id, batch_id, &outcomes, busy).await)
            .instrument(tracing::info_span!("commit", %run_id, %batch_id, items = outcomes.len()))
            .await?;
        self.leases.settled(batch_id, outcomes.len());
        if committed.stale > 0 {
            tracing::warn!(
                %run_id, %batch_id, items = committed.stale,
                "{} finished items of batch {batch_id} were taken over by another worker and dropped",
                committed.stale
            );
        }
        if committed.run_finished {
            tracing::info!(%run_id, "run {run_id} has ended");
            self.opened.remove(&run_id);
        }
        self.drafts += outcomes
            .iter()
            .map(|outcome| match outcome {
                ItemOutcome::Done { drafts, .. } => drafts.len() as u64,
                ItemOutcome::Failed { .. } => 0,
            })
            .sum::<u64>();
        Ok(())
    }

    /// Parks the runs for which everything fails, and gives back what is in hand of them.
    pub(super) async fn park_what_fails(&mut self, progress: Tell<'_>) -> Result<(), StoreError> {
        for (run_id, problem) in self.circuits.take_open() {
            let store = &self.store;
            let until = Retry::new(self.options.retry_for, progress)
                .keep_trying(async || store.park_run(run_id, &problem.message).await)
                .await?;
            if let Some(until) = until {
                tracing::error!(
                    %run_id, code = problem.code, parked_until = %until,
                    "everything fails for run {run_id}, which is parked until {}: {}",
                    until.format("%H:%M:%S UTC"), problem.message
                );
            }
            // What failed before goes in; what is being drafted would fail too.
            self.commit(progress).await?;
            for batch_id in self.leases.batches_of(run_id) {
                self.give_back(batch_id, progress).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn report(&self, progress: Tell<'_>) -> Result<(), StoreError> {
        let Some(run_id) = self.assignment.run_id() else {
            return Ok(());
        };
        match self.store.item_counts(run_id).await {
            Ok(counts) => progress(Progress::Working {
                counts,
                drafts: self.drafts,
                tokens: self.drafters.generated_tokens(),
            }),
            // Only a report: the next call that matters waits for the database.
            Err(error) if error.may_pass() => progress(Progress::lost(&error)),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
