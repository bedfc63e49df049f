//! What a worker takes in hand: which run, how much of it, and when all its leases must have ended first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tracing::Instrument;
use uuid::Uuid;

use super::leases::ItemKey;
use super::retry::Retry;
use super::{Finished, Tell, Worker};
use crate::domain::counted::count;
use crate::store::{Claimer, LeasedItem, NextRun, Scope, StoreError};

/// A run that cannot be worked on here is tried again after this long: its model may have arrived.
const REFUSED_FOR: Duration = Duration::from_mins(1);

/// While it has enough to do, it looks at most this often for leases that have run out and for others' turns.
const LOOK_ROUND: Duration = Duration::from_secs(1);

impl Worker {
    /// Claims until enough is in hand to keep the engine full.
    pub(super) async fn claim(&mut self, progress: Tell<'_>) -> Result<(), StoreError> {
        let mut empty: Vec<Uuid> = Vec::new();
        while self.wants_more() {
            let in_hand = self.tasks.len() + self.finished.len();
            let Some(next) = self.next(&empty, in_hand == 0, progress).await? else {
                return Ok(());
            };
            let run_id = next.run_id;
            if !self.open(&next, progress).await? {
                continue;
            }
            if !self.claim_of(run_id, in_hand, progress).await? {
                // Others were quicker, or what it has may not be drafted now.
                empty.push(run_id);
            }
        }
        Ok(())
    }

    /// Items of one claim: half of what runs together, so that a new batch is there before the old
    /// one is drafted, and a crash costs half a batch.
    pub(super) fn group(&self) -> usize {
        let most = self.opened.values().map(|drafter| drafter.rows()).max();
        self.group_of(most.unwrap_or(1))
    }

    fn group_of(&self, rows: usize) -> usize {
        let together = self.options.max_rows / rows.max(1);
        together.div_ceil(2).max(1)
    }

    fn wants_more(&self) -> bool {
        let full =
            self.leases.rows() * 2 >= self.options.max_rows * 3 && self.leases.drafting() > 1;
        // A suspect must be alone in this process: nothing joins it, and it joins nothing.
        !(full || self.leases.holds_suspect() || self.is_clearing_its_hands())
    }

    /// Whether it takes nothing more, for the sake of what only empty hands can take.
    fn is_clearing_its_hands(&self) -> bool {
        let waited = |(since, _): (Instant, _)| since.elapsed() >= self.options.turn;
        !self.tasks.is_empty() && self.waits_for_empty_hands.is_some_and(waited)
    }

    /// The run to claim of.
    async fn next(
        &mut self,
        empty: &[Uuid],
        empty_handed: bool,
        progress: Tell<'_>,
    ) -> Result<Option<NextRun>, StoreError> {
        let mut except = self.refused_now();
        except.extend_from_slice(empty);
        let loaded = self.drafters.model().map(str::to_owned);
        let run_id = self.assignment.run_id();
        let any = Scope {
            run_id,
            model_sha256: None,
            except: &except,
        };
        let of_loaded = Scope {
            model_sha256: loaded.as_deref(),
            ..any
        };
        // With something in hand, the model in memory cannot make room for another.
        let scope = if empty_handed { any } else { of_loaded };
        let waited = if empty_handed {
            self.waits_for_empty_hands.take()
        } else {
            None
        };
        let looks_round =
            empty_handed || self.looked_round.elapsed() >= LOOK_ROUND.min(self.options.turn);
        if looks_round {
            self.looked_round = Instant::now();
        }
        let (store, options) = (&self.store, &self.options);
        let mine = self.leases.batches();
        let (ready, suspect) = Retry::new(options.retry_for, progress)
            .keep_trying(async || {
                if !looks_round {
                    return Ok((store.next_run(scope).await?, None));
                }
                let leases = store.expire_leases(run_id, &mine).await?;
                if leases > 0 {
                    tracing::info!(
                        leases,
                        "{leases} leases of silent workers had run out; their briefs are tried one by one"
                    );
                }
                // What has waited goes first, else those who always have something ready, or who are older,
                // would be taken again.
                if let Some((_, run_id)) = waited {
                    let of_waiting = Scope {
                        run_id: run_id.or(any.run_id),
                        ..any
                    };
                    let next = match run_id {
                        Some(_) => store.next_run(of_waiting).await?,
                        None => store.next_suspect(any).await?,
                    };
                    if next.is_some() {
                        return Ok((next, None));
                    }
                }
                let ready = store.next_run(scope).await?;
                let suspect = store.next_suspect(any).await?;
                Ok((ready, suspect))
            })
            .await?;
        if empty_handed || !looks_round {
            return Ok(ready.or(suspect));
        }
        let other_model = if loaded.is_some() && run_id.is_none() {
            let next = Retry::new(options.retry_for, progress)
                .keep_trying(async || store.next_run(any).await)
                .await?;
            next.filter(|next| Some(&next.model_sha256) != loaded.as_ref())
        } else {
            None
        };
        self.waits_for_empty_hands = match (&self.waits_for_empty_hands, other_model, suspect) {
            (_, None, None) => None,
            (Some(waits), _, _) => Some(*waits),
            (None, Some(other), _) => Some((Instant::now(), Some(other.run_id))),
            (None, None, Some(_)) => Some((Instant::now(), None)),
        };
        Ok(ready)
    }

