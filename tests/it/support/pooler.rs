//! A real PgBouncer in transaction mode before the test's database.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use tokio::net::UnixStream;

use super::until;

/// Connections to Postgres that all clients of a pooler share.
pub(crate) const SERVERS: i64 = 3;

/// A running PgBouncer; killed when the test ends.
pub(crate) struct Pooler {
    folder: TempDir,
    database: PgConnectOptions,
    port: u16,
    child: Child,
}

impl Pooler {
    /// Starts one with further settings; `None`, and a loud word, where PgBouncer is not installed.
    ///
    /// # Panics
    /// Where it is missing and `CI` is set: there the set-up installs it.
    pub(crate) async fn start(database: &PgConnectOptions, settings: &str) -> Option<Self> {
        Self::start_at(database, 6432, settings).await
    }

    /// Starts one at another port, as its settings may have it listen by TCP.
    ///
    /// # Panics
    /// As [`Pooler::start`].
    pub(crate) async fn start_at(
        database: &PgConnectOptions,
        port: u16,
        settings: &str,
    ) -> Option<Self> {
        let Some(program) = find() else {
            let missing =
                "PgBouncer is not installed (scripts/setup-postgres.sh): NOTHING WAS TESTED";
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            // Not captured, as a passing test's output is.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {missing}");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let url = database.to_url_lossy();
        let host = match database.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => database.get_host().to_owned(),
        };
        let mut server = format!(
            "host={host} port={} user={}",
            database.get_port(),
            database.get_username()
        );
        if let Some(password) = url.password() {
            server.push_str(&format!(" password={password}"));
        }
        let config = format!(
            "[databases]
             * = {server}
             [pgbouncer]
             pool_mode = transaction
             default_pool_size = {SERVERS}
             auth_type = any
             listen_port = {port}
             unix_socket_dir = {}
             unix_socket_mode = 0777
             {settings}\n",
            folder.path().display()
        );
        let config = config.replace("\n             ", "\n");
        let path = folder.path().join("pgbouncer.ini");
        std::fs::write(&path, config).expect("written");
        let mut command = Command::new(program);
        if let Some(user) = lesser_user(database.get_socket().map(Path::new)) {
            let mut chown = Command::new("chown");
            let given = chown.args(["-R", &user]).arg(folder.path()).status();
            assert!(given.expect("chown").success());
            command.args(["-u", &user]);
        }
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let child = command
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("PgBouncer starts");
        let pooler = Self {
            folder,
            database: database.clone(),
            port,
            child,
        };
        let socket = pooler.folder.path().join(format!(".s.PGSQL.{port}"));
        until("PgBouncer to listen", async || {
            UnixStream::connect(&socket).await.ok()
        })
        .await;
        Some(pooler)
    }

    /// The database's address through the pooler.
    pub(crate) fn url(&self) -> String {
        let database = self
            .database
            .clone()
            .socket(self.folder.path())
            .port(self.port);
        database.to_url_lossy().to_string()
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian puts it where only root's PATH leads.
fn find() -> Option<&'static str> {
    [
        "pgbouncer",
        "/usr/sbin/pgbouncer",
        "/usr/local/bin/pgbouncer",
    ]
    .into_iter()
    .find(|program| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|version| version.status.success())
    })
}

/// PgBouncer refuses to be root: for root, the user who owns the server's socket, else `nobody`.
fn lesser_user(socket: Option<&Path>) -> Option<String> {
    let id = Command::new("id").arg("-u").output().expect("an id");
    if id.stdout != b"0\n" {
        return None;
    }
    let owner = socket.and_then(|socket| std::fs::metadata(socket).ok()?.uid().into());
    let passwd = std::fs::read_to_string("/etc/passwd").expect("users");
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, uid) = (fields.next()?, fields.nth(1)?.parse::<u32>().ok()?);
        (Some(uid) == owner && uid != 0).then(|| name.to_owned())
    });
    named.or(Some("nobody".to_owned()))
}
