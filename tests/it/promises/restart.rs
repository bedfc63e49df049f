//! P3: a Postgres that is ended the hard way, again and again, while workers draft.

use std::time::Duration;

use nightdesk::postgres::{Cluster, ClusterPlace, Installation};
use nightdesk::store::Store;
use sqlx::PgPool;

use super::{say, scale};
use crate::support::{Desk, Fleet, Script, brief, campaign, until};

#[tokio::test(flavor = "multi_thread")]
async fn workers_outlive_a_database_that_is_restarted_the_hard_way() {
    // A cluster of its own: the other tests would not outlive it.
    let folder = tempfile::tempdir().unwrap();
    let (place, installation) = (
        ClusterPlace::for_project(folder.path()).unwrap(),
        Installation::find().unwrap(),
    );
    let join = || Cluster::join(&place, &installation, &mut |_| ()).unwrap();
    let cluster = join();
    let store = Store::connect(cluster.url()).await.unwrap();
    store.migrate().await.unwrap();
    let pool = PgPool::connect(cluster.url()).await.unwrap();
    let desk = Desk::in_real_time(pool.clone());
    Script::make_log(&pool).await;
    let briefs: Vec<_> = (0..scale(600, 20_000))
        .map(|n| brief(&format!("b-{n:05}")))
        .collect();
    desk.import(&briefs).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let mut fleet = Fleet::start(cluster.url(), 2, Duration::from_millis(10));
    let starts = fleet.starts;
    let done = async || -> Option<i64> {
        let done = "select count(*) from work_items where state = 'done'";
        sqlx::query_scalar(done).fetch_one(&pool).await.ok()
    };
    let restarts = scale(2, 5);
    for _ in 0..restarts {
        let before = done().await.unwrap();
        until("drafting to go on", async || {
            (done().await? > before).then_some(())
        })
        .await;
        crash(&place);
        // What brings a crashed cluster back is the next command that joins it.
        std::mem::forget(join());
        until("the database to be back", done).await;
    }
    until("the run to end", async || {
        fleet.tend();
        desk.store.run(&run.to_string()).await.ok()?.finished_at
    })
    .await;
    let audit = desk.audit(run).await;
    assert_eq!(audit.with_drafts + audit.quarantined, briefs.len() as i64);
    assert_eq!(audit.quarantined, 0, "{audit:?}");
    assert_eq!(
        (fleet.starts, fleet.deaths),
        (starts, 0),
        "no process was started again"
    );
    say(
        "P3",
        &format!("{restarts} crashes of Postgres: missing 0, twice 0, no process restarted"),
    );
    drop(fleet);
    pool.close().await;
    store.close().await;
    drop(cluster);
    let _ = std::fs::remove_dir_all(place.root());
}

/// SIGQUIT to the postmaster, which is `pg_ctl stop -m immediate`: no checkpoint, recovery from the log.
fn crash(place: &ClusterPlace) {
    let pid_file = place.root().join("data/postmaster.pid");
    let text = std::fs::read_to_string(&pid_file).expect("a postmaster");
    let pid = text.lines().next().expect("a pid").to_owned();
    let sent = std::process::Command::new("kill")
        .args(["-QUIT", &pid])
        .status();
    assert!(sent.expect("kill").success());
    while std::path::Path::new(&format!("/proc/{pid}")).exists() {
        std::thread::yield_now();
    }
}
