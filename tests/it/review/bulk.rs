//! Many at once: only what is safe, and only as many as were counted.

use nightdesk::domain::brief::{Brief, Risk};
use nightdesk::domain::review::{BulkFilter, QueueFilter, Refusal, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Morning, refused};
use crate::support::{brief, campaign};

fn filter() -> BulkFilter {
    filter_from(80)
}

fn filter_from(priority: i32) -> BulkFilter {
    let queue = QueueFilter::default();
    BulkFilter::new(queue, Some(priority), Some(Risk::Medium)).unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bulk_takes_what_was_counted_and_nothing_risky(pool: PgPool) {
    let mut briefs: Vec<Brief> = (0..5).map(|n| brief(&format!("b-{n:02}"))).collect();
    briefs[4].risk = Risk::High;
    let morning = Morning::with(pool, briefs, campaign("nightly")).await;
    let (store, pool) = (&morning.desk.store, &morning.desk.pool);
    let ann = morning.user("Ann", Role::Editor).await;
    let sue = morning.user("Sue", Role::Supervisor).await;
    // One is being read, one fails a gate.
    morning.claim(morning.items[0], &ann).await.unwrap();
    sqlx::query("update review_items set failed_gates = '{gate.clean}' where id = $1")
        .bind(morning.items[1])
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(store.bulk_count(&filter()).await.unwrap(), 2);
    let higher = store.bulk_count(&filter_from(86)).await;
    assert_eq!(higher.unwrap(), 0);

    let key = Uuid::new_v4();
    assert_eq!(
        refused(review::bulk_approve(store, &filter(), &ann, key, 2).await),
        Refusal::SupervisorNeeded
    );
    assert_eq!(
        refused(review::bulk_approve(store, &filter(), &sue, key, 3).await),
        Refusal::BulkChanged {
            expected: 3,
            found: 2
        }
    );
    let chosen = filter();
    let (one, two) = tokio::join!(
        review::bulk_approve(store, &chosen, &sue, key, 2),
        review::bulk_approve(store, &chosen, &sue, key, 2)
    );
    assert_eq!((one.unwrap().approved, two.unwrap().approved), (2, 2));
    assert_eq!(store.bulk_count(&filter()).await.unwrap(), 0);
    assert_eq!(
        morning.approved(morning.items[2]).await.as_deref(),
        Some("b-02 at epoch 1")
    );
    assert_eq!(morning.item(morning.items[4]).await.0, "open");

    assert_eq!(store.undo_bulk(key, &sue).await.unwrap(), 2);
    assert_eq!(store.bulk_count(&filter()).await.unwrap(), 2);
    // The hash in SQL is the one that a single approval finds again.
    morning
        .decide(morning.items[2], &ann, Verdict::Approve)
        .await
        .unwrap();
    let texts: i64 = sqlx::query_scalar("select count(*) from revisions where item_id = $1")
        .bind(morning.items[2])
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(texts, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bulk_that_was_taken_back_is_not_taken_for_done(pool: PgPool) {
    let morning = Morning::of(pool, 2).await;
    let store = &morning.desk.store;
    let sue = morning.user("Sue", Role::Supervisor).await;
    let tom = morning.user("Tom", Role::Supervisor).await;
    let key = Uuid::new_v4();
    review::bulk_approve(store, &filter(), &sue, key, 2)
        .await
        .unwrap();
    assert_eq!(
        refused(review::bulk_approve(store, &filter(), &tom, key, 2).await),
        Refusal::KeyReused
    );
    store.undo_bulk(key, &sue).await.unwrap();
    assert_eq!(
        refused(review::bulk_approve(store, &filter(), &sue, key, 2).await),
        Refusal::UndoneBefore
    );
    assert_eq!(store.bulk_count(&filter()).await.unwrap(), 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_somebody_takes_while_a_bulk_begins_is_not_in_it(pool: PgPool) {
    let morning = Morning::of(pool, 2).await;
    let ann = morning.user("Ann", Role::Editor).await;
    let sue = morning.user("Sue", Role::Supervisor).await;
    // As `claim_review` does it, and held before its commit.
    let mut taking = morning.desk.pool.begin().await.unwrap();
    sqlx::query("select from review_items where id = $1 for no key update")
        .bind(morning.items[0])
        .execute(&mut *taking)
        .await
        .unwrap();
    sqlx::query(
        "insert into review_leases (item_id, reviewer_id, token, lease_until)
         values ($1, $2, gen_random_uuid(), nightdesk_now() + interval '90 s')",
    )
    .bind(morning.items[0])
    .bind(ann.id)
    .execute(&mut *taking)
    .await
    .unwrap();
    let store = morning.desk.store.clone();
    let bulk = tokio::spawn(async move {
        review::bulk_approve(&store, &filter(), &sue, Uuid::new_v4(), 2).await
    });
    morning.desk.until_waiting(1).await;
    taking.commit().await.unwrap();
    assert_eq!(
        refused(bulk.await.unwrap()),
        Refusal::BulkChanged {
            expected: 2,
            found: 1
        }
    );
    assert_eq!(morning.item(morning.items[1]).await.0, "open");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bulk_with_a_draft_that_alone_would_be_refused_approves_none(pool: PgPool) {
    let briefs: Vec<Brief> = (0..3).map(|n| brief(&format!("b-{n:02}"))).collect();
    let morning = Morning::with(pool, briefs, campaign("nightly")).await;
    let (store, pool) = (&morning.desk.store, &morning.desk.pool);
    let sue = morning.user("Sue", Role::Supervisor).await;
    // As an earlier release let it pass: nothing of it can be seen.
    sqlx::query("update drafts set text = $1 where id = $2")
        .bind("\u{200b}\u{2060}")
        .bind(morning.items[1])
        .execute(pool)
        .await
        .unwrap();
    let approved = review::bulk_approve(store, &filter(), &sue, Uuid::new_v4(), 3).await;
    assert_eq!(
        refused(approved),
        Refusal::BulkUnfit {
            external_ref: "b-01".to_owned(),
            because: Box::new(Refusal::EmptyText)
        }
    );
    assert_eq!(morning.item(morning.items[0]).await.0, "open");
}
