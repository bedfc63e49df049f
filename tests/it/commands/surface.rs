//! Help, `postgres`, and what every command has in common.

use std::process::Stdio;

use nightdesk::domain::campaign::CampaignSpec;
use sqlx::PgPool;

use super::{Folder, keys};

#[test]
fn the_help_of_the_whole_program() {
    let folder = Folder::without_database();
    insta::assert_snapshot!(folder.said(folder.bare().arg("--help")), @r#"
    exit 0
    -- stdout --
    Drafts copy overnight and hands editors a scored review queue in the morning.

    Start with `nightdesk demo`. Everything is kept in one Postgres: the one in DATABASE_URL, or else a
    private cluster of this project that is started and stopped as needed.

    Usage: nightdesk [OPTIONS] <COMMAND>

    Commands:
      demo       Show it all once: sample briefs, the real model, one night, the result on screen
      migrate    Create or upgrade the database's schema
      briefs     Import, pull and look at briefs
      campaigns  Apply and look at campaigns
      channels   Look at channels: where copy goes, and what fits there
      run        Run a campaign once now, in this process; takes up its unfinished run if there is one
      worker     Draft whatever is due, night after night, until it is stopped. Any number of workers
                 may run
      scheduler  Fire campaigns when they are due, until it is stopped. Any number of schedulers may run
      up         Run a scheduler, workers and the desk, and start again what dies or hangs
      serve      Open the review desk: the queue, drafts beside their briefs, decisions. Until it is
                 stopped
      users      Make and change the people who review
      audit      Look at the record of every write, and check that it holds
      runs       Look at runs, cancel one, and try again what one gave up
      prune      Delete old nights from the queue, and old drafts that nobody reviewed
      drafts     Look at drafts; export approved ones, correct one, take one back
      report     Say what the night came to, as text or a page; or send it by webhook and mail
      prompt     Print the exact prompt of a brief, its token count and its shared prefix
      templates  Look at prompt templates: list, check, show, and draft their samples
      score      Score any text against a brief, without a database
      generate   Run one prompt through the engine and print the text as it comes
      models     List models, and check one
      doctor     Say what is installed, what is missing and how to get it, and print the configuration
                 in effect
      postgres   Run another program with DATABASE_URL set to this project's database
      help       Print this message or the help of the given subcommand(s)

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Everywhere:
          --json
              Print JSON: a listing is an array, `show` an object, an error `{"error":{…}}` on stderr

      -v, --verbose...
              Log more to stderr: -v what happens, -vv details. NIGHTDESK_LOG takes a tracing filter

          --project <DIR>
              Project folder; by default the nearest one upwards that holds nightdesk.toml

              [env: NIGHTDESK_PROJECT=]

          --database-url <URL>
              Postgres to use, such as postgresql://user@host/database; by default the project's private
              cluster

              [env: DATABASE_URL]

          --runtime-library <FILE>
              ONNX Runtime's shared library; by default the one that `make setup` put into
              .nightdesk/runtime

              [env: NIGHTDESK_RUNTIME_LIBRARY=]

          --models <DIR>
              Folder of model folders

              [env: NIGHTDESK_MODELS=]

          --templates <DIR>
              Folder of prompt templates

              [env: NIGHTDESK_TEMPLATES=]

          --jobs <DIR>
              Folder of campaign files

              [env: NIGHTDESK_JOBS=]

          --threads <N>
              Threads of the engine; by default all cores

              [env: NIGHTDESK_THREADS=]

          --max-rows <N>
              Most texts that are drafted together

              [env: NIGHTDESK_MAX_ROWS=]

          --kv-mib <MIB>
              Most memory of the engine's KV cache, in MiB

              [env: NIGHTDESK_KV_MIB=]

          --lease-s <S>
              Seconds of silence after which a worker's items go to another

              [env: NIGHTDESK_LEASE_S=]

          --step-s <S>
              Seconds after which a step of the model counts as hung, and the process is ended

              [env: NIGHTDESK_STEP_S=]

          --log-format <FORMAT>
              How logs are written: text for people, json for machines

              [env: NIGHTDESK_LOG_FORMAT=]
              [possible values: text, json]
    "#);
    insta::assert_snapshot!(folder.said(folder.bare().arg("--version")), @r#"
    exit 0
    -- stdout --
    nightdesk VERSION
    "#);
}

#[test]
fn the_help_of_every_command_names_its_flags() {
    let folder = Folder::without_database();
    let commands = [
        ("demo", "--briefs"),
        ("migrate", ""),
        ("briefs", "import pull rejects list show schema"),
        ("briefs import", "<FILES>..."),
        ("briefs pull", "<CAMPAIGN> --dry-run --limit --all"),
        ("briefs rejects", "<CAMPAIGN>"),
        ("briefs list", "--kind --tag --limit"),
        ("briefs show", "<ID>"),
        ("campaigns", "apply list show pause resume"),
        ("campaigns apply", "[DIR] --dry-run --yes --prune"),
        ("campaigns pause", "<NAME>"),
        ("campaigns resume", "<NAME>"),
        ("run", "<NAME> --limit --new --no-pull"),
        ("runs", "list show"),
        ("runs list", "--campaign --limit"),
        ("runs show", "<ID>"),
        ("drafts", "list show export kill correct"),
        ("drafts list", "--campaign --run --brief --all --limit"),
        ("drafts show", "<ID>"),
        (
            "drafts export",
            "--format --campaign --run --new --out google-ads-editor",
        ),
        ("drafts kill", "<ID> --reason"),
        ("drafts correct", "<ID> --file --reason"),
        (
            "report",
            "--since --until --timezone --html --output --send --dry-run",
        ),
        ("prompt", "<NAME> <BRIEF> --model"),
        ("score", "--brief --text --jsonl --channel"),
        (
            "generate",
            "--model --prompt --system --raw --max-tokens --temperature --top-k --top-p --repetition-penalty --stop --seed",
        ),
        ("doctor", ""),
        ("postgres", "exec url"),
        ("postgres exec", "<COMMAND>..."),
    ];
    for (name, flags) in commands {
        let said = folder.said(folder.bare().args(name.split(' ')).arg("--help"));
        assert_eq!(
            (said.status, said.stderr.as_str()),
            (0, ""),
            "{name}: {said}"
        );
        for flag in flags
            .split_whitespace()
            .chain(["--json", "--project", "--database-url"])
        {
            assert!(said.stdout.contains(flag), "{name}: no {flag}: {said}");
        }
    }
}

#[test]
fn the_example_in_the_campaigns_help_is_a_campaign() {
    let folder = Folder::without_database();
    let help = folder
        .said(folder.bare().args(["campaigns", "--help"]))
        .stdout;
    let (_, example) = help.split_once("are required:\n").expect("an example");
    let spec =
        CampaignSpec::parse(example, "help").unwrap_or_else(|problem| panic!("{problem}\n{help}"));
    let every_key = serde_json::to_value(&spec).unwrap();
    for section in [
        &every_key,
        &every_key["source"],
        &every_key["select"],
        &every_key["draft"],
        &every_key["review"],
    ] {
        for key in keys(section).split(' ') {
            assert!(
                example.contains(key),
                "`{key}` is not explained:\n{example}"
            );
        }
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_the_users_mistake() {
    let folder = Folder::without_database();
    let said = |args: &[&str]| folder.said(folder.bare().args(args));
    insta::assert_snapshot!(said(&["draft"]), @r#"
    exit 1
    -- stderr --
    error: unrecognized subcommand 'draft'

      tip: a similar subcommand exists: 'drafts'

    Usage: nightdesk [OPTIONS] <COMMAND>

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(said(&["run", "explainers", "--limits", "3"]), @r#"
    exit 1
    -- stderr --
    error: unexpected argument '--limits' found

      tip: a similar argument exists: '--limit'

    Usage: nightdesk run --limit <N> <NAME>

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(said(&["drafts", "list", "-n", "0"]), @r#"
    exit 1
    -- stderr --
    error: invalid value '0' for '--limit <LIMIT>': expected a whole number from 1 up

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(said(&["run"]), @r#"
    exit 1
    -- stderr --
    error: the following required arguments were not provided:
      <NAME>

    Usage: nightdesk run <NAME>

    For more information, try '--help'.
    "#);
    // clap's own advice would be to pass it as a value, which no command takes.
    insta::assert_snapshot!(said(&["campaigns", "next", "--days", "3"]), @"
    exit 1
    -- stderr --
    error: unexpected argument '--days' found

      tip: the flags of 'nightdesk campaigns next' are '--schedule', '--timezone', '--from', '-n'

    Usage: nightdesk campaigns next [OPTIONS] [NAME]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(said(&["doctor", "--fix"]), @"
    exit 1
    -- stderr --
    error: unexpected argument '--fix' found

      tip: 'nightdesk doctor' has no flags of its own

    Usage: nightdesk doctor [OPTIONS]

    For more information, try '--help'.
    ");
    let error = said(&["frobnicate", "--json"]).error();
    assert_eq!(
        (&error["code"], &error["line"]),
        (&"usage".into(), &serde_json::Value::Null)
    );
    assert!(
        error["message"].as_str().unwrap().contains("frobnicate"),
        "{error}"
    );

    let nothing = said(&[]);
    assert_eq!((nothing.status, nothing.stdout.as_str()), (1, ""));
    assert!(nothing.stderr.contains("Usage: nightdesk"), "{nothing}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_reader_that_stops_reading_is_no_error(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(3);
    for args in [
        vec!["briefs", "schema"],
        vec!["briefs", "list"],
        vec!["briefs", "list", "--json"],
        vec!["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let program = folder
            .command(&args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn();
        let output = program.unwrap().wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("error"),
            "{args:?}: {output:?}"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn another_program_gets_the_database(pool: PgPool) {
    let folder = Folder::new(&pool);
    let exec = |script: &str| folder.run(&["postgres", "exec", "--", "sh", "-c", script]);
    insta::assert_snapshot!(exec("echo $DATABASE_URL"), @r#"
    exit 0
    -- stdout --
    URL
    "#);
    insta::assert_snapshot!(exec("echo 'it failed' >&2; exit 7"), @r#"
    exit 1
    -- stderr --
    it failed
    "#);
    insta::assert_snapshot!(exec("kill -9 $$"), @r#"
    exit 1
    -- stderr --
    error: `sh` was ended by signal 9
    "#);
    insta::assert_snapshot!(folder.run(&["postgres", "exec", "--", "/nowhere/psql"]), @r#"
    exit 1
    -- stderr --
    error: `/nowhere/psql` cannot be started: No such file or directory (os error 2)
    "#);
}

#[test]
fn an_address_is_shown_without_its_password() {
    let mut folder = Folder::without_database();
    folder.database_url = "postgresql://ann:s3cret@127.0.0.1/desk".to_owned();
    let said = folder.run(&["postgres", "url"]);
    insta::assert_snapshot!(said, @r#"
    exit 0
    -- stdout --
    postgresql://ann:…@127.0.0.1/desk
    "#);
    let doctor = folder.run(&[
        "doctor",
        "--database-url",
        "postgresql://ann:s3cret@%2Fnowhere/desk",
    ]);
    assert!(!doctor.to_string().contains("s3cret"), "{doctor}");
}
