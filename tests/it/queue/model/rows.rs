//! The model: what each row must be after each step, and the same asked of the database.

use std::time::Duration;

use nightdesk::domain::run::{FailureKind, MAX_CRASHES, MAX_FAILURES, RunState};
use nightdesk::store::{Committed, ItemOutcome, Lease, RedriveFilter, StoreError};
use uuid::Uuid;

use super::{ITEMS, Step, WINDOW, embargo};
use crate::support::{Desk, LEASE, done, failed};

/// A queue row and the end of its pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    state: &'static str,
    epoch: i64,
    attempt: i32,
    crashes: i32,
    failures: i32,
    /// Lease that holds it or held it last.
    lease: Option<usize>,
    /// Whether the pause after a failure lasts.
    resting: bool,
    embargoed: bool,
}

pub(super) struct Held {
    lease: Lease,
    rows: Vec<usize>,
    until: u64,
    ended: bool,
}

pub(super) struct Model {
    pub(super) run: Uuid,
    pub(super) now: u64,
    pub(super) window_end: u64,
    pub(super) rows: Vec<Row>,
    pub(super) held: Vec<Held>,
    pub(super) stale: i64,
    pub(super) finished: bool,
    pub(super) cancelled: bool,
}

impl Model {
    pub(super) async fn step(&mut self, desk: &Desk, step: &Step) {
        match step {
            Step::Claim { limit, in_hand } => self.claim(desk, *limit, *in_hand).await,
            Step::Commit { lease, each } if !self.held.is_empty() => {
                self.commit(desk, lease.index(self.held.len()), each).await;
            }
            Step::Heartbeat { lease } if !self.held.is_empty() => {
                let held = lease.get_mut(&mut self.held);
                let alive = !held.ended;
                if alive {
                    held.until = self.now + LEASE.as_secs();
                }
                let batch = held.lease.batch_id;
                let kept = desk
                    .store
                    .heartbeat(&[batch], LEASE)
                    .await
                    .expect("a heartbeat");
                assert_eq!(kept == [batch], alive);
            }
            Step::Publication { lease } if !self.held.is_empty() => {
                let index = lease.index(self.held.len());
                let held = &mut self.held[index];
                let state = if held.lease.isolated {
                    "suspect"
                } else {
                    "ready"
                };
                let open = !std::mem::replace(&mut held.ended, true);
                let mut released = 0;
                for row in self
                    .rows
                    .iter_mut()
                    .filter(|row| open && row.is_held_by(index))
                {
                    (row.state, row.attempt) = (state, row.attempt - 1);
                    released += 1;
                }
                let batch = self.held[index].lease.batch_id;
                assert_eq!(desk.store.release(batch).await.expect("released"), released);
            }
            Step::Pass { seconds } => {
                desk.pass(Duration::from_secs(*seconds));
                self.now += seconds;
                // No pause after so few failures is as long as the shortest step of time.
                self.rows.iter_mut().for_each(|row| row.resting = false);
            }
            Step::Sweep => self.sweep(desk).await,
            Step::Look => {
                let finished = desk.store.finish_run(self.run).await.expect("looked");
                assert_eq!(finished, self.look());
            }
            Step::Embargo { row, lasting } => {
                self.rows[*row].embargoed = *lasting;
                embargo(desk, *row, *lasting).await;
            }
            Step::Cancel => self.cancel(desk).await,
            Step::Redrive => self.redrive(desk).await,
            Step::Commit { .. } | Step::Heartbeat { .. } | Step::Publication { .. } => {}
        }
    }

    /// Ends the run when nothing is left to do, or the window has closed and nothing is in hand.
    fn look(&mut self) -> bool {
        let closed =
            self.now >= self.window_end && self.rows.iter().all(|row| row.state != "leased");
        self.finished |= closed || self.rows.iter().all(Row::has_ended);
        self.finished
    }

