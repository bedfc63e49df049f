//! The network goes silent (P5): every call ends, the lease goes to somebody else, and nothing hangs.

use std::time::Duration;

use nightdesk::store::{Store, StoreError, Timeouts};
use sqlx::PgPool;
use tokio::time::timeout;

use crate::support::{Desk, Proxy, done, until};

/// Short, so that the tests are; a call that hangs is not mistaken for a slow one.
const SHORT: Timeouts = Timeouts {
    connect: Duration::from_millis(600),
    statement: Duration::from_millis(400),
    bulk: Duration::from_millis(400),
    grace: Duration::from_millis(200),
};
const NEVER: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(1);

/// The answer of a call that has to have one.
async fn ends<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(NEVER, call).await.expect("the call hangs")
}

#[sqlx::test(migrations = "./migrations")]
async fn a_silent_network_ends_every_call_and_another_worker_takes_over(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(2).await;
    let worker = Store::connect_within(&proxy.url(), SHORT).await.unwrap();
    let claimed = worker.claim(run, "cut off", 2, LEASE, 0).await;
    let lease = claimed.unwrap().expect("a lease");
    let outcomes: Vec<_> = lease.items.iter().map(done).collect();

    proxy.fall_silent();
    let commit = worker.commit(run, lease.batch_id, &outcomes, Duration::ZERO);
    assert!(ends(commit).await.unwrap_err().is_connection_lost());
    for _ in 0..6 {
        let beat = ends(worker.heartbeat(&[lease.batch_id], LEASE)).await;
        let error = beat.unwrap_err();
        assert!(error.is_connection_lost() && error.may_pass(), "{error:?}");
    }
    assert!(proxy.silenced() > 0);

    // Two suspects of a worker that fell silent: each is drafted alone.
    until("the lease to run out", async || {
        let expired = desk.store.expire_leases(Some(run), &[]).await.unwrap();
        (expired > 0).then_some(())
    })
    .await;
    for _ in 0..2 {
        let other = desk.claim(run, 2).await.expect("a lease");
        desk.commit(run, &other, &[done(&other.items[0])]).await;
    }

    proxy.speak();
    let late = worker.commit(run, lease.batch_id, &outcomes, Duration::ZERO);
    let late = ends(late)
        .await
        .expect("the network is back, and so is the pool");
    assert_eq!((late.done, late.stale, late.run_finished), (0, 2, true));
    let audit = desk.audit(run).await;
    assert_eq!((audit.with_drafts, audit.drafts), (2, 4));
    timeout(NEVER, worker.close()).await.expect("closed");
}

#[sqlx::test(migrations = "./migrations")]
async fn silent_connections_cost_one_call_and_are_never_used_again(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(1).await;
    let store = Store::connect_within(&proxy.url(), SHORT).await.unwrap();
    for _ in 0..3 {
        // All of the pool's connections, idle afterwards.
        let calls = (0..8).map(|_| store.item_counts(run));
        for counts in futures_util::future::join_all(calls).await {
            assert_eq!(counts.unwrap().ready, 1);
        }
        proxy.fall_silent();
        assert!(ends(store.item_counts(run)).await.is_err());
        proxy.speak();
        let after = ends(store.item_counts(run)).await;
        assert_eq!(after.expect("the others were not asked first").ready, 1);
    }
}

/// The driver's pool tests a connection that comes back, and would wait for ever for the answer: four
/// of these, and it would have no place left.
#[sqlx::test(migrations = "./migrations")]
async fn connections_that_fall_silent_on_their_way_back_leave_their_place(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(1).await;
    let store = Store::connect_within(&proxy.url(), SHORT).await.unwrap();
    for silent in 1..=8 {
        proxy.fall_silent_after_reply();
        let counts = until("a place", async || ends(store.item_counts(run)).await.ok());
        assert_eq!(counts.await.ready, 1);
        until("the pool to test it", async || {
            (proxy.silenced() >= silent).then_some(())
        })
        .await;
        proxy.speak();
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_call_that_was_dropped_half_way_leaves_no_answer_for_the_next(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    let run = desk.run_of(1).await;
    let url = sqlx::ConnectOptions::to_url_lossy(&*pool.connect_options());
    let store = Store::connect(url.as_str()).await.unwrap();
    let mut others = pool.begin().await.unwrap();
    sqlx::query("lock table work_items in access exclusive mode")
        .execute(&mut *others)
        .await
        .unwrap();
    for _ in 0..6 {
        let call = store.item_counts(run);
        let dropped = timeout(Duration::from_millis(50), call).await;
        assert!(dropped.is_err(), "it waits for the lock");
    }
    others.commit().await.unwrap();
    let (counts, briefs) = tokio::join!(store.item_counts(run), store.count_briefs());
    assert_eq!((counts.unwrap().ready, briefs.unwrap()), (1, 1));
}

/// The server ends what waits too long, and the error says that it may be tried again.
#[sqlx::test(migrations = "./migrations")]
async fn what_the_server_ends_for_the_sake_of_others_may_be_tried_again(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    let run = desk.run_of(1).await;
    let url = sqlx::ConnectOptions::to_url_lossy(&*pool.connect_options());
    let store = Store::connect_within(url.as_str(), SHORT).await.unwrap();
    let mut others = pool.begin().await.unwrap();
    sqlx::query("lock table work_items in access exclusive mode")
        .execute(&mut *others)
        .await
        .unwrap();
    let error = ends(store.item_counts(run)).await.unwrap_err();
    assert!(error.may_pass() && !error.is_connection_lost(), "{error:?}");
    let problem = error.problem();
    let message = problem.message.split(" at line").next();
    assert_eq!(
        (problem.code, message),
        (
            "database.busy",
            Some(
                "the database failed: error returned from database: canceling statement due to lock timeout"
            )
        )
    );
    insta::assert_snapshot!(problem.hint.unwrap_or_default(), @"another session is in the way, or the server has too much to do");
    others.commit().await.unwrap();
    assert_eq!(store.item_counts(run).await.unwrap().ready, 1);
}
