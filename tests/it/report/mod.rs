//! The morning report and the alerts: what they say of a night, and who hears of it.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod alerts;
mod command;
mod night;
mod sending;

use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::campaign::{CampaignSpec, Select};
use nightdesk::domain::problem::Problem;
use nightdesk::store::{ItemOutcome, Lease};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, brief, campaign, done};

/// A campaign of its own briefs, `NAME-…`, with a schedule.
fn nightly(name: &str, schedule: &str) -> CampaignSpec {
    CampaignSpec {
        schedule: Some(schedule.to_owned()),
        select: Select {
            external_ref: Some(format!("{name}-*")),
            ..Select::default()
        },
        ..campaign(name)
    }
}

/// Imports so many briefs of a campaign, and opens a run that belongs to the slot at that time.
async fn fire(desk: &Desk, spec: &CampaignSpec, briefs: usize, slot: &str) -> Uuid {
    let named = |n| format!("{}-{n}", spec.name);
    let briefs: Vec<Brief> = (0..briefs).map(|n| brief(&named(n))).collect();
    desk.import(&briefs).await;
    let run = desk.open_run(spec).await.id;
    let fired = sqlx::query(
        "with fired as (update runs set slot = $2::timestamptz where id = $1 returning campaign_id)
         insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, run_id)
         select gen_random_uuid(), campaign_id, $2, $2::timestamptz, 1, 'fired', $1 from fired",
    );
    fired
        .bind(run)
        .bind(slot)
        .execute(&desk.pool)
        .await
        .unwrap();
    run
}

/// Everything up to now has been decided for a campaign.
async fn decided(desk: &Desk, name: &str) {
    let decided = sqlx::query("update campaigns set cursor = nightdesk_now() where name = $1");
    decided.bind(name).execute(&desk.pool).await.unwrap();
}

/// What a campaign did not fire for.
async fn skip(desk: &Desk, name: &str, slot: &str, reason: &str) {
    let skipped = sqlx::query(
        "insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, reason)
         select gen_random_uuid(), id, $2, $2::timestamptz, 1, 'skipped', $3 from campaigns where name = $1",
    );
    let skipped = skipped.bind(name).bind(slot).bind(reason);
    skipped.execute(&desk.pool).await.unwrap();
}

/// Commits after so much work.
async fn commit(desk: &Desk, run: Uuid, lease: &Lease, outcomes: &[ItemOutcome], busy: Duration) {
    let committed = desk.store.commit(run, lease.batch_id, outcomes, busy).await;
    committed.unwrap();
}

fn quarantined(
    item: &nightdesk::store::LeasedItem,
    code: &'static str,
    message: &str,
) -> ItemOutcome {
    ItemOutcome::Failed {
        brief_id: item.brief_id,
        epoch: item.epoch,
        kind: nightdesk::domain::run::FailureKind::Permanent,
        problem: Problem::new(code, message),
    }
}

/// What a sender of briefs may have in mind.
const HOSTILE: &str =
    "<script>alert(\"1\")</script>\u{1b}[31m & \u{202e}<!channel>\r\nBcc: all@example.org";

/// A night of five campaigns, seen at seven in the morning: one went well, one gave briefs up, one ended
/// by its window, one nobody has looked at, one is paused.
async fn night(pool: PgPool) -> Desk {
    let desk = Desk::open(pool).await;
    let minutes = |minutes| desk.pass(Duration::from_mins(minutes));
    let poems = nightly("poems", "0 1 * * *");
    desk.apply(&poems).await.unwrap();
    desk.store.pause_campaign("poems", "test").await.unwrap();
    desk.apply(&nightly("recaps", "0 4 * * *")).await.unwrap();
    decided(&desk, "recaps").await;

    minutes(14 * 60);
    let run = fire(
        &desk,
        &nightly("explainers", "0 2 * * *"),
        3,
        "2026-01-06T02:00:00Z",
    )
    .await;
    let lease = desk.claim(run, 3).await.unwrap();
    minutes(5);
    let all: Vec<_> = lease.items.iter().map(done).collect();
    commit(&desk, run, &lease, &all, Duration::from_secs(240)).await;

    minutes(25);
    let run = fire(
        &desk,
        &nightly("ads", "30 2 * * *"),
        4,
        "2026-01-06T02:30:00Z",
    )
    .await;
    let lease = desk.claim(run, 4).await.unwrap();
    let items = &lease.items;
    let outcomes = [
        done(&items[0]),
        quarantined(
            &items[1],
            "prompt.too_long",
            "the prompt has 2,100 tokens, and the model reads 2,048",
        ),
        quarantined(&items[2], "test.hostile", HOSTILE),
        quarantined(
            &items[3],
            "prompt.too_long",
            "the prompt has 2,300 tokens, and the model reads 2,048",
        ),
    ];
    commit(&desk, run, &lease, &outcomes, Duration::from_secs(60)).await;

    minutes(20);
    let social = CampaignSpec {
        window: Some("1h".parse().unwrap()),
        ..nightly("social", "0 3 * * *")
    };
    let run = fire(&desk, &social, 3, "2026-01-06T02:50:00Z").await;
    let lease = desk.claim(run, 1).await.unwrap();
    commit(
        &desk,
        run,
        &lease,
        &[done(&lease.items[0])],
        Duration::from_secs(30),
    )
    .await;
    skip(&desk, "social", "2026-01-06T03:00:00Z", "overlap").await;
    skip(&desk, "social", "2026-01-06T03:10:00Z", "overlap").await;
    skip(&desk, "poems", "2026-01-06T01:00:00Z", "paused").await;
    minutes(61);
    assert!(desk.store.finish_run(run).await.unwrap());

    let seven = "2026-01-06T07:00:00Z"
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap();
    desk.pass((seven - desk.now()).to_std().unwrap());
    for name in ["explainers", "ads", "social"] {
        decided(&desk, name).await;
    }
    let raised = sqlx::query("update drafts set priority = 97 where kept and run_id = $1");
    raised.bind(run).execute(&desk.pool).await.unwrap();
    // The queue has a copy.
    let raised = sqlx::query("update review_items set priority = 97 where run_id = $1");
    raised.bind(run).execute(&desk.pool).await.unwrap();
    desk
}
