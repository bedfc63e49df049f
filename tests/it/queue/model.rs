//! The queue against a model of it in memory: random claims, commits, failures, silences and
//! give-backs by several workers, embargoes that come and go and a window that closes, and after each
//! step every row must be what the model says.

use std::time::Duration;

use chrono::{DateTime, Utc};
use nightdesk::domain::campaign::{CampaignSpec, Redraft, Select};
use nightdesk::domain::run::{FailureKind, MAX_CRASHES, MAX_FAILURES, RunState};
use nightdesk::store::{Committed, ItemOutcome, Lease};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

use crate::support::{Desk, LEASE, brief, campaign, done, failed};

const ITEMS: usize = 5;

/// Seconds until the window closes: about half of the sequences of steps get there.
const WINDOW: u64 = 40;

/// What a worker, or time, does. `lease` picks one of the leases so far; `each` says for each of its
/// items: leave it, done, failed, or failed for good.
#[derive(Debug, Clone)]
enum Step {
    Claim {
        limit: usize,
        in_hand: bool,
    },
    Commit {
        lease: prop::sample::Index,
        each: Vec<u8>,
    },
    Heartbeat {
        lease: prop::sample::Index,
    },
    Release {
        lease: prop::sample::Index,
    },
    Pass {
        seconds: u64,
    },
    Sweep,
    /// A worker without work asks whether the run has ended.
    Look,
    Embargo {
        row: usize,
        lasting: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let lease = || any::<prop::sample::Index>();
    let each = prop::collection::vec(0..4u8, ITEMS);
    prop_oneof![
        5 => (1..4usize, any::<bool>()).prop_map(|(limit, in_hand)| Step::Claim { limit, in_hand }),
        5 => (lease(), each).prop_map(|(lease, each)| Step::Commit { lease, each }),
        2 => lease().prop_map(|lease| Step::Heartbeat { lease }),
        1 => lease().prop_map(|lease| Step::Release { lease }),
        3 => (5..12u64).prop_map(|seconds| Step::Pass { seconds }),
        3 => Just(Step::Sweep),
        1 => Just(Step::Look),
        1 => (0..ITEMS, any::<bool>()).prop_map(|(row, lasting)| Step::Embargo { row, lasting }),
    ]
}

/// A queue row and the end of its pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
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

struct Held {
    lease: Lease,
    rows: Vec<usize>,
    until: u64,
    ended: bool,
}

struct Model {
    run: Uuid,
    now: u64,
    rows: Vec<Row>,
    held: Vec<Held>,
    stale: i64,
    finished: bool,
}

#[sqlx::test(migrations = "./migrations")]
async fn the_queue_does_what_its_model_does(pool: PgPoolOptions, database: PgConnectOptions) {
    // proptest calls a plain function for each case, so the database gets a runtime of its own.
    let cases = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let desk = runtime.block_on(Desk::open(pool, database));
        let briefs: Vec<_> = (0..ITEMS).map(|n| brief(&n.to_string())).collect();
        runtime.block_on(desk.import(&briefs));
        let mut runner = TestRunner::new(Config {
            cases: 20,
            max_shrink_iters: 200,
            failure_persistence: None,
            ..Config::default()
        });
        let steps = prop::collection::vec(step(), 10..50);
        runner.run(&steps, |steps| {
            runtime.block_on(play(&desk, steps));
            Ok(())
        })
    });
    cases.await.unwrap().unwrap();
}

async fn play(desk: &Desk, steps: Vec<Step>) {
    let spec = CampaignSpec {
        select: Select {
            redraft: Redraft::Always,
            ..Select::default()
        },
        window: Some(format!("{WINDOW}s").parse().unwrap()),
        ..campaign("nightly")
    };
    for row in 0..ITEMS {
        embargo(desk, row, false).await;
    }
    let row = Row {
        state: "ready",
        ..Row::default()
    };
    let mut model = Model {
        run: desk.try_open_run(&spec, true).await.expect("a run").id,
        now: 0,
        rows: vec![row; ITEMS],
        held: Vec::new(),
        stale: 0,
        finished: false,
    };
    for step in steps {
        model.step(desk, &step).await;
        model.compare(desk, &step).await;
    }
}

async fn embargo(desk: &Desk, row: usize, lasting: bool) {
    let end = "2100-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
    let update = sqlx::query("update briefs set embargo_until = $2 where external_ref = $1");
    let update = update.bind(row.to_string()).bind(lasting.then_some(end));
    update.execute(&desk.pool).await.unwrap();
}

impl Model {
    async fn step(&mut self, desk: &Desk, step: &Step) {
        match step {
            Step::Claim { limit, in_hand } => self.claim(desk, *limit, *in_hand).await,
            Step::Commit { lease, each } if !self.held.is_empty() => {
                self.commit(desk, lease.index(self.held.len()), each).await;
            }
            Step::Heartbeat { lease } if !self.held.is_empty() => {
                let held = lease.get_mut(&mut self.held);
                let alive = !held.ended && held.until > self.now;
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
            Step::Release { lease } if !self.held.is_empty() => {
                let index = lease.index(self.held.len());
                let held = &mut self.held[index];
                let state = if held.lease.alone { "suspect" } else { "ready" };
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
            Step::Commit { .. } | Step::Heartbeat { .. } | Step::Release { .. } => {}
        }
    }

    /// Ends the run when nothing is left to do, or the window has closed and nothing is in hand.
    fn look(&mut self) -> bool {
        let closed = self.now >= WINDOW && self.rows.iter().all(|row| row.state != "leased");
        self.finished |= closed || self.rows.iter().all(Row::has_ended);
        self.finished
    }

    /// Rows that can be claimed in this state, in the order in which they are.
    fn free(&self, state: &str) -> Vec<usize> {
        let open = !self.finished && self.now < WINDOW;
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
        let alone = ready.is_empty() && !in_hand;
        let mut rows = if alone { self.free("suspect") } else { ready };
        rows.truncate(if alone { 1 } else { limit });
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
        assert_eq!(lease.alone, alone);
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
                row.state = if held.lease.alone { "suspect" } else { "ready" };
                expected.retried += 1;
            }
        }
        held.ended |= !self.rows.iter().any(|row| row.is_held_by(index));
        self.stale += expected.stale as i64;
        expected.run_finished = self.look();
        let lease = &self.held[index].lease;
        assert_eq!(desk.commit(self.run, lease, &outcomes).await, expected);
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
                row.crashes += i32::from(held.lease.alone);
                let given_up = held.lease.alone && row.crashes >= MAX_CRASHES;
                row.state = if given_up { "quarantined" } else { "suspect" };
            }
        }
        if dead > 0 {
            self.look();
        }
        let swept = desk.store.expire_leases(Some(self.run), &[]).await;
        assert_eq!(swept.expect("swept"), dead);
    }

    async fn compare(&self, desk: &Desk, step: &Step) {
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
            (self.finished, self.finished && open),
            "after {step:?}"
        );
        desk.audit(self.run).await;
    }
}

impl Row {
    fn is_held_by(&self, lease: usize) -> bool {
        self.state == "leased" && self.lease == Some(lease)
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, "done" | "quarantined")
    }
}
