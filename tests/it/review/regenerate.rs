//! Sent back with a note: drafted again with it, and linked to where it came from.

use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::review::{Outcome, Refusal, Verdict};
use nightdesk::domain::user::Role;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Morning, refused};
use crate::support::{brief, campaign};

#[sqlx::test(migrations = "./migrations")]
async fn the_note_reaches_the_next_claim_and_the_new_draft_names_its_parent(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let (item, desk) = (morning.items[0], &morning.desk);
    let ann = morning.user("Ann", Role::Editor).await;
    let decided = morning
        .decide(item, &ann, Verdict::Regenerate)
        .await
        .unwrap();
    assert_eq!(decided.outcome, Some(Outcome::Regenerated));
    let run = decided.run_id.expect("a run");
    // Not before the decision can no longer be taken back.
    assert!(desk.claim(run, 10).await.is_none());
    let viewed = desk
        .store
        .review_item(&item.to_string(), &ann)
        .await
        .unwrap();
    assert_eq!(viewed.pending_run, Some(run));
    desk.pass(Duration::from_secs(10));
    let leased = desk.draft_all(run).await;
    assert_eq!(leased[0].note.as_deref(), Some("begin with the price"));

    let viewed = desk
        .store
        .review_item(&item.to_string(), &ann)
        .await
        .unwrap();
    let [child] = viewed.children.as_slice() else {
        panic!("one child: {:?}", viewed.children);
    };
    let child = desk
        .store
        .review_item(&child.to_string(), &ann)
        .await
        .unwrap();
    assert_eq!(child.item.parent_id, Some(item));
    let note = child.note.expect("a note");
    assert_eq!(
        (note.parent_id, note.note.as_str(), note.by.as_str()),
        (item, "begin with the price", "Ann")
    );
    // Another text needs another seed.
    let seeds: Vec<i64> = sqlx::query_scalar(
        "select (spec -> 'draft' ->> 'seed')::bigint from runs order by created_at, id",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(seeds[1], seeds[0] + 1);
    // The same draft of theirs again: not the campaign's open run by hand.
    let opened = desk.open_run(&campaign("nightly")).await;
    assert_eq!((opened.resumed, opened.items), (false, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_brief_is_taken_as_it_is_now_and_not_after_it_has_expired(pool: PgPool) {
    let morning = Morning::of(pool, 2).await;
    let desk = &morning.desk;
    let ann = morning.user("Ann", Role::Editor).await;
    let corrected = Brief {
        topic: "a corrected topic".to_owned(),
        ..brief("b-00")
    };
    let expired = Brief {
        expires_at: Some(desk.now()),
        ..brief("b-01")
    };
    desk.import(&[corrected, expired]).await;
    let decided = morning
        .decide(morning.items[0], &ann, Verdict::Regenerate)
        .await
        .unwrap();
    desk.pass(Duration::from_secs(10));
    let leased = desk.draft_all(decided.run_id.expect("a run")).await;
    assert_eq!(
        (leased[0].brief.topic.as_str(), leased[0].brief_revision),
        ("a corrected topic", 2)
    );
    assert_eq!(
        refused(
            morning
                .decide(morning.items[1], &ann, Verdict::Regenerate)
                .await
        ),
        Refusal::NotRegenerable
    );
    let runs: i64 = sqlx::query_scalar("select count(*) from runs where regenerates is not null")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    assert_eq!(runs, 1, "nothing is left of the refused one");
    assert_ne!(morning.run, Uuid::nil());
}
