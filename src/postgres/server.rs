//! The server process: whether it answers, starting it, stopping it. The caller holds the start lock
//! throughout, so nobody else starts or stops it meanwhile.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::identity::ServerUser;
use super::initdb::last_lines;
use super::postmaster::Postmaster;
use super::probe::{self, Answer, NAME};
use super::{ClusterPlace, Installation, PostgresError};

/// Enough to replay a long log after a crash. A server that needs more goes on replaying, and the
/// next command finds it further on.
const READY_WAIT_LIMIT: Duration = Duration::from_mins(2);

/// How long the children of a killed server may take to notice, and their memory to be freed.
const ORPHANS_WAIT_LIMIT: Duration = Duration::from_secs(20);

const STOP_WAIT_LIMIT_S: &str = "60";

/// A log longer than this is put aside when the server starts, in bytes.
const LONGEST_LOG: u64 = 10_000_000;

/// Given at every start, so that they are never those of an older Nightdesk. Modest: the machine's
/// memory is for the model.
const SETTINGS: [(&str, &str); 9] = [
    ("listen_addresses", ""),
    ("port", "5432"),
    ("unix_socket_permissions", "0700"),
    ("max_connections", "50"),
    ("shared_buffers", "128MB"),
    // No test cuts the power, and on a busy disk syncing is most of their time.
    ("fsync", if cfg!(test) { "off" } else { "on" }),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // We read the log.
    ("lc_messages", "C"),
];

/// The server of one place.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) place: ClusterPlace,
    pub(super) installation: Installation,
    pub(super) user: ServerUser,
}

impl Server {
    /// Comes back when the server takes connections and our database is there.
    pub(super) fn ensure_ready(&self, progress: &mut dyn FnMut(&str)) -> Result<(), PostgresError> {
        match Postmaster::of(&self.place.data())? {
            Postmaster::Running(_) => (),
            Postmaster::Absent => progress("starting Postgres"),
            Postmaster::Stale => {
                progress("starting Postgres, which did not stop cleanly and replays its log");
            }
        }
        let begun = Instant::now();
        let mut told = false;
        loop {
            match probe::knock(&self.place.socket(), NAME)? {
                Answer::Ready(_) | Answer::Full => return Ok(()),
                Answer::NoDatabase => self.create_database()?,
                Answer::Nobody if !self.is_running()? => match self.start() {
                    Err(PostgresError::Start { log, .. })
                        if is_passing(&log) && begun.elapsed() < ORPHANS_WAIT_LIMIT =>
                    {
                        thread::sleep(Duration::from_millis(200));
                        if !told {
                            progress("waiting for what is left of a killed server");
                            told = true;
                        }
                    }
                    started => started?,
                },
                // It is coming up or going down: both end.
                Answer::NotNow | Answer::Nobody => {
                    if begun.elapsed() > READY_WAIT_LIMIT {
                        let log = self.log_since(0);
                        return Err(PostgresError::NotAnswering {
                            data: self.place.data(),
                            waited_s: begun.elapsed().as_secs(),
                            log,
                        });
                    }
                    if !told && begun.elapsed() > Duration::from_secs(1) {
                        progress("waiting for Postgres to take connections");
                        told = true;
                    }
                    thread::sleep(Duration::from_millis(50));
                }
            }
        }
    }

    /// Stops the server if it is this machine's and runs; connections that are still open are cut.
    pub(super) fn stop(&self) -> Result<(), PostgresError> {
        if !self.is_running()? {
            return Ok(());
        }
        let mut stop = self.pg_ctl("stop");
        let output = self
            .user
            .run(stop.args(["-m", "fast", "-w", "-t", STOP_WAIT_LIMIT_S]))?;
        // It may have died by itself in between, which is as good.
        if output.status.success() || !self.is_running()? {
            return Ok(());
        }
        Err(PostgresError::Stop {
            data: self.place.data(),
            output: last_lines(&String::from_utf8_lossy(&output.stderr)),
        })
    }

