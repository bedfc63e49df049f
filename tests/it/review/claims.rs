//! Leases: one holder, ended by themselves, taken over only by a supervisor and in writing.

use std::time::Duration;

use nightdesk::domain::review::{Refusal, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Morning, SECOND, decision, refused};

#[sqlx::test(migrations = "./migrations")]
async fn one_editor_holds_an_item_until_they_fall_silent(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let lease = morning.claim(item, &ann).await.unwrap();
    assert!(
        matches!(refused(morning.claim(item, &bob).await), Refusal::Held { by, .. } if by == "Ann")
    );

    morning.desk.pass(Duration::from_secs(60));
    morning
        .desk
        .store
        .heartbeat_review(item, ann.id, lease.token)
        .await
        .unwrap();
    morning.desk.pass(Duration::from_secs(60));
    assert!(matches!(
        refused(morning.claim(item, &bob).await),
        Refusal::Held { .. }
    ));

    morning.desk.pass(Duration::from_secs(31));
    let taken = morning.claim(item, &bob).await.unwrap();
    assert_ne!(taken.token, lease.token);
    let late = decision(item, &lease, Verdict::Approve);
    assert_eq!(
        refused(review::decide(&morning.desk.store, &ann, &late).await),
        Refusal::LeaseLost {
            by: Some("Bob".to_owned())
        }
    );
    assert_eq!(
        refused(
            morning
                .desk
                .store
                .heartbeat_review(item, ann.id, lease.token)
                .await
        ),
        Refusal::LeaseLost {
            by: Some("Bob".to_owned())
        }
    );
    assert_eq!(morning.item(item).await.0, "open");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_second_tab_of_the_same_editor_shares_the_lease(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    let first = morning.claim(item, &ann).await.unwrap();
    morning.desk.pass(SECOND);
    let second = morning.claim(item, &ann).await.unwrap();
    assert_eq!(first.token, second.token);
    assert!(second.lease_until > first.lease_until);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_lease_that_ran_out_is_not_enough_even_where_nobody_took_it(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    morning.desk.pass(Duration::from_secs(91));
    let late = decision(item, &lease, Verdict::Approve);
    assert_eq!(
        refused(review::decide(&morning.desk.store, &ann, &late).await),
        Refusal::LeaseExpired
    );
    // Taken again, it goes through.
    let again = morning.claim(item, &ann).await.unwrap();
    assert_ne!(again.token, lease.token);
    let decided = decision(item, &again, Verdict::Approve);
    review::decide(&morning.desk.store, &ann, &decided)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn only_a_supervisor_takes_over_and_it_is_recorded(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let store = &morning.desk.store;
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let sue = morning.user("Sue", Role::Supervisor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    assert!(matches!(
        refused(store.claim_review(item, &bob, true).await),
        Refusal::Held { .. }
    ));
    let taken = store.claim_review(item, &sue, true).await.unwrap();
    assert_eq!(taken.taken_from.as_deref(), Some("Ann"));
    let late = decision(item, &lease, Verdict::Approve);
    assert_eq!(
        refused(review::decide(store, &ann, &late).await),
        Refusal::LeaseLost {
            by: Some("Sue".to_owned())
        }
    );
    let recorded: Vec<(String, String)> =
        sqlx::query_as("select actor, action from events where subject = $1")
            .bind(item.to_string())
            .fetch_all(&morning.desk.pool)
            .await
            .unwrap();
    assert_eq!(
        recorded,
        [("Sue".to_owned(), "review.taken_over".to_owned())]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_given_back_is_free_at_once(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let store = &morning.desk.store;
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let lease = morning.claim(item, &ann).await.unwrap();
    store
        .release_review(item, ann.id, Uuid::new_v4())
        .await
        .unwrap();
    assert!(matches!(
        refused(morning.claim(item, &bob).await),
        Refusal::Held { .. }
    ));
    store
        .release_review(item, ann.id, lease.token)
        .await
        .unwrap();
    let late = decision(item, &lease, Verdict::Approve);
    assert_eq!(
        refused(review::decide(store, &ann, &late).await),
        Refusal::LeaseLost { by: None }
    );
    morning.claim(item, &bob).await.unwrap();
}
