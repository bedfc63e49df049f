//! A morning by keyboard alone.

use serde_json::json;
use sqlx::PgPool;

use crate::copies::plain;
use crate::page::{DOWN, ENTER, ESCAPE};
use crate::scene::Scene;

trials![
    claim_read_edit_approve_reject_and_send_back_by_keyboard_alone,
    the_list_of_keys_opens_and_escape_leads_out_of_everything,
    a_key_right_behind_the_closed_list_of_keys_is_not_lost,
    j_leads_to_the_next_draft_and_k_back,
    a_key_that_comes_while_the_page_is_read_is_not_lost,
    what_is_typed_early_into_a_field_decides_nothing,
    a_key_behind_a_decision_does_not_break_it_off,
];

async fn claim_read_edit_approve_reject_and_send_back_by_keyboard_alone(pool: PgPool) {
    let scene = Scene::open("keyboard", pool, &plain(4)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            // Two down, one up: the second row.
            page.key('j').await;
            page.key(DOWN).await;
            page.key('k').await;
            page.key('j').await;
            page.until("document.querySelectorAll('#rows .row')[1].classList.contains('chosen')")
                .await;
            let chosen = page.string("document.activeElement.innerText").await;
            page.key(ENTER).await;
            page.until("location.pathname.startsWith('/items/')").await;
            page.shows(&chosen).await;
            page.shows("Take this draft").await;

            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            // Keys that decide something elsewhere are letters here.
            page.keys("a jolly exact rule? ").await;
            let edited = page.string("document.activeElement.value").await;
            assert!(edited.contains("a jolly exact rule? "), "{edited}");
            assert!(edited.contains(&chosen), "{edited}");
            page.control(ENTER).await;
            page.shows("The draft before was approved").await;
            let decisions = scene.until_decided(1).await;
            assert_eq!(
                decisions,
                [("Ann".to_owned(), "approve_with_edits".to_owned(), Some(edited))]
            );

            // The next one is in hand already.
            page.until("!!document.querySelector('#lease')").await;
            let second = page.path().await;
            page.key('a').await;
            page.until(&format!("location.pathname !== '{second}'")).await;
            assert_eq!(scene.until_decided(2).await[1].1, "approve");

            page.until("!!document.querySelector('#lease')").await;
            let third = page.path().await;
            page.key('x').await;
            page.until("document.querySelector('#reject').open").await;
            page.key('1').await;
            page.key('3').await;
            page.key('3').await;
            let reasons = "[...document.querySelectorAll('#reject input:checked')].map((box) => box.dataset.key)";
            assert_eq!(page.eval(reasons).await, json!(["1"]));
            page.key(ENTER).await;
            page.until(&format!("location.pathname !== '{third}'")).await;
            assert_eq!(scene.until_decided(3).await[2].1, "reject");

            page.until("!!document.querySelector('#lease')").await;
            page.key('r').await;
            page.until("document.activeElement.matches('#regenerate textarea')").await;
            page.keys("Begin with the readers").await;
            page.control(ENTER).await;
            page.until("location.pathname === '/'").await;
            page.shows("Nothing waits").await;
            assert_eq!(scene.until_decided(4).await[3].1, "regenerate");
            let note: String = sqlx::query_scalar("select note from regenerations")
                .fetch_one(&scene.desk.pool)
                .await
                .unwrap();
            assert_eq!(note, "Begin with the readers");
            assert_eq!(page.complaints().await, [""; 0]);
        })
        .await;
}

async fn a_key_right_behind_the_closed_list_of_keys_is_not_lost(pool: PgPool) {
    let scene = Scene::open("closed-list", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.key('?').await;
            page.until("document.querySelector('#keys').open").await;
            // Before the page is laid out again, the focus is still on the button of the list.
            page.run(
                "const list = document.querySelector('#keys');
                 const button = list.querySelector('button');
                 list.close();
                 const enter = { key: 'Enter', bubbles: true, cancelable: true };
                 button.dispatchEvent(new KeyboardEvent('keydown', enter));",
            )
            .await;
            page.until("!!document.querySelector('#lease')").await;
        })
        .await;
}
async fn the_list_of_keys_opens_and_escape_leads_out_of_everything(pool: PgPool) {
    let scene = Scene::open("escape", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.key('?').await;
            page.until("document.querySelector('#keys').open").await;
            page.shows("reasons").await;
            page.key(ESCAPE).await;
            page.until("!document.querySelector('#keys').open").await;

            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            page.key(ESCAPE).await;
            page.until("!document.querySelector('#edit').open").await;
            page.key('x').await;
            page.until("document.querySelector('#reject').open").await;
            page.key(ESCAPE).await;
            page.until("!document.querySelector('#reject').open").await;
            page.key(ESCAPE).await;
            page.until("location.pathname === '/'").await;
            assert_eq!(scene.decisions().await, []);
        })
        .await;
}

async fn j_leads_to_the_next_draft_and_k_back(pool: PgPool) {
    let scene = Scene::open("next", pool, &plain(3)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.key('j').await;
            page.until(&format!(
                "location.pathname === '/items/{}'",
                scene.items[1]
            ))
            .await;
            page.until("document.readyState === 'complete'").await;
            page.key('k').await;
            page.until(&format!(
                "location.pathname === '/items/{}'",
                scene.items[0]
            ))
            .await;
        })
        .await;
}

/// A key as a script can press it, at the moment when a document has been read and its deferred scripts have not run.
fn pressed_early(keys: &str) -> String {
    format!(
        "document.addEventListener('readystatechange', () => {{
            if (document.readyState !== 'interactive') return;
            for (const key of {keys:?}) {{
                document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true, cancelable: true }}));
            }}
        }})"
    )
}

async fn a_key_that_comes_while_the_page_is_read_is_not_lost(pool: PgPool) {
    let scene = Scene::open("early", pool, &plain(1)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.before_each_page(&pressed_early("?")).await;
            page.open("/").await;
            page.until("document.querySelector('#keys')?.open === true")
                .await;
        })
        .await;
}

async fn what_is_typed_early_into_a_field_decides_nothing(pool: PgPool) {
    let scene = Scene::open("typed", pool, &plain(2)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            let first = page.path().await;
            // Opens the editor; the `a` is the first letter of what somebody writes there.
            page.before_each_page(&pressed_early("ea")).await;
            page.open(&first).await;
            page.until("document.activeElement.id === 'text'").await;
            page.keys("x").await;
            assert_eq!(page.path().await, first);
            assert_eq!(scene.decisions().await, []);
        })
        .await;
}

async fn a_key_behind_a_decision_does_not_break_it_off(pool: PgPool) {
    let scene = Scene::open("behind", pool, &plain(3)).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            // The link to the next draft would take the place of the form that is on its way; so would the queue.
            for (many, keys) in [(1, "aj".to_owned()), (2, format!("aa{ENTER}"))] {
                let here = page.path().await;
                page.keys(&keys).await;
                page.until(&format!("location.pathname !== '{here}'")).await;
                page.shows("The draft before was approved").await;
                assert_eq!(scene.until_decided(many).await.len(), many);
            }
        })
        .await;
}
