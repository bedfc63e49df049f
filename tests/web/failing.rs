//! The database goes away in the middle of a decision.

use sqlx::PgPool;

use crate::copies::plain;
use crate::page::ENTER;
use crate::scene::Scene;
use crate::support::Proxy;

trials![
    a_decision_without_a_database_keeps_the_text_and_goes_through_later,
    a_decision_whose_reply_was_lost_is_stored_once,
];

const MINE: &str = "Written while the database was away";

async fn a_decision_without_a_database_keeps_the_text_and_goes_through_later(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let url = proxy.url();
    let scene = Scene::reached_by("away", pool, &url, &plain(1)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            let item = page.path().await;
            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            page.run("document.activeElement.select()").await;
            page.keys(MINE).await;
            proxy.close();
            page.control(ENTER).await;
            // The answer says so, and nothing is lost: the form can be sent again, or the draft's page offers it.
            page.until("document.readyState === 'complete' && !document.querySelector('#lease')")
                .await;
            assert!(
                page.text().await.to_lowercase().contains("database"),
                "{}",
                page.text().await
            );
            assert_eq!(scene.decisions().await, []);
            proxy.open();
            page.open(&item).await;
            page.shows("Bring my text back").await;
            page.click("#edit p.card button").await;
            page.click("#edit button.primary").await;
            let decisions = scene.until_decided(1).await;
            assert_eq!(decisions[0].2.as_deref(), Some(MINE));
        })
        .await;
}

async fn a_decision_whose_reply_was_lost_is_stored_once(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let url = proxy.url();
    let scene = Scene::reached_by("reply", pool, &url, &plain(1)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            page.run("document.activeElement.select()").await;
            page.keys(MINE).await;
            proxy.lose_next_commit();
            page.control(ENTER).await;
            page.until("document.readyState === 'complete' && !document.querySelector('#lease')")
                .await;
            let decisions = scene.until_decided(1).await;
            assert_eq!(decisions[0].2.as_deref(), Some(MINE));
            // Where the desk could not tell, the form is still there, and sending it again changes nothing.
            if page.text().await.contains("Send again") {
                page.click("main form button").await;
                page.shows("Nothing waits").await;
            }
            assert_eq!(scene.decisions().await.len(), 1);
        })
        .await;
}
