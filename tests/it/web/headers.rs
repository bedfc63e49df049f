//! What stands around every page: headers, the host's name, what a desk without sign-in lets in.

use axum::body::Body;
use axum::http::Method;
use nightdesk::domain::user::{Role, User};
use nightdesk::web::SignIn;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Answer, Site};
use crate::support::Desk;

#[sqlx::test(migrations = "./migrations")]
async fn every_answer_carries_the_headers(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut browser = site.browser();
    let login = browser.get("/login").await;
    insta::assert_snapshot!(told(&login), @"
    cache-control: no-store
    content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    permissions-policy: camera=(), microphone=(), geolocation=()
    referrer-policy: same-origin
    x-content-type-options: nosniff
    x-frame-options: DENY
    ");
    let missing = browser.get("/nowhere").await;
    missing.says(404, &["there is no page at this address", "To the queue"]);
    let wrong = browser
        .ask(Method::PUT, "/login", None, Body::empty())
        .await;
    assert_eq!(wrong.status, 405);
    let asset = browser.get("/assets/0/desk.css").await;
    assert_eq!(asset.status, 404);
    let refused = browser.post_bare("/logout", &[]).await;
    assert_eq!(refused.status, 401);
    for answer in [&missing, &wrong, &asset, &refused] {
        for (name, value) in &login.headers {
            if name != "content-type" && name != "content-length" {
                assert_eq!(answer.headers.get(name), Some(value), "{name}");
            }
        }
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn behind_tls_every_answer_tells_the_browser_to_come_back_by_tls(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut browser = site.browser();
    let strict = "strict-transport-security";
    assert_eq!(browser.get("/login").await.header(strict), None);
    for proto in ["https", "HTTPS", "https, http"] {
        browser.header("x-forwarded-proto", proto);
        for path in [
            "/login",
            "/",
            "/nowhere",
            "/assets/0/desk.css",
            "/api/v1/me",
        ] {
            let answer = browser.get(path).await;
            assert_eq!(answer.header(strict), Some("max-age=31536000"), "{path}");
        }
    }
    browser.header("x-forwarded-proto", "http");
    assert_eq!(browser.get("/login").await.header(strict), None);
}

#[sqlx::test(migrations = "./migrations")]
async fn assets_are_kept_by_their_hash_and_pages_are_not(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut browser = site.browser();
    let page = browser.get("/login").await.body;
    assert!(
        !page.contains("<style") && !page.contains(" style="),
        "the policy would refuse it"
    );
    let links = page.split('"').filter(|text| text.starts_with("/assets/"));
    let links: Vec<&str> = links.collect();
    assert_eq!(links.len(), 2, "{page}");
    for link in links {
        let asset = browser.get(link).await;
        assert_eq!(asset.status, 200, "{link}");
        let kept = asset.header("cache-control").unwrap_or_default();
        assert_eq!(kept, "public, max-age=31536000, immutable");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn without_sign_in_only_this_machines_names_are_answered(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let user = User {
        id: Uuid::now_v7(),
        name: "local".to_owned(),
        role: Role::Editor,
    };
    let site = Site::with(desk, SignIn::nobody(user));
    let mut browser = site.browser();
    for host in ["localhost:9640", "127.0.0.1:9640", "[::1]:9640"] {
        browser.header("host", host);
        let page = browser.post_bare("/logout", &[]).await;
        // Another site could send it, so it needs the token here too; nobody is named who could sign out.
        page.says(
            403,
            &[
                "this form does not come from a page of your session",
                "local",
            ],
        );
        page.hides("Sign out");
    }
    browser.header("host", "localhost:9640");
    let page = browser.get("/settings").await;
    page.says(
        200,
        &["the role <strong>admin</strong>", "started without sign-in"],
    );
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let csrf = csrf.split('"').next().unwrap();
    let refused = browser
        .post_bare("/settings/password", &[("csrf", csrf)])
        .await;
    refused.says(422, &["without sign-in there is no password to change"]);
    for host in [
        "evil.example",
        "evil.example:9640",
        "localhost.evil.example",
        "",
    ] {
        browser.header("host", host);
        let refused = browser.post_bare("/logout", &[]).await;
        refused.says(
            421,
            &["without sign-in this desk answers under `localhost` and `127.0.0.1` only"],
        );
        refused.hides("name=\"csrf\"");
    }
}

/// The headers, in alphabetical order.
fn told(answer: &Answer) -> String {
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .filter(|line| !line.starts_with("content-length"))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_no_page_is_answered_with_one(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut sue = site.signed_in("Sue", Role::Supervisor).await;
    let form = sue.ask(Method::PUT, "/logout", None, Body::empty()).await;
    form.says(
        405,
        &[
            "this address takes forms, and has no page of its own",
            "To the queue",
        ],
    );
    assert_eq!(form.header("allow"), Some("POST"));
    for (path, status) in [
        ("/bulk?min_priority=most", 400),
        ("/bulk/1", 400),
        ("/?campaign=%00", 404),
        ("/runs/%00", 404),
    ] {
        let answer = sue.get(path).await;
        answer.says(
            status,
            &["there is no page at this address", "To the queue"],
        );
    }
    let head = sue.ask(Method::HEAD, "/", None, Body::empty()).await;
    assert_eq!(head.status, 200);
    let nobody = site
        .browser()
        .ask(Method::HEAD, "/", None, Body::empty())
        .await;
    assert_eq!(nobody.status, 303);
}
