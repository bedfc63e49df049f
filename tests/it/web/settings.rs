//! Settings: oneself, everybody, the record.

use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::{PASSWORD, Site};

const NEW: &str = "three other words";

#[sqlx::test(migrations = "./migrations")]
async fn everybody_changes_their_own_password_with_the_old_one(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let mut elsewhere = site.browser();
    elsewhere.sign_in("Kim").await;
    let page = kim.get("/settings").await;
    page.says(
        200,
        &[
            "You are <strong dir=\"auto\">Kim</strong>",
            "aria-current=\"page\"",
            &kim.csrf().await,
        ],
    );
    page.hides("Add a user");
    page.hides("/settings/record");
    let change = async |kim: &mut super::Browser, old: &str, new: &str, again: &str| {
        let fields = [("old", old), ("new", new), ("again", again)];
        kim.post("/settings/password", &fields).await
    };
    let refused = change(&mut kim, "another word", NEW, NEW).await;
    refused.says(
        422,
        &["the old password is another, so nothing was changed"],
    );
    let refused = change(&mut kim, PASSWORD, NEW, "three other word").await;
    refused.says(
        422,
        &["the two new passwords differ, so nothing was changed"],
    );
    let refused = change(&mut kim, PASSWORD, "short", "short").await;
    refused.says(
        422,
        &["a password has 10 to 200 characters, this one has 5"],
    );
    refused.hides(PASSWORD);
    assert!(elsewhere.is_signed_in().await);

    let before = kim.cookie.clone();
    change(&mut kim, PASSWORD, NEW, NEW)
        .await
        .leads_to("/settings?done=password");
    kim.get("/settings?done=password")
        .await
        .says(200, &["Your password is changed"]);
    assert_ne!(kim.cookie, before, "the session is another now");
    assert!(!elsewhere.is_signed_in().await);
    assert_eq!(elsewhere.try_sign_in("Kim", PASSWORD).await.status, 401);
    elsewhere.try_sign_in("Kim", NEW).await.leads_to("/");

    // Whoever finds a desk open guesses no faster than at the sign-in.
    for _ in 0..5 {
        assert_eq!(change(&mut kim, "a guess", NEW, NEW).await.status, 422);
    }
    let waits = change(&mut kim, NEW, PASSWORD, PASSWORD).await;
    waits.says(422, &["too many failed attempts"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn sessions_are_listed_and_ended(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let mut elsewhere = site.browser();
    elsewhere.sign_in("Kim").await;
    let mut lee = site.signed_in("Lee", Role::Admin).await;
    let id = |browser: &super::Browser| {
        nightdesk::web::token_hash(browser.cookie.as_deref().unwrap())[..12].to_owned()
    };
    let page = kim.get("/settings").await;
    page.says(200, &[&id(&kim), &id(&elsewhere), "this one"]);
    page.hides(&id(&lee));
    lee.post("/settings/sessions/end", &[("id", &id(&kim))])
        .await;
    assert!(
        kim.is_signed_in().await,
        "nobody ends the sessions of others here"
    );
    let ended = kim
        .post("/settings/sessions/end", &[("id", &id(&elsewhere))])
        .await;
    ended.leads_to("/settings?done=ended");
    assert!(kim.is_signed_in().await && !elsewhere.is_signed_in().await);
    assert_eq!(
        site.recorded().await.last().unwrap(),
        "Kim session.ended Kim"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn an_admin_adds_and_changes_people(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut ada = site.signed_in("Ada", Role::Admin).await;
    let kim = [
        ("name", "Kim <b>"),
        ("role", "editor"),
        ("password", PASSWORD),
    ];
    ada.post("/settings/users", &kim)
        .await
        .leads_to("/settings?done=added");
    let refused = ada.post("/settings/users", &kim).await;
    refused.says(
        409,
        &[
            "there is a user `Kim &lt;b&gt;` already",
            "value=\"Kim &lt;b&gt;\"",
        ],
    );
    refused.hides("<b>");
    refused.hides(PASSWORD);
    let short = [
        ("name", "Lee"),
        ("role", "supervisor"),
        ("password", "short"),
    ];
    let refused = ada.post("/settings/users", &short).await;
    refused.says(
        422,
        &[
            "this one has 5",
            "value=\"Lee\"",
            "value=\"supervisor\" selected",
        ],
    );
    let nameless = [("name", " "), ("role", "editor"), ("password", PASSWORD)];
    ada.post("/settings/users", &nameless)
        .await
        .says(422, &["a name has 1 to 80 characters"]);
    let spoiled = [("name", "Lee"), ("role", "root"), ("password", PASSWORD)];
    let refused = ada.post("/settings/users", &spoiled).await;
    refused.says(422, &["the form's field `role` is missing or spoiled"]);

    let mut kim = site.browser();
    kim.sign_in("kim <b>").await;
    let user = site.desk.store.credentials("kim <b>").await.unwrap().user;
    let action = |word: &str| format!("/settings/users/{}/{word}", user.id);
    let role = [("role", "supervisor")];
    ada.post(&action("role"), &role)
        .await
        .leads_to("/settings?done=role");
    kim.get("/settings")
        .await
        .says(200, &["the role <strong>supervisor</strong>"]);
    ada.post(&action("password"), &[("password", NEW)])
        .await
        .leads_to("/settings?done=reset");
    assert!(!kim.is_signed_in().await);
    let refused = ada
        .post(&action("password"), &[("password", "short")])
        .await;
    refused.says(422, &["this one has 5"]);
    ada.post(&action("disable"), &[])
        .await
        .leads_to("/settings?done=disabled");
    assert_eq!(kim.try_sign_in("kim <b>", NEW).await.status, 401);
    ada.get("/settings")
        .await
        .says(200, &[">disabled</span>", "Enable"]);
    ada.post(&action("enable"), &[])
        .await
        .leads_to("/settings?done=enabled");
    kim.try_sign_in("kim <b>", NEW).await.leads_to("/");

    let nobody = format!("/settings/users/{}/disable", uuid::Uuid::now_v7());
    for path in [nobody.as_str(), "/settings/users/x/disable"] {
        ada.post(path, &[])
            .await
            .says(422, &["there is no such user", "<nav"]);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn an_admin_is_kept_from_locking_everybody_out(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut ada = site.signed_in("Ada", Role::Admin).await;
    let user = site.desk.store.credentials("Ada").await.unwrap().user;
    let action = |word: &str| format!("/settings/users/{}/{word}", user.id);
    let last = ["`Ada` is the last admin who can sign in"];
    ada.post(&action("disable"), &[]).await.says(409, &last);
    ada.post(&action("role"), &[("role", "editor")])
        .await
        .says(409, &last);
    let own = ada.post(&action("password"), &[("password", NEW)]).await;
    own.says(
        422,
        &["your own password is changed where the old one is asked for"],
    );
    assert!(ada.is_signed_in().await);
}

#[sqlx::test(migrations = "./migrations")]
async fn only_admins_see_and_change_the_others(pool: PgPool) {
    let site = Site::open(pool).await;
    let ada = site.user("Ada", Role::Admin).await;
    let mut sam = site.signed_in("Sam", Role::Supervisor).await;
    let before = site.recorded().await;
    let told = ["this takes the role `admin`, and yours is `supervisor`"];
    let fields = [("name", "Eve"), ("role", "admin"), ("password", PASSWORD)];
    for path in ["role", "password", "disable", "enable"] {
        let path = format!("/settings/users/{}/{path}", ada.id);
        sam.post(&path, &fields).await.says(403, &told);
    }
    sam.post("/settings/users", &fields).await.says(403, &told);
    sam.get("/settings/record").await.says(403, &told);
    sam.get("/settings").await.hides("Ada");
    assert_eq!(site.recorded().await, before);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_record_shows_the_latest_and_whether_it_holds(pool: PgPool) {
    let site = Site::open(pool).await;
    let mut ada = site.signed_in("Ada", Role::Admin).await;
    let details = serde_json::json!({ "note": "<i>" });
    for n in 0..60 {
        let subject = format!("subject-{n}");
        let store = &site.desk.store;
        let recorded = store.record_event("<u>Eve</u>", "test.done", &subject, &details);
        recorded.await.unwrap();
    }
    let page = ada.get("/settings/record").await;
    page.says(
        200,
        &[
            "Every link holds",
            "62 events",
            "subject-59",
            "subject-10",
            "&lt;u&gt;Eve",
            "&lt;i&gt;",
        ],
    );
    page.hides("subject-9<");
    page.hides("<u>");
    for sql in [
        "alter table events disable trigger events_are_kept",
        "update events set actor = 'somebody' where seq = 7",
    ] {
        sqlx::query(sql).execute(&site.desk.pool).await.unwrap();
    }
    let page = ada.get("/settings/record").await;
    page.says(
        200,
        &["the chain does not hold: event 7 was changed after it was recorded"],
    );
    page.hides("Every link holds");
}
