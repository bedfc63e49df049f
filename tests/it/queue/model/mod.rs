//! The queue against a model of it in memory: random claims, commits, failures, silences and
//! give-backs by several workers, embargoes that come and go, a window that closes, a person who cancels
//! or redrives the run, and after each step every row must be what the model says.

mod rows;

use chrono::{DateTime, Utc};
use nightdesk::domain::campaign::{CampaignSpec, Redraft, Select};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgPool;

use crate::support::{Desk, brief, campaign};
use rows::{Model, Row};

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
    Publication {
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
    Cancel,
    Redrive,
}

fn step() -> impl Strategy<Value = Step> {
    let lease = || any::<prop::sample::Index>();
    let each = prop::collection::vec(0..4u8, ITEMS);
    prop_oneof![
        // Seldom: after it, nothing but refusals is left to see.
        1 => any::<u8>().prop_map(|n| if n < 64 { Step::Cancel } else { Step::Look }),
        5 => (1..4usize, any::<bool>()).prop_map(|(limit, in_hand)| Step::Claim { limit, in_hand }),
        5 => (lease(), each).prop_map(|(lease, each)| Step::Commit { lease, each }),
        2 => lease().prop_map(|lease| Step::Heartbeat { lease }),
        1 => lease().prop_map(|lease| Step::Publication { lease }),
        3 => (5..12u64).prop_map(|seconds| Step::Pass { seconds }),
        3 => Just(Step::Sweep),
        1 => (0..ITEMS, any::<bool>()).prop_map(|(row, lasting)| Step::Embargo { row, lasting }),
        2 => Just(Step::Redrive),
    ]
}

#[sqlx::test(migrations = "./migrations")]
async fn the_queue_does_what_its_model_does(pool: PgPool) {
    // proptest calls a plain function for each case, so the database gets a runtime of its own.
    let cases = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let desk = runtime.block_on(Desk::open(pool));
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
    let mut model = Model {
        run: desk.try_open_run(&spec, true).await.expect("a run").id,
        now: 0,
        window_end: WINDOW,
        rows: vec![Row::ready(); ITEMS],
        held: Vec::new(),
        stale: 0,
        finished: false,
        cancelled: false,
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
