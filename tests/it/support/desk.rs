//! One test's database, with a clock that stands still until the test moves it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use nightdesk::domain::brief::Brief;
use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::store::{
    Audit, CampaignFile, Committed, ItemOutcome, Lease, OpenedRun, RunRequest, Store, StoreError,
};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::until;
use super::values::{brief, campaign, pins};

/// Length of every lease; nothing runs out by itself, because time passes only through [`Desk::pass`].
pub(crate) const LEASE: Duration = Duration::from_secs(15);

type Clock = Arc<Mutex<DateTime<Utc>>>;

/// A store on the test's own database.
pub(crate) struct Desk {
    pub(crate) pool: PgPool,
    pub(crate) store: Store,
    clock: Clock,
}

impl Desk {
    /// Opens the database that `#[sqlx::test]` made, by a pool in place of its own. Every connection is told the
    /// time when it is taken from that pool, so `nightdesk_now()` is the test's clock on all of them at once.
    pub(crate) async fn open(pool: PgPool) -> Self {
        let options = pool.options().clone();
        Self::pooled(pool, options).await
    }

    /// Opens the database by a pool of so many connections, for tests of many at once.
    pub(crate) async fn with_connections(pool: PgPool, most: u32) -> Self {
        let options = pool.options().clone().max_connections(most);
        Self::pooled(pool, options).await
    }

    async fn pooled(given: PgPool, options: PgPoolOptions) -> Self {
        let database = (*given.connect_options()).clone();
        given.close().await;
        let noon = "2026-01-05T12:00:00Z".parse().expect("an instant");
        let clock: Clock = Arc::new(Mutex::new(noon));
        let (new, used) = (Arc::clone(&clock), Arc::clone(&clock));
        let pool = options
            .after_connect(move |connection, _| Box::pin(tell_time(connection, Arc::clone(&new))))
            .before_acquire(move |connection, _| {
                let used = Arc::clone(&used);
                Box::pin(async move {
                    tell_time(connection, used).await?;
                    Ok(true)
                })
            })
            .connect_with(database)
            .await
            .expect("a database");
        let store = Store::from_pool(pool.clone());
        Self { pool, store, clock }
    }

    /// A desk on the database's own time, for workers and processes that have connections of their own.
    pub(crate) fn in_real_time(pool: PgPool) -> Self {
        Self {
            store: Store::from_pool(pool.clone()),
            pool,
            clock: Arc::new(Mutex::new(Utc::now())),
        }
    }

    /// Lets time pass, in the database only.
    pub(crate) fn pass(&self, time: Duration) {
        *self.clock.lock().expect("a clock") += time;
    }