    /// Rows that can be claimed in this state, in the order in which they are.
    fn free(&self, state: &str) -> Vec<usize> {
        let open = !self.finished && self.now < self.window_end;
        let free = |row: &Row| open && row.state == state && !row.resting && !row.embargoed;
        let mut rows: Vec<usize> = (0..ITEMS).filter(|&row| free(&self.rows[row])).collect();
        rows.sort_by_key(|&row| (self.rows[row].crashes, row));
        rows
    }

    /// What waits under an embargo is given up once nothing else is ready.
    fn withdraw(&mut self) {
        let waiting = |row: &&mut Row| row.embargoed && matches!(row.state, "ready" | "suspect");
        let mut withdrawn = 0;
        if !self.finished {
            for row in self.rows.iter_mut().filter(waiting) {
                row.state = "quarantined";
                withdrawn += 1;
            }
        }
        if withdrawn > 0 {
            self.look();
        }
    }

    async fn claim(&mut self, desk: &Desk, limit: usize, in_hand: bool) {
        let ready = self.free("ready");
        if ready.is_empty() {
            self.withdraw();
        }
        let isolated = ready.is_empty() && !in_hand;
        let mut rows = if isolated {
            self.free("suspect")
        } else {
            ready
        };
        rows.truncate(if isolated { 1 } else { limit });
        rows.sort_unstable();
        let lease = desk
            .claim_with(self.run, limit as i64, in_hand.into())
            .await;
        let Some(lease) = lease else {
            return assert_eq!(rows, [0; 0], "nothing was claimed");
        };
        for &row in &rows {
            let row = &mut self.rows[row];
            (row.state, row.lease) = ("leased", Some(self.held.len()));
            (row.epoch, row.attempt) = (row.epoch + 1, row.attempt + 1);
        }
        let claimed = lease
            .items
            .iter()
            .map(|item| (item.brief.external_ref.clone(), item.epoch));
        let expected = rows
            .iter()
            .map(|&row| (row.to_string(), self.rows[row].epoch));
        assert_eq!(claimed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert_eq!(lease.isolated, isolated);
        let until = self.now + LEASE.as_secs();
        self.held.push(Held {
            lease,
            rows,
            until,
            ended: false,
        });
    }

    async fn commit(&mut self, desk: &Desk, index: usize, each: &[u8]) {
        let held = &mut self.held[index];
        let mut expected = Committed::default();
        let mut outcomes: Vec<ItemOutcome> = Vec::new();
        for ((item, &row), how) in held.lease.items.iter().zip(&held.rows).zip(each) {
            outcomes.push(match how {
                0 => continue,
                1 => done(item),
                2 => failed(item, FailureKind::Transient),
                _ => failed(item, FailureKind::Permanent),
            });
            let row = &mut self.rows[row];
            if !row.is_held_by(index) {
                // This very claim has said so before, or it is too late.
                match (row.state, how) {
                    ("done", 1) if row.lease == Some(index) => expected.done += 1,
                    _ => expected.stale += 1,
                }
                continue;
            }
            if *how == 1 {
                (row.state, expected.done) = ("done", expected.done + 1);
                continue;
            }
            (row.failures, row.resting) = (row.failures + 1, true);
            if *how == 3 || row.failures == MAX_FAILURES {
                (row.state, expected.quarantined) = ("quarantined", expected.quarantined + 1);
            } else {
                row.state = if held.lease.isolated {
                    "suspect"
                } else {
                    "ready"
                };
                expected.retried += 1;
            }
        }
        held.ended |= !self.rows.iter().any(|row| row.is_held_by(index));
        self.stale += expected.stale as i64;
        expected.run_finished = self.look();
        let lease = &self.held[index].lease;
        assert_eq!(desk.commit(self.run, lease, &outcomes).await, expected);
    }

    /// Ends the run and takes back what is leased; a run that ended by itself refuses.
    async fn cancel(&mut self, desk: &Desk) {
        let cancelled = desk.store.cancel_run(self.run, "test").await;
        if self.finished && !self.cancelled {
            return assert!(matches!(cancelled, Err(StoreError::RunEnded { .. })));
        }
        let mut taken_back = 0;
        for row in self.rows.iter_mut().filter(|row| row.state == "leased") {
            let alone = row
                .lease
                .is_some_and(|lease| self.held[lease].lease.isolated);
            (row.state, row.attempt) = (if alone { "suspect" } else { "ready" }, row.attempt - 1);
            taken_back += 1;
        }
        self.held.iter_mut().for_each(|held| held.ended = true);
        let cancelled = cancelled.expect("cancelled");
        assert_eq!(
            (cancelled.now, cancelled.taken_back),
            (!self.finished, taken_back)
        );
        (self.finished, self.cancelled) = (true, true);
    }

    /// Gives what was given up another try, with a new window where the run had ended.
    async fn redrive(&mut self, desk: &Desk) {
        let redriven = desk
            .store
            .redrive(self.run, RedriveFilter::default(), false, "test")
            .await;
        if self.finished && !self.rows.iter().all(Row::has_ended) {
            return assert!(matches!(redriven, Err(StoreError::RunEnded { .. })));
        }
        let mut again = 0;
        let quarantined = |row: &&mut Row| row.state == "quarantined" && !row.embargoed;
        for row in self.rows.iter_mut().filter(quarantined) {
            (row.state, row.failures, row.crashes, row.resting) = ("ready", 0, 0, false);
            again += 1;
        }
        let redriven = redriven.expect("redriven");
        let reopened = self.finished && again > 0;
        assert_eq!((redriven.redriven, redriven.reopened), (again, reopened));
        if reopened {
            (self.finished, self.window_end) = (false, self.now + WINDOW);
        }
    }

    async fn sweep(&mut self, desk: &Desk) {
        let mut dead = 0;
        for (index, held) in self.held.iter_mut().enumerate() {
            if held.ended || held.until >= self.now {
                continue;
            }
            held.ended = true;
            dead += 1;
            for row in self.rows.iter_mut().filter(|row| row.is_held_by(index)) {
                row.crashes += i32::from(held.lease.isolated);
                let quarantined = held.lease.isolated && row.crashes >= MAX_CRASHES;
                row.state = if quarantined {
                    "quarantined"
                } else {
                    "suspect"
                };
            }
        }
        if dead > 0 {
            self.look();
        }
        let swept = desk.store.expire_leases(Some(self.run), &[]).await;
        assert_eq!(swept.expect("swept"), dead);
    }

    pub(super) async fn compare(&self, desk: &Desk, step: &Step) {
        let rows = desk.items(self.run).await.into_iter();
        let rows = rows.map(|row| (row.state, row.epoch, row.attempt, row.crashes, row.failures));
        let expected = self.rows.iter().map(|row| {
            (
                row.state.to_owned(),
                row.epoch,
                row.attempt,
                row.crashes,
                row.failures,
            )
        });
        assert_eq!(
            rows.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "after {step:?}"
        );
        assert_eq!(
            desk.stale_commits(self.run).await,
            self.stale,
            "after {step:?}"
        );
        let run = desk.store.run(&self.run.to_string()).await.expect("a run");
        let state = (run.state.is_final(), run.state == RunState::WindowExpired);
        let open = !self.rows.iter().all(Row::has_ended);
        assert_eq!(
            state,
            (self.finished, self.finished && open && !self.cancelled),
            "after {step:?}"
        );
        desk.audit(self.run).await;
    }
}

impl Row {
    pub(super) fn ready() -> Self {
        Self {
            state: "ready",
            ..Self::default()
        }
    }

    fn is_held_by(&self, lease: usize) -> bool {
        self.state == "leased" && self.lease == Some(lease)
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, "done" | "quarantined")
    }
}
