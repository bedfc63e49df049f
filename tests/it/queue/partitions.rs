//! The queue's partitions: an old queue becomes the first of them, months get theirs once, and a month
//! without one is no harm.

use std::time::Duration;

use nightdesk::store::Partitions;
use sqlx::{PgPool, raw_sql};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Desk, LEASE, done, until};

const DAY: Duration = Duration::from_hours(24);

/// The schema is made in the real month; so many days later no month has a partition, whenever this runs.
const LATER: u32 = 20 * 365;

/// Steps of the schema up to one and that one, so that a test can stand between them.
fn steps() -> (Vec<String>, String) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let is_ours = |path: &std::path::PathBuf| path.ends_with("0009_partitions.sql");
    let ours = files.iter().position(is_ours).unwrap();
    (files[..ours].iter().map(read).collect(), read(&files[ours]))
}

async fn sql(pool: &PgPool, statements: String) {
    raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(pool)
        .await
        .unwrap();
}

async fn count(pool: &PgPool, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(pool).await.unwrap()
}

/// A queue as the step before left it: one run of this month with an item done and drafted and one ready,
/// and one made by a host whose clock is half a year ahead.
const OLD_QUEUE: &str = "
    insert into campaigns (id, name, spec) values (gen_random_uuid(), 'nightly', '{}');
    insert into templates (sha256, name, source) values (repeat('a', 64), 't', '');
    insert into models (sha256, name, context_limit) values (repeat('b', 64), 'm', 1);
    insert into briefs (id, external_ref, revision, kind, topic, language, tags, priority, sha256)
        select gen_random_uuid(), ref, 1, 'social', 'x', 'en', '{}', 0, repeat('c', 64) from unnest(array['a', 'b']) as ref;
    insert into brief_revisions (brief_id, revision, content, sha256) select id, 1, '{}', sha256 from briefs;
    create function id_at(at timestamptz) returns uuid language sql return
        (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000001')::uuid;
    insert into runs (id, campaign_id, spec, template_sha256, model_sha256)
        select id_at(at), c.id, '{}', repeat('a', 64), repeat('b', 64)
        from campaigns c, unnest(array[now(), now() + interval '6 months']) as at;
    insert into work_items (run_id, brief_id, brief_revision, position) select r.id, b.id, 1, 1 from runs r, briefs b;
    insert into batches (id, run_id, worker, alone, lease_until)
        select gen_random_uuid(), id, 'w', false, now() from runs where id = id_at(now());
    update work_items w set state = 'done', finished_at = now(), batch_id = b.id, epoch = 1 from batches b
        where w.run_id = b.run_id and brief_id = (select id from briefs where external_ref = 'a');
    insert into drafts (id, run_id, brief_id, brief_revision, candidate_no, rank, kept, text, priority, score_card_version,
            gates, finish_reason, template_sha256, model_sha256, runtime, params, seed, prompt_tokens, token_ids, logprobs,
            timings_ms, batch_id)
        select gen_random_uuid(), run_id, brief_id, 1, 0, 1, true, 'text', 50, '1', '[]', 'stop', repeat('a', 64),
            repeat('b', 64), 'r', '{}', 1, 1, '{}', '{}', '{}', batch_id from work_items where state = 'done';";

#[sqlx::test(migrations = false)]
async fn the_queue_of_an_older_binary_becomes_the_first_partition(pool: PgPool) {
    let (before, ours) = steps();
    for step in before {
        sql(&pool, step).await;
    }
    // One transaction, in which `now()` is one instant.
    sql(&pool, format!("begin; {OLD_QUEUE} commit;")).await;
    sql(&pool, ours).await;
    let places: Vec<(String, String, i64)> = sqlx::query_as(
        "select tableoid::regclass::text, state, count(*) from work_items group by 1, 2 order by 1, 2",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let place = |table: &str, state: &str, rows| (table.to_owned(), state.to_owned(), rows);
    assert_eq!(
        places,
        [
            place("work_items_before", "done", 1),
            place("work_items_before", "ready", 1),
            place("work_items_default", "ready", 2),
        ],
        "nothing is lost, and what is ahead has a place too"
    );
    // What that binary goes on saying: its insert, its claim by state, its end of a batch.
    for statement in [
        "insert into runs (id, campaign_id, spec, template_sha256, model_sha256)
             select id_at(now() + interval '1 month'), id, '{}', repeat('a', 64), repeat('b', 64) from campaigns",
        "insert into work_items (run_id, brief_id, brief_revision, position)
             select r.id, b.id, b.revision, row_number() over () from briefs b, runs r
             where not exists (select from work_items w where w.run_id = r.id)",
        "with chosen as materialized (
             select w.run_id, w.brief_id from work_items w join runs r on r.id = w.run_id
             where w.state = 'ready' order by w.crashes, w.position limit 9
             for no key update of w skip locked for no key update of r)
         update work_items w set state = 'leased', batch_id = (select id from batches), epoch = w.epoch + 1
         from chosen where w.run_id = chosen.run_id and w.brief_id = chosen.brief_id and w.state = 'ready'",
        "update batches set ended_at = now() where not exists (
             select from work_items where batch_id = batches.id and state = 'leased')",
    ] {
        sql(&pool, statement.to_owned()).await;
    }
    let leased = "select count(*) from work_items where state = 'leased'";
    assert_eq!(count(&pool, leased).await, 5);

    let deleted =
        sqlx::query("delete from runs where exists (select from drafts where run_id = runs.id)")
            .execute(&pool)
            .await;
    let refused = deleted.unwrap_err().to_string();
    assert!(refused.contains("has drafts and stays"), "{refused}");
    sql(
        &pool,
        "delete from runs where drafts = 0 and id > id_at(now() + interval '1 day')".to_owned(),
    )
    .await;
    let left = "select count(*) from work_items";
    assert_eq!(
        count(&pool, left).await,
        2,
        "a run without drafts takes its items along"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_month_gets_its_partition_once_whoever_asks(pool: PgPool) {
    let desk = Desk::open(pool).await;
    assert_eq!(
        desk.store.ensure_partitions().await.unwrap(),
        Partitions::Made(0)
    );
    desk.pass(DAY * LATER);
    let mut asking = JoinSet::new();
    for _ in 0..6 {
        let store = desk.store.clone();
        asking.spawn(async move { store.ensure_partitions().await.unwrap() });
    }
    let answers = asking.join_all().await;
    let made = answers.iter().map(|answer| match answer {
        Partitions::Made(made) => *made,
        Partitions::Busy => 0,
    });
    assert_eq!(made.sum::<i32>(), 3, "{answers:?}");
    let all: Vec<String> = sqlx::query_scalar("select name from work_item_partitions order by 1")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    let months = [
        "work_items_2045_12",
        "work_items_2046_01",
        "work_items_2046_02",
    ];
    assert!(
        months
            .iter()
            .all(|month| all.iter().any(|name| name == month)),
        "{all:?}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn runs_of_a_month_without_partition_are_kept_and_move_into_it(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    let late: Uuid = sqlx::query_scalar("select uuid_floor('2031-05-20')")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    for statement in [
        "insert into runs (id, campaign_id, spec, template_sha256, model_sha256)
             select $1, campaign_id, spec, template_sha256, model_sha256 from runs where id = $2",
        "insert into work_items (run_id, brief_id, brief_revision, position)
             select $1, brief_id, brief_revision, position from work_items where run_id = $2",
    ] {
        let insert = sqlx::query(statement).bind(late).bind(run);
        insert.execute(&desk.pool).await.unwrap();
    }
    let lease = desk.claim(late, 1).await.expect("a lease");
    let place = async || -> String {
        let place = "select min(tableoid::regclass::text) from work_items where run_id = $1";
        let place = sqlx::query_scalar(place).bind(late);
        place.fetch_one(&desk.pool).await.unwrap()
    };
    assert_eq!(place().await, "work_items_default");
    let may: chrono::DateTime<chrono::Utc> = "2031-05-21T00:00:00Z".parse().unwrap();
    desk.pass((may - desk.now()).to_std().unwrap());
    assert_eq!(
        desk.store.ensure_partitions().await.unwrap(),
        Partitions::Made(3)
    );
    assert_eq!(place().await, "work_items_2031_05");
    // The lease has run out meanwhile, but nobody has swept it: the fence still holds after the move.
    let committed = desk.commit(late, &lease, &[done(&lease.items[0])]).await;
    assert_eq!((committed.done, committed.stale), (1, 0));
    assert_eq!(desk.states(late).await, ["done", "ready", "ready"]);
    desk.audit(late).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_busy_queue_is_not_held_up_for_a_new_month(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    desk.pass(DAY * LATER);
    let mut reader = desk.pool.begin().await.unwrap();
    sqlx::query("select count(*) from work_items")
        .execute(&mut *reader)
        .await
        .unwrap();
    assert_eq!(
        desk.store.ensure_partitions().await.unwrap(),
        Partitions::Busy
    );
    assert!(
        desk.claim(run, 1).await.is_some(),
        "and nobody waits behind it"
    );
    reader.commit().await.unwrap();
    assert_eq!(
        desk.store.ensure_partitions().await.unwrap(),
        Partitions::Made(3)
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn every_partition_has_the_settings_that_the_table_cannot_have(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.pass(DAY * LATER);
    desk.store.ensure_partitions().await.unwrap();
    let without = "select count(*) from work_item_partitions p join pg_class c on c.oid = p.partition
        where not coalesce(c.reloptions @> array['autovacuum_vacuum_scale_factor=0', 'autovacuum_vacuum_cost_delay=0'], false)";
    assert_eq!(count(&desk.pool, without).await, 0);
    let all = "select count(*) from work_item_partitions";
    assert_eq!(count(&desk.pool, all).await, 7);
}

/// Statistics are told when a connection has been idle for a while, so the test waits for them.
#[sqlx::test(migrations = "./migrations")]
async fn heartbeats_and_counters_are_hot_updates(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(60).await;
    let lease = desk.claim(run, 60).await.unwrap();
    for item in &lease.items {
        desk.pass(Duration::from_secs(1));
        let kept = desk
            .store
            .heartbeat(&[lease.batch_id], LEASE)
            .await
            .unwrap();
        assert_eq!(kept, [lease.batch_id]);
        desk.commit(run, &lease, &[done(item)]).await;
    }
    for (table, updates) in [("batches", 60), ("runs", 60)] {
        let hot = until("the statistics", async || {
            let told: (i64, i64) = sqlx::query_as(
                "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = $1",
            )
            .bind(table)
            .fetch_one(&desk.pool)
            .await
            .unwrap();
            (told.0 >= updates).then_some(told)
        })
        .await;
        // Not all: ends change an index, and a busy machine cleans a page later.
        assert!(hot.1 * 4 >= hot.0 * 3, "{table}: {hot:?}");
    }
}
