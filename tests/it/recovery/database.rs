//! The database goes away in the middle of a run (P3, P4): a worker waits for it, and for how long.

use sqlx::PgPool;

use super::{Night, RUN};
use crate::support::{Proxy, until};

#[sqlx::test(migrations = "./migrations")]
async fn the_same_process_goes_on_after_every_connection_was_cut(pool: PgPool) {
    let night = Night::new(pool, 16, 7).await;
    let program = night.project.start(&RUN);
    for done in 1..=4 {
        night.run_with_done(done).await;
        let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                   where datname = current_database() and application_name = 'nightdesk'";
        assert!(night.count(cut).await > 0 || night.run().await.finished_at.is_some());
    }
    let ended = program.end().await;
    assert!(ended.status.success(), "{ended:?}");
    let audit = night.audit(&night.run().await).await;
    assert_eq!((audit.with_drafts, audit.drafts), (7, 14));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_same_process_goes_on_after_the_database_was_away(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let mut night = Night::new(pool, 16, 5).await;
    night.project = night.project.through(&proxy.url());
    let program = night.project.start(&RUN);
    night.run_with_done(1).await;
    proxy.close();
    until("the program to miss its database", async || {
        (proxy.refused() >= 3).then_some(())
    })
    .await;
    proxy.open();
    let ended = program.end().await;
    assert!(ended.status.success(), "{ended:?}");
    let run = night.run().await;
    let audit = night.audit(&run).await;
    assert_eq!(
        (audit.with_drafts, audit.quarantined, audit.drafts),
        (5, 0, 10)
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_lost_reply_to_a_commit_drafts_nothing_twice(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let mut night = Night::new(pool, 16, 5).await;
    night.project = night.project.through(&proxy.url());
    let program = night.project.start(&RUN);
    night.run_with_done(1).await;
    proxy.lose_next_commit();
    let ended = program.end().await;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(proxy.lost(), 1);
    let run = night.run().await;
    let audit = night.audit(&run).await;
    assert_eq!((audit.with_drafts, audit.drafts), (5, 10));
    assert_eq!(
        night
            .count("select sum(stale_commits)::bigint from runs")
            .await,
        0
    );
}

/// Slow by design: patience is half a minute.
#[sqlx::test(migrations = "./migrations")]
async fn a_database_that_stays_away_ends_the_command_and_keeps_the_drafts(pool: PgPool) {
    let proxy = Proxy::start(&pool.connect_options());
    let mut night = Night::new(pool, 16, 5).await;
    night.project = night.project.through(&proxy.url());
    let program = night.project.start(&RUN);
    let before = night.run_with_done(1).await;
    proxy.close();
    let ended = program.end().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!(ended.error_code(), "database.lost", "{ended:?}");
    let kept = night.audit(&before).await;
    assert!(kept.with_drafts >= before.counts.done);
    proxy.open();
    let rest = night.project.succeed(&RUN).await;
    assert_eq!(
        (&rest["id"], &rest["state"]),
        (&before.id.to_string().into(), &"completed".into())
    );
    assert_eq!(night.audit(&before).await.with_drafts, 5);
}
