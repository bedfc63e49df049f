//! The worker: claim, draft, commit, of one run or of whatever is due, until somebody says stop.
//!
//! It holds no transaction while the model runs. Several batches can be in hand at once, so that the
//! engine never waits for the slowest text of one; finished items are committed in groups. What a
//! crash leaves behind is the lease, which runs out and gives its items to another worker.

mod circuit;
mod claiming;
mod committing;
mod drafter;
mod item;
mod leases;
mod models;
mod options;
mod progress;
mod retry;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

pub use drafter::{Drafter, DrafterFuture, Drafters, Drafting};
pub use models::{ModelDrafter, Models, OneRun};
pub use options::{Assignment, WorkerOptions};
pub use progress::{Ended, Progress};

use crate::domain::problem::Problem;
use crate::domain::run::FailureKind;
use crate::store::{ItemOutcome, Store, StoreError};
use circuit::Circuits;
use leases::Leases;
use retry::Retry;

/// Where progress is told.
type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Works on runs.
pub struct Worker {
    store: Store,
    drafters: Box<dyn Drafters>,
    assignment: Assignment,
    options: WorkerOptions,
    /// Runs that are ready to be drafted.
    opened: HashMap<Uuid, Arc<dyn Drafter>>,
    /// Runs that this process cannot work on, and when to try again.
    refused: HashMap<Uuid, Instant>,
    circuits: Circuits,
    tasks: JoinSet<Finished>,
    leases: Leases,
    /// Finished and not committed yet.
    finished: Vec<Finished>,
    oldest_finished: Option<Instant>,
    busy_since: Instant,
    /// Since when something waits that only an empty-handed worker can take: a suspect, or this run of
    /// another model.
    waits_for_empty_hands: Option<(Instant, Option<Uuid>)>,
    /// When it last looked for leases that have run out.
    looked_round: Instant,
    /// Whether the database did not take the last heartbeat.
    missed_heartbeat: bool,
    drafts: u64,
}

/// One item that is ready to be committed.
struct Finished {
    run_id: Uuid,
    batch_id: Uuid,
    outcome: ItemOutcome,
}

/// A finished item waits at most this long for others to be committed with it.
const COMMIT_AFTER: Duration = Duration::from_secs(1);

impl Worker {
    /// A worker that has nothing in hand.
    pub fn new(
        store: Store,
        drafters: Box<dyn Drafters>,
        assignment: Assignment,
        options: WorkerOptions,
    ) -> Self {
        Self {
            store,
            drafters,
            assignment,
            options,
            opened: HashMap::new(),
            refused: HashMap::new(),
            circuits: Circuits::default(),
            tasks: JoinSet::new(),
            leases: Leases::default(),
            finished: Vec::new(),
            oldest_finished: None,
            busy_since: Instant::now(),
            waits_for_empty_hands: None,
            looked_round: Instant::now(),
            missed_heartbeat: false,
            drafts: 0,
        }
    }

    /// Works until there is nothing left to do, or `stop` becomes true.
    ///
    /// # Errors
    /// A [`StoreError`] that lasted longer than `retry_for`; what was committed is kept.
    pub async fn work(
        mut self,
        mut stop: watch::Receiver<bool>,
        progress: Tell<'_>,
    ) -> Result<Ended, StoreError> {
        let outcome = self.rounds(&mut stop, progress).await;
        match outcome {
            // Dropping a model waits for its step.
            Ok(Ended::Hung) => std::mem::forget(self),
            Ok(_) => {}
            // Nobody died: what it holds is given back as far as the database lets it, and blames nobody.
            Err(_) => {
                for batch_id in self.leases.batches() {
                    let _ = self.store.release(batch_id).await;
                }
            }
        }
        outcome
    }

