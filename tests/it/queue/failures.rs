//! Briefs that cannot be drafted: tried again with pauses, or given up, and never in others' way (P12).

use std::time::Duration;

use nightdesk::domain::run::{FailureKind, MAX_FAILURES};
use sqlx::PgPool;

use crate::support::{Desk, done, failed};

/// Longer than any pause between two tries.
const PAUSE: Duration = Duration::from_mins(1);

#[sqlx::test(migrations = "./migrations")]
async fn a_transient_failure_is_tried_again_after_a_pause_and_then_quarantined(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    for failures in 1..MAX_FAILURES {
        let lease = desk.claim(run, 1).await.unwrap();
        let committed = desk
            .commit(
                run,
                &lease,
                &[failed(&lease.items[0], FailureKind::Transient)],
            )
            .await;
        assert_eq!((committed.retried, committed.run_finished), (1, false));
        assert_eq!(desk.claim(run, 1).await, None, "not at once");
        let item = desk.items(run).await.remove(0);
        assert_eq!(
            (item.state.as_str(), item.failures, item.crashes),
            ("ready", failures, 0)
        );
        desk.pass(PAUSE);
    }
    let lease = desk.claim(run, 1).await.unwrap();
    let committed = desk
        .commit(
            run,
            &lease,
            &[failed(&lease.items[0], FailureKind::Transient)],
        )
        .await;
    assert_eq!((committed.quarantined, committed.run_finished), (1, true));
    let quarantined = desk.store.quarantined(run).await.unwrap().remove(0);
    assert_eq!(
        (quarantined.attempt, quarantined.crashes),
        (MAX_FAILURES, 0)
    );
    let error = quarantined.error.unwrap();
    assert_eq!(
        (&error["code"], &error["message"]),
        (&"test.failed".into(), &"it did not work".into())
    );
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn the_pause_grows_and_never_passes_a_minute(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    for most in [1_u32, 2] {
        let lease = desk.claim(run, 1).await.unwrap();
        desk.commit(
            run,
            &lease,
            &[failed(&lease.items[0], FailureKind::Transient)],
        )
        .await;
        let pause: f64 = sqlx::query_scalar(
            "select extract(epoch from available_at - nightdesk_now())::float8 from work_items",
        )
        .fetch_one(&desk.pool)
        .await
        .unwrap();
        assert!(
            (0.0..=f64::from(most)).contains(&pause),
            "{pause} s, at most {most} s"
        );
        desk.pass(Duration::from_secs(most.into()));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_permanent_failure_is_quarantined_at_once_and_the_rest_of_the_batch_commits(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(4).await;
    let lease = desk.claim(run, 4).await.unwrap();
    let outcomes = [
        done(&lease.items[0]),
        failed(&lease.items[1], FailureKind::Permanent),
        failed(&lease.items[2], FailureKind::Transient),
        done(&lease.items[3]),
    ];
    let committed = desk.commit(run, &lease, &outcomes).await;
    assert_eq!(
        (committed.done, committed.quarantined, committed.retried),
        (2, 1, 1)
    );
    assert_eq!((committed.stale, committed.run_finished), (0, false));
    assert_eq!(
        desk.states(run).await,
        ["done", "quarantined", "ready", "done"]
    );
    let audit = desk.audit(run).await;
    assert_eq!(
        (
            audit.with_drafts,
            audit.quarantined,
            audit.pending,
            audit.drafts
        ),
        (2, 1, 1, 4)
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_success_after_failures_keeps_no_error(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.commit(
        run,
        &lease,
        &[failed(&lease.items[0], FailureKind::Transient)],
    )
    .await;
    desk.pass(PAUSE);
    let lease = desk.claim(run, 1).await.unwrap();
    assert!(
        desk.commit(run, &lease, &[done(&lease.items[0])])
            .await
            .run_finished
    );
    let error: Option<serde_json::Value> = sqlx::query_scalar("select error from work_items")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    assert_eq!(error, None);
    assert_eq!(
        desk.store
            .run(&run.to_string())
            .await
            .unwrap()
            .state
            .as_str(),
        "completed"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_suspect_that_fails_is_tried_again_alone(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    desk.claim(run, 1).await.unwrap();
    desk.expire(run).await;
    let other = desk.claim(run, 1).await.unwrap();
    desk.commit(run, &other, &[done(&other.items[0])]).await;
    let suspect = desk.claim(run, 1).await.unwrap();
    desk.commit(
        run,
        &suspect,
        &[failed(&suspect.items[0], FailureKind::Transient)],
    )
    .await;
    desk.pass(PAUSE);
    assert_eq!(
        desk.claim_with(run, 2, 1).await,
        None,
        "an error is no proof of innocence"
    );
    assert!(desk.claim(run, 2).await.unwrap().isolated);
}
