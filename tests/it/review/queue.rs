//! The queue page by page: everything once, in each order, under each filter.

use chrono::Duration;
use nightdesk::domain::brief::{Brief, Risk};
use nightdesk::domain::review::{QueueFilter, QueueOrder, Refusal, Verdict};
use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::{Morning, refused};
use crate::support::{brief, campaign};

async fn pages(morning: &Morning, filter: &QueueFilter, order: QueueOrder) -> Vec<String> {
    let (mut refs, mut after) = (Vec::new(), None);
    loop {
        let page = morning
            .desk
            .store
            .review_queue(filter, order, after.as_deref(), 2)
            .await
            .unwrap();
        assert!(page.items.len() <= 2);
        refs.extend(page.items.into_iter().map(|item| item.external_ref));
        match page.next {
            Some(next) => after = Some(next),
            None => return refs,
        }
    }
}

async fn mixed(pool: PgPool) -> Morning {
    let mut briefs: Vec<Brief> = (0..7).map(|n| brief(&format!("b-{n:02}"))).collect();
    let noon: chrono::DateTime<chrono::Utc> = "2026-01-05T12:00:00Z".parse().unwrap();
    // Deadlines that are equal, passed, far, and none at all.
    for (n, hours) in [(1, 3), (2, 3), (3, -1), (5, 900)] {
        briefs[n].due_at = Some(noon + Duration::hours(hours));
    }
    briefs[6].risk = Risk::Medium;
    briefs[5].risk = Risk::High;
    briefs[4].language = "de".to_owned();
    Morning::with(pool, briefs, campaign("nightly")).await
}

#[sqlx::test(migrations = "./migrations")]
async fn each_order_shows_everything_once(pool: PgPool) {
    let morning = mixed(pool).await;
    for (n, priority) in [(0, 40), (1, 90), (2, 90), (3, 100)] {
        sqlx::query("update review_items set priority = $2 where id = $1")
            .bind(morning.items[n])
            .bind(priority)
            .execute(&morning.desk.pool)
            .await
            .unwrap();
    }
    let all = QueueFilter::default();
    let short = |refs: Vec<String>| refs.concat().replace("b-0", "");
    assert_eq!(
        short(pages(&morning, &all, QueueOrder::Due).await),
        "3125046"
    );
    assert_eq!(
        short(pages(&morning, &all, QueueOrder::Priority).await),
        "3125460"
    );
    assert_eq!(
        short(pages(&morning, &all, QueueOrder::Risk).await),
        "5631204"
    );
    let counts = morning.desk.store.review_counts(&all).await.unwrap();
    assert_eq!(
        (
            counts.matching,
            counts.open,
            counts.overdue,
            counts.supervisor
        ),
        (7, 7, 1, 0)
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn filters_are_those_that_the_facets_offer(pool: PgPool) {
    let morning = mixed(pool).await;
    let facets = morning.desk.store.review_facets().await.unwrap();
    assert_eq!(facets.campaigns, ["nightly"]);
    assert_eq!(facets.languages, ["de", "en"]);
    assert_eq!(facets.rules, ["number.unsupported"]);
    assert_eq!((facets.channels.len(), facets.gates.len()), (0, 0));
    let count = async |filter: QueueFilter| {
        let shown = pages(&morning, &filter, QueueOrder::Due).await.len();
        let counted = morning.desk.store.review_counts(&filter).await.unwrap();
        assert_eq!(counted.matching, shown as i64);
        shown
    };
    let all = QueueFilter::default;
    let some = |word: &str| Some(word.to_owned());
    assert_eq!(
        count(QueueFilter {
            language: some("de"),
            ..all()
        })
        .await,
        1
    );
    assert_eq!(
        count(QueueFilter {
            rule: some("number.unsupported"),
            ..all()
        })
        .await,
        7
    );
    assert_eq!(
        count(QueueFilter {
            gate: some("gate.clean"),
            ..all()
        })
        .await,
        0
    );
    assert_eq!(
        count(QueueFilter {
            campaign: some("nightly"),
            ..all()
        })
        .await,
        7
    );
    assert_eq!(
        count(QueueFilter {
            campaign: some("daily"),
            ..all()
        })
        .await,
        0
    );
    assert_eq!(
        count(QueueFilter {
            channel: some("x-post"),
            ..all()
        })
        .await,
        0
    );
    assert_eq!(
        count(QueueFilter {
            run_id: Some(morning.run),
            ..all()
        })
        .await,
        7
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn next_is_what_this_reviewer_can_take(pool: PgPool) {
    let morning = Morning::of(pool, 3).await;
    let (ann, bob) = (
        morning.user("Ann", Role::Editor).await,
        morning.user("Bob", Role::Editor).await,
    );
    let [first, second, third] = morning.items[..] else {
        panic!("three items");
    };
    let all = QueueFilter::default();
    let next = async |after, by: &nightdesk::domain::user::User| {
        morning
            .desk
            .store
            .next_review(&all, QueueOrder::Due, after, by.id)
            .await
            .unwrap()
    };
    morning.claim(second, &bob).await.unwrap();
    assert_eq!(next(None, &ann).await, Some(first));
    assert_eq!(next(Some(first), &ann).await, Some(third));
    assert_eq!(next(Some(first), &bob).await, Some(second));
    morning.decide(first, &ann, Verdict::Approve).await.unwrap();
    assert_eq!(next(None, &ann).await, Some(third));
    assert_eq!(next(Some(third), &ann).await, None);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_place_that_no_page_named_is_refused(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let all = QueueFilter::default();
    for (order, after) in [
        (QueueOrder::Due, "x"),
        (
            QueueOrder::Due,
            "99999999999999999999.019b0000-0000-7000-8000-000000000000",
        ),
        (
            QueueOrder::Priority,
            "high.019b0000-0000-7000-8000-000000000000",
        ),
        (QueueOrder::Risk, "5.019b0000-0000-7000-8000-000000000000"),
    ] {
        let page = morning.desk.store.review_queue(&all, order, Some(after), 2);
        assert_eq!(refused(page.await), Refusal::BadCursor, "{after}");
    }
}
