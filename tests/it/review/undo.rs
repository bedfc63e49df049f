//! Ten seconds to take a decision back.

use std::time::Duration;

use nightdesk::domain::review::{Refusal, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Morning, SECOND, decision, refused};

#[sqlx::test(migrations = "./migrations")]
async fn everything_is_as_before_and_both_stay_on_record(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    for verdict in [
        Verdict::Approve,
        Verdict::ApproveWithEdits,
        Verdict::Reject,
        Verdict::Regenerate,
        Verdict::Escalate,
    ] {
        let decided = morning.decide(item, &ann, verdict).await.unwrap();
        morning.desk.pass(SECOND * 10);
        morning
            .desk
            .store
            .undo_decision(decided.decision_id, &ann)
            .await
            .unwrap();
        assert_eq!(
            morning.item(item).await,
            ("open".to_owned(), None, false, "editor".to_owned()),
            "{verdict}"
        );
        assert_eq!(morning.drafts(item).await, ["drafted", "drafted"]);
        assert_eq!(
            refused(
                morning
                    .desk
                    .store
                    .undo_decision(decided.decision_id, &ann)
                    .await
            ),
            Refusal::UndoneBefore
        );
    }
    let rows: (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where verdict = 'undo') from decisions where item_id = $1",
    )
    .bind(item)
    .fetch_one(&morning.desk.pool)
    .await
    .unwrap();
    assert_eq!(rows, (10, 5));
    let waiting: Vec<String> =
        sqlx::query_scalar("select state from runs where regenerates is not null")
            .fetch_all(&morning.desk.pool)
            .await
            .unwrap();
    assert_eq!(
        waiting,
        ["cancelled"],
        "no worker drafts what was taken back"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn not_later_not_by_others_and_not_over_somebody_elses_decision(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let item = morning.items[0];
    let store = &morning.desk.store;
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let first = morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    assert_eq!(
        refused(store.undo_decision(first.decision_id, &bob).await),
        Refusal::NotYours
    );
    let second = morning.decide(item, &bob, Verdict::Approve).await.unwrap();
    assert_eq!(
        refused(store.undo_decision(first.decision_id, &ann).await),
        Refusal::UndoOvertaken
    );
    morning.desk.pass(Duration::from_millis(10_001));
    assert_eq!(
        refused(store.undo_decision(second.decision_id, &bob).await),
        Refusal::UndoTooLate
    );
    assert_eq!(morning.item(item).await.1.as_deref(), Some("approved"));
    let missing = store.undo_decision(Uuid::nil(), &ann).await.unwrap_err();
    assert_eq!(
        missing.problem().message,
        "no decision `00000000-0000-0000-0000-000000000000`"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn an_undone_disagreement_leaves_the_first_review_standing(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let item = morning.items[0];
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    let conflict = morning.decide(item, &bob, Verdict::Reject).await.unwrap();
    morning
        .desk
        .store
        .undo_decision(conflict.decision_id, &bob)
        .await
        .unwrap();
    assert_eq!(
        morning.item(item).await,
        ("open".to_owned(), None, false, "editor".to_owned())
    );
    assert_eq!(morning.drafts(item).await, ["in_review", "drafted"]);
    let agreed = morning.decide(item, &bob, Verdict::Approve).await.unwrap();
    assert_eq!(
        agreed.outcome.map(|outcome| outcome.as_str()),
        Some("approved")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_form_that_was_taken_back_is_not_taken_for_recorded(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let (item, store) = (morning.items[0], &morning.desk.store);
    let ann = morning.user("Ann", Role::Editor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    let approval = decision(item, &lease, Verdict::Approve);
    let decided = review::decide(store, &ann, &approval).await.unwrap();
    store
        .undo_decision(decided.decision_id, &ann)
        .await
        .unwrap();
    // The back button leads to the page of before, whose form has the same key.
    assert_eq!(
        refused(review::decide(store, &ann, &approval).await),
        Refusal::UndoneBefore
    );
    assert_eq!(morning.item(item).await.0, "open");
    morning.decide(item, &ann, Verdict::Approve).await.unwrap();
}