    /// Gets a run ready, once; says whether it is.
    async fn open(&mut self, next: &NextRun, progress: Tell<'_>) -> Result<bool, StoreError> {
        let run_id = next.run_id;
        if next.parked > 0 {
            self.circuits.begin(run_id, next.parked);
        }
        if self
            .drafters
            .model()
            .is_some_and(|loaded| loaded != next.model_sha256)
        {
            // What was opened with the model before keeps it in memory.
            self.opened.clear();
        }
        if self.opened.contains_key(&run_id) {
            return Ok(true);
        }
        let store = &self.store;
        let pinned = Retry::new(self.options.retry_for, progress)
            .keep_trying(async || match store.pinned_run(run_id).await {
                // Somebody deleted it, or a newer binary wrote it: no reason to leave the others.
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%run_id, "run {run_id} cannot be read: {error}");
                    store.note_trouble(run_id, &error.to_string()).await?;
                    Ok(None)
                }
                other => other.map(Some),
            })
            .await?;
        let Some(pinned) = pinned else {
            self.refused.insert(run_id, Instant::now());
            return Ok(false);
        };
        match self.drafters.open(&pinned).await {
            Ok(drafter) => {
                tracing::info!(%run_id, campaign = pinned.campaign, "working on run {run_id} of {}", pinned.campaign);
                self.opened.insert(run_id, drafter);
                Ok(true)
            }
            Err(problem) => {
                tracing::error!(
                    %run_id, code = problem.code,
                    "run {run_id} of {} cannot be worked on here: {}",
                    pinned.campaign, problem.message
                );
                self.refused.insert(run_id, Instant::now());
                let store = &self.store;
                Retry::new(self.options.retry_for, progress)
                    .keep_trying(async || store.note_trouble(run_id, &problem.message).await)
                    .await?;
                Ok(false)
            }
        }
    }

    /// Runs that this process cannot work on, those left out that may be tried again.
    pub(super) fn refused_now(&self) -> Vec<Uuid> {
        let still = |since: &&Instant| since.elapsed() < REFUSED_FOR;
        let refused = self.refused.iter();
        refused
            .filter(|(_, since)| still(since))
            .map(|(run_id, _)| *run_id)
            .collect()
    }

    /// Claims of one run and starts drafting; says whether there was anything.
    async fn claim_of(
        &mut self,
        run_id: Uuid,
        in_hand: usize,
        progress: Tell<'_>,
    ) -> Result<bool, StoreError> {
        let Some(drafter) = self.opened.get(&run_id).map(Arc::clone) else {
            return Ok(false);
        };
        let (store, options) = (&self.store, &self.options);
        let group = self.group_of(drafter.rows()) as i64;
        let limit = self.circuits.most(run_id).unwrap_or(group);
        let claimer = Claimer {
            batch_id: Uuid::new_v4(),
            worker: &options.name,
            lease: options.lease,
        };
        let tried = AtomicBool::new(false);
        let span = tracing::info_span!("claim", %run_id, batch_id = tracing::field::Empty);
        let lease = Retry::new(options.retry_for, progress)
            .keep_trying(async || {
                // The reply to the first try may have been lost, and not the claim.
                if tried.swap(true, Ordering::Relaxed)
                    && let Some(lease) = store.lease(claimer.batch_id).await?
                {
                    return Ok(Some(lease));
                }
                match store.claim_as(claimer, run_id, limit, in_hand).await {
                    // One of its briefs is of a newer binary: that one can draft it.
                    Err(error @ StoreError::Corrupt { .. }) => {
                        store.release(claimer.batch_id).await?;
                        store.note_trouble(run_id, &error.to_string()).await?;
                        Err(error)
                    }
                    other => other,
                }
            })
            .instrument(span.clone())
            .await;
        let lease = match lease {
            Err(StoreError::Corrupt { .. }) => {
                self.refused.insert(run_id, Instant::now());
                return Ok(false);
            }
            lease => lease?,
        };
        let Some(lease) = lease else {
            return Ok(false);
        };
        span.record("batch_id", tracing::field::display(lease.batch_id));
        if in_hand == 0 {
            self.busy_since = Instant::now();
        }
        tracing::debug!(
            %run_id, batch_id = %lease.batch_id, items = lease.items.len(), isolated = lease.isolated,
            "claimed {} of run {run_id}", count(lease.items.len() as i64, "brief")
        );
        self.leases.add(run_id, &lease);
        for leased in lease.items {
            self.spawn(run_id, lease.batch_id, Arc::clone(&drafter), leased);
        }
        // One on trial decides; more of the same would be more burnt attempts.
        Ok(self.circuits.most(run_id).is_none())
    }

    fn spawn(
        &mut self,
        run_id: Uuid,
        batch_id: Uuid,
        drafter: Arc<dyn super::Drafter>,
        leased: LeasedItem,
    ) {
        let key = ItemKey {
            run_id,
            batch_id,
            brief_id: leased.brief_id,
            epoch: leased.epoch,
            rows: drafter.rows(),
        };
        // What the stages of a brief have in common; they are spans within it.
        let span = tracing::info_span!("brief", %run_id, %batch_id, external_ref = leased.brief.external_ref);
        let draft = async move {
            Finished {
                run_id,
                batch_id,
                outcome: drafter.draft(leased).await,
            }
        };
        let task = self.tasks.spawn(draft.instrument(span));
        self.leases.task(task, key);
    }
}
