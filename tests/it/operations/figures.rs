//! The figures of `/metrics`, against a database whose clock stands still.

use std::sync::Arc;
use std::time::Duration;

use nightdesk::web::{Listener, Vitals};
use sqlx::PgPool;

use super::ask;
use crate::support::{Desk, campaign, done};

const MINUTE: Duration = Duration::from_secs(60);

#[sqlx::test(migrations = "./migrations")]
async fn metrics_say_what_the_database_knows(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(6).await;
    let lease = desk.claim(run, 2).await.unwrap();
    desk.expire(run).await;
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    let lease = desk.claim(run, 2).await.unwrap();
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    for sql in [
        "update campaigns set trouble = 'no model'",
        "update runs set parked_until = nightdesk_now() + interval '1 hour'",
        "insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, run_id, created_at)
         select gen_random_uuid(), c.id, '2026-01-05T12:00/0', '2026-01-05T12:00:00Z', 1, 'fired', gen_random_uuid(),
                '2026-01-05T12:00:02.5Z' from campaigns c",
    ] {
        sqlx::query(sql).execute(&desk.pool).await.unwrap();
    }
    desk.pass(MINUTE);
    // A campaign without a run, and one whose name a text format has to escape.
    desk.apply(&campaign("quiet")).await.unwrap();

    let vitals = Arc::new(Vitals::new("worker", MINUTE));
    vitals.reaches(desk.store.clone());
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.address().to_string();
    let _server = listener.serve(vitals);
    let answer = ask(&address, "/metrics").await.unwrap();
    assert_eq!(answer.kind, "text/plain; version=0.0.4; charset=utf-8");
    insta::with_settings!({ filters => [
        (r"(?m)^(nightdesk_(?:heartbeat|figures)_age_seconds\S*) \S+$", "$1 S"),
        (r#"version="[^"]+""#, r#"version="V""#),
    ] }, {
        insta::assert_snapshot!("metrics", sorted(&answer.text));
    });
    assert_eq!(ask(&address, "/").await.unwrap().status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_a_pause_holds_back_does_not_lag(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.run_of(2).await;
    desk.pass(MINUTE);
    let lag = async || desk.store.figures().await.unwrap().by_campaign[0].lag_s;
    assert!(lag().await >= 60.0);
    sqlx::query("update campaigns set paused_at = nightdesk_now(), paused_by = 'person'")
        .execute(&desk.pool)
        .await
        .unwrap();
    assert_eq!(lag().await, 0.0);
}

/// Lines in an order of their own: families keep their members in none.
fn sorted(text: &str) -> String {
    let mut families: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        match families.last_mut() {
            Some(family) if !line.starts_with("# HELP") => family.push(line),
            _ => families.push(vec![line]),
        }
    }
    for family in &mut families {
        if let Some(members) = family.get_mut(2..) {
            members.sort_unstable();
        }
    }
    families.concat().join("\n")
}
