//! Cancelling: nothing is claimed any more, what is in hand is refused, and the rest goes to the next run.

use nightdesk::store::StoreError;
use sqlx::PgPool;

use crate::support::{Desk, campaign, done};

#[sqlx::test(migrations = "./migrations")]
async fn a_cancelled_run_keeps_its_drafts_and_leaves_the_rest(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(5).await;
    let lease = desk.claim(run, 3).await.unwrap();
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    let cancelled = desk.store.cancel_run(run, "test").await.unwrap();
    assert_eq!((cancelled.now, cancelled.taken_back), (true, 2));
    assert_eq!(desk.claim(run, 9).await, None);
    assert_eq!(
        desk.states(run).await,
        ["done", "ready", "ready", "ready", "ready"]
    );

    let next = desk.open_run(&campaign("nightly")).await;
    assert_eq!((next.items, next.resumed), (4, false), "what it left");
    let late = [done(&lease.items[1]), done(&lease.items[2])];
    let late = desk.commit(run, &lease, &late).await;
    assert_eq!(
        (late.done, late.stale, late.run_finished),
        (0, 2, true),
        "the next run has them"
    );
    let again = desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    assert_eq!(
        (again.done, again.stale),
        (1, 0),
        "a lost reply is still found"
    );
    let audit = desk.audit(run).await;
    assert_eq!((audit.with_drafts, audit.pending, audit.drafts), (1, 4, 2));
    desk.audit(next.id).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn cancelling_again_finishes_what_died_half_way(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    // What a kill between its two transactions leaves.
    sqlx::query("update runs set state = 'cancelled', finished_at = nightdesk_now()")
        .execute(&desk.pool)
        .await
        .unwrap();
    let cancelled = desk.store.cancel_run(run, "test").await.unwrap();
    assert_eq!((cancelled.now, cancelled.taken_back), (false, 2));
    assert_eq!(
        desk.commit(run, &lease, &[done(&lease.items[0])])
            .await
            .stale,
        1
    );
    let again = desk.store.cancel_run(run, "test").await.unwrap();
    assert_eq!((again.now, again.taken_back), (false, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_ended_by_itself_is_not_cancelled(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    let refused = desk.store.cancel_run(run, "test").await;
    assert!(
        matches!(refused, Err(StoreError::RunEnded { .. })),
        "{refused:?}"
    );
    let shown = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(shown.state.as_str(), "completed");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_new_run_by_hand_does_not_get_the_old_runs_drafts_beside_its_own(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    let next = desk.try_open_run(&campaign("nightly"), true).await.unwrap();
    assert_eq!(next.items, 2);
    let late = desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    assert_eq!(
        (late.done, late.stale),
        (0, 1),
        "its brief is in the new run"
    );
    assert_eq!(desk.audit(run).await.drafts, 0);
}
