//! P1, P2, P6, P14: workers that are killed, frozen and thawed, and told to stop.

use std::time::Duration;

use sqlx::{ConnectOptions, PgPool};
use uuid::Uuid;

use super::{say, scale};
use crate::support::{Desk, Fleet, Script, assert_audit, brief, until};

/// A run of so many briefs, and worker processes on it.
async fn night(
    pool: &PgPool,
    briefs: usize,
    workers: usize,
    pace: Duration,
) -> (Desk, Uuid, Fleet) {
    let desk = Desk::in_real_time(pool.clone());
    Script::make_log(pool).await;
    let url = pool.connect_options().to_url_lossy().to_string();
    let briefs: Vec<_> = (0..briefs).map(|n| brief(&format!("b-{n:05}"))).collect();
    desk.import(&briefs).await;
    let run = desk.open_run(&crate::support::campaign("nightly")).await.id;
    (desk, run, Fleet::start(&url, workers, pace))
}

async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(pool)
        .await
        .expect("a count")
}

const READY: &str = "select count(*) from work_items where state = 'ready'";

/// Kills and freezes until only suspects are left, then lets the night end; says what was found.
///
/// A brief whose worker dies twice while it holds nothing else is given up by design. Whoever kills at random
/// would do that to innocents, so nobody is killed once suspects are all that is left.
pub(super) async fn kill_and_freeze(pool: PgPool) -> Result<String, String> {
    let (briefs, most_kills) = (scale(6000, 20_000), scale(5, 60));
    let (desk, run, mut fleet) =
        night(&pool, briefs, 4, Duration::from_millis(scale(100, 500))).await;
    until("a first draft", async || {
        (count(&pool, "select count(*) from drafts").await > 0).then_some(())
    })
    .await;
    let mut freezes = 0;
    // Zombies: one holds a lease, sleeps for three of them, and comes back with its results. Some come too late
    // even to try, so it is done until one has tried.
    while freezes < 3 && desk.stale_commits(run).await == 0 {
        until("everybody to have something in hand", async || {
            let held = "select count(*) from (select from batches where ended_at is null and lease_until > now() group by worker having count(*) > 1) as busy";
            (count(&pool, held).await >= 4 || count(&pool, READY).await == 0).then_some(())
        })
        .await;
        fleet.signal(freezes, "STOP");
        tokio::time::sleep(3 * crate::support::script_options().lease).await;
        fleet.signal(freezes, "CONT");
        freezes += 1;
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            while desk.stale_commits(run).await == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
    let (mut kills, mut lots) = (0, 1u64);
    while kills < most_kills && count(&pool, READY).await > 200 {
        lots = lots
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        fleet.kill((lots >> 33) as usize);
        kills += 1;
        tokio::time::sleep(Duration::from_millis(100 + (lots >> 40) % scale(200, 2000))).await;
    }
    until("the run to end", async || {
        fleet.tend();
        desk.store.run(&run.to_string()).await.ok()?.finished_at
    })
    .await;
    let audit = desk.store.audit(run).await.expect("an audit");
    let stale = desk.stale_commits(run).await;
    let computed = count(&pool, "select count(*) from computed").await;
    let found = format!(
        "{briefs} briefs, {kills} kills, {freezes} freezes: drafted {}, given up {}, missing {}, twice {}, stale commits refused {stale}, computed {computed}",
        audit.with_drafts,
        audit.quarantined,
        audit.items - audit.with_drafts - audit.quarantined - audit.pending,
        audit.drafts - audit.distinct_drafts,
    );
    let good = audit.with_drafts == briefs as i64
        && audit.inconsistent == 0
        && audit.drafts == audit.distinct_drafts
        && audit.drafts == audit.counted_drafts
        && stale > 0;
    if good { Ok(found) } else { Err(found) }
}

#[sqlx::test(migrations = "./migrations")]
async fn killed_and_frozen_workers_lose_nothing_and_draft_nothing_twice(pool: PgPool) {
    match kill_and_freeze(pool).await {
        Ok(found) => say("P1 P2 P6", &found),
        Err(found) => panic!("{found}"),
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_worker_that_is_told_to_stop_gives_back_what_it_has_not_finished(pool: PgPool) {
    let (desk, run, mut fleet) = night(&pool, 200, 1, Duration::from_millis(200)).await;
    until("work in hand", async || {
        let held = "select count(*) from work_items where state = 'leased'";
        (count(&pool, held).await > 8).then_some(())
    })
    .await;
    fleet.signal(0, "TERM");
    let well = until("the worker to end", async || fleet.ended_well(0)).await;
    assert!(well, "an orderly end is a success");
    let items = desk.items(run).await;
    assert!(
        items.iter().all(|item| item.state != "leased"),
        "nothing is held"
    );
    let untouched = items.iter().filter(|item| item.state == "ready");
    assert!(
        untouched.clone().all(|item| item.attempt == 0),
        "no attempt was used up"
    );
    say(
        "P14",
        &format!("{} of 200 given back, attempts 0", untouched.count()),
    );
    assert_audit(&desk.store.audit(run).await.unwrap());
}
