//! Alerts: noticed once, sent once, and not lost with their sender.

use std::sync::Arc;
use std::time::Duration;

use nightdesk::domain::notify::NotifySettings;
use nightdesk::notify::{AlertSender, look};
use nightdesk::report::{Period, gather};
use nightdesk::schedule::Zone;
use serde_json::Value;
use sqlx::PgPool;

use super::sending::{hook_at, mail_to, notify};
use super::{decided, fire, night, nightly, skip};
use crate::support::{Desk, Hook, MailServer, until};

/// Kind and sentence of each message that arrived.
fn told(hook: &Hook) -> String {
    let said = |body: &Value| {
        let kind = body["kind"].as_str().unwrap_or_default().to_owned();
        let text = body["text"].as_str().unwrap_or_default().lines().next();
        format!("{kind}: {}", text.unwrap_or_default())
    };
    let posts = hook.posts();
    let mut lines: Vec<String> = posts.iter().map(|post| said(&post.body)).collect();
    lines.sort();
    lines.join("\n")
}

async fn alerts(desk: &Desk) -> Vec<(String, i32, bool, Option<String>)> {
    let rows =
        "select kind, attempts, delivered_at is not null, last_error from alerts order by kind";
    sqlx::query_as(rows).fetch_all(&desk.pool).await.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bad_night_is_told_once(pool: PgPool) {
    let desk = night(pool).await;
    let hook = Hook::answering(&[]);
    let notify = notify(&hook_at(&hook.url()));
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 3);
    insta::assert_snapshot!(told(&hook), @r"
    run_failed: ads gave up 3 of 4 briefs, such as ads-1: the prompt has 2,100 tokens, and the model reads 2,048
    slot_late: recaps was due at Tue 04:00, 3 h ago, and no scheduler has looked at it: is one running?
    window_expired: social ended by its window at Tue 03:50 UTC: 1 of 3 briefs drafted, 2 left for the next run
    ");
    desk.pass(Duration::from_hours(1));
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 0, "told before");
    assert_eq!(hook.posts().len(), 3);
    let ids: std::collections::BTreeSet<String> = hook
        .posts()
        .iter()
        .map(|post| post.body["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_has_failed_when_it_gave_up_more_than_its_share(pool: PgPool) {
    let desk = night(pool).await;
    let kinds = async |share| {
        let runs = desk.store.unheard_runs(share).await.unwrap();
        let kinds = runs.iter().map(|run| run.kind.as_str());
        kinds.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds(0.74).await, "run_failed window_expired");
    assert_eq!(kinds(0.75).await, "window_expired", "3 of 4 are not more");
    // Nothing went wrong with a brief that expired while it waited.
    let expired = sqlx::query(
        "update work_items set error = jsonb_build_object('code', 'brief.expired') where state = 'quarantined'",
    );
    expired.execute(&desk.pool).await.unwrap();
    assert_eq!(kinds(0.0).await, "window_expired");
    desk.pass(Duration::from_hours(24));
    assert_eq!(kinds(0.0).await, "", "yesterday's trouble is in the report");
}

#[sqlx::test(migrations = "./migrations")]
async fn an_alert_is_sent_once_by_two_senders_that_race(pool: PgPool) {
    let desk = night(pool).await;
    let hook = Hook::answering(&[]);
    let notify = notify(&hook_at(&hook.url()));
    let looks = [0; 4].map(|_| look(&desk.store, &notify));
    let [a, b, c, d] = looks;
    let sent = tokio::join!(a, b, c, d);
    let all = sent.0.unwrap() + sent.1.unwrap() + sent.2.unwrap() + sent.3.unwrap();
    assert_eq!((all, hook.posts().len()), (3, 3));
}

#[sqlx::test(migrations = "./migrations")]
async fn an_alert_whose_sender_died_is_sent_by_the_next(pool: PgPool) {
    let desk = night(pool).await;
    let hook = Hook::answering(&[]);
    let notify = notify(&hook_at(&hook.url()));
    for run in desk.store.unheard_runs(0.1).await.unwrap() {
        let alert = nightdesk::domain::alert::Alert {
            kind: run.kind,
            subject: run.id.to_string(),
            campaign: None,
            run_id: Some(run.id),
            message: "from one who died".to_owned(),
            hint: None,
            since: None,
            until: None,
        };
        assert!(desk.store.raise_alert(&alert).await.unwrap());
        assert!(!desk.store.raise_alert(&alert).await.unwrap());
    }
    let hold = Duration::from_mins(2);
    let held = desk.store.claim_alert(hold).await.unwrap().unwrap();
    assert_eq!(
        look(&desk.store, &notify).await.unwrap(),
        2,
        "all but the one that is held"
    );
    desk.pass(hold);
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 1);
    let last = hook.posts().pop().unwrap().body;
    assert_eq!(
        last["id"],
        held.id.to_string(),
        "it can be told from a second alert"
    );
    assert_eq!(last["alert"]["message"], "from one who died");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_channel_that_was_down_gets_what_the_other_has(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.apply(&nightly("recaps", "0 13 * * *")).await.unwrap();
    desk.pass(Duration::from_mins(75));
    let (hook, server) = (Hook::answering(&["403 Forbidden|"]), MailServer::obliging());
    let notify = notify(&NotifySettings {
        smtp: Some(mail_to(server.port())),
        ..hook_at(&hook.url())
    });
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 0);
    let rows = alerts(&desk).await;
    assert_eq!((rows.len(), rows[0].1, rows[0].2), (1, 1, false));
    assert!(
        rows[0]
            .3
            .as_ref()
            .unwrap()
            .contains("answered 403 Forbidden"),
        "{rows:?}"
    );
    assert_eq!(
        look(&desk.store, &notify).await.unwrap(),
        0,
        "not before its pause is over"
    );
    desk.pass(Duration::from_secs(30));
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 1);
    assert_eq!((hook.posts().len(), server.mails().len()), (2, 1));
    assert_eq!(
        alerts(&desk).await,
        [("slot_late".to_owned(), 2, true, None)]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn an_alert_that_nobody_took_within_a_day_is_in_the_report(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.apply(&nightly("recaps", "0 13 * * *")).await.unwrap();
    desk.pass(Duration::from_mins(75));
    let hook = Hook::answering(&["403 Forbidden|"]);
    let notify = notify(&hook_at(&hook.url()));
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 0);
    desk.pass(Duration::from_hours(24));
    decided(&desk, "recaps").await;
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 0);
    assert_eq!(hook.posts().len(), 1, "yesterday's trouble is no alert");
    let asked = Period {
        since: Some(desk.now() - chrono::TimeDelta::days(2)),
        until: None,
        zone: Zone::UTC,
        late_after: Duration::from_mins(10),
    };
    let report = gather(&desk.store, &asked).await.unwrap();
    assert!(
        report.headline.ends_with("; 1 alert not delivered"),
        "{}",
        report.headline
    );
    let said = "an alert of Mon 13:15 was not delivered: the webhook at http://127.0.0.1";
    assert!(report.attention[0].starts_with(said), "{report:?}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_nobody_begins_is_late_and_one_that_has_to_wait_is_not(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = fire(
        &desk,
        &nightly("ads", "0 12 * * *"),
        2,
        "2026-01-05T12:00:00Z",
    )
    .await;
    let hook = Hook::answering(&[]);
    let notify = notify(&hook_at(&hook.url()));
    desk.pass(Duration::from_mins(9));
    decided(&desk, "ads").await;
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 0, "not late yet");

    let parked = sqlx::query(
        "update runs set parked_until = nightdesk_now() + interval '1 hour', error = 'the model answers nothing'",
    );
    parked.execute(&desk.pool).await.unwrap();
    desk.pass(Duration::from_mins(30));
    assert_eq!(
        look(&desk.store, &notify).await.unwrap(),
        1,
        "parked, and not late"
    );
    desk.store.pause_campaign("ads", "test").await.unwrap();
    desk.pass(Duration::from_mins(31));
    assert_eq!(
        look(&desk.store, &notify).await.unwrap(),
        0,
        "paused, and not late"
    );
    desk.store.resume_campaign("ads", "test").await.unwrap();
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 1);
    insta::assert_snapshot!(told(&hook), @r"
    run_late: ads was due at Mon 12:00, 1 h 10 min ago, and no worker has begun it: is one running?
    run_parked: ads is parked until Mon 13:09 UTC, because everything failed: the model answers nothing
    ");

    desk.claim(run, 1).await.unwrap();
    desk.pass(Duration::from_hours(1));
    assert_eq!(look(&desk.store, &notify).await.unwrap(), 0, "it has begun");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_slot_that_a_scheduler_has_decided_is_not_late(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.apply(&nightly("ads", "0 13 * * *")).await.unwrap();
    desk.pass(Duration::from_mins(90));
    skip(&desk, "ads", "2026-01-05T13:00:00Z", "overlap").await;
    decided(&desk, "ads").await;
    let hook = Hook::answering(&[]);
    assert_eq!(
        look(&desk.store, &notify(&hook_at(&hook.url())))
            .await
            .unwrap(),
        0
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_report_of_the_night_is_sent_once_each_morning(pool: PgPool) {
    let desk = night(pool).await;
    let (hook, server) = (Hook::answering(&[]), MailServer::obliging());
    let notify = notify(&NotifySettings {
        report: chrono::NaiveTime::from_hms_opt(7, 30, 0),
        timezone: "Europe/London".to_owned(),
        smtp: Some(mail_to(server.port())),
        ..hook_at(&hook.url())
    });
    look(&desk.store, &notify).await.unwrap();
    let before = hook.posts().len();
    desk.pass(Duration::from_mins(31));
    assert_eq!(
        look(&desk.store, &notify).await.unwrap(),
        1,
        "at half past seven"
    );
    assert_eq!(
        look(&desk.store, &notify).await.unwrap(),
        0,
        "and only once"
    );
    let post = &hook.posts()[before];
    assert_eq!(post.body["kind"], "report");
    assert_eq!(post.body["report"]["since"], "2026-01-05T07:30:00Z");
    assert_eq!(post.body["report"]["until"], "2026-01-06T07:30:00Z");
    let mail = server.mails().pop().unwrap();
    assert!(
        mail.headers()
            .contains("\nSubject: Nightdesk: 3 of 4 campaigns ran; "),
        "{}",
        mail.headers()
    );
    assert!(
        mail.data.contains("\nContent-Type: text/html"),
        "{}",
        mail.data
    );
    assert!(
        mail.data.contains("\nContent-Type: text/plain"),
        "{}",
        mail.data
    );

    desk.pass(Duration::from_hours(24));
    look(&desk.store, &notify).await.unwrap();
    let last = hook.posts().pop().unwrap();
    let reports = hook
        .posts()
        .iter()
        .filter(|post| post.body["kind"] == "report")
        .count();
    assert_eq!(reports, 2, "the next morning has its own: {last:?}");
    // A machine that was off until noon does not send the morning's report in the afternoon.
    desk.pass(Duration::from_hours(31));
    look(&desk.store, &notify).await.unwrap();
    let reports = hook
        .posts()
        .iter()
        .filter(|post| post.body["kind"] == "report")
        .count();
    assert_eq!(reports, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_alarm_rings_beside_other_work(pool: PgPool) {
    let desk = night(pool).await;
    let hook = Hook::answering(&[]);
    let sender = AlertSender::new(desk.store.clone(), Arc::new(notify(&hook_at(&hook.url()))));
    until("three alerts", async || {
        sender.tick();
        (hook.posts().len() == 3).then_some(())
    })
    .await;
    let silent = AlertSender::new(
        desk.store.clone(),
        Arc::new(notify(&NotifySettings::default())),
    );
    silent.tick();
    until("the last to be settled", async || {
        let all = alerts(&desk).await;
        (all.len() == 3 && all.iter().all(|alert| alert.2)).then_some(())
    })
    .await;
}
