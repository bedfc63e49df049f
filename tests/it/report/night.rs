//! What the report says of a night: text, JSON, page.

use std::time::Duration;

use nightdesk::domain::report::Report;
use nightdesk::report::{Asked, gather, page, plain};
use nightdesk::schedule::Zone;
use regex::Regex;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use unicode_width::UnicodeWidthStr;

use super::{HOSTILE, fire, night, nightly};
use crate::support::Desk;

async fn report(desk: &Desk, zone: Zone) -> Report {
    let asked = Asked {
        since: None,
        until: None,
        zone,
        late_after: Duration::from_mins(10),
    };
    gather(&desk.store, &asked).await.unwrap()
}

fn without_ids(text: &str) -> String {
    let id = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    id.replace_all(text, "ID").into_owned()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_told_in_text(pool: PgPoolOptions, database: PgConnectOptions) {
    let desk = night(pool, database).await;
    let zone = Zone::parse("Europe/Paris").unwrap();
    let text = plain(&report(&desk, zone).await, zone);
    for line in text.lines() {
        assert!(line.width() <= 80, "{} columns: {line}", line.width());
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    insta::assert_snapshot!(without_ids(&text), @"");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_told_in_json(pool: PgPoolOptions, database: PgConnectOptions) {
    let desk = night(pool, database).await;
    let json = serde_json::to_string_pretty(&report(&desk, Zone::UTC).await).unwrap();
    insta::assert_snapshot!("night_json", without_ids(&json));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_told_as_a_page_in_which_foreign_text_is_text(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let desk = night(pool, database).await;
    let hostile = sqlx::query("update briefs set topic = $1").bind(HOSTILE);
    hostile.execute(&desk.pool).await.unwrap();
    let html = page(&report(&desk, Zone::UTC).await, Zone::UTC);
    let (_, body) = html.split_once("</style>").unwrap();
    assert!(
        !body.contains("<script") && !body.contains("<!channel"),
        "{body}"
    );
    assert!(
        body.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"),
        "{body}"
    );
    assert!(
        !html.chars().any(|c| c == '\u{1b}' || c == '\u{202e}'),
        "{body}"
    );
    // Self-contained: nothing that a mail client would fetch or refuse.
    for outside in ["src=", "href=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
    // Between tags a line of its own, so that a change can be read.
    let lines = without_ids(body).replace("><", ">\n<");
    insta::assert_snapshot!("night_page", lines);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_project_without_a_night_has_a_report(pool: PgPoolOptions, database: PgConnectOptions) {
    let desk = Desk::open(pool, database).await;
    let empty = report(&desk, Zone::UTC).await;
    insta::assert_snapshot!(plain(&empty, Zone::UTC), @"");
    assert!(page(&empty, Zone::UTC).contains("Nothing needs a look."));
    let json = serde_json::to_value(&empty).unwrap();
    assert_eq!(json["review"]["by_priority"].as_array().unwrap().len(), 10);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_belongs_to_every_period_in_which_it_was_there(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let desk = Desk::open(pool, database).await;
    let run = fire(
        &desk,
        &nightly("ads", "0 12 * * *"),
        1,
        "2026-01-05T12:00:00Z",
    )
    .await;
    let began = desk.now();
    desk.pass(Duration::from_hours(2));
    let lease = desk.claim(run, 1).await.unwrap();
    desk.commit(run, &lease, &[crate::support::done(&lease.items[0])])
        .await;
    let ended = desk.now();
    desk.pass(Duration::from_hours(48));
    let hour = chrono::TimeDelta::hours(1);
    let periods = [
        (began - hour, began - hour / 2, 0),
        (began - hour, began + hour, 1),
        (began + hour, ended - hour / 2, 1),
        (ended, ended + hour, 1),
        (ended + hour / 2, ended + hour, 0),
    ];
    for (since, until, runs) in periods {
        let asked = Asked {
            since: Some(since),
            until: Some(until),
            zone: Zone::UTC,
            late_after: Duration::from_mins(10),
        };
        let report = gather(&desk.store, &asked).await.unwrap();
        assert_eq!(report.totals.runs, runs, "{since} to {until}");
        assert_eq!(report.late, [], "a period that is over has nothing late");
    }
    let now = report(&desk, Zone::UTC).await;
    assert_eq!(
        now.late.len(),
        1,
        "two days of slots are undecided, and are one complaint"
    );
}
