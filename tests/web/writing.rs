//! Texts of every writing and length: each is read from its own side, no column becomes one letter wide, and whoever
//! reads keeps their place.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::copies::{long, written};
use crate::page::{ENTER, Page};
use crate::scene::Scene;

trials![
    every_text_is_read_from_its_own_side,
    long_words_and_topics_are_readable_on_a_narrow_screen,
    whoever_takes_a_draft_goes_on_reading_where_they_were,
];

/// Texts and fields that begin in a writing from the right and are not laid out so.
const WRONG_SIDE: &str = "(() => {
    const right = /^[^\\p{L}]*[\\p{Script=Hebrew}\\p{Script=Arabic}]/u;
    const wrong = [];
    const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (all.nextNode()) {
        const element = all.currentNode.parentElement;
        if (!right.test(all.currentNode.data) || element.closest('textarea, option, .diff, .tokens, mark')) continue;
        if (getComputedStyle(element).direction !== 'rtl') wrong.push(element.outerHTML.slice(0, 160));
    }
    for (const field of document.querySelectorAll('textarea, input:not([type])')) {
        if (right.test(field.value) && getComputedStyle(field).direction !== 'rtl') wrong.push(field.outerHTML.slice(0, 160));
    }
    return wrong;
})()";

/// What makes a page of 360 pixels unreadable: it scrolls sideways, or a piece of text stands in a column of letters.
const UNREADABLE: &str = "(() => {
    const wrong = [];
    if (document.documentElement.scrollWidth > 360) {
        const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > 361);
        wrong.push(`${document.documentElement.scrollWidth} px: ${wide[0]?.outerHTML.slice(0, 160)}`);
    }
    const em = parseFloat(getComputedStyle(document.body).fontSize);
    for (const element of document.querySelectorAll('td, th, dd, dt, li, p, h1, h2, h3, a.line, blockquote, label, summary, select, textarea, input:not([type=hidden]):not([type=checkbox])')) {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        const inner = box.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        const text = element.matches('input, select, textarea') ? element.value : element.innerText;
        const length = text.trim().length;
        if (box.height > 0 && length >= 15 && inner < 6 * em && style.position !== 'absolute') {
            wrong.push(`${Math.round(inner)} px: ${element.outerHTML.slice(0, 160)}`);
        }
    }
    for (const element of document.querySelectorAll('button, .tag, .top a')) {
        const box = element.getBoundingClientRect();
        if (box.height > 3 * box.width && box.height > 4 * em) wrong.push(`${Math.round(box.width)} px: ${element.outerHTML.slice(0, 160)}`);
    }
    return wrong.slice(0, 4);
})()";

/// Adds what a script finds on the page.
async fn look(page: &Page, script: &str, place: &str, wrong: &mut Vec<String>) {
    let found = page.eval(script).await;
    let Value::Array(found) = found else {
        panic!("{place}: {found}");
    };
    wrong.extend(found.iter().map(|one| format!("{place}: {one}")));
}

async fn every_text_is_read_from_its_own_side(pool: PgPool) {
    let scene = Scene::open("sides", pool, &written()).await;
    scene
        .play(async |scene| {
            sqlx::query("update users set name = 'דנה' where name = 'Adam'")
                .execute(&scene.desk.pool)
                .await
                .unwrap();
            let page = scene.signed_in("דנה").await;
            let mut wrong = Vec::new();
            for path in [
                "/",
                "/briefs",
                "/briefs?q=%D7%A9%D7%9C%D7%95%D7%9D",
                "/settings",
                "/settings/record",
                "/campaigns",
                "/runs",
            ] {
                page.open(path).await;
                look(&page, WRONG_SIDE, path, &mut wrong).await;
            }
            page.open("/briefs").await;
            page.click("tbody tr:last-child a").await;
            page.until("location.pathname.startsWith('/briefs/')").await;
            page.shows("Revisions").await;
            look(&page, WRONG_SIDE, "a brief", &mut wrong).await;
            let item = format!("/items/{}", scene.items[0]);
            page.open(&item).await;
            assert_eq!(
                page.string("document.querySelector('.copy').lang").await,
                "he"
            );
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            look(&page, WRONG_SIDE, "a draft in hand", &mut wrong).await;
            page.keys("שלום ").await;
            scene.expire_leases().await;
            page.click("#edit button.primary").await;
            page.shows("Take it again and go on").await;
            look(&page, WRONG_SIDE, "a write that came too late", &mut wrong).await;
            page.click("form[action$='/claim'] button").await;
            page.until("!!document.querySelector('#lease')").await;
            page.click("#edit button.primary").await;
            page.shows("The draft before was approved").await;
            page.open(&item).await;
            page.shows("Approved text").await;
            look(&page, WRONG_SIDE, "an approved draft", &mut wrong).await;
            // The lines of one text each begin at their own side.
            page.open(&format!("/items/{}", scene.items[1])).await;
            let plaintext = "getComputedStyle(document.querySelector('.copy')).unicodeBidi";
            assert_eq!(page.string(plaintext).await, "plaintext");
            assert_eq!(wrong, [""; 0], "\n{}", wrong.join("\n"));
        })
        .await;
}

