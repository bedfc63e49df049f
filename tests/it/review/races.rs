//! Many editors at one queue at once: nothing is decided twice, nothing is lost.

use std::sync::Arc;

use nightdesk::domain::review::{QueueFilter, QueueOrder, Verdict};
use nightdesk::domain::user::{Role, User};
use nightdesk::review;
use nightdesk::store::{ReviewError, Store};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Morning, decision};

const ITEMS: usize = 24;
const EDITORS: usize = 6;

#[sqlx::test(migrations = "./migrations")]
async fn of_all_who_reach_for_an_item_one_gets_it(pool: PgPool) {
    let morning = Morning::of(pool, 1).await;
    let item = morning.items[0];
    let mut reaching = tokio::task::JoinSet::new();
    for n in 0..EDITORS {
        let (store, editor) = (
            morning.desk.store.clone(),
            morning.user(&format!("E{n}"), Role::Editor).await,
        );
        reaching.spawn(async move { store.claim_review(item, &editor, false).await.is_ok() });
    }
    let got = reaching.join_all().await;
    assert_eq!(got.into_iter().filter(|got| *got).count(), 1);
}

/// Takes the next item and decides, until there is none.
async fn work(store: Store, editor: User, verdicts: Arc<[Verdict]>) -> usize {
    let all = QueueFilter::default();
    let mut decided = 0;
    while let Some(item) = store
        .next_review(&all, QueueOrder::Due, None, editor.id)
        .await
        .unwrap()
    {
        let verdict = verdicts[decided % verdicts.len()];
        match one(&store, &editor, item, verdict).await {
            Ok(()) => decided += 1,
            // Somebody else was faster.
            Err(ReviewError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    decided
}

async fn one(
    store: &Store,
    editor: &User,
    item: Uuid,
    verdict: Verdict,
) -> Result<(), ReviewError> {
    let lease = store.claim_review(item, editor, false).await?;
    review::decide(store, editor, &decision(item, &lease, verdict))
        .await
        .map(drop)
}

#[sqlx::test(migrations = "./migrations")]
async fn a_morning_of_many_editors_decides_everything_once(pool: PgPool) {
    let morning = Morning::of(pool, ITEMS).await;
    // Half of them need two.
    sqlx::query("update review_items set reviews_required = 2 where external_ref like '%_0' or external_ref > 'b-12'")
        .execute(&morning.desk.pool)
        .await
        .unwrap();
    let verdicts: Arc<[Verdict]> = Arc::new([
        Verdict::Approve,
        Verdict::ApproveWithEdits,
        Verdict::Approve,
        Verdict::Reject,
    ]);
    let mut working = tokio::task::JoinSet::new();
    for n in 0..EDITORS {
        let editor = morning.user(&format!("E{n}"), Role::Editor).await;
        working.spawn(work(
            morning.desk.store.clone(),
            editor,
            Arc::clone(&verdicts),
        ));
    }
    let mut decided: usize = working.join_all().await.into_iter().sum();
    // Whoever found nothing free at that moment has gone; what was then in other hands is still to be reviewed.
    for n in 0..2 {
        let late = morning.user(&format!("L{n}"), Role::Editor).await;
        decided += work(morning.desk.store.clone(), late, Arc::clone(&verdicts)).await;
    }
    let counts: (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from decisions),
                (select count(*) from review_items where state = 'open' and not adjudicating),
                -- Approved without as many approvals of the very text.
                (select count(*) from review_items i where outcome = 'approved' and reviews_required > (
                    select count(*) from decisions d where d.item_id = i.id and d.revision_id = i.revision_id)),
                (select count(*) from review_leases)",
    )
    .fetch_one(&morning.desk.pool)
    .await
    .unwrap();
    assert_eq!(counts, (decided as i64, 0, 0, 0));
    let eyes: Vec<i64> = sqlx::query_scalar(
        "select count(*) - count(distinct reviewer_id) from decisions group by item_id",
    )
    .fetch_all(&morning.desk.pool)
    .await
    .unwrap();
    assert!(eyes.iter().all(|twice| *twice == 0));
}
