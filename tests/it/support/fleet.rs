//! Workers as processes of their own: this very test program, started again as a worker with a script.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nightdesk::store::Store;
use nightdesk::worker::{Assignment, Ended, Worker};
use sqlx::postgres::PgPoolOptions;

use super::script::{Act, Script, script_options};

/// Tells a process of this program that it is a worker.
const URL: &str = "NIGHTDESK_TEST_WORKER_URL";
/// Briefs that end the process, and briefs that hang, by what their key begins with.
const ABORTS_ON: &str = "abort";
const HANGS_ON: &str = "hang";
const PACE_MS: &str = "NIGHTDESK_TEST_WORKER_PACE_MS";

/// Worker processes.
pub(crate) struct Fleet {
    url: String,
    pace: Duration,
    workers: Vec<Child>,
    /// Processes that ended by themselves.
    pub(crate) deaths: usize,
    /// Processes that were started again.
    pub(crate) starts: usize,
}

impl Fleet {
    /// So many workers on a database, which take `pace` for an item.
    pub(crate) fn start(url: &str, workers: usize, pace: Duration) -> Self {
        let mut fleet = Self {
            url: url.to_owned(),
            pace,
            workers: Vec::new(),
            deaths: 0,
            starts: 0,
        };
        for _ in 0..workers {
            let worker = fleet.spawn();
            fleet.workers.push(worker);
        }
        fleet
    }

    fn spawn(&mut self) -> Child {
        self.starts += 1;
        Command::new(std::env::current_exe().expect("this program"))
            .args([
                "support::fleet::as_a_worker",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(URL, &self.url)
            .env(PACE_MS, self.pace.as_millis().to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a worker")
    }

    /// SIGKILL to one, and another in its place, as a supervisor would.
    pub(crate) fn kill(&mut self, which: usize) {
        let which = which % self.workers.len();
        self.workers[which].kill().expect("killed");
        self.workers[which].wait().expect("a child");
        self.workers[which] = self.spawn();
    }

    /// Starts those again that have ended by themselves.
    pub(crate) fn tend(&mut self) {
        for which in 0..self.workers.len() {
            if self.workers[which].try_wait().expect("a child").is_some() {
                self.deaths += 1;
                self.workers[which] = self.spawn();
            }
        }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, which: usize, name: &str) {
        let pid = self.workers[which % self.workers.len()].id();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid.to_string()])
            .status();
        assert!(sent.expect("kill").success(), "kill -{name}");
    }

    /// Whether one has ended, and well.
    pub(crate) fn ended_well(&mut self, which: usize) -> Option<bool> {
        let status = self.workers[which].try_wait().expect("a child")?;
        Some(status.success())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            // Also one that is stopped or has ended.
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

/// No test: what a [`Fleet`] starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a worker process of other tests"]
async fn as_a_worker() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let pace = std::env::var(PACE_MS).ok().and_then(|ms| ms.parse().ok());
    let log = PgPoolOptions::new().max_connections(1);
    let log = log.connect_lazy(&url).expect("an address");
    let store = loop {
        match Store::connect(&url).await {
            Ok(store) => break store,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let script = Script::new(|leased| {
        let key = &leased.brief.external_ref;
        match () {
            () if key.starts_with(ABORTS_ON) => Act::Abort,
            () if key.starts_with(HANGS_ON) => Act::Hang,
            () => Act::Draft,
        }
    });
    let script = script
        .pace(Duration::from_millis(pace.unwrap_or(1)))
        .logged(log);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        let kind = tokio::signal::unix::SignalKind::terminate();
        let mut terminated = tokio::signal::unix::signal(kind).expect("a signal");
        terminated.recv().await;
        stop.send_replace(true);
    });
    let worker = Worker::new(
        store,
        Box::new(script),
        Assignment::Always,
        script_options(),
    );
    match worker.work(stopped, &|_| ()).await.expect("it works") {
        Ended::Hung => std::process::abort(),
        ended => assert_eq!(ended, Ended::Stopped),
    }
}
