//! Words are stored as the same bytes, whether a form or a program sends them.

use nightdesk::domain::user::Role;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::Site;
use super::api::{post, program, value};
use super::deciding::{form, morning, send, take};

/// As browsers, old systems and everybody else end a line.
const TEXT: &str = "one\r\ntwo\rthree\nfour";
const NOTE: &str = "shorter\r\nthan\rbefore";

async fn stored(site: &Site, item: Uuid) -> (String, Option<String>, f32) {
    sqlx::query_as(
        "select r.text, d.note, d.edit_ratio from decisions d join revisions r on r.id = d.revision_id
         where d.item_id = $1",
    )
    .bind(item)
    .fetch_one(&site.desk.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_form_and_a_program_store_the_same_bytes(pool: PgPool) {
    let (site, items) = morning(pool, 3).await;
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let page = take(&mut ann, items[0]).await;
    let edit = form(
        &page,
        "approve_with_edits",
        &[("text", TEXT), ("note", NOTE)],
    );
    let sent = send(&mut ann, &format!("/items/{}/decide", items[0]), &edit).await;
    assert_eq!(sent.status, 303, "{}", sent.body);

    let mut bob = program(&site, "Bob", Role::Editor).await;
    // Whoever decides takes the next item too.
    let item = items[2];
    let lease = value(&post(&mut bob, &format!("/items/{item}/claim"), &json!({})).await);
    bob.header("idempotency-key", &Uuid::new_v4().to_string());
    let said = json!({
        "verdict": "approve_with_edits", "draft_id": item, "token": lease["token"], "text": TEXT, "note": NOTE,
    });
    let sent = post(&mut bob, &format!("/items/{item}/decisions"), &said).await;
    assert_eq!(sent.status, 200, "{}", sent.body);

    let by_form = stored(&site, items[0]).await;
    assert_eq!(by_form.0, "one\ntwo\nthree\nfour");
    assert_eq!(by_form.1.as_deref(), Some("shorter\nthan\nbefore"));
    assert_eq!(stored(&site, item).await, by_form);
}
