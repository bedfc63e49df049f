//! The worker: claim, draft, commit, until a run has ended or somebody says stop.
//!
//! It holds no transaction while the model runs. Several batches can be in hand at once, so that the
//! engine never waits for the slowest text of one; finished items are committed in groups. What a
//! crash leaves behind is the lease, which runs out and gives its items to another worker.

mod alone;
mod item;
mod job;
mod leases;
mod patience;
mod set;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

pub use alone::draft_alone;
pub use job::{Job, JobError, Prompt, check_parts, find_channel};

use crate::domain::problem::Problem;
use crate::domain::run::{FailureKind, ItemCounts};
use crate::engine::Engine;
use crate::store::{ItemOutcome, LeasedItem, Store, StoreError};
use leases::Leases;
use patience::Patience;

/// How a worker behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerOptions {
    /// Who it is, for people who look at leases: `host:pid`.
    pub name: String,
    /// After this much silence its items go to another worker; it speaks three times as often.
    pub lease: Duration,
    /// Most texts that are drafted together.
    pub max_rows: usize,
    /// How long a lost database is waited for.
    pub patience: Duration,
}

/// What a worker has to tell while it works.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Something was committed, or time has passed.
    Working {
        /// Items of the run by state.
        counts: ItemCounts,
        /// Drafts this worker committed.
        drafts: u64,
        /// Tokens the engine generated so far, those of unfinished texts included.
        tokens: u64,
    },
    /// Others hold what is left, or a pause before another try is not over.
    Waiting {
        /// Items of the run by state.
        counts: ItemCounts,
        /// Seconds until the oldest lease ends.
        lease_s: Option<f64>,
    },
    /// The database does not answer; it is tried again.
    DatabaseLost {
        /// What it said.
        message: String,
    },
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The run has ended.
    RunFinished,
    /// Somebody said stop; what was finished is committed, the rest is given back.
    Stopped,
    /// The engine's thread has died; what was finished is committed, the rest is given back.
    EngineLost,
}

/// Works on one run.
pub struct Worker {
    store: Store,
    engine: Arc<Engine>,
    job: Arc<Job>,
    options: WorkerOptions,
    tasks: JoinSet<Finished>,
    leases: Leases,
    /// Finished and not committed yet.
    finished: Vec<Finished>,
    oldest_finished: Option<Instant>,
    busy_since: Instant,
    drafts: u64,
}

/// One item that is ready to be committed.
struct Finished {
    batch_id: Uuid,
    outcome: ItemOutcome,
}

/// A finished item waits at most this long for others to be committed with it.
const COMMIT_AFTER: Duration = Duration::from_secs(1);

impl Worker {
    /// A worker for one run.
    pub fn new(store: Store, engine: Arc<Engine>, job: Arc<Job>, options: WorkerOptions) -> Self {
        Self {
            store,
            engine,
            job,
            options,
            tasks: JoinSet::new(),
            leases: Leases::default(),
            finished: Vec::new(),
            oldest_finished: None,
            busy_since: Instant::now(),
            drafts: 0,
        }
    }

