//! Windows: claims stop when a run's window closes, what is in hand is finished, the rest is free.

use std::time::Duration;

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::run::{FailureKind, RunState};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, LEASE, brief, campaign, done, failed};

const MINUTE: Duration = Duration::from_mins(1);

fn windowed() -> CampaignSpec {
    CampaignSpec {
        window: Some("1min".parse().unwrap()),
        ..campaign("nightly")
    }
}

/// A run of `b-0`, `b-1`, … with a window of a minute.
async fn run_of(desk: &Desk, items: usize) -> Uuid {
    let briefs: Vec<_> = (0..items).map(|n| brief(&format!("b-{n}"))).collect();
    desk.import(&briefs).await;
    let opened = desk.open_run(&windowed()).await;
    assert_eq!(opened.window_ends_at, Some(desk.now() + MINUTE));
    opened.id
}

async fn state(desk: &Desk, run: Uuid) -> RunState {
    desk.store.run(&run.to_string()).await.unwrap().state
}

#[sqlx::test(migrations = "./migrations")]
async fn claims_stop_when_the_window_closes_and_what_is_in_hand_is_kept(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = run_of(&desk, 3).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.pass(MINUTE - Duration::from_micros(1));
    desk.store
        .heartbeat(&[lease.batch_id], LEASE)
        .await
        .unwrap();
    let last = desk.claim(run, 1).await.expect("the window is still open");
    desk.pass(Duration::from_micros(1));
    assert_eq!(desk.claim(run, 1).await, None);
    assert!(
        !desk.store.finish_run(run).await.unwrap(),
        "two are in hand"
    );
    let committed = desk.commit(run, &last, &[done(&last.items[0])]).await;
    assert!(!committed.run_finished);
    // The first one's lease ran out meanwhile: nobody tries it again tonight.
    desk.expire(run).await;
    assert_eq!(state(&desk, run).await, RunState::WindowExpired);
    assert_eq!(desk.states(run).await, ["suspect", "done", "ready"]);
    let audit = desk.audit(run).await;
    assert_eq!((audit.drafts, audit.pending), (2, 2), "drafts are kept");
    let counts = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!((counts.drafts, counts.counts.open()), (2, 2));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_last_commit_after_the_window_ends_the_run(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = run_of(&desk, 2).await;
    desk.pass(MINUTE - LEASE / 3);
    let lease = desk.claim(run, 1).await.unwrap();
    desk.pass(LEASE / 2);
    let committed = desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    assert!(committed.run_finished);
    assert_eq!(state(&desk, run).await, RunState::WindowExpired);

    // A failure that would be tried again is not, and the brief stays free.
    let next = desk.open_run(&windowed()).await;
    let lease = desk.claim(next.id, 1).await.unwrap();
    desk.pass(MINUTE);
    let again = failed(&lease.items[0], FailureKind::Transient);
    assert!(desk.commit(next.id, &lease, &[again]).await.run_finished);
    assert_eq!(state(&desk, next.id).await, RunState::WindowExpired);
    assert_eq!(desk.states(next.id).await, ["ready"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_is_done_in_time_is_completed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = run_of(&desk, 1).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.pass(MINUTE);
    assert!(
        desk.commit(run, &lease, &[done(&lease.items[0])])
            .await
            .run_finished
    );
    assert_eq!(
        state(&desk, run).await,
        RunState::Completed,
        "nothing was left"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_next_run_takes_what_the_window_left(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let first = run_of(&desk, 3).await;
    let lease = desk.claim(first, 1).await.unwrap();
    desk.commit(first, &lease, &[done(&lease.items[0])]).await;
    desk.pass(MINUTE);
    // Nobody was there to end it: taking it up does.
    assert_eq!(state(&desk, first).await, RunState::Running);
    let second = desk.open_run(&windowed()).await;
    assert_eq!((second.resumed, second.ended), (false, Some(first)));
    assert_eq!(state(&desk, first).await, RunState::WindowExpired);
    assert_eq!(second.window_ends_at, Some(desk.now() + MINUTE));
    let taken: Vec<_> = desk.items(second.id).await;
    let taken: Vec<_> = taken
        .iter()
        .map(|item| item.external_ref.as_str())
        .collect();
    assert_eq!(taken, ["b-1", "b-2"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_past_its_window_that_somebody_still_works_on_is_joined(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let first = run_of(&desk, 2).await;
    desk.pass(MINUTE - LEASE / 2);
    let lease = desk.claim(first, 1).await.unwrap();
    desk.pass(LEASE / 2);
    let joined = desk.open_run(&windowed()).await;
    assert_eq!(
        (joined.id, joined.resumed, joined.ended),
        (first, true, None)
    );
    // That worker dies; whoever asks next need not wait for it any longer.
    desk.pass(LEASE);
    let second = desk.open_run(&windowed()).await;
    assert_eq!((second.ended, second.items), (Some(first), 2));
    assert_eq!(
        desk.commit(first, &lease, &[done(&lease.items[0])])
            .await
            .stale,
        1,
        "or the brief would be drafted twice"
    );
    desk.audit(first).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_window_belongs_to_the_run_that_began_with_it(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = run_of(&desk, 1).await;
    let without = desk.open_run(&campaign("nightly")).await;
    assert_eq!((without.id, without.resumed), (run, true));
    assert_eq!(without.window_ends_at, Some(desk.now() + MINUTE));
    desk.pass(MINUTE);
    let endless = desk.open_run(&campaign("nightly")).await;
    assert_eq!((endless.window_ends_at, endless.items), (None, 1));
    desk.pass(Duration::from_hours(1000));
    assert!(desk.claim(endless.id, 1).await.is_some());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_claim_under_way_when_the_window_closes_is_waited_for(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = run_of(&desk, 2).await;
    // What a claim holds until its leases can be seen: the run's row, and a leased item.
    let mut claim = desk.pool.begin().await.unwrap();
    let hold = "select id from runs where id = $1 for no key update";
    let hold = sqlx::query(hold).bind(run).execute(&mut *claim);
    hold.await.unwrap();
    let lease = "with batch as (
            insert into batches (id, run_id, worker, alone, lease_until)
            values (gen_random_uuid(), $1, 'late', false, nightdesk_now() + interval '1 hour') returning id)
        update work_items set state = 'leased', epoch = 1, batch_id = batch.id from batch
        where run_id = $1 and position = 1";
    let lease = sqlx::query(lease).bind(run).execute(&mut *claim);
    lease.await.unwrap();
    desk.pass(MINUTE);
    let (ended, ()) = tokio::join!(desk.store.finish_run(run), async {
        desk.until_waiting(1).await;
        claim.commit().await.unwrap();
    });
    assert!(!ended.unwrap(), "an item is in hand");
    assert_eq!(state(&desk, run).await, RunState::Queued);
    desk.audit(run).await;
}
