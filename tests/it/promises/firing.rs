//! P7, P10, P15: slots fire once, whatever the schedulers and the runs before them do.

use std::time::Duration;

use chrono::{DateTime, Utc};
use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::scheduler::{Pinning, PinsFuture, Scheduler};
use nightdesk::store::{Scheduled, Store};
use sqlx::PgPool;
use uuid::Uuid;

use super::{say, scale};
use crate::support::{Desk, brief, campaign, done, pins};

/// A campaign that fires as a crontab says, in UTC.
pub(super) fn daily(name: &str, schedule: &str) -> CampaignSpec {
    CampaignSpec {
        schedule: Some(schedule.to_owned()),
        ..campaign(name)
    }
}

/// Pins that are always there.
struct Always;

impl Pinning for Always {
    fn pins<'a>(
        &'a mut self,
        _: &'a Store,
        _: &'a Scheduled,
        _: &'a CampaignSpec,
    ) -> PinsFuture<'a> {
        Box::pin(std::future::ready(Ok(pins())))
    }
}

/// Schedulers that look whenever the test's clock has moved on a little.
pub(super) struct Schedulers<'a> {
    desk: &'a Desk,
    all: Vec<Scheduler>,
}

/// The clock moves by this much between two looks: less than what the clock guard holds.
const STEP: Duration = Duration::from_mins(30);

impl<'a> Schedulers<'a> {
    pub(super) fn new(desk: &'a Desk, count: usize) -> Self {
        let scheduler = || {
            let every = Duration::from_secs(1);
            Scheduler::new(desk.store.clone(), Box::new(Always), every)
        };
        Self {
            desk,
            all: (0..count).map(|_| scheduler()).collect(),
        }
    }

    /// Lets hours pass, and all look at once after every half of one.
    pub(super) async fn pass_hours(&mut self, hours: f64) {
        for _ in 0..(hours * 2.0).round() as usize {
            self.desk.pass(STEP);
            self.look().await;
        }
    }

    /// All look at once; whether one of them was held.
    pub(super) async fn look(&mut self) -> bool {
        self.look_and_tell().await.1
    }

    /// All look at once: the campaigns that a cursor ahead of the clock silences, and whether one of them was held.
    pub(super) async fn look_and_tell(&mut self) -> (Vec<String>, bool) {
        let mut looking = tokio::task::JoinSet::new();
        for mut scheduler in self.all.drain(..) {
            looking.spawn(async move {
                let round = scheduler.round().await.expect("a round");
                (scheduler, round)
            });
        }
        let (mut silent, mut held) = (Vec::new(), false);
        for (scheduler, round) in looking.join_all().await {
            self.all.push(scheduler);
            silent = round.silent;
            held |= round.held;
        }
        (silent, held)
    }

    /// Some look and are ended in the middle of it, as a kill would.
    async fn look_and_die(&mut self, after: Duration) {
        let mut looking = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let scheduler = Schedulers::new(self.desk, 1).all.remove(0);
            let mut scheduler = scheduler;
            looking.spawn(async move { scheduler.round().await.map(drop) });
        }
        tokio::time::sleep(after).await;
        looking.shutdown().await;
    }
}

impl Desk {
    /// `13:00 fired`, `14:00 overlap`, …, in their order.
    pub(super) async fn slot_times(&self) -> Vec<String> {
        let slots: Vec<(DateTime<Utc>, Option<String>)> =
            sqlx::query_as("select instant, reason from slots order by instant, campaign_id")
                .fetch_all(&self.pool)
                .await
                .expect("slots");
        slots
            .into_iter()
            .map(|(at, reason)| {
                format!(
                    "{} {}",
                    at.format("%H:%M"),
                    reason.unwrap_or("fired".to_owned())
                )
            })
            .collect()
    }

    pub(super) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.pool)
            .await
            .expect("a number")
    }
}

