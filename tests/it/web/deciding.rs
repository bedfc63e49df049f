//! The pages an editor lives in, by forms alone: read, take, decide, and whatever goes wrong.

use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::user::Role;
use nightdesk::web::SignIn;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Answer, Browser, Site};
use crate::support::{Desk, brief, campaign};

pub(super) const SCRIPT: &str = "<script>alert(1)</script>";

/// A desk with so many drafts that wait, whose topic is markup.
pub(super) async fn morning(pool: PgPool, items: usize) -> (Site, Vec<Uuid>) {
    let desk = Desk::open(pool).await;
    let briefs: Vec<Brief> = (0..items)
        .map(|n| Brief {
            topic: SCRIPT.to_owned(),
            ..brief(&format!("b-{n:02}"))
        })
        .collect();
    desk.import(&briefs).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    desk.draft_all(run).await;
    let ids = desk.review_items(run).await;
    (Site::with(desk, SignIn::Password), ids)
}

/// The value of the first input of that name behind a mark in the page.
pub(super) fn field(page: &Answer, behind: &str, name: &str) -> String {
    let from = page.body.split_once(behind).expect(behind).1;
    let input = from
        .split_once(&format!("name=\"{name}\" value=\""))
        .expect(name)
        .1;
    input.split('"').next().unwrap_or_default().to_owned()
}

