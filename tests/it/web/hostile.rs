//! Values that no page sends, in every field of every form, query and path: never a mistake of ours, never another
//! site.

use axum::body::Body;
use axum::http::Method;
use nightdesk::domain::user::Role;
use sqlx::PgPool;
use uuid::Uuid;

use super::deciding::morning;
use super::{Answer, Browser, PASSWORD};

/// What headers, Postgres and numbers do not take, and what leads elsewhere.
const HOSTILE: [&str; 14] = [
    "a\r\nset-cookie: nightdesk_session=stolen",
    "\n",
    "\0",
    "a\0b",
    "\u{1b}[2J\u{7f}\u{85}",
    "é\u{202e}\u{fffe}😀",
    "//evil.example",
    "/\r/evil.example",
    "99999999999999999999999999",
    "-9223372036854775809",
    "1e400",
    "NaN",
    "%00%0d%0a",
    "'; drop table users; --",
];

/// Pages and streams, with the parameters that they read.
const PAGES: [(&str, &[&str]); 10] = [
    (
        "/",
        &[
            "campaign", "channel", "language", "gate", "rule", "run", "order", "after", "undo",
            "done",
        ],
    ),
    ("/items/ITEM", &["q", "draft", "view", "undo", "done"]),
    ("/bulk", &["min_priority", "max_risk", "campaign", "run"]),
    ("/bulk/00000000-0000-0000-0000-000000000000", &["approved"]),
    ("/runs", &["after", "page", "campaign", "before"]),
    ("/campaigns", &["paused", "resumed"]),
    ("/numbers", &["days"]),
    ("/briefs", &["q", "search", "after", "page", "before"]),
    ("/settings", &["done"]),
    ("/login", &["next"]),
];

/// Forms, with their fields as a page sends them.
const FORMS: [(&str, &[(&str, &str)]); 22] = [
    (
        "/items/ITEM/claim",
        &[
            ("q", ""),
            ("open", "edit"),
            ("draft_id", ""),
            ("takeover", "1"),
        ],
    ),
    ("/items/ITEM/heartbeat", &[("token", "1")]),
    ("/items/ITEM/release", &[("token", "1"), ("q", "")]),
    ("/items/ITEM/check", &[("draft_id", "DRAFT"), ("text", "a")]),
    (
        "/items/ITEM/decide",
        &[
            ("verdict", "reject"),
            ("draft_id", "DRAFT"),
            ("token", "1"),
            ("key", "DRAFT"),
            ("q", ""),
            ("reasons", "facts"),
            ("note", "a"),
            ("text", "a"),
            ("part.headlines", "a"),
        ],
    ),
    (
        "/items/ITEM/correct",
        &[("draft_id", "DRAFT"), ("text", "a"), ("reason", "a")],
    ),
    (
        "/items/ITEM/kill",
        &[("draft_id", "DRAFT"), ("reason", "a")],
    ),
    ("/decisions/DRAFT/undo", &[("q", "")]),
    ("/next", &[("q", "campaign=a")]),
    ("/filters", &[("name", "mine"), ("q", "campaign=a")]),
    ("/filters/delete", &[("name", "mine")]),
    (
        "/exports",
        &[("format", "jsonl"), ("campaign", "nightly"), ("new", "")],
    ),
    (
        "/bulk",
        &[
            ("q", ""),
            ("min_priority", "100"),
            ("max_risk", "low"),
            ("key", "DRAFT"),
            ("expected", "0"),
        ],
    ),
    ("/campaigns/pause", &[("name", "nightly")]),
    ("/campaigns/resume", &[("name", "nightly")]),
    ("/campaigns/run", &[("name", "nightly")]),
    ("/settings/sessions/end", &[("id", "000000000000")]),
    (
        "/settings/users",
        &[("name", "ann"), ("role", "editor"), ("password", PASSWORD)],
    ),
    ("/settings/users/ITEM/role", &[("role", "editor")]),
    ("/settings/users/ITEM/token/revoke", &[]),
    ("/settings/token", &[("password", ""), ("days", "90")]),
    (
        "/login",
        &[("name", "ann"), ("password", "guessed word"), ("next", "/")],
    ),
];

