//! Lost replies (P4): what was done is done once, and whoever asks again is told so.

use std::time::Duration;

use nightdesk::domain::run::FailureKind;
use nightdesk::store::{Committed, ItemOutcome, Store};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::support::{Desk, LEASE, Proxy, done, failed};

const BUSY: Duration = Duration::from_millis(1500);

/// `(busy_ms, stale_commits, drafts)` as the run counts them.
async fn counted(desk: &Desk, run: Uuid) -> (i64, i64, i64) {
    let row = sqlx::query("select busy_ms, stale_commits, drafts::bigint from runs where id = $1")
        .bind(run)
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[sqlx::test(migrations = "./migrations")]
async fn a_repeated_commit_counts_its_seconds_and_its_items_once(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(4).await;
    let worker = Store::connect(&proxy.url()).await.unwrap();
    let lease = desk.claim(run, 4).await.unwrap();
    let [good, transient, permanent, stale] = &lease.items[..] else {
        panic!("four items")
    };
    let mut late = stale.clone();
    late.epoch -= 1;
    let outcomes = [
        done(good),
        failed(transient, FailureKind::Transient),
        failed(permanent, FailureKind::Permanent),
        done(&late),
    ];
    proxy.lose_next_commit();
    let lost = worker.commit(run, lease.batch_id, &outcomes, BUSY).await;
    assert!(lost.unwrap_err().is_connection_lost());
    assert_eq!((proxy.lost(), counted(&desk, run).await), (1, (1500, 1, 2)));
    for _ in 0..2 {
        let again = worker.commit(run, lease.batch_id, &outcomes, BUSY).await;
        let told = Committed {
            done: 1,
            retried: 1,
            quarantined: 1,
            stale: 1,
            run_finished: false,
        };
        assert_eq!(again.unwrap(), told);
        assert_eq!(counted(&desk, run).await, (1500, 1, 2));
    }
    // The next commit of the same batch is another one.
    let next = worker
        .commit(run, lease.batch_id, &[done(stale)], BUSY)
        .await;
    assert_eq!(next.unwrap().done, 1);
    assert_eq!(counted(&desk, run).await, (3000, 1, 4));
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_repeated_failure_is_not_stale_when_its_item_is_in_other_hands(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(1).await;
    let worker = Store::connect(&proxy.url()).await.unwrap();
    let lease = desk.claim(run, 1).await.unwrap();
    let outcomes = [failed(&lease.items[0], FailureKind::Transient)];
    proxy.lose_next_commit();
    let lost = worker.commit(run, lease.batch_id, &outcomes, BUSY).await;
    assert!(lost.unwrap_err().is_connection_lost());

    sqlx::query("update work_items set available_at = nightdesk_now()")
        .execute(&desk.pool)
        .await
        .unwrap();
    let other = desk.claim(run, 1).await.expect("it is ready again");
    let again = worker.commit(run, lease.batch_id, &outcomes, BUSY).await;
    assert_eq!(
        (again.unwrap().retried, counted(&desk, run).await),
        (1, (1500, 0, 0))
    );
    desk.commit(run, &other, &[done(&other.items[0])]).await;
    assert_eq!(
        (desk.states(run).await, desk.items(run).await[0].failures),
        (vec!["done".to_owned()], 1)
    );
}

/// The first try is still under way when the second one comes: it waits, and finds what was done.
#[sqlx::test(migrations = "./migrations")]
async fn a_commit_and_its_repetition_at_the_same_time_count_once(pool: PgPool) {
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(3).await;
    let lease = desk.claim(run, 3).await.unwrap();
    let outcomes: Vec<ItemOutcome> = lease.items.iter().map(done).collect();
    let commit = || desk.store.commit(run, lease.batch_id, &outcomes, BUSY);
    let (one, two, three) = tokio::join!(commit(), commit(), commit());
    for committed in [one, two, three] {
        assert_eq!(committed.unwrap().done, 3);
    }
    assert_eq!(counted(&desk, run).await, (1500, 0, 6));
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_claim_whose_reply_was_lost_is_found_by_its_batch(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(3).await;
    let worker = Store::connect(&proxy.url()).await.unwrap();
    proxy.lose_reply_to("insert into batches");
    let lost = worker.claim(run, "cut off", 2, LEASE, 0).await;
    assert!(lost.unwrap_err().is_connection_lost());
    let batch: Uuid = sqlx::query_scalar("select id from batches")
        .fetch_one(&desk.pool)
        .await
        .expect("the claim went through");

    let found = worker.lease(batch).await.unwrap().expect("its lease");
    let held: Vec<_> = found
        .items
        .iter()
        .map(|item| (item.brief.external_ref.as_str(), item.epoch))
        .collect();
    assert_eq!(held, [("b-00", 1), ("b-01", 1)]);
    assert_eq!((found.batch_id, found.isolated), (batch, false));
    assert_eq!(
        worker.lease(batch).await.unwrap(),
        Some(found.clone()),
        "asking changes nothing"
    );

    desk.commit(run, &found, &[done(&found.items[0])]).await;
    let rest = worker.lease(batch).await.unwrap().expect("the rest of it");
    assert_eq!(rest.items, found.items[1..]);
    desk.store.release(batch).await.unwrap();
    assert_eq!(
        worker.lease(batch).await.unwrap(),
        None,
        "it was given back"
    );
    assert_eq!(
        worker.lease(Uuid::new_v4()).await.unwrap(),
        None,
        "nobody claimed it"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_lease_that_has_run_out_is_not_given_again(pool: PgPool) {
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(1).await;
    let claimed = desk.store.claim(run, "slow", 1, Duration::ZERO, 0).await;
    let lease = claimed.unwrap().expect("a lease");
    assert_eq!(desk.store.lease(lease.batch_id).await.unwrap(), None);
}
