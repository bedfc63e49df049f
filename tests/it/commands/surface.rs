//! Help, `doctor`, `postgres`, and what every command has in common.

use sqlx::PgPool;

use super::{Folder, MODEL, keys};

#[test]
fn the_help_of_the_whole_program() {
    let folder = Folder::without_database();
    insta::assert_snapshot!(folder.said(folder.bare().arg("--help")), @"");
    insta::assert_snapshot!(folder.said(folder.bare().arg("--version")), @"");
}

#[test]
fn the_help_of_every_command_names_its_flags() {
    let folder = Folder::without_database();
    let commands = [
        ("demo", "--briefs"),
        ("migrate", ""),
        ("briefs", "import list show schema"),
        ("briefs import", "<FILES>..."),
        ("briefs list", "--kind --tag --limit"),
        ("briefs show", "<ID>"),
        ("campaigns", "apply list show"),
        ("campaigns apply", "[DIR]"),
        ("run", "<NAME> --limit --new"),
        ("runs", "list show"),
        ("runs list", "--campaign --limit"),
        ("runs show", "<ID>"),
        ("drafts", "list show"),
        ("drafts list", "--campaign --run --brief --all --limit"),
        ("drafts show", "<ID>"),
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
        assert_eq!((said.status, said.stderr.as_str()), (0, ""), "{name}: {said}");
        for flag in flags.split_whitespace().chain(["--json", "--project", "--database-url"]) {
            assert!(said.stdout.contains(flag), "{name}: no {flag}: {said}");
        }
    }
}

#[test]
fn the_example_in_the_campaigns_help_is_a_campaign() {
    let folder = Folder::without_database();
    let help = folder.said(folder.bare().args(["campaigns", "--help"])).stdout;
    let example = help.lines().filter(|line| line.contains(" = ") || line.trim().starts_with('['));
    let lines: Vec<&str> = example.collect();
    let source = lines.join("\n");
    nightdesk::domain::campaign::CampaignSpec::parse(&source, "help")
        .unwrap_or_else(|problem| panic!("{problem}\n{source}"));
}

#[test]
fn a_command_line_that_makes_no_sense_is_the_users_mistake() {
    let folder = Folder::without_database();
    let said = |args: &[&str]| folder.said(folder.bare().args(args));
    insta::assert_snapshot!(said(&["draft"]), @"");
    insta::assert_snapshot!(said(&["run", "explainers", "--limits", "3"]), @"");
    insta::assert_snapshot!(said(&["drafts", "list", "-n", "0"]), @"");
    insta::assert_snapshot!(said(&["run"]), @"");
    let error = said(&["frobnicate", "--json"]).error();
    assert_eq!((&error["code"], &error["line"]), (&"usage".into(), &serde_json::Value::Null));
    assert!(error["message"].as_str().unwrap().contains("frobnicate"), "{error}");

    let nothing = said(&[]);
    assert_eq!((nothing.status, nothing.stdout.as_str()), (1, ""));
    assert!(nothing.stderr.contains("Usage: nightdesk"), "{nothing}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_reader_that_stops_reading_is_no_error(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(3);
    for args in [vec!["briefs", "schema"], vec!["briefs", "list"], vec!["briefs", "list", "--json"], vec!["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = folder.command(&args).stdout(writer).spawn().unwrap().wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn doctor_says_what_is_there_and_where_each_setting_comes_from(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(2);
    let said = folder.run(&["doctor", "--kv-mib", "64"]);
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
    let squeezed: Vec<String> = said
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    // Other models may lie beside the default one.
    let model = format!("ok model {MODEL} (HASH), files verified");
    assert!(squeezed.contains(&model), "{said}");
    let rest: Vec<&str> = squeezed.iter().map(String::as_str).filter(|line| !line.starts_with("ok model")).collect();
    insta::assert_snapshot!(rest.join("\n"), @"");

    let report = folder.json(&["doctor"]);
    assert_eq!(keys(&report), "ok checks configuration");
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(keys(check), "name ok found hint");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn doctor_fails_when_something_is_missing(pool: PgPool) {
    let folder = Folder::new(&pool);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let said = folder.run(&["doctor", "--models", "empty", "--runtime-library", "/nowhere"]);
    assert_eq!((said.status, said.stderr.as_str()), (1, ""));
    let checks = said.stdout.split("\n\n").next().unwrap();
    insta::assert_snapshot!(checks, @"");
    let output = folder.command(&["doctor", "--models", "empty", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
}

#[sqlx::test(migrations = false)]
async fn another_program_gets_the_database(pool: PgPool) {
    let folder = Folder::new(&pool);
    let exec = |script: &str| folder.run(&["postgres", "exec", "--", "sh", "-c", script]);
    insta::assert_snapshot!(exec("echo $DATABASE_URL"), @"");
    insta::assert_snapshot!(exec("echo 'it failed' >&2; exit 7"), @"");
    insta::assert_snapshot!(exec("kill -9 $$"), @"");
    insta::assert_snapshot!(folder.run(&["postgres", "exec", "--", "/nowhere/psql"]), @"");
}

#[test]
fn an_address_is_shown_without_its_password() {
    let mut folder = Folder::without_database();
    folder.database_url = "postgresql://ann:s3cret@127.0.0.1/desk".to_owned();
    let said = folder.run(&["postgres", "url"]);
    insta::assert_snapshot!(said, @"");
    let doctor = folder.run(&["doctor", "--database-url", "postgresql://ann:s3cret@%2Fnowhere/desk"]);
    assert!(!doctor.to_string().contains("s3cret"), "{doctor}");
}
