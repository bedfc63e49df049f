//! The last line of defence: what the schema refuses even from a desk that is wrong.

use nightdesk::domain::review::Verdict;
use nightdesk::domain::user::{Role, User};
use sqlx::PgPool;
use uuid::Uuid;

use super::Morning;

/// Writes a rejection as no code of the desk would; gives the constraint that refused it.
async fn insert(pool: &PgPool, item: Uuid, by: &User, token: Option<Uuid>) -> Option<String> {
    let written = sqlx::query(
        "insert into decisions (id, item_id, reviewer_id, verdict, draft_id, reasons, seconds, lease_token, key)
         values (gen_random_uuid(), $1, $2, 'reject', $1, '{other}', 0, $3, gen_random_uuid())",
    )
    .bind(item)
    .bind(by.id)
    .bind(token)
    .execute(pool)
    .await;
    refusal(written)
}

fn refusal<T>(written: Result<T, sqlx::Error>) -> Option<String> {
    written.err().map(|error| {
        let error = error
            .into_database_error()
            .expect("an error of the database");
        error.constraint().unwrap_or("none").to_owned()
    })
}

#[sqlx::test(migrations = "./migrations")]
async fn no_decision_without_a_lease_that_holds(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let (item, pool) = (morning.items[0], &morning.desk.pool);
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let held = Some("decisions_lease_held".to_owned());
    assert_eq!(insert(pool, item, &ann, Some(Uuid::new_v4())).await, held);
    let lease = morning.claim(item, &ann).await.unwrap();
    assert_eq!(insert(pool, item, &bob, Some(lease.token)).await, held);
    assert_eq!(
        insert(pool, item, &ann, None).await.as_deref(),
        Some("decisions_lease_held")
    );
    morning.desk.pass(std::time::Duration::from_secs(91));
    assert_eq!(insert(pool, item, &ann, Some(lease.token)).await, held);
    let lease = morning.claim(item, &ann).await.unwrap();
    assert_eq!(insert(pool, item, &ann, Some(lease.token)).await, None);
    assert_eq!(
        insert(pool, item, &ann, Some(lease.token)).await.as_deref(),
        Some("decisions_once_each")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn no_outcome_without_its_reviews(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let (item, pool) = (morning.items[0], &morning.desk.pool);
    let ann = morning.user("Ann", Role::Editor).await;
    morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    let forced = sqlx::query(
        "update review_items set state = 'decided', outcome = 'approved', decided_at = now(),
             revision_id = (select id from revisions where item_id = $1) where id = $1",
    )
    .bind(item)
    .execute(pool)
    .await;
    assert_eq!(
        refusal(forced).as_deref(),
        Some("review_items_reviews_done")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_said_and_written_is_never_changed(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let (item, pool) = (morning.items[0], &morning.desk.pool);
    let ann = morning.user("Ann", Role::Editor).await;
    morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    for change in [
        "update revisions set text = 'another'",
        "update decisions set verdict = 'reject', revision_id = null, reasons = '{other}'",
    ] {
        let changed = sqlx::query(change).execute(pool).await;
        assert_eq!(refusal(changed).as_deref(), Some("reviews_are_kept"));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn nobody_who_was_disabled_decides(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let (item, pool) = (morning.items[0], &morning.desk.pool);
    let ann = morning.user("Ann", Role::Editor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    sqlx::query("update users set disabled_at = now() where id = $1")
        .bind(ann.id)
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(
        insert(pool, item, &ann, Some(lease.token)).await.as_deref(),
        Some("decisions_reviewer_active")
    );
}
