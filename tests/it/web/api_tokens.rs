//! Tokens of the API: made with the password, ended by themselves and by whatever ends a sign-in.

use std::time::Duration;

use nightdesk::domain::user::Role;
use nightdesk::store::NewToken;
use nightdesk::web::{SignIn, hash_password, token_hash};
use sqlx::PgPool;

use super::{Answer, PASSWORD, Site};
use crate::support::Desk;

const DAY: Duration = Duration::from_hours(24);

/// The token on a page that shows it.
fn shown(page: &Answer) -> &str {
    let behind = page.body.split("<code>").nth(1).expect("a token");
    behind.split('<').next().unwrap_or_default()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_token_is_made_with_the_password_shown_once_and_taken_away(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    kim.get("/settings")
        .await
        .says(200, &["You have no token."]);
    for password in ["", "guessed word"] {
        let refused = kim.post("/settings/token", &[("password", password)]).await;
        refused.says(422, &["your password is another, so no token was made"]);
    }
    kim.post("/settings/token", &[])
        .await
        .says(422, &["no token was made"]);
    for days in ["0", "366", "-1"] {
        let fields = [("password", PASSWORD), ("days", days)];
        let refused = kim.post("/settings/token", &fields).await;
        refused.says(422, &["a token ends after 1 to 365 days, not after"]);
    }
    for days in ["9999999999", "many"] {
        let fields = [("password", PASSWORD), ("days", days)];
        kim.post("/settings/token", &fields)
            .await
            .says(422, &["`days`"]);
    }
    let made = kim.post("/settings/token", &[("password", PASSWORD)]).await;
    made.says(200, &["it is not shown again", "Until", "not used yet"]);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let hash = token_hash(shown(&made));
    let of_token = site.desk.store.user_of_token(&hash).await.unwrap();
    assert_eq!(of_token.unwrap().name, "Kim");
    let page = kim.get("/settings").await;
    page.says(200, &["You have a token.", "last used"]);
    page.hides(shown(&made));
    // Another in its place, with an end of its own.
    let fields = [("password", PASSWORD), ("days", "30")];
    let second = kim.post("/settings/token", &fields).await;
    assert_eq!(site.desk.store.user_of_token(&hash).await.unwrap(), None);
    let hash = token_hash(shown(&second));
    let own = &site.desk.store.users().await.unwrap()[0];
    assert_eq!(own.token_expires_at, Some(site.desk.now() + DAY * 30));
    assert_eq!(own.token_made_at, Some(site.desk.now()));
    assert_eq!(
        own.token_last_used_at, None,
        "nor the last use of the other"
    );
    kim.post("/settings/token/revoke", &[])
        .await
        .leads_to("/settings?done=revoked");
    assert_eq!(site.desk.store.user_of_token(&hash).await.unwrap(), None);
    let recorded = site.recorded().await;
    let of_tokens: Vec<&String> = recorded
        .iter()
        .filter(|event| event.contains("token"))
        .collect();
    assert_eq!(
        of_tokens,
        [
            "Kim user.token_made Kim",
            "Kim user.token_ended Kim",
            "Kim user.token_made Kim",
            "Kim user.token_revoked Kim",
        ]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_token_ends_with_the_password_and_with_the_user(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let user = site.desk.store.credentials("kim").await.unwrap().user;
    let mut ada = site.signed_in("Ada", Role::Admin).await;
    let store = &site.desk.store;
    let holds = async || store.user_of_token("hash").await.unwrap().is_some();

    site.token(&user, "hash").await;
    assert!(holds().await);
    let fields = [
        ("old", PASSWORD),
        ("new", "three other words"),
        ("again", "three other words"),
    ];
    kim.post("/settings/password", &fields)
        .await
        .leads_to("/settings?done=password");
    assert!(!holds().await, "changed");

    site.token(&user, "hash").await;
    let path = format!("/settings/users/{}/password", user.id);
    ada.post(&path, &[("password", PASSWORD)])
        .await
        .leads_to("/settings?done=reset");
    assert!(!holds().await, "reset");
    assert!(!kim.is_signed_in().await);

    site.token(&user, "hash").await;
    store.set_disabled("test", &user, true).await.unwrap();
    store.set_disabled("test", &user, false).await.unwrap();
    assert!(!holds().await, "disabled, and for good");

    site.token(&user, "hash").await;
    let path = format!("/settings/users/{}/token/revoke", user.id);
    ada.get("/settings")
        .await
        .says(200, &[&path, "not used yet"]);
    kim.sign_in("Kim").await;
    kim.post(&path, &[])
        .await
        .says(403, &["this takes the role `admin`"]);
    assert!(holds().await);
    ada.post(&path, &[]).await.leads_to("/settings?done=token");
    assert!(!holds().await, "revoked");
    ada.get("/settings?done=token")
        .await
        .says(200, &["The user's token does not work any more."]);

    let ended: Vec<String> = store
        .events(None, 1000)
        .await
        .unwrap()
        .iter()
        .rev()
        .filter(|event| {
            event.action.starts_with("user.token_") && event.action != "user.token_made"
        })
        .map(|event| format!("{} {} {}", event.actor, event.action, event.details))
        .collect();
    assert_eq!(
        ended,
        [
            "Kim user.token_ended {\"because\":\"password_changed\"}",
            "Ada user.token_ended {\"because\":\"password_changed\"}",
            "test user.token_ended {\"because\":\"disabled\"}",
            "Ada user.token_revoked {}",
        ]
    );
    // A role is asked for at each request, of tokens as of sessions.
    site.token(&user, "hash").await;
    store
        .set_role("test", &user, Role::Supervisor)
        .await
        .unwrap();
    assert_eq!(
        store.user_of_token("hash").await.unwrap().unwrap().role,
        Role::Supervisor
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn an_expired_token_says_so_and_its_last_use_is_noted_once_a_minute(pool: PgPool) {
    let site = Site::open(pool).await;
    let kim = site.user("Kim", Role::Editor).await;
    site.token(&kim, &token_hash("secret")).await;
    let mut program = site.browser();
    program.header("authorization", "Bearer secret");
    let used = async || site.desk.store.users().await.unwrap()[0].token_last_used_at;
    assert_eq!(used().await, None);
    program.get("/api/v1/me").await.says(200, &["Kim"]);
    let first = used().await;
    assert_eq!(first, Some(site.desk.now()));
    site.desk.pass(Duration::from_secs(59));
    program.get("/api/v1/me").await.says(200, &["Kim"]);
    assert_eq!(used().await, first);
    site.desk.pass(Duration::from_secs(2));
    program.get("/api/v1/me").await.says(200, &["Kim"]);
    assert_eq!(used().await, Some(site.desk.now()));

    site.desk.pass(DAY * 90);
    let refused = program.get("/api/v1/me").await;
    refused.says(
        401,
        &[
            "api.token_expired",
            "the token that the request carries expired on 2026-04-05 12:00 UTC",
            "make a new one under Settings",
        ],
    );
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    site.desk
        .store
        .set_disabled("test", &kim, true)
        .await
        .unwrap();
    program
        .get("/api/v1/me")
        .await
        .says(401, &["\"api.token\""]);
}

#[sqlx::test(migrations = "./migrations")]
async fn no_token_for_a_password_of_before_nor_for_who_is_disabled(pool: PgPool) {
    let site = Site::open(pool).await;
    let kim = site.user("Kim", Role::Editor).await;
    let store = &site.desk.store;
    let checked = store.credentials("Kim").await.unwrap().password_hash;
    let token = NewToken {
        token_sha256: "hash",
        days: 1,
        password_hash: Some(&checked),
    };
    store
        .set_password("test", &kim, &hash_password("three other words").unwrap())
        .await
        .unwrap();
    assert!(
        store.make_token("test", &kim, &token).await.is_err(),
        "changed since it was checked"
    );
    store.set_disabled("test", &kim, true).await.unwrap();
    let token = NewToken {
        password_hash: None,
        ..token
    };
    let refused = store.make_token("test", &kim, &token).await.unwrap_err();
    insta::assert_snapshot!(refused.problem(), @"
    `Kim` is disabled, or has another password since a moment ago, so no token was made

    hint: an admin can let them sign in again
    ");
    store.set_disabled("test", &kim, false).await.unwrap();
    assert_eq!(store.user_of_token("hash").await.unwrap(), None);
    assert!(store.make_token("test", &kim, &token).await.is_ok());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_desk_without_sign_in_makes_no_tokens(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let user = desk
        .store
        .add_user(
            "test",
            "local",
            Role::Admin,
            &hash_password(PASSWORD).unwrap(),
        )
        .await
        .unwrap();
    let site = Site::with(desk, SignIn::nobody(user));
    let mut browser = site.browser();
    let page = browser.get("/settings").await;
    let csrf = page
        .body
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let refused = browser
        .post_bare("/settings/token", &[("csrf", csrf), ("password", PASSWORD)])
        .await;
    refused.says(
        422,
        &["without sign-in every request is let in that carries any token at all, so none is made"],
    );
}

/// What the binary of before does to the table has the same consequences.
#[sqlx::test(migrations = "./migrations")]
async fn a_binary_of_before_makes_tokens_that_end(pool: PgPool) {
    let site = Site::open(pool).await;
    let kim = site.user("Kim", Role::Editor).await;
    let run = async |sql: &'static str| {
        sqlx::query(sql)
            .bind(kim.id)
            .execute(&site.desk.pool)
            .await
            .unwrap();
    };
    let end = async || site.desk.store.users().await.unwrap()[0].token_expires_at;
    run("update users set api_token_sha256 = 'one' where id = $1").await;
    assert_eq!(end().await, Some(site.desk.now() + DAY * 90));
    site.desk.pass(DAY);
    run("update users set api_token_sha256 = 'two' where id = $1").await;
    assert_eq!(end().await, Some(site.desk.now() + DAY * 90));
    run("update users set role = 'admin' where id = $1").await;
    assert!(end().await.is_some());
    run("update users set password_hash = '$argon2id$other' where id = $1").await;
    assert_eq!(end().await, None);
}