    fn start(&self) -> Result<(), PostgresError> {
        self.place.prepare_socket_dir(&self.user)?;
        if Postmaster::of(&self.place.data())? == Postmaster::Stale {
            Postmaster::set_aside(&self.place.data(), &self.user)?;
        }
        // Nobody answers there. Left over they would name a process too, and Postgres believe it.
        for name in [
            self.place.socket(),
            self.place.socket().with_added_extension("lock"),
        ] {
            match fs::remove_file(&name) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(PostgresError::io("remove", name)(error));
                }
                _ => (),
            }
        }
        let log_begins = self.put_long_log_aside()?;
        let mut start = self.pg_ctl("start");
        start.args([
            "-w",
            "-t",
            &READY_WAIT_LIMIT.as_secs().to_string(),
            "-l",
            "server.log",
            "-o",
            &self.options(),
        ]);
        let output = self.user.run(&mut start)?;
        // Running but not yet ready: the caller's loop decides how long to wait.
        if output.status.success() || self.is_running()? {
            return Ok(());
        }
        let mut log = self.log_since(log_begins);
        if log.is_empty() {
            log = last_lines(&String::from_utf8_lossy(&output.stderr));
        }
        Err(PostgresError::Start {
            data: self.place.data(),
            log,
        })
    }

    fn is_running(&self) -> Result<bool, PostgresError> {
        Ok(matches!(
            Postmaster::of(&self.place.data())?,
            Postmaster::Running(_)
        ))
    }

    fn create_database(&self) -> Result<(), PostgresError> {
        match probe::knock(&self.place.socket(), "postgres")? {
            Answer::Ready(mut session) => {
                session.execute("create the database", &format!("create database {NAME}"))
            }
            _ => Ok(()), // It has gone down since: the caller's loop comes round again.
        }
    }

    /// The data directory and the log are named from within the place, because `pg_ctl` hands them to
    /// a shell in double quotes: a `$` in a project's path would be lost.
    fn pg_ctl(&self, action: &str) -> Command {
        let mut command = self
            .user
            .command(&self.installation.program("pg_ctl"), self.place.root());
        command.env("PGDATA", "data").args([action, "-s"]);
        command
    }

    /// The settings as the shell behind `pg_ctl` takes them; [`ClusterPlace`] sees to it that the
    /// socket's path holds no quotes.
    fn options(&self) -> String {
        let socket_dir = format!("\"{}\"", self.place.socket_dir().display());
        let name = self.place.cluster_name();
        let ours = [
            ("unix_socket_directories", socket_dir.as_str()),
            ("cluster_name", &name),
        ];
        let all = SETTINGS.iter().chain(&ours);
        all.map(|(key, value)| format!("-c '{key}={value}'"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Where the log of the next start begins, in bytes.
    fn put_long_log_aside(&self) -> Result<u64, PostgresError> {
        let log = self.place.log();
        let length = fs::metadata(&log).map_or(0, |found| found.len());
        if length <= LONGEST_LOG {
            return Ok(length);
        }
        let old: PathBuf = log.with_added_extension("1");
        fs::rename(&log, &old).map_err(PostgresError::io("rename", log))?;
        Ok(0)
    }

    /// The last lines of the log after this many bytes; none if it cannot be read.
    fn log_since(&self, begins: u64) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut log = File::open(self.place.log())?;
            let end = log.metadata()?.len();
            log.seek(SeekFrom::Start(begins.max(end.saturating_sub(16_384))))?;
            let mut bytes = Vec::new();
            log.take(16_384).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        last_lines(&String::from_utf8_lossy(&read().unwrap_or_default()))
    }
}

/// Failures that go away: the killed server's children still hold its memory, or another command
/// was killed just after it had begun a start of its own.
fn is_passing(log: &str) -> bool {
    log.contains("is still in use") || log.contains("already exists")
}
