//! A database to measure in, what a stretch of work cost it, and the figures.

use std::str::FromStr;
use std::time::Instant;

use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, raw_sql};

use crate::tell;

/// A database of this measurement's own.
pub(crate) struct Database {
    pub(crate) pool: PgPool,
    /// Its address.
    pub(crate) url: String,
    admin: PgConnectOptions,
    name: String,
}

impl Database {
    /// Makes it with the schema, and refuses a server that promises less than the figures claim.
    pub(crate) async fn make(url: &str) -> Self {
        let admin = PgConnectOptions::from_str(url).expect("an address");
        let name = format!("bench_queue_{}", std::process::id());
        let mut connection = PgConnection::connect_with(&admin).await.expect("a server");
        let made = format!("create database {name}");
        raw_sql(AssertSqlSafe(made))
            .execute(&mut connection)
            .await
            .expect("a database");
        let (base, query) = url
            .split_once('?')
            .map_or((url, String::new()), |(base, query)| {
                (base, format!("?{query}"))
            });
        let (server, _) = base.rsplit_once('/').expect("a database in the address");
        let url = format!("{server}/{name}{query}");
        let options = PgConnectOptions::from_str(&url).expect("an address");
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await
            .expect("a pool");
        let database = Self {
            pool,
            url,
            admin,
            name,
        };
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value: String = sqlx::query_scalar("select current_setting($1)")
                .bind(setting)
                .fetch_one(&database.pool)
                .await
                .expect("a setting");
            assert_eq!(
                value, "on",
                "`{setting}` has to be on, or the figures promise too much"
            );
        }
        database
    }

    /// Runs statements of which nothing is asked.
    pub(crate) async fn sql(&self, statements: &str) {
        let statements = AssertSqlSafe(statements.to_owned());
        raw_sql(statements).execute(&self.pool).await.expect("done");
    }

    pub(crate) async fn drop(self) {
        self.pool.close().await;
        let mut connection = PgConnection::connect_with(&self.admin)
            .await
            .expect("a server");
        let gone = format!("drop database if exists {} with (force)", self.name);
        let gone = raw_sql(AssertSqlSafe(gone));
        gone.execute(&mut connection).await.expect("dropped");
    }

    /// Begins a stretch of work.
    pub(crate) async fn begin(&self) -> Stretch<'_> {
        // Each measurement begins with the same: nothing left to write, nothing left to clean.
        self.sql("checkpoint").await;
        Stretch {
            database: self,
            wal: self.wal().await,
            commits: self.commits().await,
            began: Instant::now(),
        }
    }

    async fn wal(&self) -> f64 {
        sqlx::query_scalar("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8")
            .fetch_one(&self.pool)
            .await
            .expect("a position")
    }

    /// Transactions of this database so far. A connection tells its own a second late, so this waits.
    async fn commits(&self) -> i64 {
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
        sqlx::query_scalar(
            "select xact_commit from pg_stat_database where datname = current_database()",
        )
        .fetch_one(&self.pool)
        .await
        .expect("a count")
    }
}

/// A stretch of work.
pub(crate) struct Stretch<'d> {
    database: &'d Database,
    wal: f64,
    commits: i64,
    began: Instant,
}

/// What it cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Wall time in seconds.
    pub(crate) seconds: f64,
    /// Bytes of write-ahead log, the first image of each page after a checkpoint included.
    pub(crate) wal: f64,
    /// Transactions.
    pub(crate) commits: f64,
}

impl Stretch<'_> {
    pub(crate) async fn end(self) -> Cost {
        let seconds = self.began.elapsed().as_secs_f64();
        let wal = self.database.wal().await - self.wal;
        let commits = self.database.commits().await - self.commits;
        Cost {
            seconds,
            wal,
            commits: commits as f64,
        }
    }
}

/// Figures as scripts/bench/bench.py keeps them.
pub(crate) struct Figures(Vec<Value>);

impl Figures {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Notes one figure by its samples, and says it; gives the median.
    pub(crate) fn add(&mut self, name: &str, unit: &str, samples: &[f64]) -> f64 {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
        let median = sorted[sorted.len() / 2];
        tell(&format!(
            "  {name}: {median:.3} {unit} ({min:.3} to {max:.3})"
        ));
        self.0.push(json!({
            "name": name, "unit": unit, "median": median, "min": min, "max": max, "samples": samples,
            "command": "cargo bench --bench queue",
        }));
        median
    }

    /// Throughput, commits and log of several measurements of so many briefs; gives the median of the first.
    pub(crate) fn costs(&mut self, name: &str, briefs: i64, costs: &[Cost]) -> f64 {
        let each = |of: fn(&Cost) -> f64| costs.iter().map(of).collect::<Vec<_>>();
        let briefs = briefs as f64;
        let per_second: Vec<_> = each(|cost| cost.seconds)
            .iter()
            .map(|s| briefs / s)
            .collect();
        let wal: Vec<_> = each(|cost| cost.wal)
            .iter()
            .map(|bytes| bytes / briefs)
            .collect();
        let commits: Vec<_> = each(|cost| cost.commits)
            .iter()
            .map(|n| n / briefs)
            .collect();
        let median = self.add(name, "briefs/s", &per_second);
        self.add(&format!("{name}, write-ahead log"), "bytes/brief", &wal);
        self.add(&format!("{name}, transactions"), "/brief", &commits);
        median
    }

    /// A figure that was noted before.
    pub(crate) fn median(&self, name: &str) -> f64 {
        let figure = self.0.iter().find(|figure| figure["name"] == name);
        figure
            .and_then(|figure| figure["median"].as_f64())
            .unwrap_or(f64::NAN)
    }

    pub(crate) fn json(&self) -> Value {
        Value::Array(self.0.clone())
    }
}
