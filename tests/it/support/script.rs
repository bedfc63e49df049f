//! A script in the model's place: for tests of the queue, where what counts is what becomes of the items.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightdesk::domain::run::FailureKind;
use nightdesk::store::{ItemOutcome, LeasedItem, PinnedRun};
use nightdesk::worker::{Drafter, DrafterFuture, Drafters, Drafting, Ended, Worker, WorkerOptions};
use sqlx::PgPool;
use tokio::sync::watch;

use super::values::{done, failed, pins};

/// What the script does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Drafts it.
    Draft,
    /// Fails.
    Fail(FailureKind),
    /// Panics.
    Panic,
    /// Ends the process without a word, as a library's abort or the kernel's killer of processes out of memory does.
    Abort,
    /// Never returns.
    Hang,
}

type Behave = Arc<dyn Fn(&LeasedItem) -> Act + Send + Sync>;

/// Drafts by a script.
#[derive(Clone)]
pub(crate) struct Script {
    behave: Behave,
    /// How long an item takes.
    pace: Duration,
    /// Where each draft is written down before it begins, on a connection of its own.
    log: Option<PgPool>,
    hangs_since: Arc<Mutex<Option<Instant>>>,
    computed: Arc<AtomicU64>,
}

impl Script {
    pub(crate) fn new(behave: impl Fn(&LeasedItem) -> Act + Send + Sync + 'static) -> Self {
        Self {
            behave: Arc::new(behave),
            pace: Duration::from_millis(1),
            log: None,
            hangs_since: Arc::default(),
            computed: Arc::default(),
        }
    }

    /// Everything is drafted.
    pub(crate) fn drafts() -> Self {
        Self::new(|_| Act::Draft)
    }

    pub(crate) fn pace(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    /// Writes each draft down in the table of [`Script::make_log`].
    pub(crate) fn logged(self, log: PgPool) -> Self {
        Self {
            log: Some(log),
            ..self
        }
    }

    /// Makes the table that counts what was computed, beside the rows that count what was kept.
    pub(crate) async fn make_log(pool: &PgPool) {
        let table = "create table computed (run_ref text, epoch bigint, at timestamptz default clock_timestamp())";
        sqlx::query(table).execute(pool).await.expect("a table");
    }

    /// Items that were drafted here, kept or not.
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::SeqCst)
    }

    async fn act(&self, leased: LeasedItem) -> ItemOutcome {
        if let Some(log) = &self.log {
            let insert = "insert into computed (run_ref, epoch) values ($1, $2)";
            let logged = sqlx::query(insert)
                .bind(&leased.brief.external_ref)
                .bind(leased.epoch)
                .execute(log);
            // The database may be away; the log is then short of what was computed in vain.
            let _ = logged.await;
        }
        tokio::time::sleep(self.pace).await;
        self.computed.fetch_add(1, Ordering::SeqCst);
        match (self.behave)(&leased) {
            Act::Draft => done(&leased),
            Act::Fail(kind) => failed(&leased, kind),
            Act::Panic => panic!("as the script says"),
            Act::Abort => std::process::abort(),
            Act::Hang => {
                self.hangs_since
                    .lock()
                    .unwrap()
                    .get_or_insert_with(Instant::now);
                std::future::pending().await
            }
        }
    }
}

impl Drafter for Script {
    fn draft(&self, leased: LeasedItem) -> Drafting<'_> {
        Box::pin(self.act(leased))
    }

    fn rows(&self) -> usize {
        1
    }
}

impl Drafters for Script {
    fn open<'a>(&'a mut self, _: &'a PinnedRun) -> DrafterFuture<'a> {
        let drafter: Arc<dyn Drafter> = Arc::new(self.clone());
        Box::pin(std::future::ready(Ok(drafter)))
    }

    fn model(&self) -> Option<&str> {
        static MODEL: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| pins().model_sha256);
        Some(&MODEL)
    }

    fn has_stopped(&self) -> bool {
        false
    }

    fn step_running_for(&self) -> Option<Duration> {
        self.hangs_since
            .lock()
            .unwrap()
            .map(|since| since.elapsed())
    }

    fn generated_tokens(&self) -> u64 {
        self.computed()
    }
}

/// A worker of batches of 16 items that notices within moments what a real one notices within seconds.
pub(crate) fn script_options() -> WorkerOptions {
    WorkerOptions {
        name: format!("script:{}", std::process::id()),
        lease: Duration::from_secs(2),
        max_rows: 32,
        retry_for: Duration::from_mins(2),
        step_deadline: Duration::from_secs(1),
        poll: Duration::from_millis(50),
        turn: Duration::from_millis(100),
    }
}

/// Lets a worker work beside the test. On a thread of its own: its loop borrows what a task may not.
pub(crate) fn work_aside(
    worker: Worker,
    stopped: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<Ended> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let work = worker.work(stopped, &|_| ());
        runtime.block_on(work).expect("it works")
    })
}
