//! Guessing passwords: slow for whoever guesses, harmless for everybody else, and on record.

use std::time::Duration;

use nightdesk::domain::user::Role;
use nightdesk::store::{Attempt, Counted};
use nightdesk::web::{Passwords, SignIn};
use sqlx::PgPool;

use super::{PASSWORD, Site};
use crate::support::Desk;

const WRONG: &str = "no user has this name and this password";

#[sqlx::test(migrations = "./migrations")]
async fn guessing_is_slow_for_the_one_who_guesses_only(pool: PgPool) {
    let site = Site::open(pool).await;
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
async fn one_address_may_not_try_every_name(pool: PgPool) {
    let site = Site::open(pool).await;
    site.user("Kim", Role::Editor).await;
    for n in 0..30 {
        let name = format!("name {n}");
        site.fails(&name, "127.0.0.1").await;
    }
    let mut browser = site.browser();
    assert_eq!(browser.try_sign_in("Kim", PASSWORD).await.status, 429);
    browser.from.set_ip([10, 0, 0, 1].into());
    browser.sign_in("Kim").await;
    for n in 0..100 {
        let address = format!("10.0.1.{n}");
        site.fails("KIM", &address).await;
    }
    browser.from.set_ip([10, 0, 0, 2].into());
    assert_eq!(browser.try_sign_in("Kim", PASSWORD).await.status, 429);
    // Where Kim works, others cannot lock Kim out: neither from elsewhere, nor by trying every name there.
    browser.from.set_ip([10, 0, 0, 1].into());
    for n in 0..30 {
        site.fails(&format!("name {n}"), "10.0.0.1").await;
    }
    browser.sign_in("Kim").await;
    for _ in 0..5 {
        browser
            .try_sign_in("Kim", "guessed word")
            .await
            .says(401, &[WRONG]);
    }
    assert_eq!(
        browser.try_sign_in("Kim", PASSWORD).await.status,
        429,
        "a guesser there waits all the same"
    );
    // A month later it is an address like any other.
    site.desk.pass(Duration::from_hours(24 * 31));
    for n in 0..100 {
        site.fails("Kim", &format!("10.0.1.{n}")).await;
    }
    assert_eq!(browser.try_sign_in("Kim", PASSWORD).await.status, 429);
}

#[sqlx::test(migrations = "./migrations")]
async fn guesses_that_come_at_once_are_counted_one_by_one(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let store = site.desk.store.clone();
        let attempt = Attempt::SignIn {
            name: "kim",
            address: "10.0.0.1",
        };
        guesses.spawn(async move { store.count_attempt(attempt).await.unwrap() });
    }
    let looked_at = guesses.join_all().await;
    let looked_at = looked_at
        .iter()
        .filter(|counted| matches!(counted, Counted::Failure(_)))
        .count();
    assert!(looked_at <= 5, "{looked_at} passwords were looked at");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_wait_is_told_as_long_as_it_is(pool: PgPool) {
    let site = Site::open(pool).await;
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
async fn whatever_a_proxy_forwards_only_the_guesser_waits(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let mut guesser = site.browser();
    // The word under which guesses at one's own password were once counted, and others that are no address.
    for forwarded in [
        "settings",
        "own_password",
        "",
        "'; drop table users",
        "limit",
    ] {
        guesser.header("x-forwarded-for", forwarded);
        for n in 0..6 {
            guesser
                .try_sign_in(&format!("name {n}"), "guessed word")
                .await;
        }
    }
    let told = guesser.try_sign_in("name 9", "guessed word").await;
    assert_eq!(told.status, 429, "they are all one address, the peer's");
    assert_eq!(told.header("retry-after"), Some("900"));
    let fields = [("old", "guessed word"), ("new", "x"), ("again", "x")];
    kim.post("/settings/password", &fields)
        .await
        .says(422, &["the old password is another"]);
    let fields = [
        ("old", PASSWORD),
        ("new", "three other words"),
        ("again", "three other words"),
    ];
    kim.post("/settings/password", &fields)
        .await
        .leads_to("/settings?done=password");
}

#[sqlx::test(migrations = "./migrations")]
async fn guesses_at_ones_own_password_are_counted_for_each_alone(pool: PgPool) {
    let site = Site::open(pool).await;
    let wrong = [("old", "guessed word"), ("new", "x"), ("again", "x")];
    for n in 0..7 {
        let mut editor = site.signed_in(&format!("editor {n}"), Role::Editor).await;
        for _ in 0..5 {
            editor
                .post("/settings/password", &wrong)
                .await
                .says(422, &["the old password is another"]);
        }
        // The same five for every form that asks for it, and none for the sign-in.
        let token = editor
            .post("/settings/token", &[("password", PASSWORD)])
            .await;
        token.says(422, &["too many failed attempts"]);
        editor.sign_in(&format!("editor {n}")).await;
    }
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    kim.post("/settings/password", &wrong)
        .await
        .says(422, &["the old password is another"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn failed_attempts_are_on_record_and_never_without_end(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let before = site.recorded().await.len();
    let mut guesser = site.browser();
    guesser.from.set_ip([10, 0, 0, 1].into());
    for _ in 0..9 {
        guesser.try_sign_in("kim", "guessed word").await;
    }
    guesser.try_sign_in("two\nlines", "guessed word").await;
    let wrong = [("old", "guessed word"), ("new", "x"), ("again", "x")];
    kim.post("/settings/password", &wrong).await;
    kim.post("/settings/password", &wrong).await;
    assert_eq!(
        site.recorded().await[before..],
        [
            // The first, and that it was too many.
            "address:10.0.0.1 session.refused kim",
            "address:10.0.0.1 session.refused kim",
            "address:10.0.0.1 session.refused ?",
            "Kim user.password_refused Kim",
        ]
    );
    let events = site.desk.store.events(None, 4).await.unwrap();
    assert_eq!(events[0].details["address"], "127.0.0.1");
    assert_eq!(events[2].details["waits_min"], 15);
    assert_eq!(
        events[3].details,
        serde_json::json!({ "address": "10.0.0.1" })
    );

    // A hundred addresses with a name each: a bounded number of events, the last of which says so.
    for n in 0..100 {
        guesser.from.set_ip([10, 0, 1, n].into());
        guesser
            .try_sign_in(&format!("name {n}"), &"x".repeat(300))
            .await;
    }
    let events = site.desk.store.events(None, 1000).await.unwrap();
    let refused = events
        .iter()
        .filter(|event| event.action.ends_with("refused"));
    assert_eq!(refused.count(), 20);
    assert!(events[0].details["further"].is_string(), "{:?}", events[0]);
    site.desk.pass(Duration::from_mins(16));
    guesser.try_sign_in("name 1", "guessed word").await;
    let last = site.recorded().await.pop().unwrap();
    assert_eq!(last, "address:10.0.1.99 session.refused name 1");
    assert_eq!(
        site.desk.store.check_events(None).await.unwrap().problem(),
        None
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn where_too_many_passwords_are_being_checked_the_next_one_comes_back(pool: PgPool) {
    let site = Site::open(pool.clone()).await;
    let mut kim = site.signed_in("Kim", Role::Admin).await;
    // The same database behind a desk with no permit at all.
    let full = Site::hashing(
        Desk::open(pool).await,
        SignIn::Password,
        Passwords::new(0, 0),
    );
    let mut browser = full.browser();
    for _ in 0..9 {
        let busy = browser.try_sign_in("Kim", PASSWORD).await;
        busy.says(
            503,
            &[
                "too many passwords are being checked at the moment",
                "value=\"Kim\"",
                "Sign in",
            ],
        );
        assert_eq!(busy.header("retry-after"), Some("5"));
    }
    kim.app = full.app.clone();
    let user = site.user("Lee", Role::Editor).await.id;
    for (path, fields) in [
        (
            "/settings/password",
            &[
                ("old", PASSWORD),
                ("new", "three other words"),
                ("again", "three other words"),
            ][..],
        ),
        ("/settings/token", &[("password", PASSWORD)]),
        (
            "/settings/users",
            &[("name", "Ann"), ("role", "editor"), ("password", PASSWORD)],
        ),
        (
            &format!("/settings/users/{user}/password"),
            &[("password", "three other words")],
        ),
    ] {
        let busy = kim.post(path, fields).await;
        busy.says(
            503,
            &[
                "too many passwords are being checked at the moment",
                "To the queue",
            ],
        );
        assert_eq!(busy.header("retry-after"), Some("5"), "{path}");
    }
    // None of it was a failed attempt.
    browser.app = site.app.clone();
    browser.sign_in("Kim").await;
}
