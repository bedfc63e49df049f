//! A folder that is no project, and roles that cannot start: told once, and nothing is made or started.

use nightdesk::postgres::ClusterPlace;
use sqlx::PgPool;

use crate::commands::{Folder, Said};
use crate::operations::free_address;

/// Every command that wants the database and brings nothing into it.
const LOOKS: [&[&str]; 34] = [
    &["briefs", "list"],
    &["briefs", "show", "a"],
    &["briefs", "rejects", "a"],
    &["campaigns", "list"],
    &["campaigns", "show", "a"],
    &["campaigns", "next"],
    &["campaigns", "slots"],
    &["campaigns", "pause", "a"],
    &["campaigns", "resume", "a"],
    &["worker", "--once"],
    &["worker"],
    &["scheduler"],
    &["serve", "--desk", "127.0.0.1:0"],
    &["serve", "--no-auth", "--desk", "127.0.0.1:0"],
    &["users", "list"],
    &["users", "add", "kim", "--password-stdin"],
    &["users", "role", "kim", "admin"],
    &["users", "password", "kim", "--password-stdin"],
    &["users", "disable", "kim"],
    &["users", "enable", "kim"],
    &["users", "token", "kim"],
    &["audit", "verify"],
    &["audit", "list"],
    &["runs", "list"],
    &["runs", "show", "a"],
    &["runs", "cancel", "a"],
    &["runs", "redrive", "a"],
    &["prune", "--dry-run", "--keep-runs", "30days"],
    &["drafts", "list"],
    &["drafts", "show", "a"],
    &["drafts", "kill", "a", "--reason", "b"],
    &["drafts", "export", "--format", "jsonl"],
    &["report"],
    &["prompt", "news/explainer", "a"],
];

/// A command in a folder, with no database named.
fn said(folder: &Folder, args: &[&str]) -> Said {
    folder.said(folder.bare().args(args))
}

#[test]
fn a_command_that_only_looks_makes_no_database() {
    let folder = Folder::without_database();
    let is_made = || {
        let place = ClusterPlace::for_project(&folder.path("")).expect("a place");
        place.is_made()
    };
    let mut told = Vec::new();
    for args in LOOKS {
        let said = said(&folder, args);
        assert_eq!(said.status, 1, "{args:?}: {said}");
        let error = said
            .stderr
            .find("error: ")
            .map(|at| said.stderr[at..].to_owned());
        told.push(error.unwrap_or_else(|| panic!("{args:?}: {said}")));
        assert!(!is_made(), "{args:?} made a database");
    }
    told.dedup();
    insta::assert_snapshot!(told.concat(), @"
    error: the project at `DIR` has no database yet

    hint: `nightdesk demo`, `up`, `migrate`, `run`, `briefs import`, `briefs pull` and `campaigns apply` make it; `--database-url` names one of your own
    ");
    // A folder that is nothing at all: a mistyped `--project`, say.
    std::fs::remove_file(folder.path("nightdesk.toml")).unwrap();
    insta::assert_snapshot!(said(&folder, &["campaigns", "list"]), @"
    exit 1
    -- stderr --
    error: there is no project at `DIR`: neither a `nightdesk.toml` nor a database

    hint: `--project` names the folder of a project; where it is the right one and new, `nightdesk demo`, `up`, `migrate`, `run`, `briefs import`, `briefs pull` and `campaigns apply` make it
    ");
    let error = said(&folder, &["runs", "list", "--json"]).error();
    assert_eq!(error["code"], "project.none");
    let doctor = said(&folder, &["doctor"]);
    assert!(doctor.stdout.contains("no private cluster yet"), "{doctor}");
    assert!(!is_made(), "`doctor` made a database");
    let said = said(&folder, &["campaigns", "list", "--project", "nowhere"]);
    said.refuses(&["no folder at `nowhere`"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_a_role_would_refuse_is_said_once_by_up(pool: PgPool) {
    let folder = Folder::new(&pool);
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let free = free_address();
    let commands: [&[&str]; 8] = [
        &["up", "--desk", "foo"],
        &["up", "--desk", ""],
        &["up", "--desk", &address],
        &["up", "--desk", &free],
        &["up", "--listen", "foo"],
        &["up", "--listen", &address],
        &["up", "--workers", "0", "--no-scheduler"],
        &["serve", "--desk", &address],
    ];
    let told = commands.map(|args| {
        let said = folder.run(args);
        assert_eq!(
            (said.status, said.stdout.as_str()),
            (1, ""),
            "{args:?}: {said}"
        );
        assert!(!said.stderr.contains("is process"), "{args:?}: {said}");
        said.stderr.replace(&address, "BUSY")
    });
    insta::assert_snapshot!(told.concat(), @"
    error: `desk`: cannot listen on `foo`: invalid socket address

    hint: an address is a host and a port, such as `127.0.0.1:9640`
    error: `desk`: cannot listen on ``: invalid socket address

    hint: an address is a host and a port, such as `127.0.0.1:9640`
    error: `desk`: another process listens on `BUSY` already

    hint: is a desk open there already? look at http://BUSY/, or give this one another port: `--desk 127.0.0.1:9641`
    error: nobody could sign in: there is no user with a password who is not disabled

    hint: make one: nightdesk users add NAME --role admin
    error: `listen`: cannot listen on `foo`: invalid socket address

    hint: an address is a host and a port, such as `127.0.0.1:9600`
    error: `listen`: another process listens on `BUSY` already

    hint: give every worker and scheduler of this host a port of its own, or let the system choose one with port 0
    error: there is nothing to run

    hint: leave `--no-scheduler` out, let `--workers` be 1 or more, or give `--desk`
    error: `desk`: another process listens on `BUSY` already

    hint: is a desk open there already? look at http://BUSY/, or give this one another port: `--desk 127.0.0.1:9641`
    ");
    // The same in nightdesk.toml.
    folder.edit(
        "nightdesk.toml",
        "threads = 2\n",
        "threads = 2\nlisten = \"foo\"\n",
    );
    folder
        .run(&["up"])
        .refuses(&["`listen`: cannot listen on `foo`"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_role_that_refuses_to_start_ends_the_others(pool: PgPool) {
    let folder = Folder::new(&pool);
    let up = ["up", "--runtime-library", "/nowhere/libonnxruntime.so"];
    let said = folder.run(&up);
    assert_eq!(said.status, 1, "{said}");
    for part in [
        "ONNX Runtime's shared library was not found",
        "worker 1 refused to start, so everything was stopped",
        "hint: what it said stands above",
    ] {
        assert!(said.stderr.contains(part), "`{part}` is not said: {said}");
    }
    assert!(!said.stderr.contains("is started again"), "{said}");
}
