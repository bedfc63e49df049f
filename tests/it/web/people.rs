//! Signing in, staying signed in, and being thrown out.

use std::time::Duration;

use nightdesk::domain::user::Role;
use nightdesk::store::NewSession;
use nightdesk::web::hash_password;
use sqlx::PgPool;

use super::{PASSWORD, Site};

const WRONG: &str = "no user has this name and this password";

#[sqlx::test(migrations = "./migrations")]
async fn who_gives_the_right_password_comes_in_and_nobody_else(pool: PgPool) {
    let site = Site::open(pool).await;
    let kim = site.user("Kim", Role::Editor).await;
    let mut browser = site.browser();
    browser
        .get("/login")
        .await
        .says(200, &["Sign in", "autocomplete=\"current-password\""]);
    for (name, password) in [
        ("Kim", "three plain word"),
        ("Kim", ""),
        ("Nobody", PASSWORD),
        ("", PASSWORD),
        // No name that could be in the database, and a password that nobody could have set.
        ("\0", PASSWORD),
        (&"x".repeat(5000), PASSWORD),
    ] {
        let refused = browser.try_sign_in(name, password).await;
        refused.says(401, &[WRONG]);
        assert_eq!(refused.header("set-cookie"), None, "{name:?}");
        browser.from.set_ip([10, 0, 0, 1].into());
    }
    let long = browser.try_sign_in("Kim", &"x".repeat(100_000)).await;
    long.says(401, &[WRONG, "value=\"Kim\""]);
    long.hides("xxxxx");

    // Capitals make no difference, and the page that was asked for comes next.
    let fields = [
        ("name", "kIM"),
        ("password", PASSWORD),
        ("next", "/items/1?view=tokens"),
    ];
    browser
        .post_bare("/login", &fields)
        .await
        .leads_to("/items/1?view=tokens");
    assert!(browser.is_signed_in().await);
    let first = browser.cookie.clone();
    browser.sign_in("Kim").await;
    assert_ne!(first, browser.cookie, "a new token at every sign-in");

    site.desk
        .store
        .set_disabled("test", &kim, true)
        .await
        .unwrap();
    assert!(
        !browser.is_signed_in().await,
        "disabled: signed out at once"
    );
    browser
        .try_sign_in("Kim", PASSWORD)
        .await
        .says(401, &[WRONG]);
    site.desk
        .store
        .set_disabled("test", &kim, false)
        .await
        .unwrap();
    browser.sign_in("Kim").await;
    assert_eq!(
        site.recorded().await,
        [
            "test user.added Kim",
            "address:127.0.0.1 session.refused Kim",
            "address:10.0.0.1 session.refused Kim",
            "address:10.0.0.1 session.refused Nobody",
            "address:10.0.0.1 session.refused ?",
            "Kim session.opened Kim",
            "Kim session.opened Kim",
            "test user.disabled Kim",
            "address:10.0.0.1 session.refused Kim",
            "test user.enabled Kim",
            "Kim session.opened Kim",
        ]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_cookie_is_for_this_site_and_for_no_script(pool: PgPool) {
    let site = Site::open(pool).await;
    site.user("Kim", Role::Editor).await;
    let mut browser = site.browser();
    let set = |answer: super::Answer| {
        let set = answer.header("set-cookie").expect("a cookie").to_owned();
        let (value, flags) = set.split_once("; ").expect("flags");
        assert_eq!(value.len(), "nightdesk_session=".len() + 64);
        flags.to_owned()
    };
    let plain = set(browser.try_sign_in("Kim", PASSWORD).await);
    assert_eq!(plain, "HttpOnly; SameSite=Lax; Path=/");
    browser.header("x-forwarded-proto", "https");
    let behind_tls = set(browser.try_sign_in("Kim", PASSWORD).await);
    assert_eq!(behind_tls, "HttpOnly; SameSite=Lax; Secure; Path=/");
    let known: Vec<String> = sqlx::query_scalar("select token_sha256 from sessions")
        .fetch_all(&site.desk.pool)
        .await
        .unwrap();
    let token = browser.cookie.clone().unwrap();
    assert!(!known.contains(&token), "the database keeps no token");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_cookie_in_another_browser_is_worth_nothing_to_either(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    assert!(kim.is_signed_in().await);
    let mut thief = kim.clone();
    thief.header("user-agent", "Otherzilla/2");
    assert!(!thief.is_signed_in().await);
    assert!(!kim.is_signed_in().await);
    let recorded = site.recorded().await;
    assert_eq!(recorded.last().unwrap(), "Kim session.stolen Kim");
    thief.header("user-agent", "Testzilla/1");
    assert!(!thief.is_signed_in().await, "it does not come back");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_session_ends_after_eight_idle_hours_and_after_a_day(pool: PgPool) {
    let site = Site::open(pool).await;
    let hours = |hours| Duration::from_hours(hours);
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    site.desk.pass(hours(8) - Duration::from_secs(1));
    assert!(kim.is_signed_in().await);
    site.desk.pass(hours(8));
    assert!(!kim.is_signed_in().await, "idle");

    kim.sign_in("Kim").await;
    for _ in 0..3 {
        site.desk.pass(hours(7));
        assert!(kim.is_signed_in().await);
    }
    site.desk.pass(hours(3));
    assert!(!kim.is_signed_in().await, "a day old");
    kim.sign_in("Kim").await;
    let sessions: i64 = sqlx::query_scalar("select count(*) from sessions")
        .fetch_one(&site.desk.pool)
        .await
        .unwrap();
    assert!(sessions <= 2, "those that are over are deleted");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_new_password_ends_every_session(pool: PgPool) {
    let site = Site::open(pool).await;
    let kim = site.user("Kim", Role::Editor).await;
    let mut browsers = [site.browser(), site.browser()];
    for browser in &mut browsers {
        browser.sign_in("Kim").await;
    }
    let mut other = site.signed_in("Lee", Role::Editor).await;
    let hash = hash_password("three other words").unwrap();
    site.desk
        .store
        .set_password("test", &kim, &hash)
        .await
        .unwrap();
    for browser in &mut browsers {
        assert!(!browser.is_signed_in().await);
        browser
            .try_sign_in("Kim", PASSWORD)
            .await
            .says(401, &[WRONG]);
    }
    assert!(other.is_signed_in().await);
    browsers[0]
        .try_sign_in("Kim", "three other words")
        .await
        .leads_to("/");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_name_is_text_wherever_it_stands(pool: PgPool) {
    const HOSTILE: &str = "<script>alert('x')</script>\"&";
    let site = Site::open(pool).await;
    let mut browser = site.browser();
    let refused = browser.try_sign_in(HOSTILE, PASSWORD).await;
    refused.says(
        401,
        &["value=\"&lt;script&gt;alert('x')&lt;/script&gt;&quot;&amp;\""],
    );
    refused.hides("<script>alert");
    let mut hostile = site.signed_in(HOSTILE, Role::Editor).await;
    let page = hostile.post_bare("/logout", &[]).await;
    page.says(403, &["&lt;script&gt;alert('x')&lt;/script&gt;"]);
    page.hides("<script>alert");
    let next = browser
        .get("/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        .await;
    next.says(200, &["&quot;&gt;&lt;script&gt;"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn no_session_begins_with_a_password_of_before(pool: PgPool) {
    let site = Site::open(pool).await;
    let kim = site.user("Kim", Role::Editor).await;
    let store = &site.desk.store;
    // Checked, and changed before the session begins.
    let checked = store.credentials("Kim").await.unwrap().password_hash;
    let session = NewSession {
        token_sha256: "token",
        csrf: "csrf",
        user_agent_sha256: "agent",
        password_hash: &checked,
        before: None,
    };
    let hash = hash_password("three other words").unwrap();
    store.set_password("test", &kim, &hash).await.unwrap();
    assert!(!store.open_session(&kim, &session).await.unwrap());
    let session = NewSession {
        password_hash: &hash,
        ..session
    };
    store.set_disabled("test", &kim, true).await.unwrap();
    assert!(!store.open_session(&kim, &session).await.unwrap());
    assert_eq!(store.sessions(kim.id).await.unwrap(), []);
    store.set_disabled("test", &kim, false).await.unwrap();
    assert!(store.open_session(&kim, &session).await.unwrap());
}

#[sqlx::test(migrations = "./migrations")]
async fn signing_in_again_ends_the_session_of_before(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let mut before = kim.clone();
    kim.sign_in("Kim").await;
    assert!(kim.is_signed_in().await);
    assert!(!before.is_signed_in().await);
}
