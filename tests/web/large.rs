//! A queue of a hundred thousand drafts.

use sqlx::PgPool;

use crate::copies::plain;
use crate::page::ENTER;
use crate::scene::Scene;

trials![a_hundred_thousand_drafts_open_page_and_are_decided,];

async fn a_hundred_thousand_drafts_open_page_and_are_decided(pool: PgPool) {
    let scene = Scene::open("large", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            // Only the queue's own rows: the page of it reads nothing else.
            sqlx::raw_sql(
                "set session_replication_role = replica;
                 insert into review_items (id, run_id, brief_id, campaign_id, channel, language, kind, topic, external_ref, first_line,
                     risk, priority, due_at, failed_gates, rules, deductions, reviews_required, created_at)
                 select gen_random_uuid(), i.run_id, gen_random_uuid(), i.campaign_id, i.channel, i.language, i.kind,
                     'Topic ' || n, 'g-' || n, 'Generated line ' || n, n % 3, n % 101, nightdesk_now() + n * interval '1 minute',
                     '{}', i.rules, i.deductions, 1, nightdesk_now()
                 from generate_series(1, 99998) n, (select * from review_items limit 1) i;
                 set session_replication_role = origin;
                 update review_items set due_at = nightdesk_now() - interval '1 hour' where external_ref like 'b-%';
                 analyze review_items;",
            )
            .execute(&scene.desk.pool)
            .await
            .unwrap();
            let page = scene.signed_in("Ann").await;
            page.shows("more than 10,000 to review").await;
            page.shows("2 overdue").await;
            for order in ["priority", "risk", "due"] {
                page.open(&format!("/?order={order}")).await;
                page.shows("more than 10,000 to review").await;
                let first = page.string("document.querySelector('.row .line').href").await;
                page.click(".pager a[rel=next]").await;
                page.until(&format!("document.querySelector('.row .line')?.href !== '{first}' && document.readyState === 'complete'"))
                    .await;
                page.shows("First page").await;
            }
            // The most urgent one comes first.
            page.open("/").await;
            page.shows("2 overdue").await;
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            page.shows("1.3 million readers").await;
            page.key('a').await;
            page.shows("The draft before was approved").await;
            assert_eq!(scene.until_decided(1).await.len(), 1);
        })
        .await;
}
