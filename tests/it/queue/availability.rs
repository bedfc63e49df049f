//! Embargo and expiry after the run was made: what may not be drafted any more is not.

use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::run::RunState;
use sqlx::PgPool;

use crate::support::{Desk, brief, campaign, done};

const HOUR: Duration = Duration::from_hours(1);

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_that_expires_while_it_waits_is_quarantined_with_the_reason(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let instant = desk.now() + HOUR;
    let expiring = Brief {
        expires_at: Some(instant),
        ..brief("expiring")
    };
    desk.import(&[brief("lasting"), expiring]).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    desk.pass(HOUR - Duration::from_secs(2));
    let lease = desk.claim(run, 1).await.unwrap();
    desk.pass(Duration::from_secs(1));
    // At that very instant it is expired: the claim passes it over.
    assert_eq!(desk.now(), instant);
    assert_eq!(desk.claim_with(run, 9, 1).await, None);
    assert_eq!(desk.states(run).await, ["leased", "quarantined"]);
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    let ended = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(ended.state, RunState::CompletedWithErrors);
    let quarantined = desk.store.quarantined(run).await.unwrap();
    let error = quarantined[0].error.as_ref().unwrap();
    insta::assert_snapshot!(error, @r#"{"code":"brief.expired","message":"the brief expired at 2026-01-05 13:00 UTC, before it was drafted"}"#);
    assert_eq!(quarantined[0].attempt, 0, "it was never tried");
    desk.audit(run).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_revision_with_an_embargo_keeps_a_waiting_brief_from_being_drafted(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("held"), brief("free")]).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let embargo_until = Some(desk.now() + HOUR);
    desk.import(&[Brief {
        embargo_until,
        ..brief("held")
    }])
    .await;
    let lease = desk.claim(run, 9).await.unwrap();
    assert_eq!(lease.items.len(), 1);
    assert_eq!(lease.items[0].brief.external_ref, "free");
    desk.commit(run, &lease, &[done(&lease.items[0])]).await;
    // The run ends when its worker finds nothing else.
    assert_eq!(desk.claim(run, 9).await, None);
    let quarantined = desk.store.quarantined(run).await.unwrap();
    let error = quarantined[0].error.as_ref().unwrap();
    insta::assert_snapshot!(error, @r#"{"code":"brief.embargoed","message":"the brief is embargoed until 2026-01-05 13:00 UTC; a later run takes it"}"#);
    assert_eq!(
        desk.store.run(&run.to_string()).await.unwrap().state,
        RunState::CompletedWithErrors
    );
    desk.audit(run).await;

    assert_eq!(desk.open_run(&campaign("nightly")).await.items, 0);
    desk.pass(HOUR);
    let later = desk.open_run(&campaign("nightly")).await;
    assert_eq!(later.items, 1, "the embargo is over");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_revision_without_an_embargo_is_left_for_the_next_run(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let revised = Brief {
        topic: "news about it".into(),
        ..brief("a")
    };
    desk.import(&[revised]).await;
    let lease = desk.claim(run, 9).await.unwrap();
    let item = &lease.items[0];
    assert_eq!(
        (item.brief_revision, item.brief.topic.as_str()),
        (1, "a topic")
    );
    desk.commit(run, &lease, &[done(item)]).await;
    let next = desk.open_run(&campaign("nightly")).await;
    assert_eq!(next.items, 1, "the next run drafts the revision");
}