#[track_caller]
fn holds(answer: &Answer, what: &str) {
    assert!(
        answer.status < 500,
        "{what}: {}\n{}",
        answer.status,
        answer.body
    );
    let location = answer
        .headers
        .get("location")
        .map(|place| place.to_str().expect("plain"));
    if let Some(location) = location {
        let inside = location.starts_with('/') && !location.starts_with("//");
        assert!(
            inside && location.bytes().all(|byte| byte.is_ascii_graphic()),
            "{what}: {location}"
        );
    }
    let stolen = answer
        .header("set-cookie")
        .is_some_and(|cookie| cookie.contains("stolen"));
    assert!(!stolen, "{what}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_page_is_answered_whatever_its_address_asks_for(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let mut ada = site.signed_in("Ada", Role::Admin).await;
    for (page, parameters) in PAGES {
        let page = page.replace("ITEM", &items[0].to_string());
        for parameter in parameters {
            for value in HOSTILE {
                let query = serde_urlencoded::to_string([(parameter, value)]).unwrap();
                let path = format!("{page}?{query}");
                holds(&ada.get(&path).await, &path);
            }
        }
    }
    // What is no text, and half of a character, in every place of an address.
    let listed = [
        "/runs/",
        "/items/",
        "/briefs/",
        "/bulk/",
        "/?campaign=",
        "/campaigns?paused=",
        "/briefs?q=",
        "/login?next=",
    ];
    for place in listed {
        for raw in [
            "%FF",
            "%ED%A0%80",
            "%00",
            "%0D%0A",
            "%",
            "%2e%2e%2f",
            "%E2%80%AE",
        ] {
            let path = format!("{place}{raw}");
            holds(&ada.get(&path).await, &path);
        }
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_form_is_answered_whatever_is_in_it(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let mut ada = site.signed_in("Ada", Role::Admin).await;
    let item = items[0].to_string();
    for (path, fields) in FORMS {
        let path = path.replace("ITEM", &item).replace("DRAFT", &item);
        for place in 0..fields.len() {
            for value in HOSTILE {
                let mut sent: Vec<(&str, &str)> = fields
                    .iter()
                    .map(|(name, value)| {
                        (
                            *name,
                            if *value == "DRAFT" {
                                item.as_str()
                            } else {
                                value
                            },
                        )
                    })
                    .collect();
                sent[place].1 = value;
                let answer = ada.post(&path, &sent).await;
                holds(&answer, &format!("{path}: {} = {value:?}", sent[place].0));
            }
        }
    }
    // The name of a field is somebody's text as well.
    for name in HOSTILE {
        holds(&ada.post("/filters", &[(name, "a")]).await, name);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn the_part_of_a_page_to_open_and_the_draft_stand_in_an_address(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let mut kim = site.signed_in("Kim", Role::Editor).await;
    let (item, path) = (items[0], format!("/items/{}/claim", items[0]));
    let mut claim = async |fields: &[(&str, &str)]| kim.post(&path, fields).await;
    let draft = item.to_string();
    claim(&[("open", "edit"), ("draft_id", &draft)])
        .await
        .leads_to(&format!("/items/{item}?draft={item}#edit"));
    for open in [
        "a\r\nset-cookie: a=b",
        "\u{e9}",
        "a b",
        "#x",
        &"x".repeat(1000),
    ] {
        claim(&[("open", open)])
            .await
            .leads_to(&format!("/items/{item}"));
    }
    for draft in ["a\r\nb", "1", "é"] {
        claim(&[("draft_id", draft)])
            .await
            .says(422, &["the form's field `draft_id` is missing or spoiled"]);
    }
}

async fn sent(program: &mut Browser, path: &str, body: &str) -> Answer {
    let body = Body::from(body.to_owned());
    program
        .ask(Method::POST, path, Some("application/json"), body)
        .await
}

#[sqlx::test(migrations = "./migrations")]
async fn the_api_answers_whatever_is_in_a_field(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let root = site.user("Root", Role::Admin).await;
    site.token(&root, &nightdesk::web::token_hash("secret"))
        .await;
    let mut program = site.browser();
    program.header("authorization", "Bearer secret");
    program.header("idempotency-key", &Uuid::new_v4().to_string());
    let item = items[0];
    for (page, parameters) in [
        (
            "items",
            &[
                "campaign", "channel", "language", "gate", "rule", "run", "order", "after", "limit",
            ][..],
        ),
        ("bulk", &["min_priority", "max_risk", "campaign"]),
        ("runs", &["after", "limit"]),
        ("exports", &["after", "limit"]),
        ("events", &["after", "before", "limit"]),
        ("numbers", &["days"]),
    ] {
        for parameter in parameters {
            for value in
                HOSTILE
                    .iter()
                    .chain(&["9223372036854775807", "-9223372036854775808", "2147483648"])
            {
                let query = serde_urlencoded::to_string([(parameter, value)]).unwrap();
                let path = format!("/api/v1/{page}?{query}");
                holds(&program.get(&path).await, &path);
            }
        }
    }
    // Half of a character, the one that Postgres does not take, and numbers beyond every type.
    let values = [
        "\"\\ud800\"",
        "\"a\\u0000b\"",
        "\"\\r\\n\"",
        "1e400",
        "99999999999999999999",
        "-1",
        "[[[[]]]]",
        "null",
        "\"é\\u202e\"",
    ];
    for (path, fields) in [
        (format!("items/{item}/claim"), &["takeover"][..]),
        (format!("items/{item}/heartbeat"), &["token"]),
        (
            format!("items/{item}/decisions"),
            &[
                "verdict", "draft_id", "token", "text", "parts", "reasons", "note",
            ],
        ),
        (
            "bulk".to_owned(),
            &["min_priority", "max_risk", "expected", "campaign", "run"],
        ),
        ("exports".to_owned(), &["format", "campaign", "run", "new"]),
        (format!("drafts/{item}/correct"), &["text", "reason"]),
        (format!("drafts/{item}/kill"), &["reason"]),
        (
            "briefs".to_owned(),
            &["topic", "meta", "priority", "due_at"],
        ),
    ] {
        for field in fields {
            for value in values {
                let path = format!("/api/v1/{path}");
                let body = format!("{{\"{field}\":{value}}}");
                holds(
                    &sent(&mut program, &path, &body).await,
                    &format!("{path} {body}"),
                );
            }
        }
    }
    for name in ["%FF", "%00", "%0D%0A", "é"] {
        for path in [
            format!("/api/v1/campaigns/{name}/pause"),
            format!("/api/v1/runs/{name}/cancel"),
        ] {
            if !path.is_ascii() {
                continue;
            }
            holds(&sent(&mut program, &path, "{}").await, &path);
        }
    }
}
