//! The fence: only the holder of a claim writes, and writing again changes nothing (P2, P4).

use std::sync::Arc;
use std::time::Duration;

use nightdesk::domain::run::FailureKind;
use nightdesk::store::{Committed, ItemOutcome, Lease, Store};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, Proxy, done, failed};

/// An item whose first holder has been taken over by a second, who is still drafting.
async fn taken_over(desk: &Desk) -> (Uuid, Lease, Lease) {
    let run = desk.run_of(1).await;
    let late = desk.claim(run, 1).await.expect("a lease");
    desk.expire(run).await;
    let holder = desk.claim(run, 1).await.expect("a lease");
    assert_ne!(late.batch_id, holder.batch_id);
    assert_eq!((late.items[0].epoch, holder.items[0].epoch), (1, 2));
    (run, late, holder)
}

#[sqlx::test(migrations = "./migrations")]
async fn a_late_worker_writes_nothing_and_is_counted(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (run, late, holder) = taken_over(&desk).await;
    let stale = Committed {
        stale: 1,
        ..Committed::default()
    };
    assert_eq!(
        desk.commit(run, &late, &[done(&late.items[0])]).await,
        stale
    );
    let failure = failed(&late.items[0], FailureKind::Permanent);
    assert_eq!(
        desk.commit(run, &late, &[failure]).await,
        stale,
        "nor can it fail the item"
    );
    assert_eq!(desk.audit(run).await.drafts, 0);
    assert_eq!(desk.states(run).await, ["leased"]);

    let committed = desk.commit(run, &holder, &[done(&holder.items[0])]).await;
    assert_eq!((committed.done, committed.run_finished), (1, true));
    let after = desk.commit(run, &late, &[done(&late.items[0])]).await;
    assert_eq!((after.done, after.stale), (0, 1), "nor afterwards");
    assert_eq!(desk.stale_commits(run).await, 3);
    assert_eq!(desk.audit(run).await.drafts, 2);
    let texts: Vec<String> = sqlx::query_scalar("select text from drafts")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(texts, ["b-00 at epoch 2"; 2]);
}

#[sqlx::test(migrations = "./migrations")]
async fn batch_and_epoch_must_both_be_right(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (run, late, holder) = taken_over(&desk).await;
    // The holder's batch with the old epoch, and the holder's epoch with the old batch.
    for (batch, item) in [(&holder, &late.items[0]), (&late, &holder.items[0])] {
        let committed = desk.commit(run, batch, &[done(item)]).await;
        assert_eq!((committed.done, committed.stale), (0, 1));
    }
    assert_eq!(desk.stale_commits(run).await, 2);
    assert_eq!(desk.audit(run).await.pending, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_late_result_does_not_hold_up_the_rest_of_its_commit(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    let [first, second] = &lease.items[..] else {
        panic!("two items")
    };
    let mut late = first.clone();
    late.epoch -= 1;
    let committed = desk.commit(run, &lease, &[done(&late), done(second)]).await;
    assert_eq!(
        (committed.done, committed.stale, committed.run_finished),
        (1, 1, false)
    );
    assert_eq!(desk.states(run).await, ["leased", "done"]);
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_commit_and_a_sweep_of_its_lease_wait_in_line(pool: PgPool) {
    let desk = Arc::new(Desk::open(pool).await);
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    // A sweep, stopped between its two locks: first the batch …
    let mut sweep = desk.pool.begin().await.unwrap();
    sqlx::query("update batches set ended_at = nightdesk_now() where id = $1")
        .bind(lease.batch_id)
        .execute(&mut *sweep)
        .await
        .unwrap();
    let (worker, batch) = (Arc::clone(&desk), lease.clone());
    let commit = tokio::spawn(async move {
        let outcomes: Vec<_> = batch.items.iter().map(done).collect();
        worker.commit(run, &batch, &outcomes).await
    });
    desk.until_waiting(1).await;
    // … and then its items. Had the commit locked these first, one of the two would be killed here.
    sqlx::query("update work_items set state = 'suspect' where batch_id = $1")
        .bind(lease.batch_id)
        .execute(&mut *sweep)
        .await
        .unwrap();
    sweep.commit().await.unwrap();
    assert_eq!(commit.await.unwrap().stale, 2, "the sweep was first");
    desk.audit(run).await;
}

/// What would happen without the fence: the same claim committed twice with other drafts. The state
/// is put back by hand, so the fence lets the second one through, and the unique key refuses it.
#[sqlx::test(migrations = "./migrations")]
async fn without_the_fence_the_unique_key_still_refuses_a_second_set_of_drafts(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    sqlx::query("update work_items set state = 'leased', finished_at = null where state = 'done'")
        .execute(&desk.pool)
        .await
        .unwrap();
    let again = [done(&lease.items[0])];
    let refused = desk
        .store
        .commit(run, lease.batch_id, &again, Duration::ZERO)
        .await;
    let refused = refused.unwrap_err().problem().message;
    assert!(refused.contains("drafts_candidate_key"), "{refused}");
    let audit = desk.store.audit(run).await.unwrap();
    assert_eq!(
        (audit.drafts, audit.counted_drafts),
        (2, 2),
        "nothing of it was written"
    );
    assert_eq!(
        audit.inconsistent, 1,
        "and the audit sees what was broken by hand"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_commit_whose_reply_was_lost_is_repeated_without_effect(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    let lease = desk.claim(run, 3).await.unwrap();
    let outcomes: Vec<ItemOutcome> = lease.items.iter().map(done).collect();
    let worker = Store::connect(&proxy.url()).await.unwrap();

    proxy.lose_next_commit();
    let lost = worker
        .commit(run, lease.batch_id, &outcomes, Duration::ZERO)
        .await;
    assert!(lost.unwrap_err().is_connection_lost());
    assert_eq!(proxy.lost(), 1);
    assert_eq!(
        desk.audit(run).await.with_drafts,
        3,
        "the database has it, the worker does not know"
    );

    for _ in 0..2 {
        let again = worker
            .commit(run, lease.batch_id, &outcomes, Duration::ZERO)
            .await;
        let all_done = Committed {
            done: 3,
            run_finished: true,
            ..Committed::default()
        };
        assert_eq!(again.unwrap(), all_done);
    }
    assert_eq!(desk.audit(run).await.drafts, 6);
    assert_eq!(desk.stale_commits(run).await, 0);
    assert_eq!(desk.states(run).await, ["done"; 3]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_failure_whose_reply_was_lost_counts_once(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    let outcomes = [
        failed(&lease.items[0], FailureKind::Transient),
        failed(&lease.items[1], FailureKind::Permanent),
    ];
    let worker = Store::connect(&proxy.url()).await.unwrap();
    proxy.lose_next_commit();
    let lost = worker
        .commit(run, lease.batch_id, &outcomes, Duration::ZERO)
        .await;
    assert!(lost.unwrap_err().is_connection_lost());
    worker
        .commit(run, lease.batch_id, &outcomes, Duration::ZERO)
        .await
        .unwrap();
    let items = desk.items(run).await;
    let seen: Vec<_> = items
        .iter()
        .map(|item| (item.state.as_str(), item.failures))
        .collect();
    assert_eq!(seen, [("ready", 1), ("quarantined", 1)]);
    desk.audit(run).await;
}
