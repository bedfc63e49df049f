//! A Postgres of a test's own that listens on TCP, with certificates, passwords and a pg_hba.conf of the test's.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nightdesk::postgres::Installation;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;

use super::authority::Signed;
use crate::support::until;

/// A running server; stopped when the test ends.
pub(super) struct Server {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Server {
    /// Makes and starts one with a database `desk`; `hba` is who may come in by TCP.
    pub(super) async fn start(certificate: Option<&Signed>, authority: &Path, hba: &str) -> Self {
        let bin = Installation::find().expect("a Postgres").bin().to_owned();
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("made");
        own(folder.path());
        own(&data);
        let mut initdb = as_server(&bin.join("initdb"), folder.path());
        initdb.args([
            "--no-sync",
            "--auth=trust",
            "--username=root",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        let made = initdb.arg("-D").arg(&data).output().expect("initdb");
        assert!(made.status.success(), "{made:?}");
        write(
            &data.join("pg_hba.conf"),
            &format!("local all root trust\n{hba}\n"),
        );
        std::fs::copy(authority, data.join("authority.pem")).expect("copied");
        let ssl = match certificate {
            Some(signed) => {
                write_certificate(&data, signed);
                "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'authority.pem'\n"
            }
            None => "",
        };
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let sockets = folder.path().display();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{sockets}'\nfsync = off\nshared_buffers = '16MB'\nmax_connections = 20\n{ssl}"
        );
        write(&data.join("postgresql.conf"), &settings);
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut server = as_server(&bin.join("postgres"), folder.path());
        let child = server
            .arg("-D")
            .arg(&data)
            .stderr(log)
            .stdout(Stdio::null())
            .spawn();
        let server = Self {
            folder,
            port,
            child: child.expect("a server"),
        };
        until("the server to listen", async || {
            server.root("postgres").await
        })
        .await;
        server.does("create database desk").await;
        server
    }

    /// An address of it by TCP, for the database `desk`.
    pub(super) fn url(&self, who: &str, host: &str, parameters: &str) -> String {
        format!("postgresql://{who}@{host}:{}/desk{parameters}", self.port)
    }

    /// Runs statements as its superuser, in the database `postgres`.
    pub(super) async fn does(&self, sql: &str) {
        let mut root = self.root("postgres").await.expect("a connection");
        for statement in sql
            .split(';')
            .filter(|statement| !statement.trim().is_empty())
        {
            let done = sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut root)
                .await;
            done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// Takes another certificate for every connection from now on.
    pub(super) fn shows(&self, signed: &Signed) {
        write_certificate(&self.folder.path().join("data"), signed);
        signal(&self.child, "HUP");
    }

    async fn root(&self, database: &str) -> Option<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(self.folder.path())
            .port(self.port)
            .username("root")
            .database(database)
            .ssl_mode(sqlx::postgres::PgSslMode::Disable);
        PgConnection::connect_with(&options).await.ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        signal(&self.child, "INT");
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    let sent = Command::new("sh")
        .args(["-c", &kill])
        .status()
        .expect("a shell");
    assert!(sent.success(), "{kill}");
}

fn write_certificate(data: &Path, signed: &Signed) {
    write(&data.join("server.pem"), &signed.certificate);
    write(&data.join("server.key"), &signed.key);
}

fn write(path: &Path, content: &str) {
    std::fs::write(path, content).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("allowed");
    own(path);
}

/// Postgres refuses root: for root, ids of a lesser user.
fn lesser_user() -> Option<(u32, u32)> {
    if std::fs::metadata("/proc/self").expect("a process").uid() != 0 {
        return None;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").expect("users");
    let ids = |name: &str| {
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(|id| id.parse().ok());
        Some((ids.next()??, ids.next()??))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

fn own(path: &Path) {
    if let Some((uid, gid)) = lesser_user() {
        chown(path, Some(uid), Some(gid)).expect("given away");
    }
}

fn as_server(program: &PathBuf, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir(folder)
        .stdin(Stdio::null());
    if let Some((uid, gid)) = lesser_user() {
        command.uid(uid).gid(gid);
    }
    command
}
