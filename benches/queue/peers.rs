//! Two peers as plain SQL on the same Postgres, with the same briefs and the same durability: claim loops in
//! the manner of `graphile_worker` and of `pgmq`.
//!
//! What they do: take up to N jobs with `for update skip locked`, hand out the brief's JSON, insert a draft of the
//! same length for each, and finish the job in the same transaction. What they do not do, and ours does: no fence
//! (whoever finishes last wins), no lease of a batch with a heartbeat, no state or error of each item, no isolation
//! of a brief that kills its worker, no counters of the run, no check whether the brief has expired, no unique key
//! and no provenance of a draft, no end of the run. They are a floor, not a product.

use tokio::task::JoinSet;

use crate::measure::{Cost, Database, Figures};
use crate::{BATCH, Size, TEXT};

const SCHEMA: &str = "
create schema peers;
create table peers.drafts (id uuid primary key default gen_random_uuid(), brief_id uuid not null, text text not null,
    created_at timestamptz not null default now());
-- As graphile_worker's jobs: one row a job, deleted when it is done.
create table peers.jobs (id bigint generated always as identity primary key, task text not null, payload jsonb not null,
    brief_id uuid not null, priority integer not null default 0, run_at timestamptz not null default now(),
    attempts integer not null default 0, max_attempts integer not null default 25, locked_by text, locked_at timestamptz,
    last_error text, is_available boolean generated always as (locked_at is null and attempts < max_attempts) stored not null);
create index jobs_main on peers.jobs (priority, run_at) include (id) where is_available;
-- As pgmq's queue and its archive: a message is invisible for a while, and moved when it is done.
create table peers.q (msg_id bigint generated always as identity primary key, read_ct integer not null default 0,
    enqueued_at timestamptz not null default now(), vt timestamptz not null, message jsonb not null);
create index q_vt on peers.q (vt);
create table peers.a (msg_id bigint primary key, read_ct integer not null, enqueued_at timestamptz not null,
    archived_at timestamptz not null default now(), vt timestamptz not null, message jsonb not null);
create index a_archived on peers.a (archived_at);";

/// A claim loop.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Peer {
    Graphile,
    Pgmq,
}

/// Both peers, and ours against them.
pub(crate) async fn run(database: &Database, size: Size, figures: &mut Figures) {
    database.sql(SCHEMA).await;
    let mut against = Vec::new();
    for (peer, name) in [
        (Peer::Graphile, "graphile_worker-style"),
        (Peer::Pgmq, "pgmq-style"),
    ] {
        for workers in [1, 2, 4] {
            let mut costs = Vec::new();
            for _ in 0..size.samples {
                costs.push(drain(database, peer, size.drafted, BATCH, workers).await);
            }
            let label = format!("{name} loop, {BATCH} at a time, {workers} workers");
            let median = figures.costs(&label, size.drafted, &costs);
            against.push((format!("{name}, {workers} workers"), workers, median));
        }
    }
    // Graphile's own default: a transaction to take a job, and one to finish it.
    let one_by_one = size.drafted / 16;
    let costs = [drain(database, Peer::Graphile, one_by_one, 1, 2).await];
    figures.costs(
        "graphile_worker-style loop, one at a time, 2 workers",
        one_by_one,
        &costs,
    );
    for (name, workers, theirs) in against {
        let ours = figures.median(&format!("queue, claim and commit, {workers} workers"));
        figures.add(&format!("queue against {name}"), "×", &[ours / theirs]);
    }
}

