//! What a person is told when no connection comes about, by what stood in the way.

use nightdesk::store::{SourceConnection, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Secured;
use super::own::masked;
use crate::commands::Folder;

async fn refused(url: &str) -> String {
    let error = Store::connect(url).await.expect_err("no connection");
    let problem = error.problem();
    let source = SourceConnection::connect(&url.into())
        .await
        .expect_err("no connection either");
    let waits = if source.is_down() { "waits" } else { "ends" };
    let said = format!("{} (a source {waits}): {problem}", problem.code);
    assert!(
        !said.contains("s3cret") && !format!("{source:?}").contains("s3cret"),
        "{said}"
    );
    masked(&said).replace("\n\n", "\n  ")
}

#[tokio::test]
async fn a_refusal_says_which_of_user_password_database_and_machine_it_is() {
    let secured = Secured::start().await;
    let server = &secured.server;
    server.does("revoke connect on database template1 from public; create database closed; revoke connect on database closed from public").await;
    let other_database = |name: &str| {
        secured
            .ann("localhost", "?sslmode=require")
            .replace("/desk?", &format!("/{name}?"))
    };
    let mut told = Vec::new();
    for url in [
        server.url("ann:s3cret", "localhost", "?sslmode=require"),
        server.url("ann", "localhost", "?sslmode=require"),
        other_database("nowhere"),
        other_database("closed"),
        // Known in pg_hba.conf, and not allowed to log in.
        server.url("nora:s3cret%2F%40%3F%23", "localhost", "?sslmode=require"),
        server.url("zoe:s3cret", "localhost", "?sslmode=require"),
        server.url("ann:s3cret", "localhost", "?sslmode=disable"),
        "postgresql://ann:s3cret@no-such-host.invalid/desk".to_owned(),
        "postgresql://ann:s3cret@%2Fnowhere/desk".to_owned(),
        "postgresql://ann:s3cret@127.0.0.1:1/desk".to_owned(),
    ] {
        told.push(refused(&url).await);
    }
    server.does("alter role ann connection limit 0").await;
    told.push(refused(&secured.ann("localhost", "?sslmode=require")).await);
    insta::assert_snapshot!(told.join("\n"), @r#"
    database.refused (a source ends): Postgres at `localhost:PORT`, database `desk` refuses user or password: password authentication failed for user "ann"
      hint: check user and password in `DATABASE_URL`; in a password `@` is written `%40`, `/` `%2F`, `?` `%3F`, `#` `%23` and `%` `%25`
    database.refused (a source ends): Postgres at `localhost:PORT`, database `desk` refuses user or password: password authentication failed for user "ann"
      hint: check user and password in `DATABASE_URL`; in a password `@` is written `%40`, `/` `%2F`, `?` `%3F`, `#` `%23` and `%` `%25`
    database.refused (a source ends): Postgres at `localhost:PORT`, database `nowhere` has no such database: database "nowhere" does not exist
      hint: check the database in `DATABASE_URL`, or make it: `createdb …`
    database.refused (a source ends): Postgres at `localhost:PORT`, database `closed` does not let this user into the database: permission denied for database "closed"
      hint: `grant connect on database … to …`
    database.refused (a source ends): Postgres at `localhost:PORT`, database `desk` does not let this user in: role "nora" is not permitted to log in
      hint: check the user in `DATABASE_URL`, or make it: `create role … login`
    database.refused (a source ends): Postgres at `localhost:PORT`, database `desk` takes no connection of this user from this machine: no pg_hba.conf entry for host "127.0.0.1", user "zoe", database "desk", SSL encryption
      hint: add a line for this user, database and machine to the server's pg_hba.conf and reload it
    database.tls (a source ends): Postgres at `localhost:PORT`, database `desk` takes no connection in the clear: no pg_hba.conf entry for host "127.0.0.1", user "ann", database "desk", no encryption
      hint: put `sslmode=verify-full` (or `require`) into `DATABASE_URL`, with `sslrootcert=FILE` where its authority is not a public one
    database.unreachable (a source waits): cannot reach Postgres at `no-such-host.invalid:PORT`, database `desk`: failed to lookup address information: Name or service not known
      hint: check the host in `DATABASE_URL`, and that this machine can look names up; without `DATABASE_URL` Nightdesk uses a private cluster of its own
    database.unreachable (a source waits): cannot reach Postgres at `/nowhere`, database `desk`: No such file or directory (os error 2)
      hint: check that it runs, and the folder of its socket in `DATABASE_URL`; without `DATABASE_URL` Nightdesk uses a private cluster of its own
    database.unreachable (a source waits): cannot reach Postgres at `127.0.0.1:1`, database `desk`: Connection refused (os error 111)
      hint: check that it runs and listens there, and host and port in `DATABASE_URL`; without `DATABASE_URL` Nightdesk uses a private cluster of its own
    database.too_many_connections (a source waits): Postgres at `localhost:PORT`, database `desk` has no connection left: too many connections for role "ann"
      hint: raise `max_connections` (behind PgBouncer `max_client_conn`), or run fewer workers; each process holds at most 4 connections
    "#);
}

/// A server that has one answer for everybody: an error with an SQLSTATE, or a byte that is none of Postgres.
async fn saying(code: &'static str, message: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 1024];
            // What asks for TLS hears no first.
            while let Ok(read @ 1..) = client.read(&mut request).await {
                if read == 8 {
                    let _ = client.write_all(b"N").await;
                    continue;
                }
                let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
                let mut answer = vec![b'E'];
                answer.extend(
                    u32::try_from(fields.len() + 4)
                        .expect("short")
                        .to_be_bytes(),
                );
                answer.extend(fields.as_bytes());
                let _ = client.write_all(&answer).await;
                break;
            }
        }
    });
    format!("postgresql://ann:s3cret@127.0.0.1:{port}/desk")
}

