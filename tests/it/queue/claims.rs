//! Claiming: who gets which items.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::support::{Desk, done};

#[sqlx::test(migrations = "./migrations")]
async fn claims_never_overlap(pool: PgPool) {
    let desk = Arc::new(Desk::open(pool).await);
    let run = desk.run_of(60).await;
    let mut claimers = JoinSet::new();
    for _ in 0..8 {
        let desk = Arc::clone(&desk);
        claimers.spawn(async move {
            let mut mine = Vec::new();
            while let Some(lease) = desk.claim_with(run, 3, 1).await {
                assert!(!lease.isolated && lease.items.len() <= 3);
                mine.extend(
                    lease
                        .items
                        .into_iter()
                        .map(|item| (item.brief_id, item.epoch)),
                );
            }
            mine
        });
    }
    let claimed = claimers.join_all().await.concat();
    assert_eq!(claimed.len(), 60, "each item was claimed once");
    assert!(claimed.iter().all(|(_, epoch)| *epoch == 1));
    let different: HashSet<_> = claimed.into_iter().collect();
    assert_eq!(different.len(), 60);
    assert_eq!(desk.states(run).await, ["leased"; 60]);
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn many_workers_together_draft_every_brief_once(pool: PgPool) {
    let desk = Arc::new(Desk::open(pool).await);
    let run = desk.run_of(40).await;
    let mut workers = JoinSet::new();
    for _ in 0..8 {
        let desk = Arc::clone(&desk);
        workers.spawn(async move {
            let mut run_finished = false;
            while let Some(lease) = desk.claim(run, 3).await {
                let outcomes: Vec<_> = lease.items.iter().map(done).collect();
                let committed = desk.commit(run, &lease, &outcomes).await;
                assert_eq!((committed.done, committed.stale), (outcomes.len(), 0));
                run_finished |= committed.run_finished;
            }
            run_finished
        });
    }
    let told = workers.join_all().await;
    assert!(told.contains(&true), "the last commit ends the run");
    let audit = desk.audit(run).await;
    assert_eq!((audit.with_drafts, audit.drafts), (40, 80));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_claim_takes_the_first_items_and_no_more_than_its_limit(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(5).await;
    let mut claimed = Vec::new();
    while let Some(lease) = desk.claim_with(run, 2, 1).await {
        let names = lease.items.into_iter().map(|item| item.brief.external_ref);
        claimed.push(names.collect::<Vec<_>>().join(" "));
    }
    assert_eq!(claimed, ["b-00 b-01", "b-02 b-03", "b-04"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_first_claim_starts_the_run(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let state = async || {
        let run = desk.store.run(&run.to_string()).await.unwrap();
        (run.state.as_str(), run.started_at)
    };
    assert_eq!(state().await, ("queued", None));
    let started = desk.now();
    desk.claim(run, 1).await.unwrap();
    desk.pass(Duration::from_secs(5));
    desk.claim(run, 1).await.unwrap();
    assert_eq!(state().await, ("running", Some(started)));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_has_ended_gives_no_more_work(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    desk.claim(run, 1).await.unwrap();
    desk.expire(run).await;
    for state in ["window_expired", "cancelled"] {
        sqlx::query("update runs set state = $2, finished_at = nightdesk_now() where id = $1")
            .bind(run)
            .bind(state)
            .execute(&desk.pool)
            .await
            .unwrap();
        assert_eq!(
            desk.claim(run, 9).await,
            None,
            "neither ready items nor suspects: {state}"
        );
    }
    assert_eq!(desk.audit(run).await.pending, 2);
}
