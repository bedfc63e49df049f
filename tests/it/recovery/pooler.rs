//! A real PgBouncer in transaction mode between Nightdesk and Postgres.

use std::time::{Duration, Instant};

use nightdesk::domain::brief::Brief;
use nightdesk::domain::run::FailureKind;
use nightdesk::store::{SchemaState, Store, StoreError, Timeouts};
use sqlx::{ConnectOptions, PgPool};
use tokio::task::JoinSet;

use super::{Night, RUN};
use crate::support::{Desk, LEASE, Pooler, SERVERS, brief, campaign, done, failed};

const WORKERS: usize = 5;
const BRIEFS: usize = 60;

/// Some servers for many clients: every statement meets another server than the one before.
#[sqlx::test(migrations = "./migrations")]
async fn everything_works_through_pgbouncer_in_transaction_mode(pool: PgPool) {
    let Some(pooler) = Pooler::start(&pool.connect_options(), "").await else {
        return;
    };
    let mut stores = Vec::new();
    for _ in 0..WORKERS {
        let store = Store::connect(&pooler.url()).await.unwrap();
        assert!(store.is_pooled());
        store.require_schema().await.unwrap();
        stores.push(store);
    }
    let mut imports = JoinSet::new();
    for (n, store) in stores.iter().cloned().enumerate() {
        let briefs: Vec<Brief> = (n..BRIEFS)
            .step_by(WORKERS)
            .map(|n| brief(&format!("b-{n:02}")))
            .collect();
        imports.spawn(async move { store.import_briefs(&briefs).await.unwrap().new });
    }
    let imported: u64 = imports.join_all().await.into_iter().sum();
    assert_eq!(imported, BRIEFS as u64);
    let mut desk = Desk::in_real_time(pool.clone());
    desk.store = stores[0].clone();
    let opened = desk.open_run(&campaign("nightly")).await;
    assert_eq!(opened.items, BRIEFS as i64);

    let mut workers = JoinSet::new();
    for (n, store) in stores.iter().cloned().enumerate() {
        workers.spawn(async move { work(&store, opened.id, n).await });
    }
    let mut most = 0;
    loop {
        let servers = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and application_name = 'nightdesk'",
        );
        most = most.max(servers.fetch_one(&pool).await.unwrap());
        match tokio::time::timeout(Duration::from_millis(20), workers.join_next()).await {
            Ok(Some(worker)) => worker.unwrap(),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert!((1..=SERVERS).contains(&most), "{most} servers");
    let audit = desk.audit(opened.id).await;
    assert_eq!(
        (audit.with_drafts, audit.drafts, audit.quarantined),
        (BRIEFS as i64, 2 * BRIEFS as i64, 0)
    );
    assert_eq!(desk.stale_commits(opened.id).await, 0);
    for store in stores {
        store.close().await;
    }
    let log = pooler.log();
    assert!(!log.contains("prepared statement"), "{log}");
}

/// Claims, gives back, fails once, commits, until the run has ended.
async fn work(store: &Store, run: uuid::Uuid, name: usize) {
    let mut round = 0;
    while !store.finish_run(run).await.unwrap() {
        round += 1;
        store.expire_leases(Some(run), &[]).await.unwrap();
        let lease = store
            .claim(run, &format!("worker {name}"), 3, LEASE, 0)
            .await;
        let Some(lease) = lease.unwrap() else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        assert_eq!(
            store.lease(lease.batch_id).await.unwrap(),
            Some(lease.clone())
        );
        let held = store.heartbeat(&[lease.batch_id], LEASE).await.unwrap();
        assert_eq!(held, [lease.batch_id]);
        let outcomes: Vec<_> = match round % 4 {
            1 => lease.items[..1].iter().map(done).collect(),
            2 => lease.items[..1]
                .iter()
                .map(|item| match item.epoch {
                    1 => failed(item, FailureKind::Transient),
                    _ => done(item),
                })
                .collect(),
            _ => lease.items.iter().map(done).collect(),
        };
        let busy = Duration::from_millis(1);
        let committed = store.commit(run, lease.batch_id, &outcomes, busy).await;
        assert_eq!(committed.unwrap().stale, 0);
        store.release(lease.batch_id).await.unwrap();
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_pooler_is_recognised_whatever_it_does_with_settings(pool: PgPool) {
    let straight = pool.connect_options().to_url_lossy().to_string();
    assert!(!Store::connect(&straight).await.unwrap().is_pooled());
    let told = straight.replace("statement-cache-capacity=100", "statement-cache-capacity=0");
    assert!(Store::connect(&told).await.unwrap().is_pooled());
    for settings in [
        "",
        "ignore_startup_parameters = extra_float_digits, options",
    ] {
        let Some(pooler) = Pooler::start(&pool.connect_options(), settings).await else {
            return;
        };
        let store = Store::connect(&pooler.url()).await.unwrap();
        assert!(store.is_pooled(), "{settings}");
        assert_eq!(store.count_briefs().await.unwrap(), 0);
    }
}

/// The server's time limits hold although no session keeps them.
#[sqlx::test(migrations = "./migrations")]
async fn through_a_pooler_the_server_ends_what_waits_too_long(pool: PgPool) {
    let Some(pooler) = Pooler::start(&pool.connect_options(), "").await else {
        return;
    };
    let short = Timeouts {
        statement: Duration::from_millis(600),
        ..Timeouts::default()
    };
    let store = Store::connect_within(&pooler.url(), short).await.unwrap();
    let mut others = pool.begin().await.unwrap();
    sqlx::query("lock table briefs in access exclusive mode")
        .execute(&mut *others)
        .await
        .unwrap();
    let error = store.count_briefs().await.unwrap_err();
    assert!(error.may_pass() && !error.is_connection_lost(), "{error:?}");
    let message = error.problem().message;
    assert!(message.contains("lock timeout"), "{message}");
    others.commit().await.unwrap();
    assert_eq!(store.count_briefs().await.unwrap(), 0);
}

#[sqlx::test(migrations = false)]
async fn a_pooler_upgrades_no_schema_and_says_who_does(pool: PgPool) {
    let Some(pooler) = Pooler::start(&pool.connect_options(), "").await else {
        return;
    };
    let store = Store::connect(&pooler.url()).await.unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(
        matches!(refused, StoreError::MigrateThroughPooler { .. }),
        "{refused:?}"
    );
    let straight = Store::from_pool(pool);
    assert_eq!(straight.schema_state().await.unwrap(), SchemaState::Missing);
    assert_eq!(straight.migrate().await.unwrap(), SchemaState::Missing);
    assert_eq!(store.migrate().await.unwrap(), SchemaState::Current);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_night_of_the_real_program_works_through_pgbouncer(pool: PgPool) {
    let Some(pooler) = Pooler::start(&pool.connect_options(), "").await else {
        return;
    };
    let mut night = Night::new(pool, 8, 3).await;
    night.project = night.project.through(&pooler.url());
    let ended = night.project.succeed(&RUN).await;
    assert_eq!(
        (&ended["state"], &ended["drafts"]),
        (&"completed".into(), &6.into())
    );
    night.audit(&night.run().await).await;
    let listed = night.project.succeed(&["drafts", "list"]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
}

/// `cargo test --test it -- --ignored --nocapture milliseconds` prints milliseconds for each call.
#[sqlx::test(migrations = "./migrations")]
#[ignore = "measures and asserts nothing"]
async fn milliseconds_of_calls_with_and_without_a_pooler(pool: PgPool) {
    const ROUNDS: usize = 150;
    let Some(pooler) = Pooler::start(&pool.connect_options(), "").await else {
        return;
    };
    let straight = pool.connect_options().to_url_lossy().to_string();
    let unnamed = straight.replace("capacity=100", "capacity=0");
    let desk = Desk::in_real_time(pool);
    let run = desk.run_of(3 * 4 * ROUNDS).await;
    let mut ways = Vec::new();
    for (way, url) in [
        ("straight", straight),
        ("straight, no names", unnamed),
        ("PgBouncer", pooler.url()),
    ] {
        ways.push((
            way,
            Store::connect(&url).await.unwrap(),
            [Duration::ZERO; 3],
        ));
    }
    // In turn: claims get slower and faster with the age of the table.
    for _ in 0..ROUNDS {
        for (way, store, spent) in &mut ways {
            let began = Instant::now();
            let lease = store.claim(run, way, 4, LEASE, 0).await.unwrap().unwrap();
            let claimed = Instant::now();
            store.heartbeat(&[lease.batch_id], LEASE).await.unwrap();
            let beaten = Instant::now();
            let outcomes: Vec<_> = lease.items.iter().map(done).collect();
            let busy = Duration::ZERO;
            let committed = store.commit(run, lease.batch_id, &outcomes, busy).await;
            committed.unwrap();
            spent[0] += claimed - began;
            spent[1] += beaten - claimed;
            spent[2] += beaten.elapsed();
        }
    }
    for (way, _, spent) in ways {
        let [claim, heartbeat, commit] = spent.map(|time| time.as_secs_f64() * 1e3 / ROUNDS as f64);
        println!("{way:20} claim {claim:6.2}  heartbeat {heartbeat:6.2}  commit {commit:6.2}");
    }
}
