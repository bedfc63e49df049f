//! Signing in, staying signed in, and being thrown out.

use std::time::Duration;

use nightdesk::domain::user::Role;
use nightdesk::store::NewSession;
use nightdesk::web::hash_password;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{PASSWORD, Site};

const WRONG: &str = "no user has this name and this password";

#[sqlx::test(migrations = "./migrations")]
async fn who_gives_the_right_password_comes_in_and_nobody_else(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
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
            "Kim session.opened Kim",
            "Kim session.opened Kim",
            "test user.disabled Kim",
            "test user.enabled Kim",
            "Kim session.opened Kim",
        ]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn guessing_is_slow_for_the_one_who_guesses_only(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
    site.user("Kim", Role::Editor).await;
    let mut guesser = site.browser();
    guesser.from.set_ip([10, 0, 0, 1].into());
    for _ in 0..5 {
        guesser
            .try_sign_in("kim", "guessed word")
            .await
            .says(401, &[WRONG]);
    }
    // Not even the right one now: otherwise the waiting would say nothing.
    let waits = guesser.try_sign_in("Kim", PASSWORD).await;
    waits.says(429, &["too many failed attempts; try again in 15 min"]);
    guesser.header("x-forwarded-for", "10.0.0.9");
    let waits = guesser.try_sign_in("Kim", PASSWORD).await;
    assert_eq!(
        waits.status, 429,
        "only this machine's own proxy is believed"
    );

    let mut kim = site.browser();
    kim.header("x-forwarded-for", "10.0.0.1, 10.0.0.2");
    kim.sign_in("Kim").await;
    kim.header("x-forwarded-for", "10.0.0.2, 10.0.0.1");
    assert_eq!(kim.try_sign_in("Kim", PASSWORD).await.status, 429);

    site.desk.pass(Duration::from_mins(10));
    let waits = guesser.try_sign_in("Kim", PASSWORD).await;
    waits.says(429, &["try again in 5 min"]);
    site.desk.pass(Duration::from_mins(5));
    guesser.sign_in("Kim").await;
}

#[sqlx::test(migrations = "./migrations")]
async fn one_address_may_not_try_every_name(pool: PgPoolOptions, database: PgConnectOptions) {
    let site = Site::open(pool, database).await;
    site.user("Kim", Role::Editor).await;
    for n in 0..30 {
        let name = format!("name {n}");
        let failed = site.desk.store.count_login(&name, "127.0.0.1");
        failed.await.unwrap();
    }
    let mut browser = site.browser();
    assert_eq!(browser.try_sign_in("Kim", PASSWORD).await.status, 429);
    browser.from.set_ip([10, 0, 0, 1].into());
    browser.sign_in("Kim").await;
    for n in 0..100 {
        let address = format!("10.0.1.{n}");
        let failed = site.desk.store.count_login("KIM", &address);
        failed.await.unwrap();
    }
    assert_eq!(browser.try_sign_in("Kim", PASSWORD).await.status, 429);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_cookie_is_for_this_site_and_for_no_script(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
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
async fn a_cookie_in_another_browser_is_worth_nothing_to_either(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
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
async fn a_session_ends_after_eight_idle_hours_and_after_a_day(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
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
async fn a_new_password_ends_every_session(pool: PgPoolOptions, database: PgConnectOptions) {
    let site = Site::open(pool, database).await;
    let kim = site.user("Kim", Role::Editor).await;
    let mut browsers = [site.browser(), site.browser()];
    for browser in &mut browsers {
        browser.sign_in("Kim").await;
    }
    let mut other = site.signed_in("Lee", Role::Editor).await;
    let hash = hash_password("three other words");
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
async fn disabling_takes_the_token_of_the_api_away_for_good(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
    let kim = site.user("Kim", Role::Editor).await;
    let store = &site.desk.store;
    store
        .set_api_token("test", &kim, Some("hash"))
        .await
        .unwrap();
    assert_eq!(
        store.user_of_token("hash").await.unwrap(),
        Some(kim.clone())
    );
    store.set_disabled("test", &kim, true).await.unwrap();
    store.set_disabled("test", &kim, false).await.unwrap();
    assert_eq!(store.user_of_token("hash").await.unwrap(), None);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_name_is_text_wherever_it_stands(pool: PgPoolOptions, database: PgConnectOptions) {
    const HOSTILE: &str = "<script>alert('x')</script>\"&";
    let site = Site::open(pool, database).await;
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
async fn guesses_that_come_at_once_are_counted_one_by_one(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let store = site.desk.store.clone();
        guesses.spawn(async move { store.count_login("kim", "10.0.0.1").await.unwrap() });
    }
    let looked_at = guesses.join_all().await;
    let looked_at = looked_at.iter().filter(|wait| wait.is_none()).count();
    assert!(looked_at <= 5, "{looked_at} passwords were looked at");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_wait_is_told_as_long_as_it_is(pool: PgPoolOptions, database: PgConnectOptions) {
    let site = Site::open(pool, database).await;
    site.user("Kim", Role::Editor).await;
    let mut browser = site.browser();
    // Somebody else mistyped here a while ago: that says nothing about how long Kim has to wait.
    browser.try_sign_in("Lee", "guessed word").await;
    site.desk.pass(Duration::from_mins(12));
    for _ in 0..5 {
        browser.try_sign_in("Kim", "guessed word").await;
    }
    browser
        .try_sign_in("Kim", PASSWORD)
        .await
        .says(429, &["try again in 15 min"]);
    site.desk.pass(Duration::from_mins(15));
    // What was mistyped before it was right is forgotten.
    for _ in 0..2 {
        for _ in 0..4 {
            browser
                .try_sign_in("Kim", "guessed word")
                .await
                .says(401, &[WRONG]);
        }
        browser.sign_in("Kim").await;
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn no_session_begins_with_a_password_of_before(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
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
    let hash = hash_password("three other words");
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
async fn signing_in_again_ends_the_session_of_before(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let site = Site::open(pool, database).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let mut before = kim.clone();
    kim.sign_in("Kim").await;
    assert!(kim.is_signed_in().await);
    assert!(!before.is_signed_in().await);
}
