//! What the report says of a night: text, JSON, page.

use std::time::Duration;

use nightdesk::domain::report::Report;
use nightdesk::report::{Period, gather, page, plain};
use nightdesk::schedule::Zone;
use regex::Regex;
use sqlx::PgPool;
use unicode_width::UnicodeWidthStr;

use super::{HOSTILE, fire, night, nightly};
use crate::support::Desk;

async fn report(desk: &Desk, zone: Zone) -> Report {
    let asked = Period {
        since: None,
        until: None,
        zone,
        late_after: Duration::from_mins(10),
    };
    gather(&desk.store, &asked).await.unwrap()
}

fn without_ids(text: &str) -> String {
    let id = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    // In a file of its own this character would turn the lines around for whoever reads it.
    let text = text.replace('\u{202e}', "\\u{202e}");
    id.replace_all(&text, "ID").into_owned()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_told_in_text(pool: PgPool) {
    let desk = night(pool).await;
    let zone = Zone::parse("Europe/Paris").unwrap();
    let text = plain(&report(&desk, zone).await, zone);
    for line in text.lines() {
        assert!(line.width() <= 80, "{} columns: {line}", line.width());
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    insta::assert_snapshot!(without_ids(&text), @r#"
    3 of 4 campaigns ran; 5 drafts wait for review; 1 campaign late, 1 run ended by
    its window, 3 briefs given up, 2 slots skipped
    Mon 5 Jan 2026 08:00 to Tue 6 Jan 2026 08:00, Europe/Paris

    To look at
      ! recaps was due at Tue 05:00, 3 h ago, and no scheduler has looked at it: is
        one running?
      ! ads gave up 3 of 4 briefs
      ! social ended by its window: 2 of 3 briefs left for the next run

    Campaigns
      ads: next Wed 03:30
        completed with errors, Tue 03:30 to 03:30, on time
          1 of 4 briefs drafted, 3 given up, 2 drafts
          6 tokens in 60 s of work, 0.1 tok/s
      explainers: next Wed 03:00
        completed, Tue 03:00 to 03:05, on time
          3 of 3 briefs drafted, 6 drafts
          18 tokens in 4 min of work, 0.1 tok/s
      poems: did not run, paused since Mon 5 Jan 2026 13:00
      recaps: did not run, next Wed 05:00
      social: next Wed 04:00
        ended by its window, Tue 03:50 to 04:51, on time
          1 of 3 briefs drafted, 2 left, 2 drafts
          6 tokens in 30 s of work, 0.2 tok/s
      In all 3 runs: 5 of 10 briefs drafted, 10 drafts; 30 tokens in 5 min of work

    Given up, by cause
        2  prompt.too_long, in ads
           e.g. ads-1: the prompt has 2,100 tokens, and the model reads 2,048
        1  test.hostile, in ads
           e.g. ads-2: <script>alert("1")</script> [31m & <!channel> Bcc:
           all@example.org

    Slots
      ads fired at Tue 03:30
      explainers fired at Tue 03:00
      poems skipped at Tue 02:00: the campaign was paused
      social fired at Tue 03:50
      social skipped 2 times, Tue 04:00 to 04:10: the run before was still going

    Waits for review
      5 drafts, 5 of them new
      priority 80 to 100: 5 · 50 to 79: 0 · 0 to 49: 0
       97  social-0: a topic
           ID
       85  explainers-0: a topic
           ID
       85  explainers-1: a topic
           ID
       85  explainers-2: a topic
           ID
       85  ads-0: a topic
           ID
    "#);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_told_in_json(pool: PgPool) {
    let desk = night(pool).await;
    let json = serde_json::to_string_pretty(&report(&desk, Zone::UTC).await).unwrap();
    insta::assert_snapshot!("night_json", without_ids(&json));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_told_as_a_page_in_which_foreign_text_is_text(pool: PgPool) {
    let desk = night(pool).await;
    let hostile = sqlx::query("update briefs set topic = $1").bind(HOSTILE);
    hostile.execute(&desk.pool).await.unwrap();
    let hostile = sqlx::query("update review_items set topic = $1").bind(HOSTILE);
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
async fn a_project_without_a_night_has_a_report(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let empty = report(&desk, Zone::UTC).await;
    insta::assert_snapshot!(plain(&empty, Zone::UTC), @r"
    Nothing was due; no draft waits for review
    Sun 4 Jan 2026 12:00 to Mon 5 Jan 2026 12:00, UTC

    Waits for review
      nothing
    ");
    assert!(page(&empty, Zone::UTC).contains("Nothing needs a look."));
    let json = serde_json::to_value(&empty).unwrap();
    assert_eq!(json["review"]["by_priority"].as_array().unwrap().len(), 10);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_belongs_to_every_period_in_which_it_was_there(pool: PgPool) {
    let desk = Desk::open(pool).await;
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
        let asked = Period {
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
