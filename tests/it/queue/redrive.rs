//! Redriving: what a run gave up gets another try, with its cause on record, and nothing is drafted twice.

use std::time::Duration;

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::run::FailureKind;
use nightdesk::store::{Redrive, RedriveFilter, StoreError};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, brief, campaign, done, failed};

const ALL: RedriveFilter = RedriveFilter {
    code: None,
    external_ref: None,
};

/// A run of two briefs, one done and one given up, and the lease that did it.
async fn with_errors(desk: &Desk, spec: &CampaignSpec) -> (Uuid, nightdesk::store::Lease) {
    desk.import(&[brief("good"), brief("bad")]).await;
    let run = desk.open_run(spec).await.id;
    let lease = desk.claim(run, 2).await.unwrap();
    let (good, bad) = (&lease.items[0], &lease.items[1]);
    let outcomes = [done(good), failed(bad, FailureKind::Permanent)];
    assert!(desk.commit(run, &lease, &outcomes).await.run_finished);
    (run, lease)
}

async fn state(desk: &Desk, run: Uuid) -> &'static str {
    desk.store
        .run(&run.to_string())
        .await
        .unwrap()
        .state
        .as_str()
}

async fn redrive(desk: &Desk, run: Uuid) -> Redrive {
    desk.store.redrive(run, ALL, false, "test").await.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_quarantined_is_tried_again_in_its_run_and_the_cause_stays(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (run, late) = with_errors(&desk, &campaign("nightly")).await;
    assert_eq!(state(&desk, run).await, "completed_with_errors");
    let planned = desk.store.redrive(run, ALL, true, "test").await.unwrap();
    assert_eq!(desk.states(run).await, ["done", "quarantined"], "a dry run");
    let redriven = redrive(&desk, run).await;
    assert_eq!(redriven, planned);
    assert_eq!((redriven.redriven, redriven.reopened), (1, true));
    assert_eq!(redriven.reasons[0].code, "test.failed");
    assert_eq!(state(&desk, run).await, "running");
    let item = &desk.items(run).await[1];
    assert_eq!(
        (item.state.as_str(), item.epoch, item.failures, item.crashes),
        ("ready", 1, 0, 0),
        "everything is forgotten but the epoch"
    );
    let late = desk.commit(run, &late, &[done(&late.items[1])]).await;
    assert_eq!(
        (late.done, late.stale),
        (0, 1),
        "an old claim is no new one"
    );

    let lease = desk.claim(run, 2).await.unwrap();
    assert_eq!((lease.items.len(), lease.items[0].epoch), (1, 2));
    let committed = desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    assert_eq!((committed.done, committed.run_finished), (1, true));
    assert_eq!(state(&desk, run).await, "completed");
    let item = desk.store.redriven(run).await.unwrap().swap_remove(0);
    assert_eq!(
        (item.external_ref.as_str(), item.state.as_str()),
        ("bad", "done")
    );
    assert_eq!(item.causes(), ["test.failed"], "its history stays");
    desk.audit(run).await;
    assert_eq!(redrive(&desk, run).await.reasons, []);
}

#[sqlx::test(migrations = "./migrations")]
async fn code_and_brief_choose_what_is_tried_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    let lease = desk.claim(run, 3).await.unwrap();
    let outcomes: Vec<_> = lease
        .items
        .iter()
        .map(|item| failed(item, FailureKind::Permanent))
        .collect();
    desk.commit(run, &lease, &outcomes).await;
    let other = r#"update work_items set error = '{"code": "other", "message": "else"}' where position = 1"#;
    sqlx::query(other).execute(&desk.pool).await.unwrap();
    let filtered = async |code, external_ref, dry_run| {
        let filter = RedriveFilter { code, external_ref };
        let redriven = desk
            .store
            .redrive(run, filter, dry_run, "test")
            .await
            .unwrap();
        redriven.redriven
    };
    assert_eq!(filtered(None, None, true).await, 3);
    assert_eq!(filtered(Some("test.failed"), Some("b-00"), false).await, 0);
    assert_eq!(filtered(Some("other"), None, false).await, 1);
    assert_eq!(
        desk.states(run).await,
        ["ready", "quarantined", "quarantined"]
    );
    assert_eq!(
        filtered(None, Some("b-02"), false).await,
        1,
        "of a run that is open again"
    );
    assert_eq!(desk.states(run).await, ["ready", "quarantined", "ready"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_a_later_run_has_taken_or_cannot_be_drafted_is_left_alone(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (run, _) = with_errors(&desk, &campaign("nightly")).await;
    sqlx::query("update briefs set embargo_until = '2100-01-01' where external_ref = 'bad'")
        .execute(&desk.pool)
        .await
        .unwrap();
    let left = redrive(&desk, run).await;
    assert_eq!((left.redriven, left.reasons[0].unavailable), (0, 1));
    sqlx::query("update briefs set embargo_until = null")
        .execute(&desk.pool)
        .await
        .unwrap();
    let next = desk.open_run(&campaign("nightly")).await;
    assert_eq!(next.items, 1, "the next run takes it");
    let left = redrive(&desk, run).await;
    assert_eq!(
        (left.redriven, left.reopened, left.reasons[0].taken),
        (0, false, 1)
    );
    let lease = desk.claim(next.id, 1).await.unwrap();
    desk.commit(next.id, &lease, &[done(&lease.items[0])]).await;
    assert_eq!(
        redrive(&desk, run).await.reasons[0].taken,
        1,
        "and has drafted it"
    );
    assert_eq!(state(&desk, run).await, "completed_with_errors");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_was_cancelled_or_cut_off_is_not_opened_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (run, _) = with_errors(&desk, &campaign("nightly")).await;
    for state in ["cancelled", "window_expired"] {
        sqlx::query("update runs set state = $1")
            .bind(state)
            .execute(&desk.pool)
            .await
            .unwrap();
        let refused = desk.store.redrive(run, ALL, false, "test").await;
        assert!(
            matches!(refused, Err(StoreError::RunEnded { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(desk.states(run).await, ["done", "quarantined"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_opened_again_in_the_morning_gets_a_window_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let hour = Duration::from_hours(1);
    let spec = CampaignSpec {
        window: Some("1h".parse().unwrap()),
        ..campaign("nightly")
    };
    let (run, _) = with_errors(&desk, &spec).await;
    desk.pass(hour * 8);
    assert!(redrive(&desk, run).await.reopened);
    let shown = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(shown.window_ends_at, Some(desk.now() + hour));
    assert!(desk.claim(run, 1).await.is_some());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_does_not_end_over_what_is_just_given_back(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (run, _) = with_errors(&desk, &campaign("nightly")).await;
    let running = "update runs set state = 'running', finished_at = null where id = $1";
    sqlx::query(running)
        .bind(run)
        .execute(&desk.pool)
        .await
        .unwrap();
    // As `redrive` does: the run's row, then its items.
    let mut redrive = desk.pool.begin().await.unwrap();
    for sql in [
        "select id from runs where id = $1 for no key update",
        "update work_items set state = 'ready', finished_at = null where run_id = $1 and state = 'quarantined'",
    ] {
        sqlx::query(sql)
            .bind(run)
            .execute(&mut *redrive)
            .await
            .unwrap();
    }
    let store = desk.store.clone();
    let ending = tokio::spawn(async move { store.finish_run(run).await.unwrap() });
    desk.until_waiting(1).await;
    redrive.commit().await.unwrap();
    assert!(!ending.await.unwrap());
    assert_eq!(state(&desk, run).await, "running");
}
