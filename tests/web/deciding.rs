//! One decision is one decision: sent twice, taken back, come back to.

use sqlx::PgPool;

use crate::copies::plain;
use crate::scene::Scene;

trials![
    a_form_that_is_sent_twice_decides_once,
    going_back_to_a_decided_draft_decides_nothing_again,
    a_decision_is_taken_back_by_one_key,
];

async fn a_form_that_is_sent_twice_decides_once(pool: PgPool) {
    let scene = Scene::open("twice", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            // The same form twice at once, past the script that would keep the second one back.
            let twice = "(() => {
                const form = document.querySelector('form[data-verdict=approve]');
                const send = () => fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
                return Promise.all([send(), send()]).then((answers) => answers.map((answer) => answer.status).join());
            })()";
            assert_eq!(page.settle(twice).await, "200,200");
            assert_eq!(scene.decisions().await.len(), 1);
            // And from the page itself: a double click.
            page.open("/").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            let button = "document.querySelector('form[data-verdict=approve] button')";
            page.run(&format!("{button}.click(); {button}.click();")).await;
            page.shows("Nothing waits").await;
            assert_eq!(scene.decisions().await.len(), 2);
        })
        .await;
}

async fn going_back_to_a_decided_draft_decides_nothing_again(pool: PgPool) {
    let scene = Scene::open("back", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            let first = page.path().await;
            page.key('a').await;
            page.until(&format!("location.pathname !== '{first}'"))
                .await;
            page.shows("The draft before was approved").await;
            page.back().await;
            page.until(&format!("location.pathname === '{first}'"))
                .await;
            // The browser may show the page as it was left; then its button says no more than that it was pressed.
            page.until("document.readyState === 'complete'").await;
            page.key('a').await;
            page.open(&first).await;
            page.shows("Nothing is left to decide here").await;
            assert_eq!(scene.decisions().await.len(), 1);
        })
        .await;
}

async fn a_decision_is_taken_back_by_one_key(pool: PgPool) {
    let scene = Scene::open("undo", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            let first = page.path().await;
            page.key('a').await;
            page.shows("Take it back").await;
            page.key('u').await;
            page.until(&format!("location.pathname === '{first}'"))
                .await;
            page.until("!!document.querySelector('#lease')").await;
            let verdicts: Vec<String> = scene
                .decisions()
                .await
                .into_iter()
                .map(|row| row.1)
                .collect();
            assert_eq!(verdicts, ["approve", "undo"]);
            // In hand again, and decided anew.
            page.key('a').await;
            page.shows("The draft before was approved").await;
            assert_eq!(scene.until_decided(3).await[2].1, "approve");
        })
        .await;
}