/// So many jobs, drafted to the last by so many workers.
async fn drain(database: &Database, peer: Peer, jobs: i64, batch: i64, workers: usize) -> Cost {
    let fill = match peer {
        Peer::Graphile => {
            "insert into peers.jobs (task, payload, brief_id) select 'draft', content, brief_id"
        }
        Peer::Pgmq => {
            "insert into peers.q (vt, message) select now(), content || jsonb_build_object('brief_id', brief_id)"
        }
    };
    database
        .sql(&format!(
            "truncate peers.jobs, peers.q, peers.a, peers.drafts;
            {fill} from (select * from brief_revisions order by brief_id limit {jobs}) as briefs"
        ))
        .await;
    database.sql("vacuum analyze peers.jobs").await;
    database.sql("vacuum analyze peers.q").await;
    // Connections of their own, closed at the end: only then does the server count their transactions.
    let mut pools = Vec::new();
    for _ in 0..workers {
        pools.push(sqlx::PgPool::connect(&database.url).await.expect("a pool"));
    }
    let stretch = database.begin().await;
    let mut working = JoinSet::new();
    for (n, pool) in pools.into_iter().enumerate() {
        let worker = format!("bench-{n}");
        working.spawn(async move {
            loop {
                let taken = match peer {
                    Peer::Graphile => take_jobs(&pool, &worker, batch).await,
                    Peer::Pgmq => read_messages(&pool, batch).await,
                };
                if taken.is_empty() {
                    break;
                }
                finish(&pool, peer, taken).await;
            }
            pool.close().await;
        });
    }
    working.join_all().await;
    let cost = stretch.end().await;
    let drafts: i64 = sqlx::query_scalar("select count(*) from peers.drafts")
        .fetch_one(&database.pool)
        .await
        .expect("a count");
    assert_eq!(drafts, jobs, "each was drafted once");
    cost
}

/// Id, brief and content of a job.
type Job = (i64, uuid::Uuid, serde_json::Value);

async fn take_jobs(pool: &sqlx::PgPool, worker: &str, batch: i64) -> Vec<Job> {
    sqlx::query_as(
        "with j as (
             select id from peers.jobs where is_available and run_at <= now()
             order by priority, run_at, id limit $1 for update skip locked)
         update peers.jobs set attempts = attempts + 1, locked_by = $2, locked_at = now()
         from j where jobs.id = j.id
         returning jobs.id, jobs.brief_id, jobs.payload",
    )
    .bind(batch)
    .bind(worker)
    .fetch_all(pool)
    .await
    .expect("jobs")
}

async fn read_messages(pool: &sqlx::PgPool, batch: i64) -> Vec<Job> {
    sqlx::query_as(
        "with cte as (
             select msg_id from peers.q where vt <= clock_timestamp()
             order by msg_id limit $1 for update skip locked)
         update peers.q m set vt = clock_timestamp() + interval '60 seconds', read_ct = read_ct + 1
         from cte where m.msg_id = cte.msg_id
         returning m.msg_id, (m.message ->> 'brief_id')::uuid, m.message",
    )
    .bind(batch)
    .fetch_all(pool)
    .await
    .expect("messages")
}

async fn finish(pool: &sqlx::PgPool, peer: Peer, jobs: Vec<Job>) {
    let ids: Vec<i64> = jobs.iter().map(|job| job.0).collect();
    let briefs: Vec<uuid::Uuid> = jobs.iter().map(|job| job.1).collect();
    let texts = vec!["x".repeat(TEXT); jobs.len()];
    let mut tx = pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into peers.drafts (brief_id, text) select * from unnest($1::uuid[], $2::text[])",
    )
    .bind(&briefs)
    .bind(&texts)
    .execute(&mut *tx)
    .await
    .expect("drafts");
    let done = match peer {
        Peer::Graphile => "delete from peers.jobs where id = any($1)",
        Peer::Pgmq => {
            "with archived as (
                 delete from peers.q where msg_id = any($1) returning msg_id, vt, read_ct, enqueued_at, message)
             insert into peers.a (msg_id, vt, read_ct, enqueued_at, message)
             select msg_id, vt, read_ct, enqueued_at, message from archived"
        }
    };
    sqlx::query(done)
        .bind(&ids)
        .execute(&mut *tx)
        .await
        .expect("done");
    tx.commit().await.expect("committed");
}