async fn long_words_and_topics_are_readable_on_a_narrow_screen(pool: PgPool) {
    let scene = Scene::open("narrow", pool, &written()).await;
    scene
        .play(async |scene| {
            let name = "Wolfeschlegelsteinhausenbergerdorff".repeat(2);
            let long = "nightly-explainers-of-the-harbour-and-the-fishing-of-the-north".to_owned();
            let pool = &scene.desk.pool;
            sqlx::query("update users set name = $1 where name = 'Adam'")
                .bind(&name)
                .execute(pool)
                .await
                .unwrap();
            sqlx::query(
                "update campaigns set name = $1, spec = jsonb_set(spec, '{name}', to_jsonb($1))",
            )
            .bind(&long)
            .execute(pool)
            .await
            .unwrap();
            sqlx::query("update review_items set external_ref = external_ref || $1")
                .bind(&name)
                .execute(pool)
                .await
                .unwrap();
            sqlx::query(
                "insert into exports (id, format, selection, sha256, bytes, texts, made_by)
                 values (gen_random_uuid(), 'google-ads-editor', $1, repeat('ab', 32), 10, 1, $2)",
            )
            .bind(json!({ "campaign": long, "new": true }))
            .bind(&name)
            .execute(pool)
            .await
            .unwrap();
            let page = scene.signed_in(&name).await;
            let run: uuid::Uuid = sqlx::query_scalar("select id from runs")
                .fetch_one(pool)
                .await
                .unwrap();
            let brief: uuid::Uuid =
                sqlx::query_scalar("select id from briefs where language = 'de'")
                    .fetch_one(pool)
                    .await
                    .unwrap();
            let mut places: Vec<String> = [
                "/",
                "/runs",
                "/campaigns",
                "/briefs",
                "/numbers",
                "/exports",
                "/settings",
                "/settings/record",
                "/bulk",
            ]
            .map(str::to_owned)
            .to_vec();
            places.extend([format!("/runs/{run}"), format!("/briefs/{brief}")]);
            places.extend(scene.items.iter().map(|item| format!("/items/{item}")));
            let mut wrong = Vec::new();
            page.wide(360).await;
            for place in &places {
                page.open(place).await;
                look(&page, UNREADABLE, place, &mut wrong).await;
            }
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            for panel in ["edit", "regenerate", "reject", "pass"] {
                page.run(&format!("document.getElementById('{panel}').open = true"))
                    .await;
                look(&page, UNREADABLE, panel, &mut wrong).await;
            }
            assert_eq!(wrong, [""; 0], "\n{}", wrong.join("\n"));
        })
        .await;
}

async fn whoever_takes_a_draft_goes_on_reading_where_they_were(pool: PgPool) {
    let scene = Scene::open("place", pool, &long()).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.run("scrollTo(0, 700)").await;
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            page.until("document.documentElement.dataset.keys === 'ready'")
                .await;
            assert_eq!(page.eval("Math.round(scrollY)").await, 700);
            assert_eq!(page.string("location.hash").await, "");
            // The place is that of one draft, and is kept once.
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.until("document.documentElement.dataset.keys === 'ready'")
                .await;
            assert_eq!(page.eval("Math.round(scrollY)").await, 0);
        })
        .await;
}