    /// Sets the clock, forward or back, in the database only.
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        *self.clock.lock().expect("a clock") = now;
    }

    /// The database's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().expect("a clock")
    }

    /// Imports briefs, so that they are older than those of the next call.
    pub(crate) async fn import(&self, briefs: &[Brief]) {
        self.store.import_briefs(briefs).await.expect("imported");
        self.pass(Duration::from_secs(1));
    }

    /// Applies a campaign and opens a run of it.
    pub(crate) async fn open_run(&self, spec: &CampaignSpec) -> OpenedRun {
        self.try_open_run(spec, false).await.expect("a run")
    }

    /// Tries to open a run of a campaign; when `new`, without taking up an unfinished one.
    pub(crate) async fn try_open_run(
        &self,
        spec: &CampaignSpec,
        new: bool,
    ) -> Result<OpenedRun, StoreError> {
        self.apply(spec).await?;
        self.store.record_pins(&pins()).await?;
        let request = RunRequest {
            campaign_id: self.store.campaign(&spec.name).await?.id,
            spec,
            pins: &pins(),
            limit: None,
            new,
            actor: "test",
        };
        self.store.open_run(&request).await
    }

    /// Applies a campaign.
    pub(crate) async fn apply(&self, spec: &CampaignSpec) -> Result<(), StoreError> {
        let file = CampaignFile {
            spec: spec.clone(),
            file: "test.toml".to_owned(),
        };
        let nothing_is_gone = |_: &str| false;
        self.store
            .apply_campaigns(&[file], &nothing_is_gone, None)
            .await?;
        Ok(())
    }

    /// A run of new briefs `b-00`, `b-01`, …, claimed in this order.
    pub(crate) async fn run_of(&self, items: usize) -> Uuid {
        let briefs: Vec<Brief> = (0..items).map(|n| brief(&format!("b-{n:02}"))).collect();
        self.import(&briefs).await;
        let opened = self.open_run(&campaign("nightly")).await;
        assert_eq!(opened.items, items as i64);
        opened.id
    }

    /// Claims for a worker that has nothing else in hand.
    pub(crate) async fn claim(&self, run: Uuid, limit: i64) -> Option<Lease> {
        self.claim_with(run, limit, 0).await
    }

    /// Claims for a worker that has `in_hand` other items.
    pub(crate) async fn claim_with(&self, run: Uuid, limit: i64, in_hand: usize) -> Option<Lease> {
        let claimed = self.store.claim(run, "test", limit, LEASE, in_hand).await;
        claimed.expect("a claim")
    }

    /// Commits outcomes of a lease.
    pub(crate) async fn commit(
        &self,
        run: Uuid,
        lease: &Lease,
        outcomes: &[ItemOutcome],
    ) -> Committed {
        let committed = self
            .store
            .commit(run, lease.batch_id, outcomes, Duration::ZERO)
            .await;
        committed.expect("a commit")
    }

    /// The worker of every open lease falls silent, and the next one looks.
    pub(crate) async fn expire(&self, run: Uuid) -> usize {
        self.pass(LEASE + Duration::from_secs(1));
        self.store
            .expire_leases(Some(run), &[])
            .await
            .expect("looked")
    }

    /// `(external_ref, state, epoch, attempt, crashes, failures)` of a run's items, in their order.
    pub(crate) async fn items(&self, run: Uuid) -> Vec<Item> {
        sqlx::query_as(
            "select b.external_ref, w.state, w.epoch, w.attempt, w.crashes, w.failures
             from work_items w join briefs b on b.id = w.brief_id where w.run_id = $1 order by w.position",
        )
        .bind(run)
        .fetch_all(&self.pool)
        .await
        .expect("items")
    }

    /// The states alone.
    pub(crate) async fn states(&self, run: Uuid) -> Vec<String> {
        self.items(run)
            .await
            .into_iter()
            .map(|item| item.state)
            .collect()
    }

    /// Results that the run's fence refused.
    pub(crate) async fn stale_commits(&self, run: Uuid) -> i64 {
        sqlx::query_scalar("select stale_commits from runs where id = $1")
            .bind(run)
            .fetch_one(&self.pool)
            .await
            .expect("a run")
    }

    /// Waits until so many statements wait for locks that others hold.
    pub(crate) async fn until_waiting(&self, statements: i64) {
        until("statements to wait for locks", async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&self.pool)
            .await
            .expect("a count");
            (waiting >= statements).then_some(())
        })
        .await;
    }

    /// The run's audit, which has to balance whatever happened before.
    pub(crate) async fn audit(&self, run: Uuid) -> Audit {
        let audit = self.store.audit(run).await.expect("an audit");
        assert_audit(&audit);
        audit
    }
}

/// A queue row as tests compare it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Item {
    pub(crate) external_ref: String,
    pub(crate) state: String,
    pub(crate) epoch: i64,
    pub(crate) attempt: i32,
    pub(crate) crashes: i32,
    pub(crate) failures: i32,
}

async fn tell_time(connection: &mut sqlx::PgConnection, clock: Clock) -> Result<(), sqlx::Error> {
    let now = clock.lock().expect("a clock").to_rfc3339();
    let told = sqlx::query("select set_config('nightdesk.now', $1, false)").bind(now);
    told.execute(connection).await.map(drop)
}

/// Nothing lost, nothing twice, and the counters say what the rows say.
pub(crate) fn assert_audit(audit: &Audit) {
    assert_eq!(audit.inconsistent, 0, "{audit:?}");
    assert_eq!(
        audit.drafts, audit.distinct_drafts,
        "a draft exists twice: {audit:?}"
    );
    assert_eq!(
        audit.drafts, audit.counted_drafts,
        "the counter is off: {audit:?}"
    );
    let ended = audit.with_drafts + audit.quarantined + audit.pending;
    assert_eq!(
        audit.items, ended,
        "a brief is lost or counted twice: {audit:?}"
    );
}
