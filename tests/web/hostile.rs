//! A draft full of script, read and decided about: it stays text.

use sqlx::PgPool;

use crate::copies::hostile;
use crate::page::Page;
use crate::scene::Scene;

trials![
    script_in_drafts_briefs_names_and_notes_stays_text,
    a_script_that_got_in_would_not_run,
];

/// No dialog, nothing in the console, no element that the attack would have made.
async fn is_only_text(page: &Page, place: &str) {
    assert_eq!(page.dialog().await, None, "{place}");
    let made = "document.querySelectorAll('img, svg[onload], script:not([src]), [onerror], [onload], a[href^=\"javascript:\"]').length";
    assert_eq!(page.eval(made).await, 0, "{place}");
    assert_eq!(page.complaints().await, [""; 0], "{place}");
}

async fn script_in_drafts_briefs_names_and_notes_stays_text(pool: PgPool) {
    let scene = Scene::open("hostile", pool, &hostile()).await;
    scene
        .play(async |scene| {
            sqlx::query("update users set name = '<script>alert(9)</script>\"><img src=x onerror=alert(9)>' where name = 'Ann'")
                .execute(&scene.desk.pool)
                .await
                .unwrap();
            let page = scene.window().await;
            page.sign_in("<script>alert(9)</script>\"><img src=x onerror=alert(9)>", crate::scene::PASSWORD)
                .await;
            page.shows("alert(3)").await;
            is_only_text(&page, "queue").await;
            page.open("/?campaign=%3Cscript%3Ealert(10)%3C/script%3E&after=%22%3E%3Cimg%20src=x%20onerror=alert(10)%3E").await;
            assert_eq!(page.dialog().await, None);
            let _ = page.complaints().await;
            page.open("/").await;
            page.click("button.primary").await;
            page.until("!!document.querySelector('#lease')").await;
            is_only_text(&page, "draft").await;
            let original = "document.querySelector('#text').dataset.original";
            assert_eq!(
                page.string("document.querySelector('#text').value").await,
                page.string(original).await
            );
            page.key('e').await;
            page.until("document.activeElement.id === 'text'").await;
            page.keys("</textarea><script>alert(11)</script>").await;
            scene.expire_leases().await;
            page.click("#edit button.primary").await;
            page.shows("Take it again and go on").await;
            let told = page.complaints().await;
            // The console counts the refusal itself.
            assert!(told.iter().all(|line| line.contains("409")), "{told:?}");
            is_only_text(&page, "stale").await;
            page.click("form[action$='/claim'] button").await;
            page.until("!!document.querySelector('#lease')").await;
            page.click("#edit button.primary").await;
            page.shows("The draft before was approved").await;
            is_only_text(&page, "queue after").await;
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.shows("Approved text").await;
            is_only_text(&page, "approved").await;
            assert!(scene.decisions().await[0].2.as_deref().unwrap().contains("alert(11)"));
        })
        .await;
}

async fn a_script_that_got_in_would_not_run(pool: PgPool) {
    let scene = Scene::open("policy", pool, &[]).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            page.run(
                "const script = document.createElement('script'); script.textContent = 'window.ran = 1';
                 document.body.append(script);
                 document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\" onclick=\"window.ran = 2\">x</p>');
                 document.body.lastElementChild.click();",
            )
            .await;
            assert_eq!(page.eval("window.ran ?? null").await, serde_json::Value::Null);
            let told = page.complaints().await;
            assert!(told.iter().any(|line| line.contains("Content Security Policy")), "{told:?}");
        })
        .await;
}
