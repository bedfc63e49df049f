//! Every page with axe-core, light and dark, and on a narrow screen.

use serde_json::Value;
use sqlx::PgPool;

use crate::chrome::axe;
use crate::copies::newspaper;
use crate::page::{ENTER, ESCAPE, Page, TAB};
use crate::scene::{PASSWORD, Scene};

trials![
    every_page_meets_wcag_aa_and_fits_a_narrow_screen,
    the_keyboard_reaches_everything_and_focus_is_seen,
];

/// Checks a page light and dark, wide and narrow; what is wrong is added to the list.
async fn check(page: &Page, axe: &str, place: &str, wrong: &mut Vec<String>) {
    for (dark, width) in [(false, 1280), (true, 1280), (false, 360), (true, 360)] {
        page.dark(dark).await;
        page.wide(width).await;
        // Colours that are on their way from light to dark have no contrast to speak of.
        page.until("document.getAnimations().length === 0").await;
        let look = if dark { "dark" } else { "light" };
        if width == 360 {
            let seen = page.eval("document.documentElement.scrollWidth").await;
            if seen.as_u64().is_none_or(|seen| seen > 360) {
                let widest = "[...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > 361)
                    .slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(' | ')";
                wrong.push(format!(
                    "{place}, 360 px: {seen} px wide: {}",
                    page.string(widest).await
                ));
            }
        }
        page.run(axe).await;
        let found = page
            .settle("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((found) => found.violations.map((rule) => `${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map((node) => node.html + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`))")
            .await;
        let Value::Array(found) = found else {
            wrong.push(format!("{place}, {look}: {found}"));
            continue;
        };
        for rule in found {
            wrong.push(format!(
                "{place}, {look}, {width} px: {}",
                rule.as_str().unwrap_or_default()
            ));
        }
    }
    page.dark(false).await;
    page.wide(1280).await;
}

async fn every_page_meets_wcag_aa_and_fits_a_narrow_screen(pool: PgPool) {
    let axe = std::fs::read_to_string(axe()).expect("axe-core (scripts/setup-browser.sh)");
    let scene = Scene::open("accessible", pool, &newspaper()).await;
    scene
        .play(async |scene| {
            let mut wrong = Vec::new();
            let page = scene.window().await;
            page.open("/login").await;
            check(&page, &axe, "/login", &mut wrong).await;
            page.until("document.activeElement.name === 'name'").await;
            page.keys("Ann").await;
            page.key(TAB).await;
            page.keys("not the password at all").await;
            page.key(ENTER).await;
            page.shows("no user has this name and this password").await;
            check(&page, &axe, "/login, refused", &mut wrong).await;

            page.sign_in("Adam", PASSWORD).await;
            let links = "[...document.querySelectorAll('.top nav a')].map((link) => link.pathname)";
            let links = page.eval(links).await;
            for link in links.as_array().expect("links") {
                let link = link.as_str().unwrap_or_default();
                page.open(link).await;
                check(&page, &axe, link, &mut wrong).await;
            }
            for path in ["/?gate=none", "/bulk", "/no/such/page"] {
                page.open(path).await;
                check(&page, &axe, path, &mut wrong).await;
            }
            page.open(&format!("/items/{}", scene.items[0])).await;
            check(&page, &axe, "a draft", &mut wrong).await;
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            check(&page, &axe, "a draft in hand", &mut wrong).await;
            for panel in ["edit", "regenerate", "reject", "pass"] {
                page.run(&format!("document.getElementById('{panel}').open = true"))
                    .await;
                check(&page, &axe, panel, &mut wrong).await;
            }
            page.key(ESCAPE).await;
            page.key('?').await;
            page.until("document.querySelector('#keys').open").await;
            check(&page, &axe, "the list of keys", &mut wrong).await;
            page.key(ESCAPE).await;

            let bob = scene.signed_in("Bob").await;
            bob.open(&format!("/items/{}", scene.items[0])).await;
            check(&bob, &axe, "a draft in another's hand", &mut wrong).await;

            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            page.keys("Changed. ").await;
            scene.expire_leases().await;
            page.control(ENTER).await;
            page.shows("Take it again and go on").await;
            check(&page, &axe, "a write that came too late", &mut wrong).await;
            page.click("form[action$='/claim'] button").await;
            page.until("!!document.querySelector('#lease')").await;
            page.click("#edit button.primary").await;
            page.shows("The draft before was approved").await;
            check(&page, &axe, "after a decision", &mut wrong).await;
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.shows("Approved text").await;
            check(&page, &axe, "a decided draft", &mut wrong).await;
            wrong.sort();
            wrong.dedup();
            assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        })
        .await;
}

async fn the_keyboard_reaches_everything_and_focus_is_seen(pool: PgPool) {
    let scene = Scene::open("focus", pool, &newspaper()).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.key(TAB).await;
            assert_eq!(page.string("document.activeElement.innerText").await, "To the content");
            page.key(ENTER).await;
            page.until("location.hash === '#main'").await;
            // Each mark of the text is reached, is seen, and lights the fact that it is about.
            let mut reached = 0;
            for _ in 0..40 {
                page.key(TAB).await;
                if page.eval("document.activeElement.matches('mark[data-fact]')").await == true {
                    reached += 1;
                    let lit = "document.querySelectorAll(`tr.lit[data-fact=\"${document.activeElement.dataset.fact}\"]`).length";
                    assert_eq!(page.eval(lit).await, 1);
                    let outline = "getComputedStyle(document.activeElement).outlineStyle";
                    assert_ne!(page.string(outline).await, "none");
                }
                if page.eval("document.activeElement.matches('#claim button')").await == true {
                    break;
                }
            }
            assert_eq!(reached, 3, "marks with facts before the button");
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
        })
        .await;
}
