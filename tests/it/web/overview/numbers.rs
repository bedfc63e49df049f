//! Numbers: counted by hand for a few decisions, and compared.

use std::time::Duration;

use nightdesk::domain::numbers::NumbersPeriod;
use nightdesk::domain::review::{EditedText, NewDecision, Reason, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use nightdesk::store::Asking;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Site, holds};

#[sqlx::test(migrations = "./migrations")]
async fn every_figure_is_what_was_decided(pool: PgPool) {
    let site = Site::open(pool, Role::Supervisor).await;
    site.get("/numbers").await.says(
        200,
        &["Nothing was drafted or reviewed in the last 30 days."],
    );
    let desk = &site.desk;
    let (_, items) = desk.morning_of(6).await;
    // Two unchanged, one edited by 15 %, one rejected, one declined; the last waits.
    let verdicts = [
        (Verdict::Approve, 10),
        (Verdict::Approve, 20),
        (Verdict::ApproveWithEdits, 30),
        (Verdict::Reject, 40),
        (Verdict::Decline, 50),
    ];
    for (item, (verdict, seconds)) in items.into_iter().zip(verdicts) {
        let lease = desk
            .store
            .claim_review(item, &site.user, false)
            .await
            .unwrap();
        desk.pass(Duration::from_secs(seconds));
        let decision = NewDecision {
            item_id: item,
            draft_id: item,
            token: lease.token,
            key: Uuid::new_v4(),
            verdict,
            edited: (verdict == Verdict::ApproveWithEdits).then(|| EditedText {
                text: "another text".to_owned(),
                parts: None,
                ratio: 0.15,
            }),
            reasons: match verdict {
                Verdict::Reject | Verdict::Decline => vec![Reason::FactError],
                _ => Vec::new(),
            },
            note: None,
        };
        review::decide(&desk.store, &site.user, &decision)
            .await
            .unwrap();
    }
    let store = &desk.store;
    let statistics = async |days: i32| {
        let period = NumbersPeriod::of(Some(days)).unwrap();
        store
            .review_statistics(period, Asking::Together)
            .await
            .unwrap()
    };
    let week = statistics(7).await;
    let period = NumbersPeriod::of(Some(7)).unwrap();
    let in_turn = store.review_statistics(period, Asking::InTurn).await;
    assert_eq!(in_turn.unwrap(), week);
    let [row] = week.verdicts.try_into().unwrap();
    let counts = [
        row.unchanged,
        row.edited,
        row.rejected,
        row.regenerated,
        row.passed_on,
    ];
    assert_eq!(
        (row.campaign.as_str(), counts),
        ("nightly", [2, 1, 1, 0, 1])
    );
    // 10, 20, 30 and 40 s: half took at most 25, and nine of ten at most 37.
    let seconds = [row.half_s, row.most_s].map(|seconds| seconds.map(f64::round));
    assert_eq!(seconds, [Some(25.0), Some(37.0)]);
    assert_eq!(week.edits, [0, 0, 1, 0, 0, 0]);
    let [reason] = week.reasons.try_into().unwrap();
    assert_eq!(
        (reason.what.as_str(), reason.times),
        (Reason::FactError.as_str(), 2)
    );
    let deciles = week.deciles;
    let of_85 = deciles[8];
    assert_eq!([of_85.unchanged, of_85.edited, of_85.rejected], [2, 1, 1]);
    assert_eq!(deciles.iter().map(|row| row.unchanged).sum::<i64>(), 2);
    let [cost] = week.costs.try_into().unwrap();
    assert_eq!(
        (cost.runs, cost.drafts, cost.tokens, cost.accepted),
        (1, 12, 36, 3)
    );
    assert_eq!(week.late, []);
    let page = site.get("/numbers?days=7").await;
    page.says(
        200,
        &[
            "<svg",
            "<title id=\"acceptance-title\">"
                .replace("acceptance-", "acceptance-chart-")
                .as_str(),
        ],
    );
    let row = |figures: &str| format!("nightly\nsocial/post\naaaaaaaa\nnone\n{figures}");
    let reason = format!("{}\n2", Reason::FactError.label());
    let figures = [
        "Of 4 reviews, 75 % approved a text: 50 % as it was, 25 % with edits.",
        &row("4\n75 %\n2\n1\n1\n0\n1"),
        "10–20 %\n1\n100 %",
        &reason,
        "80–89\n4\n75 %\n2\n1\n1\n0",
        &row("25 s\n37 s"),
        &row("1\n12\n3\n4.0\n12\n0.0"),
    ];
    holds(&page, &figures);
    desk.pass(Duration::from_hours(8 * 24));
    assert_eq!(statistics(7).await.verdicts, []);
    assert_eq!(statistics(30).await.verdicts.len(), 1);
}