/// What a form of the draft page sends.
pub(super) fn form(page: &Answer, verdict: &str, with: &[(&str, &str)]) -> Vec<(String, String)> {
    let behind = format!("data-verdict=\"{verdict}\"");
    let mut fields: Vec<(String, String)> = ["token", "key", "draft_id", "verdict", "q"]
        .iter()
        .map(|name| ((*name).to_owned(), field(page, &behind, name)))
        .collect();
    fields.extend(
        with.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    fields
}

pub(super) async fn send(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.post(path, &fields).await
}

/// Takes an item and reads its page.
pub(super) async fn take(browser: &mut Browser, item: Uuid) -> Answer {
    let taken = browser.post(&format!("/items/{item}/claim"), &[]).await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    browser.get(&format!("/items/{item}")).await
}

async fn state(site: &Site, item: Uuid) -> (String, Option<String>) {
    sqlx::query_as("select state, outcome from review_items where id = $1")
        .bind(item)
        .fetch_one(&site.desk.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_draft_is_taken_read_approved_and_taken_back(pool: PgPool) {
    let (site, items) = morning(pool, 2).await;
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let queue = ann.get("/").await;
    assert_eq!(queue.status, 200);
    assert!(
        queue.body.contains("<strong>2</strong> to review"),
        "{}",
        queue.body
    );
    assert!(!queue.body.contains(SCRIPT), "markup of a brief is text");

    let taken = ann.post("/next", &[("q", "")]).await;
    let address = taken.header("location").unwrap().to_owned();
    assert_eq!(address, format!("/items/{}", items[0]));
    let page = ann.get(&address).await;
    assert!(page.body.contains("<mark class=\"warn\""), "{}", page.body);
    assert!(page.body.contains("Population"));
    assert!(!page.body.contains(SCRIPT));

    let sent = send(
        &mut ann,
        &format!("{address}/decide"),
        &form(&page, "approve", &[]),
    )
    .await;
    let next = sent.header("location").unwrap().to_owned();
    assert!(
        next.starts_with(&format!("/items/{}?undo=", items[1])),
        "{next}"
    );
    assert_eq!(
        state(&site, items[0]).await,
        ("decided".to_owned(), Some("approved".to_owned()))
    );
    let page = ann.get(&next).await;
    assert!(
        page.body.contains("The draft before was approved."),
        "{}",
        page.body
    );
    let undo = page.body.split_once("action=\"/decisions/").unwrap().1;
    let undo = format!("/decisions/{}", undo.split('"').next().unwrap());
    let undone = ann.post(&undo, &[]).await;
    assert_eq!(
        undone.header("location"),
        Some(format!("/items/{}", items[0]).as_str())
    );
    assert_eq!(state(&site, items[0]).await, ("open".to_owned(), None));
    let again = ann.post(&undo, &[]).await;
    assert_eq!(again.status, 409);
    assert!(
        again
            .body
            .contains("this decision has been taken back already")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_stale_write_shows_what_changed_and_keeps_the_text(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let (mut ann, mut sue) = (
        site.signed_in("Ann", Role::Editor).await,
        site.signed_in(&format!("Sue {SCRIPT}"), Role::Supervisor)
            .await,
    );
    let item = items[0];
    let page = take(&mut ann, item).await;
    let held = sue.get(&format!("/items/{item}")).await;
    assert!(
        held.body
            .contains("<strong dir=\"auto\">Ann</strong> is reading this draft."),
        "{}",
        held.body
    );
    let over = sue
        .post(&format!("/items/{item}/claim"), &[("takeover", "1")])
        .await;
    assert_eq!(over.status, 303);
    let text = format!("my own words {SCRIPT}");
    let edit = form(&page, "approve_with_edits", &[("text", &text)]);
    let refused = send(&mut ann, &format!("/items/{item}/decide"), &edit).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused
            .body
            .contains("has taken this draft over since you opened it")
    );
    assert!(
        refused.body.contains("my own words &lt;script&gt;"),
        "{}",
        refused.body
    );
    assert!(!refused.body.contains(SCRIPT));

    // Given back, it can be taken again with that very text.
    let theirs = sue.get(&format!("/items/{item}")).await;
    let token = field(&theirs, "/release", "token");
    sue.post(&format!("/items/{item}/release"), &[("token", &token)])
        .await;
    let kept = [
        ("text", text.as_str()),
        ("draft_id", &item.to_string()),
        ("verdict", "approve_with_edits"),
    ];
    let page = ann.post(&format!("/items/{item}/claim"), &kept).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let edit = form(&page, "approve_with_edits", &[("text", &text)]);
    let sent = send(&mut ann, &format!("/items/{item}/decide"), &edit).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let shown = ann.get(&format!("/items/{item}")).await;
    assert!(shown.body.contains("Approved text"));
    assert!(shown.body.contains("<ins>"), "the edit, word by word");

    // The back button: the same form once more is the same decision, another one is too late.
    let again = send(&mut ann, &format!("/items/{item}/decide"), &edit).await;
    assert_eq!(again.status, 303);
    let late = form(&page, "reject", &[("reasons", "other")]);
    let late = send(&mut ann, &format!("/items/{item}/decide"), &late).await;
    assert_eq!(late.status, 409);
    assert!(
        late.body
            .contains("this draft has been approved by Ann in the meantime"),
        "{}",
        late.body
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_an_editor_can_mend_is_told_on_the_same_page(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let item = items[0];
    sqlx::query("update drafts set channel = 'x-post'")
        .execute(&site.desk.pool)
        .await
        .unwrap();
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let page = take(&mut ann, item).await;
    let to = format!("/items/{item}/decide");
    let long = "long ".repeat(80);
    for (verdict, with, told) in [
        ("reject", vec![], "say why"),
        (
            "regenerate",
            vec![("note", " ")],
            "say what the next draft should do better",
        ),
        (
            "approve_with_edits",
            vec![("text", " ")],
            "there is no text to approve",
        ),
        (
            "approve_with_edits",
            vec![("text", long.as_str())],
            "does not fit channel `x-post`",
        ),
    ] {
        let answer = send(&mut ann, &to, &form(&page, verdict, &with)).await;
        assert_eq!(answer.status, 422, "{verdict}: {}", answer.body);
        assert!(answer.body.contains(told), "{verdict}: {}", answer.body);
        if told.contains("x-post") {
            assert!(answer.body.contains(&long), "the text is still there");
        }
    }
    let check = form(&page, "approve_with_edits", &[("text", &long)]);
    let counted = send(&mut ann, &format!("/items/{item}/check"), &check).await;
    assert!(counted.body.contains("\"over\":true"), "{}", counted.body);
    // A megabyte is refused before anybody reads it.
    let huge = "x".repeat(1 << 20);
    let answer = send(
        &mut ann,
        &to,
        &form(&page, "approve_with_edits", &[("text", &huge)]),
    )
    .await;
    assert_eq!(answer.status, 413);
    assert!(
        answer.body.contains("larger than 512 KiB"),
        "{}",
        answer.body
    );
    assert_eq!(state(&site, item).await.0, "open");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_tampered_form_says_what_is_spoiled(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let item = items[0];
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let page = take(&mut ann, item).await;
    let to = format!("/items/{item}/decide");
    for (name, value, told) in [
        ("verdict", "publish", "`publish` is none of `approve`"),
        (
            "token",
            "1",
            "the form&#39;s field `token` is missing or spoiled",
        ),
        (
            "key",
            "",
            "the form&#39;s field `key` is missing or spoiled",
        ),
    ] {
        let mut tampered = form(&page, "approve", &[]);
        tampered.retain(|(field, _)| field != name);
        tampered.push((name.to_owned(), value.to_owned()));
        let answer = send(&mut ann, &to, &tampered).await;
        assert_eq!(answer.status, 422, "{name}");
        let told = told.replace("&#39;", "'");
        assert!(answer.body.contains(&told), "{name}: {}", answer.body);
    }
    let odd = form(&page, "reject", &[("reasons", "because")]);
    let answer = send(&mut ann, &to, &odd).await;
    assert!(
        answer.body.contains("`because` is none of `fact_error`"),
        "{}",
        answer.body
    );
    let gone = ann.get(&format!("/items/{}", Uuid::nil())).await;
    assert_eq!(gone.status, 404);
    let place = ann.get("/?after=nowhere").await;
    assert_eq!(place.status, 422);
    assert!(
        place
            .body
            .contains("the place in the queue is none that a page of it named")
    );
    assert_eq!(state(&site, item).await.0, "open");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_heartbeat_says_when_the_lease_is_lost(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let item = items[0];
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let mut bob = site.signed_in("Bob", Role::Editor).await;
    let page = take(&mut ann, item).await;
    let token = field(&page, "data-verdict=\"approve\"", "token");
    let beat = format!("/items/{item}/heartbeat");
    assert_eq!(ann.post(&beat, &[("token", &token)]).await.status, 200);
    site.desk.pass(Duration::from_secs(91));
    take(&mut bob, item).await;
    let lost = ann.post(&beat, &[("token", &token)]).await;
    assert_eq!(lost.status, 409);
    assert!(
        lost.body.contains("Bob has taken this draft over"),
        "{}",
        lost.body
    );
}
