//! Decisions with one reviewer: what each verdict does, and what is refused.

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::review::{ItemState, NewDecision, Outcome, Reason, Refusal, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Morning, decision, edited, refused};
use crate::support::{brief, campaign};

#[sqlx::test(migrations = "./migrations")]
async fn an_approved_text_is_what_the_model_wrote(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    let decided = morning.decide(item, &ann, Verdict::Approve).await.unwrap();
    assert_eq!(
        (decided.state, decided.outcome),
        (ItemState::Decided, Some(Outcome::Approved))
    );
    assert_eq!(
        morning.approved(item).await.as_deref(),
        Some("b-00 at epoch 1")
    );
    // The second candidate never reached the queue, and stays what it was.
    assert_eq!(morning.drafts(item).await, ["approved", "drafted"]);
    let other = morning.user("Bob", Role::Editor).await;
    assert_eq!(
        refused(morning.claim(item, &other).await),
        Refusal::Closed {
            state: ItemState::Decided,
            outcome: Some(Outcome::Approved),
            by: Some("Ann".to_owned())
        }
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn an_edit_is_a_revision_of_its_own_and_an_unchanged_one_is_none(pool: PgPool) {
    let morning = Morning::of(pool, 2).await;
    let ann = morning.user("Ann", Role::Editor).await;
    let (first, second) = (morning.items[0], morning.items[1]);
    morning
        .decide(first, &ann, Verdict::ApproveWithEdits)
        .await
        .unwrap();
    assert_eq!(
        morning.approved(first).await.as_deref(),
        Some("edited by hand")
    );
    let lease = morning.claim(second, &ann).await.unwrap();
    let mut same = decision(second, &lease, Verdict::ApproveWithEdits);
    same.edited = Some(edited("b-01 at epoch 1"));
    review::decide(&morning.desk.store, &ann, &same)
        .await
        .unwrap();
    let recorded: Vec<(Uuid, String, i64)> = sqlx::query_as(
        "select d.item_id, d.verdict, (select count(*) from revisions r where r.item_id = d.item_id)
         from decisions d order by d.created_at, d.id",
    )
    .fetch_all(&morning.desk.pool)
    .await
    .unwrap();
    assert_eq!(
        recorded,
        [
            (first, "approve_with_edits".to_owned(), 2),
            (second, "approve".to_owned(), 1)
        ]
    );
    let viewed = morning
        .desk
        .store
        .review_item(&first.to_string(), &ann)
        .await
        .unwrap();
    let texts: Vec<(i32, &str, Option<&str>)> = viewed
        .revisions
        .iter()
        .map(|revision| {
            (
                revision.number,
                revision.text.as_str(),
                revision.author.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        texts,
        [
            (1, "b-00 at epoch 1", None),
            (2, "edited by hand", Some("Ann"))
        ]
    );
    assert_eq!(viewed.approved.map(|text| text.number), Some(2));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_double_click_is_one_decision(pool: PgPool) {
    let morning = Morning::of(pool, 2).await;
    let store = &morning.desk.store;
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let lease = morning.claim(morning.items[0], &ann).await.unwrap();
    let decision_ = decision(morning.items[0], &lease, Verdict::Approve);
    let (one, two) = tokio::join!(
        review::decide(store, &ann, &decision_),
        review::decide(store, &ann, &decision_)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.decision_id, two.decision_id);
    assert_ne!(one.repeated, two.repeated);
    assert_eq!(two.outcome, Some(Outcome::Approved));

    // Nor is it another decision about the same one.
    for (verdict, draft_id) in [
        (Verdict::Reject, decision_.draft_id),
        (Verdict::Approve, Uuid::nil()),
    ] {
        let other = NewDecision {
            verdict,
            draft_id,
            note: Some("another".to_owned()),
            ..decision_.clone()
        };
        assert_eq!(
            refused(review::decide(store, &ann, &other).await),
            Refusal::KeyReused
        );
    }

    // The same key is no way into another item, nor into somebody else's decision.
    let lease = morning.claim(morning.items[1], &bob).await.unwrap();
    let mut reused = decision(morning.items[1], &lease, Verdict::Approve);
    reused.key = decision_.key;
    assert_eq!(
        refused(review::decide(store, &bob, &reused).await),
        Refusal::KeyReused
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn rejecting_takes_a_reason_and_leaves_no_draft(pool: PgPool) {
    let spec = CampaignSpec::parse(
        "name = \"nightly\"\n[draft]\ntemplate = \"social/post\"\nmodel = \"none\"\ncandidates = 2\n[review]\nkeep = 1\n",
        "test.toml",
    )
    .unwrap();
    let morning = Morning::with(pool, vec![brief("b-00")], spec).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    let mut silent = decision(item, &lease, Verdict::Reject);
    silent.reasons.clear();
    assert_eq!(
        refused(review::decide(&morning.desk.store, &ann, &silent).await),
        Refusal::NoReason
    );
    let said = decision(item, &lease, Verdict::Reject);
    let decided = review::decide(&morning.desk.store, &ann, &said)
        .await
        .unwrap();
    assert_eq!(decided.outcome, Some(Outcome::Rejected));
    assert_eq!(morning.drafts(item).await, ["rejected", "drafted"]);
    assert_eq!(morning.approved(item).await, None);
    let viewed = morning
        .desk
        .store
        .review_item(&item.to_string(), &ann)
        .await
        .unwrap();
    assert_eq!(viewed.decisions[0].reasons, [Reason::FactError]);
}

#[sqlx::test(migrations = "./migrations")]
async fn giving_back_does_not_count_and_passing_on_asks_a_supervisor(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let ann = morning.user("Ann", Role::Editor).await;
    let sue = morning.user("Sue", Role::Supervisor).await;
    morning.decide(item, &ann, Verdict::Decline).await.unwrap();
    assert_eq!(morning.item(item).await.0, "open");
    morning.decide(item, &ann, Verdict::Escalate).await.unwrap();
    assert_eq!(
        refused(morning.claim(item, &ann).await),
        Refusal::SupervisorNeeded
    );
    let decided = morning.decide(item, &sue, Verdict::Approve).await.unwrap();
    assert_eq!(decided.outcome, Some(Outcome::Approved));
}

#[sqlx::test(migrations = "./migrations")]
async fn nothing_over_the_limit_of_its_channel_is_approved(pool: PgPool) {
    let mut post = brief("b-00");
    post.channel = Some("x-post".to_owned());
    let morning = Morning::with(pool, vec![post], campaign("nightly")).await;
    let item = morning.items[0];
    sqlx::query("update drafts set channel = 'x-post' where id = $1")
        .bind(item)
        .execute(&morning.desk.pool)
        .await
        .unwrap();
    let ann = morning.user("Ann", Role::Editor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    let mut long = decision(item, &lease, Verdict::ApproveWithEdits);
    long.edited = Some(edited(&"long ".repeat(80)));
    assert!(matches!(
        refused(review::decide(&morning.desk.store, &ann, &long).await),
        Refusal::OverLimit { channel, .. } if channel == "x-post"
    ));
    // Nothing of it is stored, and the lease still holds.
    let stored: i64 = sqlx::query_scalar("select count(*) from revisions")
        .fetch_one(&morning.desk.pool)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    long.edited = Some(edited("short enough"));
    review::decide(&morning.desk.store, &ann, &long)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_tampered_form_writes_nothing(pool: PgPool) {
    let morning = Morning::of(pool, 2).await;
    let store = &morning.desk.store;
    let (item, other) = (morning.items[0], morning.items[1]);
    let ann = morning.user("Ann", Role::Editor).await;
    let lease = morning.claim(item, &ann).await.unwrap();
    let with = |change: &dyn Fn(&mut nightdesk::domain::review::NewDecision)| {
        let mut tampered = decision(item, &lease, Verdict::ApproveWithEdits);
        change(&mut tampered);
        tampered
    };
    let of_another = with(&|form| form.draft_id = other);
    let guessed = with(&|form| form.token = Uuid::new_v4());
    let huge = with(&|form| form.edited = Some(edited(&"x".repeat(1 << 20))));
    let empty = with(&|form| form.edited = Some(edited(" \n ")));
    let chatty = with(&|form| form.note = Some("n".repeat(2001)));
    let silent = with(&|form| form.verdict = Verdict::Regenerate);
    // Characters that nobody sees are no text, no note and no reason.
    let unseen = with(&|form| {
        form.edited = Some(edited(
            "\u{200b}\u{2060}\n\u{3164}\u{2800}\u{fe0f}\u{e0041}",
        ))
    });
    let hushed = with(&|form| {
        form.verdict = Verdict::Regenerate;
        form.note = Some("\u{200b} \u{180e}".to_owned());
    });
    let blank = with(&|form| {
        form.verdict = Verdict::Reject;
        form.note = Some("\u{2060}".to_owned());
    });
    for (form, refusal) in [
        (of_another, Refusal::ForeignDraft),
        (guessed, Refusal::LeaseLost { by: None }),
        (huge, Refusal::TextTooLarge { bytes: 1 << 20 }),
        (empty, Refusal::EmptyText),
        (chatty, Refusal::NoteTooLong { chars: 2001 }),
        (silent, Refusal::NoNote),
        (unseen, Refusal::EmptyText),
        (hushed, Refusal::NoNote),
        (blank, Refusal::NoReason),
    ] {
        assert_eq!(refused(review::decide(store, &ann, &form).await), refusal);
    }
    assert_eq!(morning.item(item).await.0, "open");
    // Nor is a draft that shows nothing approved as it is.
    sqlx::query("update drafts set text = $1 where id = $2")
        .bind("\u{200b}\u{2060}")
        .bind(item)
        .execute(&morning.desk.pool)
        .await
        .unwrap();
    let as_it_is = decision(item, &lease, Verdict::Approve);
    assert_eq!(
        refused(review::decide(store, &ann, &as_it_is).await),
        Refusal::EmptyText
    );
}
