//! Files that may not be read, disks that are full, and files that are not what their name says.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;

use sqlx::PgPool;

use crate::commands::{Folder, fixture, own_template};

/// Takes every right on a file away.
fn lock(folder: &Folder, name: &str) {
    std::fs::set_permissions(folder.path(name), Permissions::from_mode(0o000)).unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn files_that_may_not_be_read_are_named(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    let brief = fixture("factbook")[0].clone();
    folder.write("b.jsonl", &brief);
    folder.write("b.csv", "external_ref\n");
    folder.write("m.toml", "");
    folder.write("p.txt", "Hello");
    for name in ["m.toml", "p.txt", "b.jsonl"] {
        lock(&folder, name);
    }
    let said = [
        folder.unprivileged(&["briefs", "import", "b.jsonl"]),
        folder.unprivileged(&["briefs", "import", "b.csv", "--mapping", "m.toml"]),
        folder.unprivileged(&["generate", "--file", "p.txt"]),
        folder.unprivileged(&["score", "--brief", "b.jsonl", "--text", "p.txt"]),
    ];
    let mut said = said.map(|said| said.to_string()).join("\n");
    lock(&folder, "jobs/explainers.toml");
    said += &format!("\n{}", folder.unprivileged(&["campaigns", "apply"]));
    lock(&folder, "nightdesk.toml");
    said += &format!("\n{}", folder.unprivileged(&["briefs", "list"]));
    insta::assert_snapshot!(said, @"
    exit 1
    -- stderr --
    error: b.jsonl: cannot be read: Permission denied (os error 13)

    hint: name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input
    exit 1
    -- stderr --
    error: m.toml: cannot be read: Permission denied (os error 13)

    hint: a mapping is a TOML file with `[columns]`; docs/BRIEFS.md shows one
    exit 1
    -- stderr --
    error: p.txt: cannot be read: Permission denied (os error 13)

    hint: a prompt is UTF-8 text
    exit 1
    -- stderr --
    error: b.jsonl: cannot be read: Permission denied (os error 13)

    hint: name a readable file, or `-` for standard input
    exit 1
    -- stderr --
    error: jobs/explainers.toml: cannot be read: Permission denied (os error 13)

    hint: a campaign is a file of UTF-8 text
    exit 1
    -- stderr --
    error: DIR/nightdesk.toml: cannot be read: Permission denied (os error 13)

    hint: make it a file of UTF-8 text that this user may read
    ");
    assert_eq!(folder_briefs(&pool).await, 0);
}

async fn folder_briefs(pool: &PgPool) -> i64 {
    let count = sqlx::query_scalar("select count(*) from briefs");
    count.fetch_one(pool).await.unwrap()
}

#[test]
fn a_template_that_may_not_be_read_is_named() {
    let folder = own_template();
    lock(&folder, "t/prompts/news/one.hbs");
    let said = folder.unprivileged(&["templates", "show", "news/one"]);
    said.refuses(&["t/prompts/news/one.hbs: cannot be read: Permission denied"]);
}

#[test]
fn a_template_that_is_broken_keeps_no_other_from_work() {
    let folder = own_template();
    folder.write("t/prompts/news/two.hbs", "{{topic");
    folder.write("t/prompts/news/bytes.hbs", b"caf\xE9");
    folder.write("t/prompts/loose.hbs", "{{topic}}");
    let shown = folder.run(&["templates", "show", "news/one"]);
    assert_eq!(shown.status, 0, "{shown}");
    let said = [
        folder.run(&["templates", "list"]),
        folder.run(&["templates", "show", "news/two"]),
        folder.run(&["templates", "sample"]),
    ];
    let said = said.map(|said| said.to_string()).join("\n");
    insta::assert_snapshot!(said, @"
    exit 0
    -- stdout --
     TEMPLATE  KINDS  SHA256        WHAT IT DRAFTS
     news/one  news   11e61e636fa1  d
    -- stderr --
    loose cannot be loaded; `nightdesk templates check loose` says why
    news/bytes cannot be loaded; `nightdesk templates check news/bytes` says why
    news/two cannot be loaded; `nightdesk templates check news/two` says why
    exit 1
    -- stderr --
    error: DIR/t/prompts/news/two.hbs:1: expected the line `+++`, given `{{topic`

    hint: a template starts with TOML between two lines `+++`
    exit 1
    -- stderr --
    error: DIR/t/prompts/loose.hbs: expected in a folder of the prompts folder, such as `news/explainer.hbs`

    hint: move it into the folder of its kind, or start its name with `_` if it is a partial
    ");
    let doctor = folder.run(&["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("loose, news/bytes, news/two cannot be loaded"),
        "{doctor}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn output_that_a_full_disk_swallows_is_told(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(2);
    let mut told = String::new();
    for args in [
        &["briefs", "schema"][..],
        &["briefs", "list", "--json"],
        &["briefs", "list"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        told += &format!("{}\n", folder.said(folder.command(args).stdout(full)));
    }
    insta::assert_snapshot!(told, @r#"
    exit 1
    -- stderr --
    error: standard output: cannot be written: No space left on device (os error 28)

    hint: make room where it goes: what is there is not the whole; anything the command changed before is kept
    exit 1
    -- stderr --
    {"error":{"code":"output.unwritable","message":"cannot be written: No space left on device (os error 28)","file":"standard output","line":null,"key":null,"hint":"make room where it goes: what is there is not the whole; anything the command changed before is kept"}}
    exit 1
    -- stderr --
    error: standard output: cannot be written: No space left on device (os error 28)

    hint: make room where it goes: what is there is not the whole; anything the command changed before is kept
    "#);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_full_disk_of_the_database_loses_nothing(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    let sql = "create function full_disk() returns trigger language plpgsql as $$ begin \
        raise 'could not extend file: No space left on device' using errcode = '53100'; end $$; \
        create trigger full_disk before insert on drafts for each row execute function full_disk()";
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    let said = folder.run(&["run", "explainers"]);
    assert_eq!(said.status, 1, "{said}");
    for part in [
        "could not extend file: No space left on device",
        "hint: make room on the database's disk; what was committed is kept; then type the same command again",
    ] {
        assert!(said.stderr.contains(part), "`{part}` is not said: {said}");
    }
    let sql = "drop trigger full_disk on drafts";
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    let run = folder.json(&["run", "explainers"]);
    assert_eq!(run["state"], "completed");
    assert_eq!(run["drafts"], 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn texts_that_are_far_too_long_or_quoted_wrongly_are_told(pool: PgPool) {
    let folder = Folder::new(&pool);
    let long = "word ".repeat(400_000);
    let wide: String = (0..10_000).map(|n| format!(",column{n}")).collect();
    let head = "external_ref,kind,topic,language";
    let files = [
        (
            "a 2 MB field",
            "b.jsonl",
            format!(
                "{{\"external_ref\":\"a\",\"kind\":\"social\",\"topic\":\"{long}\",\"language\":\"en\"}}\n"
            ),
        ),
        (
            "a 2 MB cell",
            "b.csv",
            format!("{head}\na,social,{long},en\n"),
        ),
        (
            "quotes inside quotes",
            "b.csv",
            format!("{head}\na,social,\"a \"big\" word\",en\nb,social,\"a \"\"big\"\" word\",en\n"),
        ),
        (
            "10,000 columns",
            "b.csv",
            format!("{head}{wide}\na,social,t,en\n"),
        ),
        (
            "a quote that is never closed",
            "b.csv",
            format!("{head}\nd,social,good,en\na,social,t,\"en\nb,social,t,en\n"),
        ),
        (
            "line ends of old Macs",
            "b.csv",
            format!("{head}\re,social,good,en\ra,social,\"a \"b\" c\",en\r"),
        ),
        (
            "a zip archive",
            "b.csv",
            "PK\u{3}\u{4}\u{14}\0\0\0".to_owned(),
        ),
        (
            "UTF-8 with a mark",
            "b.csv",
            format!("\u{feff}{head}\nc,social,t,en\n"),
        ),
    ];
    let mut told = String::new();
    for (name, file, content) in files {
        folder.write(file, content);
        let said = folder.run(&["briefs", "import", file]);
        let message = said.stderr.split("every rejected line").next().unwrap();
        let message: String = message
            .lines()
            .take(4)
            .map(|line| format!("{line}\n"))
            .collect();
        told += &format!("{name} -> {} {}{message}", said.status, said.stdout);
    }
    insta::assert_snapshot!(told, @r#"
    a 2 MB field -> 1 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: a line may have 1048576 bytes, this one has 2000063

    hint: shorten the `sources`, or split the brief
    a 2 MB cell -> 1 0 new, 0 revised, 0 unchanged, 1 rejected
    b.csv:2: a line may have 1048576 bytes, this one has 2000009

    hint: shorten the `sources`, or split the brief
    quotes inside quotes -> 1 1 new, 0 revised, 0 unchanged, 1 rejected
    b.csv:2: a double quote inside a quoted field is not doubled

    hint: write `"a ""big"" word"`, or look for a quote further up that is not closed
    10,000 columns -> 1 0 new, 0 revised, 0 unchanged, 1 rejected
    b.csv:1: a file may have 2000 columns, this one has 10004

    hint: leave out the blank columns; docs/BRIEFS.md lists a brief's keys
    a quote that is never closed -> 1 1 new, 0 revised, 0 unchanged, 1 rejected
    b.csv:3: a double quote opens a field here and is never closed

    hint: everything behind it was taken for one field: close it, or double it where it is part of the text
    line ends of old Macs -> 1 1 new, 0 revised, 0 unchanged, 1 rejected
    b.csv:3: a double quote inside a quoted field is not doubled

    hint: write `"a ""big"" word"`, or look for a quote further up that is not closed
    a zip archive -> 1 0 new, 0 revised, 0 unchanged, 1 rejected
    b.csv:1: is a zip archive, not UTF-8 text

    hint: unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV; `unzip FILE` unpacks it
    UTF-8 with a mark -> 0 1 new, 0 revised, 0 unchanged, 0 rejected
    "#);
}

#[sqlx::test(migrations = "./migrations")]
async fn patterns_that_would_backtrack_take_no_time_or_are_refused(pool: PgPool) {
    let folder = Folder::new(&pool);
    let brief = |pattern: &str| {
        serde_json::json!({"external_ref": "a", "kind": "social", "topic": "t", "language": "en",
            "must_include": [{"text": "a word", "regex": pattern}]})
        .to_string()
    };
    // Exponential in an engine that backtracks: 2^40 ways to cut the letters up.
    folder.write("b.json", brief("(a+)+$"));
    folder.write("text.txt", format!("{}!", "a".repeat(40)));
    let scored = folder.run(&["score", "--brief", "b.json", "--text", "text.txt"]);
    let mut told = format!("nested repeats -> {}\n", scored.status);
    for (name, pattern) in [
        ("looking ahead", "(?=x)x"),
        ("a reference back", r"(a)\1"),
        ("not closed", "(a"),
        ("counted to a million", "(a{1000}){1000}"),
    ] {
        folder.write("b.jsonl", brief(pattern));
        let said = folder.run(&["briefs", "import", "b.jsonl"]);
        let message = said.stderr.split("\nevery rejected line").next().unwrap();
        told += &format!("{name} -> {} {message}\n", said.status);
    }
    insta::assert_snapshot!(told, @r"
    nested repeats -> 0
    looking ahead -> 1 b.jsonl:1: `must_include[0].regex`: `(?=x)x` is not a regular expression: look-around, including look-ahead and look-behind, is not supported

    hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`
    a reference back -> 1 b.jsonl:1: `must_include[0].regex`: `(a)\1` is not a regular expression: backreferences are not supported

    hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`
    not closed -> 1 b.jsonl:1: `must_include[0].regex`: `(a` is not a regular expression: unclosed group

    hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`
    counted to a million -> 1 b.jsonl:1: `must_include[0].regex`: `(a{1000}){1000}` is not a regular expression: Compiled regex exceeds size limit of 10485760 bytes

    hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn every_refused_line_is_kept_and_the_first_hundred_are_printed(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("b.jsonl", "{}\n".repeat(150));
    let output = folder
        .command(&["briefs", "import", "b.jsonl", "--json"])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["rejected"], 150);
    assert_eq!(told["rejections"].as_array().unwrap().len(), 100);
    let kept = std::fs::read_to_string(told["rejects_file"].as_str().unwrap()).unwrap();
    let last: serde_json::Value = serde_json::from_str(kept.lines().last().unwrap()).unwrap();
    assert_eq!((kept.lines().count(), &last["line"]), (150, &150.into()));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_strict_import_counts_each_brief_once(pool: PgPool) {
    let folder = Folder::new(&pool);
    let line = fixture("factbook")[0].replacen("\"topic\":\"", "\"topic\":\"<b>", 1);
    folder.write("b.jsonl", line);
    let told = folder.json(&["briefs", "import", "b.jsonl", "--strict"]);
    assert_eq!((&told["new"], &told["cleaned"]), (&1.into(), &1.into()));
}
