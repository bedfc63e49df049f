//! Nightdesk's own database and a `[source]` behind TLS: what is encrypted, whose certificate is taken, and what a person
//! is told where no connection comes about.

mod authority;
mod own;
mod pooler;
mod refusals;
mod server;
mod source;

use std::path::PathBuf;

use authority::Authority;
use server::Server;
use tempfile::TempDir;

/// Who may come in: `ann` with a password and only encrypted, `carl` with a certificate, `paul` in the clear.
const HBA: &str = "hostssl all ann 127.0.0.1/32 scram-sha-256
hostssl all carl 127.0.0.1/32 cert
hostnossl all paul 127.0.0.1/32 trust
host all nora 127.0.0.1/32 scram-sha-256";

/// A server behind TLS, and the files that a client needs.
struct Secured {
    server: Server,
    authority: Authority,
    other: Authority,
    files: TempDir,
}

impl Secured {
    async fn start() -> Self {
        let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
        let files = tempfile::tempdir().expect("a folder");
        let root = authority.file(files.path(), "root.pem");
        other.file(files.path(), "other.pem");
        for (name, by) in [("carl", &authority), ("eve", &other)] {
            let signed = by.signs("carl", &[]);
            let write = |kind: &str, pem: &str| {
                std::fs::write(files.path().join(format!("{name}.{kind}")), pem).expect("written");
            };
            write("pem", &signed.certificate);
            write("key", &signed.key);
        }
        let certificate = authority.signs("db", &["localhost"]);
        let server = Server::start(Some(&certificate), &root, HBA).await;
        server
            .does(
                "create role ann login password 's3cret/@?#'; create role carl login; create role paul login;
                 create role nora password 's3cret/@?#'; alter database desk owner to ann;
                 grant all on database desk to carl, paul",
            )
            .await;
        Self {
            server,
            authority,
            other,
            files,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// An address for `ann`, who has a password of the worst kind.
    fn ann(&self, host: &str, parameters: &str) -> String {
        let url = self.server.url("ann:s3cret%2F%40%3F%23", host, parameters);
        url.replace("ROOT", &self.file("root.pem").display().to_string())
            .replace("OTHER", &self.file("other.pem").display().to_string())
    }

    /// An address for `carl` with the certificate of somebody.
    fn carl(&self, of: &str) -> String {
        let pair = format!(
            "&sslcert={}&sslkey={}",
            self.file(&format!("{of}.pem")).display(),
            self.file(&format!("{of}.key")).display()
        );
        let pair = if of.is_empty() { String::new() } else { pair };
        let root = self.file("root.pem").display().to_string();
        self.server.url(
            "carl",
            "localhost",
            &format!("?sslmode=verify-full&sslrootcert={root}{pair}"),
        )
    }
}
