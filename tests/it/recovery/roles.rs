//! `up`, `scheduler` and `worker` as somebody would run them: a slot comes, a run is made and drafted, and
//! whatever dies or hangs is started again.

use sqlx::{ConnectOptions, PgPool};

use crate::support::{Program, Project, Proxy, assert_audit, until};

use super::Night;

/// Fires every minute; each run takes every brief.
fn minutely() -> String {
    let by_hand = super::campaign(12);
    let name = "name = \"explainers\"";
    by_hand.replace(
        name,
        &format!("{name}\nschedule = \"* * * * *\"\ncatch_up = \"latest\""),
    )
}

const UP: [&str; 9] = [
    "up",
    "--workers",
    "1",
    "--silence-s",
    "3",
    "--max-rows",
    "4",
    "--lease-s",
    "3",
];

async fn night(pool: PgPool, briefs: usize) -> Night {
    let url = pool.connect_options().to_url_lossy().to_string();
    let project = Project::new(&url, &minutely(), briefs).await;
    let store = nightdesk::store::Store::from_pool(pool.clone());
    let night = Night {
        pool,
        store,
        project,
    };
    // The last minute was not looked at yet, so nobody has to wait for the next one.
    let back = "update campaigns set cursor = now() - interval '1 minute'";
    sqlx::query(back).execute(&night.pool).await.unwrap();
    night
}

/// The child process of `up` that is a worker.
fn worker_of(up: &Program) -> Option<u32> {
    let parent = format!("PPid:\t{}\n", up.pid());
    let pids = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}"));
        let command = read("cmdline").unwrap_or_default();
        let ours = read("status").is_ok_and(|status| status.contains(&parent));
        ours && command.ends_with("\0worker\0")
    })
}

fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[sqlx::test(migrations = "./migrations")]
async fn up_drafts_what_is_due_and_starts_again_what_dies_or_hangs(pool: PgPool) {
    let night = night(pool, 12).await;
    let up = night.project.start(&UP);
    let run = night.run_with_done(1).await;
    assert!(run.slot.is_some(), "the scheduler made it");

    let first = until("a worker", async || worker_of(&up)).await;
    signal(first, "KILL");
    let second = until("another worker", async || {
        worker_of(&up).filter(|pid| *pid != first)
    })
    .await;
    let claims = "select count(distinct worker) from batches";
    until("it to work", async || {
        (night.count(claims).await >= 2).then_some(())
    })
    .await;
    // A process that stands still shows no sign of life.
    signal(second, "STOP");
    until("a third one", async || {
        worker_of(&up).filter(|pid| *pid != second)
    })
    .await;

    let ended = until("the run to end", async || {
        let run = night.store.run(&run.id.to_string()).await.unwrap();
        run.finished_at.is_some().then_some(run)
    })
    .await;
    let audit = night.audit(&ended).await;
    assert_eq!(audit.with_drafts + audit.quarantined, 12);
    up.signal("TERM");
    let ended = up.end().await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("showed no sign of life for 3 s and was killed"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("has ended (signal: 9"), "{ended:?}");
    let held = night.count("select count(*) from batches where ended_at is null");
    assert_eq!(held.await, 0, "all was given back");
    let slots = night.project.succeed(&["campaigns", "slots"]).await;
    assert_eq!(slots[0]["campaign"], "explainers");
}

/// The run of the first slot, made by a scheduler that is gone again.
async fn fired(night: &Night) -> uuid::Uuid {
    let scheduler = night.project.start(&["scheduler"]);
    let run = night.run().await;
    scheduler.signal("TERM");
    let ended = scheduler.end().await;
    assert!(ended.status.success(), "{ended:?}");
    run.id
}

#[sqlx::test(migrations = "./migrations")]
async fn a_worker_waits_for_its_database_and_needs_nobody(pool: PgPool) {
    let night = night(pool, 3).await;
    let run = fired(&night).await.to_string();
    let proxy = Proxy::start(&night.pool.connect_options());
    proxy.close();
    let project = night.project.through(&proxy.url());
    let mut worker = project.start(&["worker", "--once", "--max-rows", "4"]);
    until("it to be refused", async || {
        (proxy.refused() > 1).then_some(())
    })
    .await;
    assert!(worker.runs(), "it waits");
    proxy.open();
    let ended = worker.end().await;
    assert!(ended.status.success(), "{ended:?}");
    let run = night.store.run(&run).await.unwrap();
    assert_eq!(run.state.as_str(), "completed", "{ended:?}");
    assert_audit(&night.store.audit(run.id).await.unwrap());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_whose_model_is_not_here_is_left_to_others_and_says_so(pool: PgPool) {
    let night = night(pool, 2).await;
    let run = fired(&night).await.to_string();
    // Somebody has changed the model since.
    let other = "with other as (insert into models (sha256, name, context_limit) values (repeat('d', 64), 'other', 8) returning sha256)
        update runs set model_sha256 = other.sha256 from other";
    sqlx::query(other).execute(&night.pool).await.unwrap();
    night.project.succeed_quietly(&["worker", "--once"]).await;
    let run = night.store.run(&run).await.unwrap();
    assert_eq!(run.counts.ready, 2, "nothing was burnt");
    let error = run.error.expect("a reason");
    assert!(
        error.contains("was begun with another model than `smollm2-135m-instruct` is now"),
        "{error}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_slot_that_cannot_fire_waits_and_says_why(pool: PgPool) {
    let night = night(pool, 2).await;
    let lost = "update campaigns set spec = jsonb_set(spec, '{draft,model}', '\"gone\"')";
    sqlx::query(lost).execute(&night.pool).await.unwrap();
    let scheduler = night.project.start(&["scheduler"]);
    until("the trouble to be told", async || {
        (night
            .count("select count(*) from campaigns where trouble like '%gone%'")
            .await
            == 1)
            .then_some(())
    })
    .await;
    assert_eq!(
        night
            .count("select count(*) from slots where status = 'fired'")
            .await,
        0
    );
    let shown = night
        .project
        .succeed(&["campaigns", "show", "explainers"])
        .await;
    assert!(
        shown["trouble"].as_str().unwrap().contains("gone"),
        "{shown}"
    );
    scheduler.signal("TERM");
    assert!(scheduler.end().await.status.success());
}
