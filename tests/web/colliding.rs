//! Two people at one draft, and writes that come too late: nobody's text is lost.

use sqlx::PgPool;

use crate::copies::plain;
use crate::page::{ENTER, Page};
use crate::scene::Scene;

trials![
    two_editors_do_not_decide_about_one_draft,
    a_write_after_a_takeover_is_refused_and_its_text_kept,
    an_expired_lease_is_taken_again_with_the_same_text,
    what_was_typed_is_offered_again_after_a_closed_tab,
];

const MINE: &str = "My own words about it";

/// Takes the only draft and writes into it, without sending.
async fn write(page: &Page) {
    page.click("button.primary").await;
    page.until("!!document.querySelector('#lease')").await;
    page.key('e').await;
    page.until("document.activeElement.id === 'text'").await;
    page.run("document.activeElement.select()").await;
    page.keys(MINE).await;
}

/// The text in the page's field for it.
async fn kept(page: &Page) -> String {
    page.string("document.querySelector('textarea[name=text]').value")
        .await
}

async fn two_editors_do_not_decide_about_one_draft(pool: PgPool) {
    let scene = Scene::open("two", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let (ann, bob) = (scene.signed_in("Ann").await, scene.signed_in("Bob").await);
            ann.click("button.primary").await;
            ann.until("!!document.querySelector('#lease')").await;
            let hers = ann.path().await;
            bob.open(&hers).await;
            bob.shows("Ann is reading this draft.").await;
            assert_eq!(
                bob.eval("document.querySelectorAll('#claim, #lease').length")
                    .await,
                0
            );
            // He gets the other one.
            bob.open("/").await;
            bob.shows("with Ann").await;
            bob.click("button.primary").await;
            bob.until("!!document.querySelector('#lease')").await;
            assert_ne!(bob.path().await, hers);
            ann.key('a').await;
            bob.key('a').await;
            let mut who: Vec<String> = scene
                .until_decided(2)
                .await
                .into_iter()
                .map(|row| row.0)
                .collect();
            who.sort();
            assert_eq!(who, ["Ann", "Bob"]);
        })
        .await;
}

async fn a_write_after_a_takeover_is_refused_and_its_text_kept(pool: PgPool) {
    let scene = Scene::open("stale", pool, &plain(1)).await;
    scene
        .play(async |scene| {
            let ann = scene.signed_in("Ann").await;
            write(&ann).await;
            let item = ann.path().await;
            let sue = scene.signed_in("Sue").await;
            sue.open(&item).await;
            sue.shows("Take it over").await;
            sue.click("#claim button").await;
            sue.until("!!document.querySelector('#lease')").await;
            ann.control(ENTER).await;
            ann.shows("Your text").await;
            assert_eq!(kept(&ann).await, MINE);
            assert!(ann.text().await.contains("Sue"), "{}", ann.text().await);
            assert_eq!(scene.decisions().await, []);
            // Sue decides; Ann's text stays on her page even when she tries again.
            sue.key('a').await;
            scene.until_decided(1).await;
            ann.click("form[action$='/claim'] button").await;
            ann.shows("Sue approved").await;
            assert_eq!(kept(&ann).await, MINE);
            assert_eq!(scene.decisions().await.len(), 1);
        })
        .await;
}

async fn an_expired_lease_is_taken_again_with_the_same_text(pool: PgPool) {
    let scene = Scene::open("expired", pool, &plain(1)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            write(&page).await;
            scene.expire_leases().await;
            page.control(ENTER).await;
            page.shows("Take it again and go on").await;
            assert_eq!(kept(&page).await, MINE);
            assert_eq!(scene.decisions().await, []);
            page.click("form[action$='/claim'] button").await;
            page.until("!!document.querySelector('#lease')").await;
            assert_eq!(kept(&page).await, MINE);
            assert_eq!(
                page.eval("document.querySelector('#edit').open").await,
                true
            );
            page.click("#edit button.primary").await;
            let decisions = scene.until_decided(1).await;
            assert_eq!(decisions[0].2.as_deref(), Some(MINE));
        })
        .await;
}

async fn what_was_typed_is_offered_again_after_a_closed_tab(pool: PgPool) {
    let scene = Scene::open("closed", pool, &plain(1)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            write(&page).await;
            let item = page.path().await;
            page.open("/").await;
            page.open(&item).await;
            page.shows("Bring my text back").await;
            page.click("#edit p.card button").await;
            assert_eq!(kept(&page).await, MINE);
        })
        .await;
}