    async fn rounds(
        &mut self,
        stop: &mut watch::Receiver<bool>,
        progress: Tell<'_>,
    ) -> Result<Ended, StoreError> {
        // After hours with nothing to do, the ticks that were missed are not made up for.
        let every = |period| {
            let mut interval = tokio::time::interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        let mut heartbeat = every(self.options.lease / 3);
        let mut tick = every(Duration::from_millis(250));
        loop {
            progress(Progress::Alive);
            let stopped = *stop.borrow();
            if let Some(ended) = self.should_end(stopped) {
                self.stop(ended, progress).await?;
                return Ok(ended);
            }
            self.claim(progress).await?;
            if self.tasks.is_empty() && self.finished.is_empty() {
                if self.nothing_left(progress).await? {
                    return Ok(Ended::Finished);
                }
                self.forget_what_has_ended();
                // Others hold the rest: look again soon, or at once when told to stop.
                tokio::select! {
                    () = tokio::time::sleep(self.pause()) => {}
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
            self.park_what_fails(progress).await?;
        }
    }

    /// Why the loop should not go round again.
    fn should_end(&self, stopped: bool) -> Option<Ended> {
        let deadline = self.options.step_deadline;
        let running = self.drafters.step_running_for();
        if running.is_some_and(|running| running > deadline) {
            return Some(Ended::Hung);
        }
        // A dead engine would fail every further brief, and blame it.
        if self.drafters.has_stopped() {
            return Some(Ended::EngineLost);
        }
        stopped.then_some(Ended::Stopped)
    }

    /// With empty hands nothing of a run is needed that could not be made again; a process that lives for
    /// months would keep all of every night.
    fn forget_what_has_ended(&mut self) {
        self.opened.clear();
        self.circuits = Circuits::default();
        let still_refused = self.refused_now();
        self.refused
            .retain(|run_id, _| still_refused.contains(run_id));
    }

    /// Until the next look when there is nothing to do: not always the same, so that many workers do not
    /// come all at once.
    fn pause(&self) -> Duration {
        let random = f64::from(Uuid::new_v4().as_bytes()[0]) / 255.0;
        self.options.poll.mul_f64(0.75 + random / 2.0)
    }

    fn take(&mut self, joined: Result<(tokio::task::Id, Finished), tokio::task::JoinError>) {
        let finished = match joined {
            Ok((id, finished)) => {
                // Its batch was lost or given back in the meantime: nobody waits for it.
                if self.leases.forget_task(id).is_none() {
                    return;
                }
                finished
            }
            Err(error) if error.is_cancelled() => return,
            // One bad brief must not end the night: a panic fails its item.
            Err(error) => {
                let Some(key) = self.leases.forget_task(error.id()) else {
                    return;
                };
                let problem = Problem::new("worker.panicked", "drafting this brief panicked");
                Finished {
                    run_id: key.run_id,
                    batch_id: key.batch_id,
                    outcome: ItemOutcome::Failed {
                        brief_id: key.brief_id,
                        epoch: key.epoch,
                        kind: FailureKind::Transient,
                        problem: problem.unexpected(),
                    },
                }
            }
        };
        if let ItemOutcome::Failed { problem, .. } = &finished.outcome
            && problem.code == "engine.stopped"
            && self.drafters.has_stopped()
        {
            // Not the brief's fault: it is given back with the rest when the worker stops.
            return;
        }
        if !self.circuits.note(finished.run_id, &finished.outcome) {
            return;
        }
        self.finished.push(finished);
        self.oldest_finished.get_or_insert_with(Instant::now);
    }

    /// Whether there is nothing to wait for; tells what is being waited for when there is.
    async fn nothing_left(&self, progress: Tell<'_>) -> Result<bool, StoreError> {
        let run_id = match self.assignment {
            Assignment::Always => return Ok(false),
            Assignment::Once => return self.all_is_done(progress).await,
            Assignment::Run(run_id) => run_id,
        };
        let store = &self.store;
        let (finished, counts, lease_s) = Retry::new(self.options.retry_for, progress)
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

    /// Whether no run is open that this process could work on, now or when a pause or a lease ends.
    async fn all_is_done(&self, progress: Tell<'_>) -> Result<bool, StoreError> {
        let (store, refused) = (&self.store, self.refused_now());
        Retry::new(self.options.retry_for, progress)
            .keep_trying(async || {
                let mut open = false;
                for run_id in store.open_runs(&refused).await? {
                    open |= !store.finish_run(run_id).await?;
                }
                Ok(!open)
            })
            .await
    }

    async fn heartbeat(&mut self, progress: Tell<'_>) -> Result<(), StoreError> {
        let batches = self.leases.batches();
        if batches.is_empty() {
            if self.missed_heartbeat && self.store.require_writable().await.is_ok() {
                self.missed_heartbeat = false;
                progress(Progress::DatabaseBack);
            }
            return Ok(());
        }
        match self.store.heartbeat(&batches, self.options.lease).await {
            Ok(held) => {
                if std::mem::take(&mut self.missed_heartbeat) {
                    progress(Progress::DatabaseBack);
                }
                // What is finished still goes to the fence, which counts it; the rest is somebody's.
                while let Some(joined) = self.tasks.try_join_next_with_id() {
                    self.take(joined);
                }
                for lost in batches.iter().filter(|batch| !held.contains(batch)) {
                    tracing::warn!(batch_id = %lost, "the lease of batch {lost} was lost");
                    self.leases.drop_batch(*lost);
                }
                self.report(progress).await
            }
            // The next one may get through; the fence guards the commit whether it does or not.
            Err(error) if error.may_pass() => {
                self.missed_heartbeat = true;
                progress(Progress::lost(&error));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Commits what is finished and gives the rest back, as if it had never been claimed; a step that
    /// hangs is blamed, and keeps what it holds until the lease runs out.
    async fn stop(&mut self, ended: Ended, progress: Tell<'_>) -> Result<(), StoreError> {
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            self.take(joined);
        }
        self.tasks.abort_all();
        if !self.finished.is_empty() {
            self.commit(progress).await?;
        }
        if ended == Ended::Hung {
            return Ok(());
        }
        for batch_id in self.leases.batches() {
            self.give_back(batch_id, progress).await?;
        }
        Ok(())
    }

    async fn give_back(&mut self, batch_id: Uuid, progress: Tell<'_>) -> Result<(), StoreError> {
        let store = &self.store;
        Retry::new(self.options.retry_for, progress)
            .keep_trying(async || store.release(batch_id).await)
            .await?;
        self.leases.drop_batch(batch_id);
        Ok(())
    }
}
