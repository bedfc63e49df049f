//! What people read when the private cluster cannot be used: each message with its hint. The tests
//! beside this file bring about those that a machine can be made to show.

use std::io;
use std::path::PathBuf;

use super::PostgresError;

fn told(error: &PostgresError) -> String {
    let hint = error.hint().map(|hint| format!("\n  hint: {hint}"));
    format!("{}: {error}{}", error.code(), hint.unwrap_or_default())
}

fn all(errors: &[PostgresError]) -> String {
    errors.iter().map(told).collect::<Vec<_>>().join("\n")
}

fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

#[test]
fn programs_that_cannot_be_used_are_named_with_a_way_out() {
    let errors = [
        PostgresError::NotInstalled {
            looked_in: vec![path("/usr/bin"), path("/opt/pg/bin")],
        },
        PostgresError::TooOld {
            version: "9.6.24".to_owned(),
            bin: path("/usr/bin"),
        },
        PostgresError::UnknownVersion {
            program: path("/usr/bin/postgres"),
            printed: "busybox".to_owned(),
        },
        PostgresError::NoServerUser,
        PostgresError::Spawn {
            program: path("/usr/bin/initdb"),
            user: "postgres".to_owned(),
            dir: path("/srv/desk"),
            source: io::Error::from(io::ErrorKind::PermissionDenied),
        },
    ];
    insta::assert_snapshot!(all(&errors), @"
    postgres.not_installed: found no Postgres server (`initdb`, `postgres`, `pg_ctl`) in `/usr/bin`, `/opt/pg/bin`
      hint: install one, for example with `apt-get install postgresql`, name its folder in `NIGHTDESK_POSTGRES_BIN`, or set `DATABASE_URL`
    postgres.too_old: Postgres 9.6.24 in `/usr/bin` is too old, expected 14 or newer
      hint: install Postgres 14 or newer, or set `DATABASE_URL`
    postgres.unknown_version: `/usr/bin/postgres --version` printed `busybox`, expected a Postgres version
      hint: install Postgres 14 or newer, or set `DATABASE_URL`
    postgres.no_server_user: Postgres refuses to run as root, and `/etc/passwd` has no user `postgres` or `nobody`
      hint: make a user `postgres`, run Nightdesk as an ordinary user, or set `DATABASE_URL`
    postgres.spawn: cannot run `/usr/bin/initdb` as user `postgres` in `/srv/desk`
      hint: user `postgres` must be able to run that program and to enter that folder; or set `DATABASE_URL`
    ");
}

#[test]
fn a_place_that_cannot_be_used_is_named_with_its_owner_or_mode() {
    let io = |kind| PostgresError::io("create", "/srv/desk")(io::Error::from(kind));
    let errors = [
        PostgresError::WrongOwner {
            path: path("/srv/desk"),
            owner: 1000,
            expected: 106,
            user: "postgres".to_owned(),
        },
        PostgresError::OpenSocketDir {
            path: path("/tmp/nightdesk-1"),
            mode: 0o755,
        },
        PostgresError::OddLockFile {
            path: path("/srv/desk/lock"),
        },
        PostgresError::Locked {
            path: path("/srv/desk/lock"),
            waited_s: 60,
        },
        PostgresError::WrongVersion {
            data: path("/srv/desk/data"),
            cluster: "13".to_owned(),
            installed: 15,
            bin: path("/usr/bin"),
        },
        io(io::ErrorKind::PermissionDenied),
        io(io::ErrorKind::StorageFull),
    ];
    insta::assert_snapshot!(all(&errors), @"
    postgres.wrong_owner: `/srv/desk` belongs to user id 1000, expected 106 (`postgres`)
      hint: if it is yours, `chown -R postgres /srv/desk`
    postgres.open_socket_dir: `/tmp/nightdesk-1` is not a private folder (mode 755), expected a folder of mode 700
      hint: look at `/tmp/nightdesk-1` and remove it if it is not in use
    postgres.odd_lock_file: lock file `/srv/desk/lock` is a link or no plain file
      hint: look at `/srv/desk/lock` and remove it if it is not in use
    postgres.locked: `/srv/desk/lock` is still locked by another command after 60 s
      hint: see which command hangs with `ps`, and end it
    postgres.wrong_version: `/srv/desk/data` was made by Postgres 13, but Postgres 15 is in `/usr/bin`
      hint: install Postgres 13 beside it, or move `/srv/desk/data` away to begin with an empty database
    postgres.io: cannot create `/srv/desk`
      hint: the private Postgres needs a folder that it can write to; or set `DATABASE_URL`
    postgres.io: cannot create `/srv/desk`
      hint: make room on that disk, or set `DATABASE_URL`
    ");
}

#[test]
fn a_server_that_fails_is_quoted() {
    let output = "FATAL:  could not map memory\nHINT:  less of it".to_owned();
    let data = path("/srv/desk/data");
    let errors = [
        PostgresError::Initdb {
            root: path("/srv/desk"),
            output: "No space left on device".to_owned(),
        },
        PostgresError::Start {
            data: data.clone(),
            log: output.clone(),
        },
        PostgresError::NotAnswering {
            data: data.clone(),
            waited_s: 60,
            log: String::new(),
        },
        PostgresError::Refused {
            action: "make the database",
            code: "42501".to_owned(),
            message: "permission denied".to_owned(),
        },
        PostgresError::Stop { data, output },
    ];
    insta::assert_snapshot!(all(&errors), @"
    postgres.initdb: `initdb` could not make a cluster in `/srv/desk`, its last lines:
      No space left on device
      hint: make room on that disk, or set `DATABASE_URL`
    postgres.start: Postgres did not start on `/srv/desk/data`, its last lines:
      FATAL:  could not map memory
      HINT:  less of it
      hint: the whole log is `/srv/desk/server.log`; on a full disk its last lines are missing
    postgres.not_answering: Postgres on `/srv/desk/data` takes no connections after 60 s
      hint: it may still be replaying its log after a crash: try again later
    postgres.refused: Postgres refused to make the database with code 42501: permission denied
    postgres.stop: Postgres on `/srv/desk/data` did not stop, its last lines:
      FATAL:  could not map memory
      HINT:  less of it
    ");
}
