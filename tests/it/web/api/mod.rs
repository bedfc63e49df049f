//! The API: who asks, what it refuses and how, and the same promises as the pages.

mod document;
mod resources;

use axum::body::Body;
use axum::http::Method;
use nightdesk::domain::user::Role;
use nightdesk::web::{SignIn, new_token, token_hash};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Answer, Browser, Site};
use crate::support::Desk;

async fn morning(pool: PgPool, items: usize) -> (Site, Vec<Uuid>) {
    let desk = Desk::open(pool).await;
    let (_, ids) = desk.morning_of(items).await;
    (Site::with(desk, SignIn::Password), ids)
}

/// A program of somebody new.
pub(super) async fn program(site: &Site, name: &str, role: Role) -> Browser {
    let user = site.user(name, role).await;
    let token = new_token();
    site.token(&user, &token_hash(&token)).await;
    let mut program = site.browser();
    program.header("authorization", &format!("Bearer {token}"));
    program
}

async fn get(program: &mut Browser, path: &str) -> (u16, Value) {
    let answer = program.get(&format!("/api/v1{path}")).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

pub(super) async fn post(program: &mut Browser, path: &str, body: &Value) -> Answer {
    let path = format!("/api/v1{path}");
    let body = Body::from(body.to_string());
    program
        .ask(Method::POST, &path, Some("application/json"), body)
        .await
}

pub(super) fn value(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}", answer.body))
}

/// Asserts a problem document.
#[track_caller]
fn refuses(answer: &Answer, status: u16, code: &str, detail: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let told = value(answer);
    assert_eq!(told["code"], code, "{told}");
    assert!(told["detail"].as_str().unwrap().contains(detail), "{told}");
}

#[sqlx::test(migrations = "./migrations")]
async fn only_a_token_opens_it(pool: PgPool) {
    let (site, _) = morning(pool, 1).await;
    let mut signed_in = site.signed_in("Ann", Role::Editor).await;
    let answer = signed_in.get("/api/v1/me").await;
    refuses(
        &answer,
        401,
        "api.token",
        "the request carries no token that anybody has",
    );
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let mut bob = program(&site, "Bob", Role::Supervisor).await;
    let (status, me) = get(&mut bob, "/me").await;
    assert_eq!(
        (status, &me["name"], &me["role"]),
        (200, &json!("Bob"), &json!("supervisor"))
    );
    let bob_ = site.desk.store.credentials("bob").await.unwrap().user;
    let root = program(&site, "Root", Role::Admin).await;
    drop(root);
    site.desk
        .store
        .set_disabled("test", &bob_, true)
        .await
        .unwrap();
    let answer = bob.get("/api/v1/me").await;
    assert_eq!(answer.status, 401);
}

