//! Runs: one at a time by hand, pinned to what they began with, and ended by their last item.

use nightdesk::domain::campaign::{CampaignSpec, Redraft, Select};
use nightdesk::domain::run::FailureKind;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, brief, campaign, done, failed};

async fn state(desk: &Desk, run: Uuid) -> (&'static str, bool) {
    let run = desk.store.run(&run.to_string()).await.expect("a run");
    (run.state.as_str(), run.finished_at.is_some())
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_ends_with_its_last_item_and_not_before(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    assert_eq!(state(&desk, run).await, ("queued", false));
    for last in [false, false, true] {
        let lease = desk.claim(run, 1).await.unwrap();
        let committed = desk.commit(run, &lease, &[done(&lease.items[0])]).await;
        assert_eq!(committed.run_finished, last);
        let expected = if last { "completed" } else { "running" };
        assert_eq!(state(&desk, run).await, (expected, last));
    }
    let run = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!((run.drafts, run.output_tokens, run.counts.done), (6, 18, 3));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_with_a_quarantined_brief_says_so(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    let lease = desk.claim(run, 2).await.unwrap();
    let quarantined = failed(&lease.items[0], FailureKind::Permanent);
    assert!(!desk.commit(run, &lease, &[quarantined]).await.run_finished);
    assert!(
        desk.commit(run, &lease, &[done(&lease.items[1])])
            .await
            .run_finished
    );
    assert_eq!(state(&desk, run).await, ("completed_with_errors", true));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_whose_last_worker_died_before_ending_it_is_ended_by_the_next(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(1).await;
    let lease = desk.claim(run, 1).await.unwrap();
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    // What a kill between the last commit and the end of the run leaves.
    sqlx::query("update runs set state = 'running', finished_at = null")
        .execute(&desk.pool)
        .await
        .unwrap();
    assert_eq!(desk.claim(run, 1).await, None);
    assert!(desk.store.finish_run(run).await.unwrap());
    assert_eq!(state(&desk, run).await, ("completed", true));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_without_briefs_is_complete_at_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let opened = desk.open_run(&campaign("nightly")).await;
    assert_eq!((opened.items, opened.resumed), (0, false));
    assert_eq!(state(&desk, opened.id).await, ("completed", true));
    desk.audit(opened.id).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn two_people_who_run_a_campaign_at_once_get_one_run(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a"), brief("b")]).await;
    let spec = campaign("nightly");
    let (one, other) = tokio::join!(desk.open_run(&spec), desk.open_run(&spec));
    assert_eq!(one.id, other.id);
    assert_ne!(
        one.resumed, other.resumed,
        "one made it, the other found it"
    );
    assert_eq!((one.items, other.items), (2, 2));
    assert_eq!(desk.store.runs(None, 9).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn new_cancels_the_unfinished_run(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a"), brief("b")]).await;
    let spec = CampaignSpec {
        select: Select {
            redraft: Redraft::Always,
            ..Select::default()
        },
        ..campaign("nightly")
    };
    let first = desk.open_run(&spec).await;
    let second = desk.try_open_run(&spec, true).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!((second.items, second.resumed), (2, false));
    assert_eq!(state(&desk, first.id).await, ("cancelled", true));
    let again = desk.open_run(&spec).await;
    assert_eq!(
        (again.id, again.resumed),
        (second.id, true),
        "the newest is taken up"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_keeps_what_it_began_with(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    let first = desk.open_run(&campaign("nightly")).await;
    let mut edited = campaign("nightly");
    edited.draft.max_tokens = 7;
    let resumed = desk.open_run(&edited).await;
    assert_eq!(resumed.id, first.id);
    assert_eq!(
        resumed.spec, first.spec,
        "an edit at noon does not change the night before"
    );
    assert_eq!(resumed.template_sha256, first.template_sha256);
}

#[sqlx::test(migrations = "./migrations")]
async fn runs_are_found_by_the_beginning_of_their_id(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (one, other) = (campaign("one"), campaign("other"));
    let run = desk.open_run(&one).await.id;
    desk.open_run(&other).await;
    let found = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!((found.id, found.campaign.as_str()), (run, "one"));
    assert_eq!(desk.store.runs(Some("other"), 9).await.unwrap().len(), 1);
    let nobody = desk.store.run("ffff").await.unwrap_err().to_string();
    assert_eq!(nobody, "no run `ffff`");
    let several = desk.store.run("0").await.unwrap_err().to_string();
    assert_eq!(several, "`0` is the beginning of several runs");
}