#[tokio::test]
async fn a_server_or_a_pooler_that_cannot_now_is_told_apart_from_one_that_will_not() {
    let mut told = Vec::new();
    for (code, message) in [
        ("57P03", "the database system is starting up"),
        (
            "57P03",
            "the database system is not yet accepting connections",
        ),
        (
            "57P01",
            "terminating connection due to administrator command",
        ),
        ("53300", "sorry, too many clients already"),
        ("28000", "role \"ann\" is not permitted to log in"),
        // PgBouncer's own.
        ("08P01", "SSL required"),
        ("08P01", "no such database: desk"),
        ("08P01", "no such user: ann"),
        ("08P01", "password authentication failed"),
        ("08P01", "no more connections allowed (max_client_conn)"),
        (
            "08P01",
            "server login has been failing, try again later (server_login_retry)",
        ),
        ("08P01", "client_login_timeout (server down)"),
        ("XX000", "something else"),
    ] {
        let said = refused(&saying(code, message).await).await;
        told.push(format!("{code} {said}"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    57P03 database.starting (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` is not ready: the database system is starting up
      hint: wait until it is ready; its own log says what it is doing
    57P03 database.starting (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` is not ready: the database system is not yet accepting connections
      hint: wait until it is ready; its own log says what it is doing
    57P01 database.starting (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` is going down, or its pooler cannot reach it: terminating connection due to administrator command
      hint: wait until it is ready; its own log says what it is doing
    53300 database.too_many_connections (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` has no connection left: sorry, too many clients already
      hint: raise `max_connections` (behind PgBouncer `max_client_conn`), or run fewer workers; each process holds at most 4 connections
    28000 database.refused (a source ends): Postgres at `127.0.0.1:PORT`, database `desk` does not let this user in: role "ann" is not permitted to log in
      hint: check the user in `DATABASE_URL`, or make it: `create role … login`
    08P01 database.tls (a source ends): Postgres at `127.0.0.1:PORT`, database `desk` takes no connection in the clear: SSL required
      hint: put `sslmode=verify-full` (or `require`) into `DATABASE_URL`, with `sslrootcert=FILE` where its authority is not a public one
    08P01 database.refused (a source ends): Postgres at `127.0.0.1:PORT`, database `desk` has no such database: no such database: desk
      hint: check the database in `DATABASE_URL`, or make it: `createdb …`
    08P01 database.refused (a source ends): Postgres at `127.0.0.1:PORT`, database `desk` does not let this user in: no such user: ann
      hint: check the user in `DATABASE_URL`, or make it: `create role … login`
    08P01 database.refused (a source ends): Postgres at `127.0.0.1:PORT`, database `desk` refuses user or password: password authentication failed
      hint: check user and password in `DATABASE_URL`; in a password `@` is written `%40`, `/` `%2F`, `?` `%3F`, `#` `%23` and `%` `%25`
    08P01 database.too_many_connections (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` has no connection left: no more connections allowed (max_client_conn)
      hint: raise `max_connections` (behind PgBouncer `max_client_conn`), or run fewer workers; each process holds at most 4 connections
    08P01 database.starting (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` is going down, or its pooler cannot reach it: server login has been failing, try again later (server_login_retry)
      hint: wait until it is ready; its own log says what it is doing
    08P01 database.starting (a source waits): Postgres at `127.0.0.1:PORT`, database `desk` is going down, or its pooler cannot reach it: client_login_timeout (server down)
      hint: wait until it is ready; its own log says what it is doing
    XX000 database.unreachable (a source ends): cannot reach Postgres at `127.0.0.1:PORT`, database `desk`: something else
      hint: check that it runs and that the address in `DATABASE_URL` is right; without `DATABASE_URL` Nightdesk uses a private cluster of its own
    "#);
}

// The server answers while this waits for the program's end.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_printed_has_a_secret_of_the_address_in_it() {
    let folder = Folder::without_database();
    let url = saying("28P01", "password authentication failed for user \"ann\"").await;
    let port = url
        .rsplit(':')
        .next()
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let at = |start: &str, end: &str| format!("postgresql://{start}@127.0.0.1:{port}/desk{end}");
    let addresses = [
        at("ann:s3cret", ""),
        at("ann", "?password=s3cret"),
        at("ann:a@s3cret", ""),
        at("ann:a/s3cret", ""),
        at("ann:1/s3cret", ""),
        at("ann:1?s3cret", ""),
        at("ann:1#s3cret", ""),
        at("ann:%40s3cret", "?sslmode=disable"),
        at("ann", "?password=a&s3cret"),
        at("ann", "?sslmode=disable&sslpassword=s3cret"),
        at("ann", "?passfile=s3cret"),
        at("ann:x", "?options=-c%20desk.key%3Ds3cret"),
        at("ann:x", "?tenant=s3cret"),
        at("ann:x", "?sslmode=s3cret"),
        "postgresql://ann:s3cret@one:1,two:2/desk".to_owned(),
        "host=127.0.0.1 user=ann password=s3cret".to_owned(),
        "s3cret".to_owned(),
    ];
    // What every command does with an address, and what only these do.
    let brief: [&[&str]; 2] = [&["postgres", "url"], &["briefs", "list", "-vvv"]];
    let thorough: [&[&str]; 6] = [
        brief[0],
        brief[1],
        // Without a model: checking its files takes the time.
        &["doctor", "--models", "."],
        &["doctor", "--models", ".", "--json"],
        &["migrate"],
        &["runs", "list", "--log-format", "json", "-v"],
    ];
    for (no, address) in addresses.iter().enumerate() {
        let (commands, places) = match no % 5 {
            0 => (
                &thorough[..],
                &["--database-url", "DATABASE_URL", "nightdesk.toml"][..],
            ),
            _ => (&brief[..], &["--database-url"][..]),
        };
        for place in places {
            for args in commands {
                folder.write("nightdesk.toml", "");
                let mut command = folder.bare();
                match *place {
                    "nightdesk.toml" => {
                        folder.write("nightdesk.toml", format!("database_url = {address:?}\n"));
                    }
                    "DATABASE_URL" => drop(command.env("DATABASE_URL", address)),
                    flag => drop(command.args([flag, address])),
                }
                let output = command.args(*args).output().unwrap();
                let said =
                    [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
                let said = said.concat();
                assert!(
                    !said.contains("s3cret"),
                    "{args:?}, {place}, {address}:\n{said}"
                );
            }
        }
    }
}

#[test]
fn a_command_line_or_a_file_with_a_mistake_is_not_repeated_with_its_secret() {
    let folder = Folder::without_database();
    let url = "postgresql://ann:s3cret@db/desk";
    let lines: [&[&str]; 7] = [
        &["doctor", url],
        &[url, "doctor"],
        &["--database_url=postgresql://ann:s3cret@db/desk", "doctor"],
        &["--threads", url, "doctor"],
        &["--log-format", url, "doctor"],
        &["up", "--workers", url],
        &["doctor", "host=db password=s3cret"],
    ];
    let mut told = String::new();
    for line in lines {
        for json in [false, true] {
            let mut command = folder.bare();
            command.args(line);
            if json {
                command.arg("--json");
            }
            let said = folder.said(&mut command);
            assert_eq!(said.status, 1, "{said}");
            assert!(!said.to_string().contains("s3cret"), "{line:?}: {said}");
            told.push_str(if json {
                ""
            } else {
                said.stderr.lines().next().unwrap()
            });
            told.push_str(if json { "" } else { "\n" });
        }
    }
    for file in [
        "database_url = postgresql://ann:s3cret@db/desk\n",
        "database_url = 'postgresql://ann:s3cret@db/desk\n",
        "threads = \"postgresql://ann:s3cret@db/desk\"\n",
        "[notify]\nwebhook = https://hooks.example.org/s3cret\n",
        "[notify]\nreport = \"https://hooks.example.org/s3cret\"\n",
        "[notify]\nwebhook_env = \"https://hooks.example.org/s3cret\"\n",
        "[notify.smtp]\nhost = \"localhost\"\nuser = \"ann\"\npassword_env = \"s3cret\"\nfrom = \"a@b.org\"\nto = [\"a@b.org\"]\n",
        "[notify.smtp]\npassword = \"s3cret\"\n",
    ] {
        folder.write("nightdesk.toml", file);
        for command in [
            &["doctor"][..],
            &["report", "--send"],
            &["doctor", "--json"],
        ] {
            let said = folder.run(command);
            assert!(!said.to_string().contains("s3cret"), "{file}: {said}");
        }
    }
    insta::assert_snapshot!(told, @"
    error: unexpected argument 'postgresql://ann:…@db/desk' found
    error: unrecognized subcommand 'postgresql://ann:…@db/desk'
    error: unexpected argument '--database_url' found
    error: invalid value 'postgresql://ann:…@db/desk' for '--threads <N>': invalid digit found in string
    error: invalid value 'postgresql://ann:…@db/desk' for '--log-format <FORMAT>'
    error: invalid value 'postgresql://ann:…@db/desk' for '--workers <N>': invalid digit found in string
    error: unexpected argument '…' found
    ");
}
