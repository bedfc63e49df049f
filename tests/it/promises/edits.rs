//! P18: what is edited while it goes.

use nightdesk::domain::campaign::{CampaignSpec, Overlap, Redraft};
use sqlx::PgPool;

use super::say;
use crate::promises::firing::{Schedulers, daily};
use crate::support::{Desk, brief};

#[sqlx::test(migrations = "./migrations")]
async fn an_edited_schedule_begins_now(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    let daily = |name: &str, schedule: &str| CampaignSpec {
        overlap: Overlap::Allow,
        ..daily(name, schedule)
    };
    desk.apply(&daily("nightly", "0 13 * * *")).await.unwrap();
    let mut schedulers = Schedulers::new(&desk, 1);
    // It is noon. The old schedule fires at one; the new one would have at 11:30, and does at two.
    schedulers.pass_hours(1.5).await;
    assert_eq!(desk.slot_times().await, ["13:00 fired"]);
    desk.apply(&daily("nightly", "30 11,13 * * *"))
        .await
        .unwrap();
    desk.apply(&daily("nightly", "0 11,13,14 * * *"))
        .await
        .unwrap();
    schedulers.pass_hours(1.0).await;
    assert_eq!(
        desk.slot_times().await,
        ["13:00 fired", "14:00 fired"],
        "neither what the new schedule missed nor what the old one fired"
    );
    let versions: Vec<i32> =
        sqlx::query_scalar("select schedule_version from slots order by instant")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(versions, [1, 3]);
    say("P18", "3 schedules, 2 slots, no back-fill");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_keeps_the_spec_it_was_made_with(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    desk.apply(&daily("nightly", "0 13 * * *")).await.unwrap();
    let mut schedulers = Schedulers::new(&desk, 1);
    schedulers.pass_hours(1.0).await;
    let mut edited = daily("nightly", "0 13 * * *");
    edited.draft.max_tokens = 9;
    desk.apply(&edited).await.unwrap();
    let run = desk.store.runs(None, 1).await.unwrap().remove(0);
    let pinned = desk.store.pinned_run(run.id).await.unwrap();
    assert_eq!(
        pinned.spec.draft.max_tokens,
        daily("n", "@daily").draft.max_tokens
    );
    assert_eq!(
        desk.slot_times().await,
        ["13:00 fired"],
        "other edits move no cursor"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_slot_that_somebody_wrote_by_hand_is_not_fired(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    let spec = CampaignSpec {
        overlap: Overlap::Allow,
        select: nightdesk::domain::campaign::Select {
            redraft: Redraft::Always,
            ..Default::default()
        },
        ..daily("nightly", "0 13,14 * * *")
    };
    desk.apply(&spec).await.unwrap();
    let by_hand = "insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, reason)
        select gen_random_uuid(), id, '2026-01-05T13:00', '2026-01-05T13:00Z', 1, 'skipped', 'paused' from campaigns";
    sqlx::query(by_hand).execute(&desk.pool).await.unwrap();
    let mut schedulers = Schedulers::new(&desk, 2);
    schedulers.pass_hours(2.5).await;
    assert_eq!(desk.slot_times().await, ["13:00 paused", "14:00 fired"]);
    assert_eq!(desk.store.runs(None, 9).await.unwrap().len(), 1);
}
