//! `serve`: the review desk on a real port.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use sqlx::PgPool;

use super::Folder;
use crate::operations::{Answer, ask, free_address};
use crate::support::until;

/// A desk that ends with the test.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(folder: &Folder, flags: &[&str]) -> Self {
        Self::logging(folder, flags, Stdio::null())
    }

    fn logging(folder: &Folder, flags: &[&str], log: Stdio) -> Self {
        let address = free_address();
        let mut command = folder.command(&["serve", "--desk", &address]);
        let child = command.args(flags).stderr(log).spawn().unwrap();
        Self { child, address }
    }

    /// Answers of an open desk; until it has reached its database it says 503.
    async fn answers(&self, path: &str) -> Answer {
        let open = async || {
            ask(&self.address, path)
                .await
                .filter(|told| told.status != 503)
        };
        until("an answer", open).await
    }

    async fn ends(&mut self) {
        let pid = self.child.id().to_string();
        Command::new("kill").arg(pid).status().unwrap();
        let ended = async || self.child.try_wait().unwrap();
        assert!(until("its end", ended).await.success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has usually ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_desk_that_nobody_or_anybody_could_use_is_not_opened(pool: PgPool) {
    let folder = Folder::new(&pool);
    let refused = [
        folder.run(&["serve", "--desk", "127.0.0.1:0"]),
        folder.run(&["serve", "--desk", "0.0.0.0:0", "--no-auth"]),
        folder.run(&["serve", "--desk", "9640"]),
    ];
    for said in &refused {
        said.refuses(&[]);
    }
    let ports = regex::Regex::new(r"0\.0\.0\.0:\d+").unwrap();
    let told = refused.map(|said| said.stderr).concat();
    insta::assert_snapshot!(ports.replace_all(&told, "0.0.0.0:PORT"), @"
    error: nobody could sign in: there is no user with a password who is not disabled

    hint: make one: nightdesk users add NAME --role admin
    error: `no-auth`: without sign-in the desk does not listen on `0.0.0.0:PORT`, where others reach it

    hint: make users with `nightdesk users add`, or listen on 127.0.0.1
    error: `desk`: cannot listen on `9640`: invalid socket address

    hint: an address is a host and a port, such as `127.0.0.1:9640`
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_desk_with_users_asks_for_a_password(pool: PgPool) {
    let folder = Folder::new(&pool);
    let args = ["users", "add", "kim", "--role", "admin", "--password-stdin"];
    assert_eq!(folder.fed("three plain words", &args).status, 0);
    let mut served = Served::start(&folder, &[]);
    let health = served.answers("/healthz").await;
    assert_eq!(
        (health.status, &health.json()["role"]),
        (200, &"serve".into())
    );
    assert_eq!(served.answers("/readyz").await.status, 200);
    let page = served.answers("/settings").await;
    assert_eq!(
        (page.status, page.kind.as_str()),
        (200, "text/html; charset=utf-8")
    );
    assert!(
        page.text.contains("autocomplete=\"current-password\""),
        "{}",
        page.text
    );
    served.ends().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_desk_without_sign_in_is_one_admins(pool: PgPool) {
    let folder = Folder::new(&pool);
    for _ in 0..2 {
        let mut served = Served::start(&folder, &["--no-auth"]);
        let page = served.answers("/settings").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(
            page.text.contains("<span dir=\"auto\">local</span>"),
            "{}",
            page.text
        );
        served.ends().await;
    }
    let users = folder.json(&["users", "list"]);
    assert_eq!(
        (users.as_array().unwrap().len(), &users[0]["name"]),
        (1, &"local".into())
    );
    // Nobody knows the password of that one, so nobody could sign in with it.
    folder
        .run(&["serve", "--desk", "127.0.0.1:0"])
        .refuses(&["nobody could sign in"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_failed_sign_in_is_in_the_log_on_one_line(pool: PgPool) {
    let folder = Folder::new(&pool);
    let args = ["users", "add", "kim", "--role", "admin", "--password-stdin"];
    assert_eq!(folder.fed("three plain words", &args).status, 0);
    let path = folder.path("log");
    let log = File::create(&path).unwrap();
    let mut served = Served::logging(&folder, &[], log.into());
    served.answers("/login").await;
    let address = served.address.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let body = "name=kim%0A2026+INFO+all+is+well&password=guessed";
        let head = "POST /login HTTP/1.1\r\nhost: desk\r\nconnection: close\r\nx-forwarded-for: 203.0.113.9\r\n\
                    content-type: application/x-www-form-urlencoded\r\n";
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        told
    });
    let answered = answered.await.unwrap();
    assert!(answered.starts_with("HTTP/1.1 401 "), "{answered}");
    let words = r"a sign-in as `kim\n2026 INFO all is well` from 203.0.113.9 failed";
    until("the line in the log", async || {
        let log = std::fs::read_to_string(&path).unwrap();
        log.contains(words).then_some(())
    })
    .await;
    let recorded = folder.json(&["audit", "list"]);
    assert_eq!(
        (&recorded[0]["action"], &recorded[0]["actor"]),
        (&"session.refused".into(), &"address:203.0.113.9".into())
    );
    served.ends().await;
}