    /// Works until the run has ended or `stop` becomes true.
    ///
    /// # Errors
    /// A [`StoreError`] that patience did not outlast; what was committed is kept.
    pub async fn work(
        mut self,
        mut stop: watch::Receiver<bool>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Ended, StoreError> {
        let mut heartbeat = tokio::time::interval(self.options.lease / 3);
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        loop {
            if *stop.borrow() {
                self.stop(progress).await?;
                return Ok(Ended::Stopped);
            }
            if self.engine.has_stopped() {
                // Every further brief would fail for it, and be blamed for it.
                self.stop(progress).await?;
                return Ok(Ended::EngineLost);
            }
            self.claim(progress).await?;
            if self.tasks.is_empty() && self.finished.is_empty() {
                if self.nothing_left(progress).await? {
                    return Ok(Ended::RunFinished);
                }
                // Others hold the rest: look again soon, or at once when told to stop.
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(500)) => {}
                    _ = stop.changed() => {}
                }
                self.busy_since = Instant::now();
                continue;
            }
            tokio::select! {
                Some(joined) = self.tasks.join_next_with_id() => self.take(joined),
                _ = heartbeat.tick() => self.heartbeat(progress).await?,
                _ = tick.tick() => {}
                _ = stop.changed() => {}
            }
            let waited = self
                .oldest_finished
                .is_some_and(|since| since.elapsed() >= COMMIT_AFTER);
            if waited || self.finished.len() >= self.group() || self.tasks.is_empty() {
                self.commit(progress).await?;
            }
        }
    }

    /// Items of one claim: half of what runs together, so that a new batch is there before the old
    /// one is drafted, and a crash costs half a batch.
    fn group(&self) -> usize {
        let together = self.options.max_rows / self.job.rows();
        together.div_ceil(2).max(1)
    }

    /// Claims until enough is in hand to keep the engine full.
    async fn claim(
        &mut self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), StoreError> {
        // A suspect must be alone in this process: nothing joins it, and it joins nothing.
        while !self.leases.holds_suspect() && self.tasks.len() < self.group() * 3 {
            let (store, run_id, options) = (&self.store, self.job.run_id, &self.options);
            let mine = self.leases.batches();
            let (limit, in_hand) = (self.group() as i64, self.tasks.len() + self.finished.len());
            let lease = Patience::new(options.patience, progress)
                .keep_trying(async || {
                    store.expire_leases(run_id, &mine).await?;
                    store
                        .claim(run_id, &options.name, limit, options.lease, in_hand)
                        .await
                })
                .await?;
            let Some(lease) = lease else {
                return Ok(());
            };
            if self.tasks.is_empty() && self.finished.is_empty() {
                self.busy_since = Instant::now();
            }
            self.leases.add(&lease);
            for leased in lease.items {
                self.spawn(lease.batch_id, leased);
            }
        }
        Ok(())
    }

    fn spawn(&mut self, batch_id: Uuid, leased: LeasedItem) {
        let (engine, job) = (Arc::clone(&self.engine), Arc::clone(&self.job));
        let key = (batch_id, leased.brief_id, leased.epoch);
        let task = self.tasks.spawn(async move {
            Finished {
                batch_id,
                outcome: item::draft(&engine, &job, leased).await,
            }
        });
        self.leases.task(task.id(), key);
    }

    fn take(&mut self, joined: Result<(tokio::task::Id, Finished), tokio::task::JoinError>) {
        let finished = match joined {
            Ok((id, finished)) => {
                self.leases.forget_task(id);
                finished
            }
            // One bad brief must not end the night: a panic fails its item.
            Err(error) => {
                let Some((batch_id, brief_id, epoch)) = self.leases.forget_task(error.id()) else {
                    return;
                };
                let problem = Problem::new("worker.panicked", "drafting this brief panicked");
                Finished {
                    batch_id,
                    outcome: ItemOutcome::Failed {
                        brief_id,
                        epoch,
                        kind: FailureKind::Transient,
                        problem: problem.unexpected(),
                    },
                }
            }
        };
        if let ItemOutcome::Failed { problem, .. } = &finished.outcome
            && problem.code == "engine.stopped"
        {
            // Not the brief's fault: it is given back with the rest when the worker stops.
            return;
        }
        self.finished.push(finished);
        self.oldest_finished.get_or_insert_with(Instant::now);
    }

    /// Commits what is finished: one transaction a batch.
    async fn commit(
        &mut self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), StoreError> {
        let mut busy = self.busy_since.elapsed();
        self.busy_since = Instant::now();
        self.oldest_finished = None;
        let mut finished = std::mem::take(&mut self.finished);
        finished.sort_by_key(|finished| finished.batch_id);
        while let Some(first) = finished.first() {
            let batch_id = first.batch_id;
            let rest = finished.split_off(finished.partition_point(|f| f.batch_id <= batch_id));
            let outcomes: Vec<ItemOutcome> = finished
                .into_iter()
                .map(|finished| finished.outcome)
                .collect();
            finished = rest;
            let (store, run_id) = (&self.store, self.job.run_id);
            let committed = Patience::new(self.options.patience, progress)
                .keep_trying(async || store.commit(run_id, batch_id, &outcomes, busy).await)
                .await?;
            // The time belongs to all batches of this round together.
            busy = Duration::ZERO;
            self.leases.settled(batch_id, outcomes.len());
            if committed.stale > 0 {
                tracing::warn!(
                    run_id = %run_id, batch_id = %batch_id, items = committed.stale,
                    "{} finished items of batch {batch_id} were taken over by another worker and dropped",
                    committed.stale
                );
            }
            self.drafts += outcomes
                .iter()
                .map(|outcome| match outcome {
                    ItemOutcome::Done { drafts, .. } => drafts.len() as u64,
                    ItemOutcome::Failed { .. } => 0,
                })
                .sum::<u64>();
        }
        self.report(progress).await
    }

    async fn report(&self, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<(), StoreError> {
        match self.store.item_counts(self.job.run_id).await {
            Ok(counts) => progress(Progress::Working {
                counts,
                drafts: self.drafts,
                tokens: self.engine.generated_tokens(),
            }),
            // Only a report: the next call that matters waits for the database.
            Err(error) if error.is_connection_lost() => progress(Progress::DatabaseLost {
                message: error.to_string(),
            }),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether the run has ended; tells what is being waited for when it has not.
    async fn nothing_left(
        &self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<bool, StoreError> {
        let (store, run_id) = (&self.store, self.job.run_id);
        let (finished, counts, lease_s) = Patience::new(self.options.patience, progress)
            .keep_trying(async || {
                Ok((
                    store.finish_run(run_id).await?,
                    store.item_counts(run_id).await?,
                    store.lease_remaining_s(run_id).await?,
                ))
            })
            .await?;
        if !finished {
            progress(Progress::Waiting { counts, lease_s });
        }
        Ok(finished)
    }

    async fn heartbeat(
        &mut self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), StoreError> {
        let batches = self.leases.batches();
        if batches.is_empty() {
            return Ok(());
        }
        match self.store.heartbeat(&batches, self.options.lease).await {
            Ok(held) => {
                for lost in batches.iter().filter(|batch| !held.contains(batch)) {
                    tracing::warn!(batch_id = %lost, "the lease of batch {lost} was lost");
                }
                self.report(progress).await
            }
            // The next one may get through; the fence guards the commit whether it does or not.
            Err(error) if error.is_connection_lost() => {
                progress(Progress::DatabaseLost {
                    message: error.to_string(),
                });
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Commits what is finished and gives the rest back, as if it had never been claimed.
    async fn stop(
        &mut self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), StoreError> {
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            self.take(joined);
        }
        self.tasks.abort_all();
        if !self.finished.is_empty() {
            self.commit(progress).await?;
        }
        let store = &self.store;
        for batch_id in self.leases.batches() {
            Patience::new(self.options.patience, progress)
                .keep_trying(async || store.release(batch_id).await)
                .await?;
        }
        Ok(())
    }
}
