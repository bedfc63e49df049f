//! Where a mistake does harm, two look at it: blind, the very same text, and never its author alone.

use nightdesk::domain::review::{ItemState, Outcome, Refusal, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use sqlx::PgPool;

use super::{Morning, decision, edited, refused};

#[sqlx::test(migrations = "./migrations")]
async fn two_who_agree_approve(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let item = morning.items[0];
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let first = morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    assert_eq!((first.state, first.outcome), (ItemState::Open, None));
    // Kept from `prune`, which takes what nobody has looked at.
    assert_eq!(morning.drafts(item).await, ["in_review", "drafted"]);
    assert_eq!(
        refused(morning.claim(item, &ann).await),
        Refusal::AlreadyReviewed
    );
    let second = morning.decide(item, &bob, Verdict::Approve).await.unwrap();
    assert_eq!(second.outcome, Some(Outcome::Approved));
    assert_eq!(morning.drafts(item).await, ["approved", "drafted"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_second_reviewer_does_not_see_the_first_review(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let item = morning.items[0];
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let sue = morning.user("Sue", Role::Supervisor).await;
    morning
        .decide(item, &ann, Verdict::ApproveWithEdits)
        .await
        .unwrap();
    let store = &morning.desk.store;
    let seen = async |by| {
        let viewed = store.review_item(&item.to_string(), by).await.unwrap();
        (viewed.decisions.len(), viewed.revisions.len())
    };
    assert_eq!(seen(&bob).await, (0, 0));
    assert_eq!(seen(&sue).await, (0, 0), "a supervisor may be the second");
    assert_eq!(seen(&ann).await, (1, 2), "what they said themselves");
    morning.decide(item, &bob, Verdict::Reject).await.unwrap();
    assert_eq!(seen(&sue).await, (2, 2), "who settles it sees both");
}

#[sqlx::test(migrations = "./migrations")]
async fn two_who_disagree_are_settled_by_a_supervisor_who_was_neither(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    let sue = morning.user("Sue", Role::Supervisor).await;
    let tom = morning.user("Tom", Role::Supervisor).await;
    morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    let conflict = morning.decide(item, &sue, Verdict::Reject).await.unwrap();
    assert!(conflict.adjudicating);
    assert_eq!(
        morning.item(item).await,
        ("open".to_owned(), None, true, "supervisor".to_owned())
    );
    let bob = morning.user("Bob", Role::Editor).await;
    assert_eq!(
        refused(morning.claim(item, &bob).await),
        Refusal::SupervisorNeeded
    );
    assert_eq!(
        refused(morning.claim(item, &sue).await),
        Refusal::AlreadyReviewed
    );
    let settled = morning.decide(item, &tom, Verdict::Approve).await.unwrap();
    assert_eq!(settled.outcome, Some(Outcome::Approved));
    assert_eq!(morning.drafts(item).await, ["approved", "drafted"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn different_edits_disagree_and_nobody_settles_it_with_a_text_of_their_own(pool: PgPool) {
    let morning = Morning::of_high_risk(pool).await;
    let item = morning.items[0];
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let sue = morning.user("Sue", Role::Supervisor).await;
    let store = &morning.desk.store;
    morning
        .decide(item, &ann, Verdict::ApproveWithEdits)
        .await
        .unwrap();
    let lease = morning.claim(item, &bob).await.unwrap();
    let mut other = decision(item, &lease, Verdict::ApproveWithEdits);
    other.edited = Some(edited("edited otherwise"));
    assert!(
        review::decide(store, &bob, &other)
            .await
            .unwrap()
            .adjudicating
    );

    let lease = morning.claim(item, &sue).await.unwrap();
    let mut own = decision(item, &lease, Verdict::ApproveWithEdits);
    own.edited = Some(edited("a third text"));
    assert_eq!(
        refused(review::decide(store, &sue, &own).await),
        Refusal::AuthorCannotApprove
    );
    // One of the two texts it may be: then its author and its approver are two people.
    own.edited = Some(edited("edited otherwise"));
    let settled = review::decide(store, &sue, &own).await.unwrap();
    assert_eq!(settled.outcome, Some(Outcome::Approved));
    assert_eq!(
        morning.approved(item).await.as_deref(),
        Some("edited otherwise")
    );
}
