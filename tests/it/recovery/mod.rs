//! What survives when the program, its signals or its database fail: the real binary on the real model.

mod database;
mod kills;
mod pooler;
mod read_only;
mod replies;
mod roles;
mod signals;
mod silence;

use nightdesk::domain::run::Run;
use nightdesk::store::{Audit, Store};
use sqlx::{ConnectOptions, PgPool};

use crate::support::{Project, assert_audit, until};

/// Short texts, two a brief, every brief in every run.
fn campaign(max_tokens: u32) -> String {
    format!(
        r#"
        name = "explainers"
        [select]
        redraft = "always"
        [draft]
        template = "news/line"
        model = "smollm2-135m-instruct"
        candidates = 2
        max_tokens = {max_tokens}
        seed = 7
        "#
    )
}

/// Few rows, so that a run has many batches; leases short enough to wait for, and long enough for
/// the heartbeats of a busy machine.
const RUN: [&str; 8] = [
    "run",
    "explainers",
    "--max-rows",
    "4",
    "--threads",
    "2",
    "--lease-s",
    "3",
];

/// A test's database and its project.
struct Night {
    pool: PgPool,
    store: Store,
    project: Project,
}

impl Night {
    async fn new(pool: PgPool, max_tokens: u32, briefs: usize) -> Self {
        let url = pool.connect_options().to_url_lossy().to_string();
        let project = Project::new(&url, &campaign(max_tokens), briefs).await;
        let store = Store::from_pool(pool.clone());
        Self {
            pool,
            store,
            project,
        }
    }

    /// The newest run, once there is one.
    async fn run(&self) -> Run {
        until("a run", async || {
            self.store.runs(None, 1).await.expect("runs").pop()
        })
        .await
    }

    /// The newest run, once so many of its items are done.
    async fn run_with_done(&self, done: i64) -> Run {
        until("items to be done", async || {
            let run = self.store.runs(None, 1).await.expect("runs").pop();
            run.filter(|run| run.counts.done >= done)
        })
        .await
    }

    /// The audit of a run, which has to balance.
    async fn audit(&self, run: &Run) -> Audit {
        let audit = self.store.audit(run.id).await.expect("an audit");
        assert_audit(&audit);
        audit
    }

    async fn count(&self, query: &'static str) -> i64 {
        let count = sqlx::query_scalar(query);
        count.fetch_one(&self.pool).await.expect("a count")
    }
}
