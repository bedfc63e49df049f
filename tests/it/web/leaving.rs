//! Copy leaves from the desk: exported by a button, corrected and killed by a supervisor.

use std::time::Duration;

use nightdesk::domain::review::{NewDecision, Verdict};
use nightdesk::domain::user::Role;
use nightdesk::review;
use nightdesk::web::SignIn;
use sqlx::PgPool;
use uuid::Uuid;

use super::Site;
use crate::support::Desk;

/// A desk with one draft that Ann has approved just now.
async fn approved(pool: PgPool) -> (Site, Uuid) {
    let desk = Desk::open(pool).await;
    let item = desk.morning_of(1).await.1[0];
    let site = Site::with(desk, SignIn::Password);
    let ann = site.user("Ann", Role::Editor).await;
    let store = &site.desk.store;
    let lease = store.claim_review(item, &ann, false).await.unwrap();
    let decision = NewDecision {
        item_id: item,
        draft_id: item,
        token: lease.token,
        key: Uuid::new_v4(),
        verdict: Verdict::Approve,
        edited: None,
        reasons: Vec::new(),
        note: None,
    };
    review::decide(store, &ann, &decision).await.unwrap();
    (site, item)
}

#[sqlx::test(migrations = "./migrations")]
async fn an_export_is_a_file_and_a_line_on_the_page(pool: PgPool) {
    let (site, _) = approved(pool).await;
    let mut sue = site.signed_in("Sue", Role::Supervisor).await;
    let form = [("format", "jsonl"), ("campaign", "nightly")];
    let early = sue.post("/exports", &form).await;
    early.says(
        200,
        &[
            "No text is ready to leave.",
            "1 approval can still be taken back",
        ],
    );
    site.desk.pass(Duration::from_secs(11));
    let file = sue.post("/exports", &form).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"nightdesk-nightly.jsonl\"")
    );
    assert!(file.body.contains("b-00 at epoch 1"), "{}", file.body);
    assert!(
        file.body.contains("trainedAlgorithmicMedia"),
        "{}",
        file.body
    );
    let again = sue.post("/exports", &form).await;
    assert_eq!(again.body, file.body);
    let page = sue.get("/exports").await;
    page.says(200, &["What left, the latest first", "jsonl"]);
    assert_eq!(
        page.body
            .matches("<td data-label=\"Format\">jsonl</td>")
            .count(),
        1,
        "the same bytes are one export"
    );
    let odd = sue.post("/exports", &[("format", "pdf")]).await;
    odd.says(422, &["unknown format `pdf`"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_supervisor_corrects_and_kills_what_was_approved(pool: PgPool) {
    let (site, item) = approved(pool).await;
    site.desk.pass(Duration::from_secs(11));
    let (item, address) = (item.to_string(), format!("/items/{item}"));
    let mut bob = site.signed_in("Bob", Role::Editor).await;
    bob.get(&address).await.hides("Kill this text");
    let kill = [("draft_id", item.as_str()), ("reason", "it was wrong")];
    let refused = bob.post(&format!("{address}/kill"), &kill).await;
    refused.says(403, &["this takes the role `supervisor`"]);
    let mut sue = site.signed_in("Sue", Role::Supervisor).await;
    sue.get(&address)
        .await
        .says(200, &["Kill this text", "Correct this text"]);
    let silent = [
        ("draft_id", item.as_str()),
        ("text", "a corrected text"),
        ("reason", " "),
    ];
    let refused = sue.post(&format!("{address}/correct"), &silent).await;
    refused.says(422, &["a reason is needed"]);
    let said = [silent[0], silent[1], ("reason", "the number was wrong")];
    sue.post(&format!("{address}/correct"), &said)
        .await
        .leads_to(&address);
    sue.get(&address).await.says(200, &["a corrected text"]);
    sue.post(&format!("{address}/kill"), &kill)
        .await
        .leads_to(&address);
    let state: String = sqlx::query_scalar("select state from drafts where id = $1::uuid")
        .bind(&item)
        .fetch_one(&site.desk.pool)
        .await
        .unwrap();
    assert_eq!(state, "killed");
}
