//! P9: whatever the clock does, nothing fires twice or early; and none that was wrong silences a campaign for good.

use std::time::Duration;

use chrono::{DateTime, Utc};
use nightdesk::domain::campaign::{CampaignSpec, Overlap, Redraft};
use sqlx::PgPool;

use super::firing::{Schedulers, daily};
use super::say;
use crate::support::{Desk, brief, done};

fn spec(schedule: &str) -> CampaignSpec {
    let mut spec = daily("nightly", schedule);
    spec.overlap = Overlap::Allow;
    spec.select.redraft = Redraft::Always;
    spec
}

impl Desk {
    /// A scheduler that is started now looks once: it has seen no clock jump.
    async fn start_a_scheduler(&self) {
        Schedulers::new(self, 1).look().await;
    }

    async fn fired(&self) -> Vec<DateTime<Utc>> {
        let sql = "select instant from slots where status = 'fired' order by instant";
        let fired = sqlx::query_scalar(sql).fetch_all(&self.pool).await;
        fired.expect("slots")
    }

    /// Runs of a slot that has another run too, and fired slots without their run: both are none.
    async fn wrong_runs(&self) -> i64 {
        let sql = "select (select count(*) from (select from runs where slot is not null group by campaign_id, slot having count(*) > 1) as twice)
            + (select count(*) from slots s where s.status = 'fired' and not exists (select from runs r where r.id = s.run_id))";
        let counted = sqlx::query_scalar(sql).fetch_one(&self.pool).await;
        counted.expect("a number")
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_database_whose_clock_jumps_fires_nothing_twice_and_nothing_early(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    let mut spec = daily("nightly", "*/10 * * * *");
    spec.overlap = Overlap::Allow;
    desk.apply(&spec).await.unwrap();
    let mut schedulers = Schedulers::new(&desk, 3);
    schedulers.look().await;
    let noon = desk.now();
    let year = Duration::from_hours(24 * 365);
    for jump in [
        Duration::from_mins(1),
        Duration::from_mins(50),
        Duration::from_hours(2),
        year,
    ] {
        desk.pass(jump);
        let held = schedulers.look().await;
        assert_eq!(
            held,
            jump > Duration::from_hours(1),
            "after a jump of {jump:?}"
        );
        desk.set(noon);
        schedulers.look().await;
        desk.set(noon - jump);
        schedulers.look().await;
        desk.set(noon);
    }
    // Fifty minutes ahead, 12:50 was made up for, and the cursor stays there.
    assert_eq!(
        desk.number("select count(*) from slots where status = 'fired'")
            .await,
        1
    );
    assert_eq!(
        desk.number("select count(*) from slots where instant <= '2026-01-05T12:00Z'")
            .await,
        0
    );
    desk.set(noon + Duration::from_hours(1));
    Schedulers::new(&desk, 3).look().await;
    assert_eq!(
        desk.number("select count(*) from slots where status = 'fired'")
            .await,
        2
    );
    // A year ahead from the start of a scheduler: nobody can know. One slot, not fifty thousand.
    desk.set(noon + year);
    for _ in 0..8 {
        Schedulers::new(&desk, 2).look().await;
    }
    assert_eq!(
        desk.number("select count(*) from slots where status = 'fired'")
            .await,
        3
    );
    // Somebody puts the clock right and edits the campaign: it goes on at once, and repeats nothing.
    desk.set(noon + Duration::from_hours(2));
    Schedulers::new(&desk, 2).look().await;
    assert_eq!(
        desk.number("select count(*) from slots where status = 'fired'")
            .await,
        3
    );
    spec.schedule = Some("5 * * * *".to_owned());
    desk.apply(&spec).await.unwrap();
    desk.pass(Duration::from_mins(5));
    Schedulers::new(&desk, 2).look().await;
    assert_eq!(
        desk.number("select count(*) from slots where status = 'fired'")
            .await,
        4
    );
    say(
        "P9",
        "jumps of 1 min to a year, forward and back: 4 slots fired, none twice, none before the cursor",
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_clock_that_was_hours_ahead_silences_no_campaign(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    desk.apply(&spec("* * * * *")).await.unwrap();
    let noon = desk.now();
    let minute = Duration::from_mins(1);
    desk.set(noon + 120 * minute);
    desk.start_a_scheduler().await;
    assert_eq!(desk.fired().await.len(), 1, "the last of the 120");
    // The clock is put right. Nothing fires before the cursor, and that is told.
    desk.set(noon);
    let (silent, _) = Schedulers::new(&desk, 1).look_and_tell().await;
    assert_eq!(silent, ["nightly"]);
    desk.pass(minute);
    desk.start_a_scheduler().await;
    assert_eq!(desk.fired().await.len(), 1);
    let open = desk.store.slots(None, 200).await.unwrap();
    assert_eq!(open.iter().filter(|slot| slot.void).count(), 119);
    // Somebody edits the schedule: what the wrong clock skipped is due when it comes.
    desk.apply(&spec("*/1 * * * *")).await.unwrap();
    for _ in 0..5 {
        desk.pass(minute);
        desk.start_a_scheduler().await;
    }
    assert_eq!(desk.fired().await.len(), 6);
    // Nobody looks for a while: it is made up for as after any downtime, and the rows say what really was.
    desk.pass(10 * minute);
    desk.start_a_scheduler().await;
    assert_eq!(desk.fired().await.len(), 7);
    let past = "select count(*) from slots where instant <= nightdesk_now() and created_at > nightdesk_now()";
    let untrue: i64 = sqlx::query_scalar(past)
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    // The one before the edit was decided by the wrong clock, and its time is over.
    assert_eq!(untrue, 1);
    // What really fired under the wrong clock does not fire again.
    let ahead = noon + 120 * minute;
    let last = *desk.fired().await.last().unwrap();
    assert!(
        (last - ahead).abs() < chrono::TimeDelta::minutes(1),
        "{last}"
    );
    desk.set(last - minute);
    desk.start_a_scheduler().await;
    let before = desk.fired().await.len();
    desk.set(last);
    desk.start_a_scheduler().await;
    assert_eq!(desk.fired().await.len(), before);
    assert_eq!(desk.wrong_runs().await, 0);
    say(
        "P9",
        "2 h ahead: 119 slots skipped before their time fire when it comes, 1 that fired does not again",
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_clock_that_was_a_year_ahead_silences_no_campaign(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    desk.apply(&spec("30 2 * * *")).await.unwrap();
    let (noon, day) = (desk.now(), Duration::from_hours(24));
    desk.set(noon + 365 * day);
    desk.start_a_scheduler().await;
    desk.set(noon);
    desk.start_a_scheduler().await;
    let resumed = desk.store.resume_campaign("nightly", "kim").await.unwrap();
    assert!(!resumed.was_paused);
    assert!(
        resumed
            .was_silent_until
            .is_some_and(|until| until >= noon + 364 * day)
    );
    for _ in 0..3 {
        desk.pass(day);
        desk.start_a_scheduler().await;
    }
    let fired = desk.fired().await;
    let nights: Vec<String> = fired
        .iter()
        .map(|at| at.format("%Y-%m-%d %H:%M").to_string())
        .collect();
    assert_eq!(
        nights,
        [
            "2026-01-06 02:30",
            "2026-01-07 02:30",
            "2026-01-08 02:30",
            "2027-01-05 02:30"
        ]
    );
    assert_eq!(desk.wrong_runs().await, 0);
    // A second time there is nothing to put right.
    let again = desk.store.resume_campaign("nightly", "kim").await.unwrap();
    assert_eq!(again, nightdesk::store::Resumed::default());
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_skipped_in_its_time_stays_skipped_when_the_cursor_goes_back(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    desk.apply(&spec("0 * * * *")).await.unwrap();
    let noon = desk.now();
    desk.store.pause_campaign("nightly", "kim").await.unwrap();
    desk.pass(Duration::from_mins(61));
    desk.start_a_scheduler().await;
    desk.store.resume_campaign("nightly", "kim").await.unwrap();
    let told = async || desk.slot_times().await;
    assert_eq!(told().await, ["13:00 paused"]);
    // A cursor that is put back by hand finds it decided.
    sqlx::query("update campaigns set cursor = $1")
        .bind(noon)
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.start_a_scheduler().await;
    assert_eq!(told().await, ["13:00 paused"]);
    // The clock falls behind, the campaign is edited, the clock is put right: the same.
    let now = desk.now();
    desk.set(noon + Duration::from_mins(30));
    desk.apply(&spec("*/30 * * * *")).await.unwrap();
    desk.set(now);
    desk.start_a_scheduler().await;
    assert_eq!(told().await, ["13:00 paused"]);
    desk.set(now + Duration::from_mins(30));
    desk.start_a_scheduler().await;
    assert_eq!(told().await, ["13:00 paused", "13:30 fired"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_made_while_the_clock_ran_ahead_is_drafted_all_the_same(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&["a", "b", "c"].map(brief)).await;
    let mut nightly = daily("nightly", "30 2 * * *");
    nightly.select.redraft = Redraft::Always;
    desk.apply(&nightly).await.unwrap();
    let (noon, day) = (desk.now(), Duration::from_hours(24));
    desk.set(noon + 365 * day);
    desk.start_a_scheduler().await;
    // A worker of that time dies with one item, another one lives, and the run is parked.
    let run: uuid::Uuid = sqlx::query_scalar("select id from runs")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    desk.claim(run, 1).await.unwrap();
    let held = desk.claim(run, 1).await.unwrap();
    desk.store.park_run(run, "nothing answers").await.unwrap();
    // The clock is put right: the run does not wait for a year, and keeps no other from firing.
    desk.set(noon);
    desk.store.resume_campaign("nightly", "kim").await.unwrap();
    // Nobody knows yet which of the two holders lives; the one that does says so, and the other's lease runs out.
    assert_eq!(desk.store.expire_leases(None, &[]).await.unwrap(), 0);
    let lives = [held.batch_id];
    let length = Duration::from_mins(30);
    assert_eq!(desk.store.heartbeat(&lives, length).await.unwrap(), lives);
    desk.pass(Duration::from_mins(5));
    assert_eq!(desk.store.expire_leases(None, &[]).await.unwrap(), 1);
    let outcomes: Vec<_> = held.items.iter().map(done).collect();
    desk.commit(run, &held, &outcomes).await;
    let next = nightdesk::store::Scope {
        run_id: None,
        model_sha256: None,
        except: &[],
    };
    assert!(desk.store.next_run(next).await.unwrap().is_some());
    desk.draft_all(run).await;
    let ended = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(ended.counts.open(), 0, "{ended:?}");
    desk.pass(day);
    desk.start_a_scheduler().await;
    assert_eq!(desk.fired().await.len(), 2);
}