/// Many schedulers, some of which die in the middle of a round, over days; says what was found.
pub(super) async fn many_schedulers(desk: &Desk) -> Result<String, String> {
    let (campaigns, days, schedulers) = (scale(12, 200), scale(3, 30), scale(4, 8));
    desk.import(&["a", "b", "c"].map(brief)).await;
    for n in 0..campaigns {
        let mut spec = daily(
            &format!("campaign-{n:03}"),
            &format!("{} */6 * * *", n % 60),
        );
        spec.overlap = nightdesk::domain::campaign::Overlap::Allow;
        spec.select.redraft = nightdesk::domain::campaign::Redraft::Always;
        desk.apply(&spec).await.expect("applied");
    }
    let mut all = Schedulers::new(desk, schedulers);
    let mut deaths = 0;
    for half_hour in 0..days * 48_u64 {
        desk.pass(STEP);
        if half_hour % 4 == 1 {
            all.look_and_die(Duration::from_millis(half_hour % 23))
                .await;
            deaths += 2;
        }
        all.look().await;
    }
    let expected = (campaigns * days * 4) as i64;
    let slots = desk
        .number("select count(*) from slots where status = 'fired'")
        .await;
    let runs = desk.number("select count(*) from runs").await;
    let twice = desk
        .number("select count(*) from (select from runs group by campaign_id, slot having count(*) > 1) as twice")
        .await;
    let half_made = desk
        .number("select count(*) from runs r where (select count(*) from work_items w where w.run_id = r.id) <> 3")
        .await;
    let found = format!(
        "{schedulers} schedulers, {deaths} killed, {campaigns} campaigns, {days} days: {slots} of {expected} slots fired, {runs} runs, fired twice {twice}, half-made {half_made}"
    );
    let good = slots == expected && runs == expected && twice == 0 && half_made == 0;
    if good { Ok(found) } else { Err(found) }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_slot_fires_once_whatever_becomes_of_the_schedulers(pool: PgPool) {
    let desk = Desk::with_connections(pool, 12).await;
    match many_schedulers(&desk).await {
        Ok(found) => say("P7", &found),
        Err(found) => panic!("{found}"),
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn three_days_of_downtime_are_made_up_for_as_the_campaign_says(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    for (name, keys) in [
        ("latest", ""),
        ("skip", "catch_up = \"skip\"\n"),
        ("all-10", "catch_up = \"all\"\nmax_catch_up = 10\n"),
    ] {
        let source = format!(
            "name = \"{name}\"\nschedule = \"30 * * * *\"\n{keys}[draft]\ntemplate = \"a\"\nmodel = \"none\"\n"
        );
        desk.apply(&CampaignSpec::parse(&source, "a.toml").unwrap())
            .await
            .unwrap();
    }
    Schedulers::new(&desk, 1).look().await;
    desk.pass(Duration::from_hours(72));
    // A scheduler that is started after it: one that was alive would see a clock that jumped.
    Schedulers::new(&desk, 3).look().await;
    let counted: Vec<(String, i64, i64)> = sqlx::query_as(
        "select c.name, count(*) filter (where s.status = 'fired'), count(*) filter (where s.reason = 'catch_up')
         from campaigns c join slots s on s.campaign_id = c.id group by c.name order by c.name",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let counted: Vec<_> = counted
        .iter()
        .map(|(name, fired, skipped)| (name.as_str(), *fired, *skipped))
        .collect();
    assert_eq!(
        counted,
        [("all-10", 10, 62), ("latest", 1, 71), ("skip", 0, 72)]
    );
    say(
        "P10",
        "72 slots missed: latest fires 1, all(10) fires 10, skip 0; the others have their rows",
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_outlasts_its_period_lets_the_next_in_as_the_campaign_says(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    for overlap in ["skip", "buffer", "allow"] {
        let source = format!(
            "name = \"{overlap}\"\nschedule = \"0 * * * *\"\noverlap = \"{overlap}\"\n[select]\nredraft = \"always\"\n[draft]\ntemplate = \"a\"\nmodel = \"none\"\n"
        );
        desk.apply(&CampaignSpec::parse(&source, "a.toml").unwrap())
            .await
            .unwrap();
    }
    let mut schedulers = Schedulers::new(&desk, 2);
    schedulers.pass_hours(4.0).await;
    let counted: Vec<(String, i64, i64)> = sqlx::query_as(
        "select c.name, count(*) filter (where s.status = 'fired'), count(*) filter (where s.reason = 'overlap')
         from campaigns c join slots s on s.campaign_id = c.id group by c.name order by c.name",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let counted: Vec<_> = counted
        .iter()
        .map(|(name, fired, skipped)| (name.as_str(), *fired, *skipped))
        .collect();
    assert_eq!(counted, [("allow", 4, 0), ("buffer", 2, 2), ("skip", 1, 3)]);
    // The buffered one is claimed of only once the one before it has ended.
    let of_buffer = "select r.id from runs r join campaigns c on c.id = r.campaign_id where c.name = 'buffer' order by r.slot";
    let runs: Vec<Uuid> = sqlx::query_scalar(of_buffer)
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    let next = async |except: &[Uuid]| {
        let scope = nightdesk::store::Scope {
            run_id: None,
            model_sha256: None,
            except,
        };
        let mut found = Vec::new();
        let mut except = except.to_vec();
        while let Some(next) = desk
            .store
            .next_run(nightdesk::store::Scope {
                except: &except,
                ..scope
            })
            .await
            .unwrap()
        {
            found.push(next.run_id);
            except.push(next.run_id);
        }
        found
    };
    assert!(next(&[]).await.contains(&runs[0]) && !next(&[]).await.contains(&runs[1]));
    let lease = desk.claim(runs[0], 1).await.unwrap();
    desk.commit(runs[0], &lease, &[done(&lease.items[0])]).await;
    assert!(next(&[]).await.contains(&runs[1]));
    say(
        "P15",
        "4 slots during one run: skip fires 1, buffer 2, allow 4",
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_campaign_that_the_database_refuses_keeps_none_of_the_others_from_firing(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    for name in ["broken", "fine"] {
        desk.apply(&daily(name, "0 * * * *")).await.unwrap();
    }
    for sql in [
        "create function refuse() returns trigger language plpgsql as 'begin raise exception ''not this one''; end'",
        "create trigger refuse before insert on runs for each row when (new.spec ->> 'name' = 'broken') execute function refuse()",
    ] {
        sqlx::query(sql).execute(&desk.pool).await.unwrap();
    }
    Schedulers::new(&desk, 1).pass_hours(1.0).await;
    let fired: Vec<String> = sqlx::query_scalar(
        "select c.name from slots s join campaigns c on c.id = s.campaign_id where s.status = 'fired'",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert_eq!(fired, ["fine"]);
    let broken = desk.store.campaign("broken").await.unwrap();
    let trouble = broken.trouble.expect("it says why");
    assert!(trouble.contains("not this one"), "{trouble}");
}
