//! Forms that do not come from a page of the session, or not as a whole.

use axum::body::Body;
use axum::http::Method;
use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::{PASSWORD, Site};

const FOREIGN: &str = "this form does not come from a page of your session, so nothing was done";
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

#[sqlx::test(migrations = "./migrations")]
async fn a_form_proves_that_it_comes_from_the_session(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let lee = site.signed_in("Lee", Role::Editor).await;
    let own = kim.csrf().await;
    let others = lee.csrf().await;
    let refused = ["", "0", &others, &own[1..], &own.to_uppercase()].map(str::to_owned);
    for csrf in refused {
        kim.post_bare("/logout", &[("csrf", &csrf)])
            .await
            .says(403, &[FOREIGN]);
    }
    kim.post_bare("/logout", &[]).await.says(403, &[FOREIGN]);
    let in_query = kim.post_bare(&format!("/logout?csrf={own}"), &[]).await;
    in_query.says(403, &[FOREIGN]);

    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
    ] {
        let mut elsewhere = kim.clone();
        elsewhere.header(name, value);
        elsewhere.post("/logout", &[]).await.says(403, &[FOREIGN]);
    }
    assert!(kim.is_signed_in().await);
    kim.header("origin", "http://127.0.0.1:9640");
    kim.header("sec-fetch-site", "same-origin");
    kim.post("/logout", &[]).await.leads_to("/login");
    assert_eq!(kim.cookie, None);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_form_of_far_too_many_parts_is_refused_by_their_number(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sam = site.signed_in("Sam", Role::Supervisor).await;
    let csrf = sam.csrf().await;
    let body = format!("csrf={csrf}{}", "&a=".repeat(100_000));
    let fields = sam
        .ask(Method::POST, "/logout", FORM, Body::from(body))
        .await;
    fields.says(422, &["a form may have 2000 fields, this one has 100001"]);
    assert!(sam.is_signed_in().await);
    let part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n";
    let body = format!("{}--b--\r\n", part.repeat(10_000));
    let kind = Some("multipart/form-data; boundary=b");
    let parts = sam
        .ask(Method::POST, "/briefs/import", kind, Body::from(body))
        .await;
    parts.says(
        422,
        &["a form with a file may have 16 parts, this one has more"],
    );
    let lines = "{}\n".repeat(50_001);
    let many = sam.upload("/briefs/import", "a.jsonl", lines.as_bytes());
    many.await.says(
        413,
        &["what is sent at once may hold 50000 briefs, this holds 50001"],
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn another_site_signs_nobody_in(pool: PgPool) {
    let site = Site::open(pool).await;
    site.user("Kim", Role::Editor).await;
    let mut browser = site.browser();
    browser.header("sec-fetch-site", "cross-site");
    let refused = browser.try_sign_in("Kim", PASSWORD).await;
    refused.says(403, &["this form was sent by another site"]);
    assert_eq!(browser.cookie, None);
}

#[sqlx::test(migrations = "./migrations")]
async fn after_signing_out_a_form_is_answered_with_what_to_do(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let mut left_open = kim.clone();
    let csrf = kim.csrf().await;
    kim.post("/logout", &[]).await.leads_to("/login");
    let refused = left_open.post_bare("/logout", &[("csrf", &csrf)]).await;
    refused.says(
        401,
        &["you are not signed in any more", "your text is still in it"],
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_no_form_of_ours_is_refused_with_a_page(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let csrf = kim.csrf().await;
    let large = format!("csrf={csrf}&text={}", "x".repeat(512 * 1024));
    let told = [
        "what was sent is larger than 512 KiB",
        "<nav",
        "the text is still on the page",
    ];
    kim.ask(Method::POST, "/logout", FORM, Body::from(large.clone()))
        .await
        .says(413, &told);
    let text = format!("csrf={csrf}&text=");
    let fits = format!("{text}{}", "x".repeat(512 * 1024 - text.len()));
    let json = Some("application/json");
    let told = ["what was sent is not a form"];
    kim.ask(Method::POST, "/logout", json, Body::from("{}"))
        .await
        .says(422, &told);
    kim.ask(Method::POST, "/logout", None, Body::from(text))
        .await
        .says(422, &told);
    let torn: Vec<Result<&str, std::io::Error>> =
        vec![Ok("csrf="), Err(std::io::ErrorKind::ConnectionReset.into())];
    let torn = Body::from_stream(futures_util::stream::iter(torn));
    let told = [
        "the form did not arrive as a whole",
        "go back and send it again",
    ];
    kim.ask(Method::POST, "/logout", FORM, torn)
        .await
        .says(422, &told);
    assert!(kim.is_signed_in().await);

    let mut browser = site.browser();
    let told = ["the form did not arrive as a whole", "Sign in"];
    browser
        .ask(Method::POST, "/login", FORM, Body::from(large))
        .await
        .says(422, &told);
    browser
        .ask(Method::POST, "/login", json, Body::from("{}"))
        .await
        .says(422, &told);
    browser
        .post_bare("/login", &[("name", "Kim")])
        .await
        .says(422, &told);
    kim.ask(Method::POST, "/logout", FORM, Body::from(fits))
        .await
        .leads_to("/login");
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let behind = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap()
        .1;
    behind.split('"').next().unwrap().to_owned()
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_typed_outlives_the_session(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    kim.header("sec-fetch-site", "same-origin");
    let mut left_open = kim.clone();
    let csrf = kim.csrf().await;
    kim.post("/logout", &[]).await.leads_to("/login");
    let typed = [
        ("csrf", csrf.as_str()),
        ("name", "a view"),
        ("q", "note=one\n</textarea><script>alert(1)</script>"),
    ];
    let refused = left_open.post_bare("/filters", &typed).await;
    refused.says(
        401,
        &[
            "you are not signed in any more",
            "Sign in on another tab",
            "action=\"/filters\"",
            "value=\"a view\"",
            "note=one\n&lt;/textarea&gt;",
        ],
    );
    refused.hides("<script>alert");
    assert_eq!(hidden(&refused.body, "csrf"), csrf);

    // Signed in on another tab, the same form goes through in two steps.
    kim.sign_in("Kim").await;
    let earlier = kim.post_bare("/filters", &typed).await;
    earlier.says(
        403,
        &[
            "this page was opened before you signed in, so nothing was done yet",
            "what you typed is below: look it over and send it again",
            "value=\"a view\"",
        ],
    );
    let fresh = hidden(&earlier.body, "csrf");
    assert_eq!(fresh, kim.csrf().await);
    let again = kim
        .post_bare(
            "/filters",
            &[("csrf", &fresh), ("name", "a view"), ("q", "")],
        )
        .await;
    again.leads_to("/");

    // Nothing of it for a form of another site, or of nobody knows where: it would be given a token.
    for site in [Some("cross-site"), Some("none"), None] {
        for mut browser in [kim.clone(), left_open.clone()] {
            match site {
                Some(site) => browser.header("sec-fetch-site", site),
                None => browser.headers.retain(|(name, _)| name != "sec-fetch-site"),
            }
            let refused = browser.post_bare("/filters", &typed).await;
            assert!([401, 403].contains(&refused.status));
            refused.hides("a view");
        }
    }
    // A password stands on no page.
    let secret = [("csrf", "0"), ("old", PASSWORD), ("new", PASSWORD)];
    for mut browser in [kim, left_open] {
        browser
            .post_bare("/settings/password", &secret)
            .await
            .hides(PASSWORD);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_typed_outlives_the_database(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    kim.header("origin", "http://127.0.0.1:9640");
    let csrf = kim.csrf().await;
    site.desk.pool.close().await;
    let sent = [("csrf", csrf.as_str()), ("text", "one\ntwo <b>")];
    let path = "/items/00000000-0000-0000-0000-000000000000/decide";
    let away = kim.post_bare(path, &sent).await;
    away.says(503, &["one\ntwo &lt;b&gt;", "Send again", path]);
    assert_eq!(
        hidden(&away.body, "csrf"),
        csrf,
        "it can be sent again as it is"
    );
    kim.get("/").await.says(503, &["To the queue"]);
}
