//! Leases: what silence means, who is blamed for it, and giving work back.

use std::time::Duration;

use nightdesk::store::LeasedItem;
use sqlx::PgPool;

use crate::support::{Desk, LEASE, done};

#[sqlx::test(migrations = "./migrations")]
async fn silence_makes_suspects_and_blames_nobody(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(4).await;
    desk.claim(run, 3).await.unwrap();
    desk.pass(LEASE);
    assert_eq!(
        desk.store.expire_leases(Some(run), &[]).await.unwrap(),
        0,
        "a lease holds to its last instant"
    );
    assert_eq!(desk.expire(run).await, 1);
    assert_eq!(
        desk.states(run).await,
        ["suspect", "suspect", "suspect", "ready"]
    );
    assert!(desk.items(run).await.iter().all(|item| item.crashes == 0));
    assert_eq!(
        desk.store.expire_leases(Some(run), &[]).await.unwrap(),
        0,
        "a lease ends once"
    );
    assert_eq!(desk.audit(run).await.pending, 4);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_worker_does_not_end_its_own_leases_after_an_outage(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    desk.pass(LEASE * 2);
    let mine = [lease.batch_id];
    assert_eq!(desk.store.expire_leases(Some(run), &mine).await.unwrap(), 0);
    let outcomes: Vec<_> = lease.items.iter().map(done).collect();
    let committed = desk.commit(run, &lease, &outcomes).await;
    assert_eq!((committed.done, committed.stale), (2, 0));
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_suspect_is_claimed_alone_and_only_by_idle_hands(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(4).await;
    desk.claim(run, 2).await.unwrap();
    desk.expire(run).await;
    let ready = desk.claim(run, 9).await.unwrap();
    assert_eq!(
        (names(&ready.items), ready.isolated),
        (vec!["b-02", "b-03"], false),
        "the others go first"
    );
    assert_eq!(
        desk.claim_with(run, 9, 2).await,
        None,
        "not beside other work"
    );
    for name in ["b-00", "b-01"] {
        let suspect = desk.claim(run, 9).await.unwrap();
        assert_eq!(
            (names(&suspect.items), suspect.isolated),
            (vec![name], true)
        );
    }
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_that_kills_its_worker_is_quarantined_and_its_neighbours_are_not(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(4).await;
    let mut deaths = 0;
    // A worker that dies of b-01 and of nothing else.
    while let Some(lease) = desk.claim(run, 4).await {
        if names(&lease.items).contains(&"b-01") {
            deaths += 1;
            desk.expire(run).await;
        } else {
            let outcomes: Vec<_> = lease.items.iter().map(done).collect();
            desk.commit(run, &lease, &outcomes).await;
        }
    }
    assert_eq!(deaths, 3, "once in the batch, twice alone");
    assert_eq!(
        desk.states(run).await,
        ["done", "quarantined", "done", "done"]
    );
    let crashes: Vec<i32> = desk
        .items(run)
        .await
        .iter()
        .map(|item| item.crashes)
        .collect();
    assert_eq!(crashes, [0, 2, 0, 0]);
    let quarantined = desk.store.quarantined(run).await.unwrap();
    let error = quarantined[0].error.clone().unwrap();
    assert_eq!(
        (quarantined[0].external_ref.as_str(), &error["code"]),
        ("b-01", &"worker.died".into())
    );
    assert_eq!(
        desk.store
            .run(&run.to_string())
            .await
            .unwrap()
            .state
            .as_str(),
        "completed_with_errors"
    );
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_suspect_that_crashed_goes_last(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    desk.claim(run, 3).await.unwrap();
    desk.expire(run).await;
    let first = desk.claim(run, 1).await.unwrap();
    assert_eq!(names(&first.items), ["b-00"]);
    desk.expire(run).await;
    let mut order = Vec::new();
    while let Some(lease) = desk.claim(run, 1).await {
        order.push(lease.items[0].brief.external_ref.clone());
    }
    assert_eq!(order, ["b-01", "b-02", "b-00"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn heartbeats_keep_a_lease_that_nobody_has_taken_and_cannot_revive_another(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let kept = desk.claim(run, 1).await.unwrap().batch_id;
    let lost = desk.claim(run, 1).await.unwrap().batch_id;
    for _ in 0..4 {
        desk.pass(LEASE - Duration::from_secs(1));
        let held = desk.store.heartbeat(&[kept], LEASE).await.unwrap();
        assert_eq!(held, [kept]);
    }
    // The database was away for longer than a lease: its worker is plainly alive.
    desk.pass(LEASE * 2);
    let held = desk.store.heartbeat(&[kept], LEASE).await.unwrap();
    assert_eq!(held, [kept]);
    assert_eq!(desk.store.expire_leases(Some(run), &[]).await.unwrap(), 1);
    assert_eq!(desk.store.heartbeat(&[lost], LEASE).await.unwrap().len(), 0);
    assert_eq!(desk.states(run).await, ["leased", "suspect"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn work_given_back_is_as_if_it_had_never_been_claimed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    let lease = desk.claim(run, 3).await.unwrap();
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    assert_eq!(desk.store.release(lease.batch_id).await.unwrap(), 2);
    assert_eq!(desk.store.release(lease.batch_id).await.unwrap(), 0);
    let items = desk.items(run).await;
    let attempts: Vec<_> = items
        .iter()
        .map(|item| (item.state.as_str(), item.attempt))
        .collect();
    assert_eq!(attempts, [("done", 1), ("ready", 0), ("ready", 0)]);
    assert_eq!(desk.expire(run).await, 0, "no lease is left");

    let late = desk.commit(run, &lease, &[done(&lease.items[1])]).await;
    assert_eq!(
        (late.done, late.stale),
        (0, 1),
        "what was given back cannot be committed"
    );
    let again = desk.claim(run, 3).await.unwrap();
    assert!(
        again.items.iter().all(|item| item.epoch == 2),
        "the epoch is never lowered"
    );
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_suspect_given_back_stays_a_suspect(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    desk.claim(run, 1).await.unwrap();
    desk.expire(run).await;
    let lease = desk.claim(run, 1).await.unwrap();
    assert_eq!(desk.store.release(lease.batch_id).await.unwrap(), 1);
    let item = desk.items(run).await.remove(0);
    assert_eq!(
        (item.state.as_str(), item.attempt, item.crashes),
        ("suspect", 1, 0)
    );
}

fn names(items: &[LeasedItem]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item.brief.external_ref.as_str())
        .collect()
}