#[sqlx::test(migrations = "./migrations")]
async fn pages_show_everything_once(pool: PgPool) {
    let (site, items) = morning(pool, 5).await;
    let mut ann = program(&site, "Ann", Role::Editor).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let (status, page) = get(&mut ann, &format!("/items?limit=2{after}")).await;
        assert_eq!(status, 200, "{page}");
        let rows = page["items"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|item| item["id"].as_str().unwrap().parse::<Uuid>().unwrap()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    seen.sort();
    let mut all = items;
    all.sort();
    assert_eq!(seen, all);
    let (_, counts) = get(&mut ann, "/items/counts").await;
    assert_eq!(counts["open"], 5);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_decision_sent_twice_is_one(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let item = items[0];
    let mut ann = program(&site, "Ann", Role::Editor).await;
    let mut bob = program(&site, "Bob", Role::Editor).await;
    let lease = value(&post(&mut ann, &format!("/items/{item}/claim"), &json!({})).await);
    let held = post(&mut bob, &format!("/items/{item}/claim"), &json!({})).await;
    refuses(&held, 409, "review.held", "Ann is reading this draft");
    let beat = post(
        &mut ann,
        &format!("/items/{item}/heartbeat"),
        &json!({ "token": lease["token"] }),
    )
    .await;
    assert_eq!(beat.status, 200, "{}", beat.body);
    let said = json!({
        "verdict": "approve_with_edits", "draft_id": item, "token": lease["token"], "text": "edited by a program",
    });
    let to = format!("/items/{item}/decisions");
    let keyless = post(&mut ann, &to, &said).await;
    refuses(
        &keyless,
        422,
        "api.unreadable",
        "a decision or a bulk carries a header `Idempotency-Key`",
    );
    ann.header("idempotency-key", &Uuid::new_v4().to_string());
    let first = value(&post(&mut ann, &to, &said).await);
    let again = value(&post(&mut ann, &to, &said).await);
    assert_eq!(
        (&first["outcome"], &first["repeated"]),
        (&json!("approved"), &json!(false))
    );
    assert_eq!(
        (&again["decision_id"], &again["repeated"]),
        (&first["decision_id"], &json!(true))
    );
    let (_, shown) = get(&mut ann, &format!("/items/{item}")).await;
    assert_eq!(shown["approved"]["text"], "edited by a program");
    let undone = post(
        &mut ann,
        &format!("/decisions/{}/undo", first["decision_id"].as_str().unwrap()),
        &json!({}),
    )
    .await;
    assert_eq!(value(&undone)["state"], "open");
    let released = post(
        &mut ann,
        &format!("/items/{item}/release"),
        &json!({ "token": lease["token"] }),
    )
    .await;
    assert_eq!(released.status, 204);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_note_is_stored_as_a_form_would_have_it(pool: PgPool) {
    let (site, items) = morning(pool, 2).await;
    let mut ann = program(&site, "Ann", Role::Editor).await;
    let mut decided = async |item: Uuid, verdict: &str, note: &str| {
        let lease = value(&post(&mut ann, &format!("/items/{item}/claim"), &json!({})).await);
        let request = json!({
            "verdict": verdict, "draft_id": item, "token": lease["token"], "note": note,
        });
        ann.header("idempotency-key", &Uuid::new_v4().to_string());
        post(&mut ann, &format!("/items/{item}/decisions"), &request).await
    };
    let silent = decided(items[0], "regenerate", " \r\n ").await;
    refuses(
        &silent,
        422,
        "review.no_note",
        "say what the next draft should do better",
    );
    let noted = decided(items[1], "regenerate", "\r\n begin with the price \r\n").await;
    assert_eq!(noted.status, 200, "{}", noted.body);
    let blank = decided(items[0], "approve", " \u{200b} ").await;
    assert_eq!(blank.status, 200, "{}", blank.body);
    let notes: Vec<Option<String>> =
        sqlx::query_scalar("select note from decisions order by created_at")
            .fetch_all(&site.desk.pool)
            .await
            .unwrap();
    assert_eq!(notes, [Some("begin with the price".to_owned()), None]);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_not_understood_is_named(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let item = items[0];
    let mut ann = program(&site, "Ann", Role::Editor).await;
    ann.header("idempotency-key", &Uuid::new_v4().to_string());
    let asked = ann.get("/api/v1/items?limit=900").await;
    refuses(
        &asked,
        422,
        "api.unreadable",
        "a page has 1 to 200 items, asked for 900",
    );
    let asked = ann.get("/api/v1/items?color=red").await;
    refuses(&asked, 422, "api.unreadable", "unknown field `color`");
    let asked = ann.get("/api/v1/items?after=nowhere").await;
    refuses(&asked, 422, "review.bad_cursor", "the place in the queue");
    let asked = ann.get("/api/v1/drafts").await;
    refuses(
        &asked,
        404,
        "api.no_resource",
        "there is no resource at this address",
    );
    let asked = ann.get(&format!("/api/v1/items/{item}/claim")).await;
    refuses(
        &asked,
        405,
        "api.method",
        "the resource does not take this method",
    );
    let form = ann
        .ask(
            Method::POST,
            &format!("/api/v1/items/{item}/claim"),
            Some("text/plain"),
            Body::from("{}"),
        )
        .await;
    refuses(
        &form,
        415,
        "api.media_type",
        "the body is not announced as JSON",
    );
    let huge = json!({ "takeover": "x".repeat(1 << 20) });
    let sent = post(&mut ann, &format!("/items/{item}/claim"), &huge).await;
    refuses(
        &sent,
        413,
        "api.too_large",
        "the body is larger than 512 KiB, or was cut off",
    );
    let sent = post(&mut ann, "/items/1/claim", &json!({})).await;
    refuses(&sent, 422, "api.unreadable", "`1` is no UUID");
    let said =
        |verdict: &str| json!({ "verdict": verdict, "draft_id": item, "token": Uuid::new_v4() });
    let to = format!("/items/{item}/decisions");
    let sent = post(&mut ann, &to, &said("publish")).await;
    refuses(&sent, 422, "api.unreadable", "unknown variant `publish`");
    assert_eq!(value(&sent)["key"], "verdict");
    let sent = post(&mut ann, &to, &said("undo")).await;
    refuses(
        &sent,
        422,
        "api.unreadable",
        "`undo` is a resource of its own",
    );
    let sent = post(&mut ann, &to, &said("approve_with_edits")).await;
    refuses(
        &sent,
        422,
        "api.unreadable",
        "an edit has a `text`, or `parts`",
    );
    let sent = post(&mut ann, &to, &said("approve")).await;
    refuses(
        &sent,
        409,
        "review.lease_lost",
        "this draft is not yours any more",
    );
    let missing = ann.get(&format!("/api/v1/items/{}", Uuid::nil())).await;
    refuses(&missing, 404, "not_found", "no draft");
}
