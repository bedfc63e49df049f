//! P12, P17, and the circuit: briefs that fail among others that do not, a campaign that is paused and
//! resumed again and again, a model for which everything fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nightdesk::domain::run::FailureKind;
use nightdesk::worker::{Assignment, Ended, Worker};
use sqlx::PgPool;
use tokio::sync::watch;

use super::{say, scale};
use crate::support::{
    Act, Desk, Script, assert_audit, brief, campaign, script_options, until, work_aside,
};

#[sqlx::test(migrations = "./migrations")]
async fn briefs_that_fail_keep_none_of_the_others_back(pool: PgPool) {
    let desk = Desk::in_real_time(pool);
    let mut briefs: Vec<_> = (0..30).map(|n| brief(&format!("b-{n:02}"))).collect();
    for (place, key) in ["never", "panics", "at-first"].into_iter().enumerate() {
        briefs.insert(place * 7, brief(key));
    }
    // A megabyte of topic.
    briefs.insert(
        3,
        nightdesk::domain::brief::Brief {
            topic: "long ".repeat(200_000),
            ..brief("huge")
        },
    );
    desk.import(&briefs).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let first = Arc::new(AtomicBool::new(true));
    let script = Script::new(move |leased| match leased.brief.external_ref.as_str() {
        "never" => Act::Fail(FailureKind::Permanent),
        "panics" => Act::Panic,
        "at-first" if first.swap(false, Ordering::SeqCst) => Act::Fail(FailureKind::Transient),
        _ => Act::Draft,
    });
    let (_stop, stopped) = watch::channel(false);
    let worker = Worker::new(
        desk.store.clone(),
        Box::new(script),
        Assignment::Run(run),
        script_options(),
    );
    assert_eq!(
        worker.work(stopped, &|_| ()).await.unwrap(),
        Ended::Finished
    );
    let quarantined = desk.store.quarantined(run).await.unwrap();
    let mut keys: Vec<_> = quarantined
        .iter()
        .map(|item| item.external_ref.as_str())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["never", "panics"]);
    let audit = desk.audit(run).await;
    assert_eq!(audit.with_drafts, 32, "{audit:?}");
    say(
        "P12",
        "2 of 34 briefs given up with their reasons, 32 drafted",
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn nothing_is_claimed_of_a_paused_campaign_and_nothing_is_lost(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    let briefs: Vec<_> = (0..scale(400, 5000))
        .map(|n| brief(&format!("b-{n:04}")))
        .collect();
    desk.import(&briefs).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let (stop, stopped) = watch::channel(false);
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let script = Script::drafts().pace(Duration::from_millis(3));
            let worker = Worker::new(
                desk.store.clone(),
                Box::new(script),
                Assignment::Always,
                script_options(),
            );
            work_aside(worker, stopped.clone())
        })
        .collect();
    let claims = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from batches");
        count.fetch_one(&pool).await.unwrap()
    };
    let mut pauses = 0;
    while pauses < scale(4, 20) {
        let before = claims().await;
        until("a claim", async || (claims().await > before).then_some(())).await;
        desk.store.pause_campaign("nightly", "test").await.unwrap();
        pauses += 1;
        until("what was in hand to be handed in", async || {
            let leased = "select count(*) from work_items where state = 'leased'";
            let leased: i64 = sqlx::query_scalar(leased).fetch_one(&pool).await.unwrap();
            (leased == 0).then_some(())
        })
        .await;
        desk.store.resume_campaign("nightly", "test").await.unwrap();
        if desk
            .store
            .run(&run.to_string())
            .await
            .unwrap()
            .finished_at
            .is_some()
        {
            break;
        }
    }
    until("the run to end", async || {
        desk.store.run(&run.to_string()).await.ok()?.finished_at
    })
    .await;
    stop.send_replace(true);
    for worker in workers {
        assert_eq!(worker.await.unwrap(), Ended::Stopped);
    }
    let audit = desk.audit(run).await;
    assert_eq!(audit.with_drafts, briefs.len() as i64);
    say("P17", &format!("{pauses} pauses, missing 0"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_pause_stops_claims_at_once_and_a_person_may_run_in_spite_of_it(pool: PgPool) {
    let desk = Desk::in_real_time(pool);
    let briefs: Vec<_> = (0..4).map(|n| brief(&format!("b-{n}"))).collect();
    desk.import(&briefs).await;
    let spec = campaign("nightly");
    let run = desk.open_run(&spec).await.id;
    assert!(desk.claim(run, 1).await.is_some());
    desk.store.pause_campaign("nightly", "test").await.unwrap();
    assert_eq!(desk.claim(run, 1).await, None);
    let again = desk.try_open_run(&spec, false).await.unwrap();
    assert_eq!(again.id, run, "`run` takes it up");
    assert!(desk.claim(run, 1).await.is_some());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_model_for_which_everything_fails_parks_the_run_and_burns_nothing(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    let briefs: Vec<_> = (0..100).map(|n| brief(&format!("b-{n:03}"))).collect();
    desk.import(&briefs).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let script = Script::new(move |_| {
        if is_broken.load(Ordering::SeqCst) {
            Act::Fail(FailureKind::Transient)
        } else {
            Act::Draft
        }
    });
    let (stop, stopped) = watch::channel(false);
    let worker = Worker::new(
        desk.store.clone(),
        Box::new(script.clone()),
        Assignment::Always,
        script_options(),
    );
    let working = work_aside(worker, stopped);
    let parked = "select parked_until > now() from runs where parked_until is not null";
    until("the run to be parked, and nothing to be held", async || {
        let parked: Option<bool> = sqlx::query_scalar(parked)
            .fetch_optional(&pool)
            .await
            .unwrap();
        let held = desk.states(run).await.contains(&"leased".to_owned());
        (parked == Some(true) && !held).then_some(())
    })
    .await;
    let items = desk.items(run).await;
    let failures: i32 = items.iter().map(|item| item.failures).sum();
    assert!(failures < 8, "{failures} attempts were burnt");
    assert!(items.iter().all(|item| item.state == "ready"));
    let shown = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(shown.error.as_deref(), Some("it did not work"));
    let before = script.computed();
    broken.store(false, Ordering::SeqCst);
    // The end of the pause: nobody waits half a minute for it here.
    sqlx::query("update runs set parked_until = now()")
        .execute(&pool)
        .await
        .unwrap();
    until("the run to end", async || {
        desk.store.run(&run.to_string()).await.ok()?.finished_at
    })
    .await;
    stop.send_replace(true);
    working.await.unwrap();
    let audit = desk.store.audit(run).await.unwrap();
    assert_audit(&audit);
    assert_eq!(audit.with_drafts, 100);
    let shown = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(shown.error, None, "what works again is no trouble any more");
    say(
        "circuit",
        &format!("{before} tries before the run was parked, then 100 of 100 drafted"),
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_of_a_newer_binary_keeps_none_of_the_others_back(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    desk.import(&["a", "b"].map(brief)).await;
    let of = |name: &str, key: &str| {
        let mut spec = campaign(name);
        spec.select.external_ref = Some(key.to_owned());
        spec
    };
    let newer = desk.open_run(&of("newer", "a")).await.id;
    let ours = desk.open_run(&of("ours", "b")).await.id;
    let unknown = r#"update runs set spec = spec || '{"moods": ["calm"]}' where id = $1"#;
    sqlx::query(unknown)
        .bind(newer)
        .execute(&pool)
        .await
        .unwrap();
    let (_stop, stopped) = watch::channel(false);
    let worker = Worker::new(
        desk.store.clone(),
        Box::new(Script::drafts()),
        Assignment::Once,
        script_options(),
    );
    assert_eq!(
        worker.work(stopped, &|_| ()).await.unwrap(),
        Ended::Finished
    );
    let states = desk.store.runs(None, 9).await.unwrap();
    let state = |id| states.iter().find(|run| run.id == id).unwrap();
    assert_eq!(state(ours).state.as_str(), "completed");
    assert_eq!(state(newer).counts.ready, 1, "left to who can read it");
    let error = state(newer).error.as_deref().unwrap_or_default();
    assert!(error.contains("unknown field `moods`"), "{error}");
}
