//! Names, flags and texts that make no sense.

use sqlx::PgPool;

use crate::commands::{Folder, fixture};

#[sqlx::test(migrations = "./migrations")]
async fn what_is_not_there_is_named_with_the_command_that_lists_it(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    let commands: [&[&str]; 12] = [
        &["briefs", "show", "nope"],
        &["campaigns", "show", "nope"],
        &["run", "nope"],
        &["runs", "show", "nope"],
        &["runs", "list", "--campaign", "nope"],
        &["drafts", "show", "nope"],
        &["drafts", "list", "--campaign", "nope"],
        &["drafts", "list", "--run", "nope"],
        &["drafts", "list", "--brief", "nope"],
        &["prompt", "nope", "factbook-en-economy"],
        &["prompt", "news/explainer", "nope"],
        &["drafts", "show", "01a20926-babe-76aa-bba2-c0877e13ecb4"],
    ];
    let told: Vec<String> = commands
        .iter()
        .map(|command| {
            let said = folder.run(command);
            said.refuses(&["no "]);
            format!("{}: {}", command.join(" "), said.stderr)
        })
        .collect();
    insta::assert_snapshot!(told.concat(), @"");
    let error = folder.run(&["run", "nope", "--json"]).error();
    assert_eq!(error["code"], "not_found");
}

#[test]
fn a_sampling_flag_out_of_range_is_refused_before_anything_is_loaded() {
    let folder = Folder::without_database();
    let flags = [
        ["--top-p", "0"],
        ["--top-p", "1.5"],
        ["--temperature", "-1"],
        ["--repetition-penalty", "0"],
        ["--max-tokens", "0"],
    ];
    let mut told = String::new();
    for flag in flags {
        let args = ["generate", "--prompt", "x", "--runtime-library", "/nowhere"];
        let said = folder.run(&[&args[..], &flag].concat());
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        told.push_str(&said.stderr);
    }
    insta::assert_snapshot!(told, @"");
    let error = folder.run(&["generate", "--prompt", "x", "--top-p", "0", "--json"]).error();
    assert_eq!((&error["code"], &error["key"]), (&"generate.parameter".into(), &"--top-p".into()));
}

#[test]
fn a_pair_that_cannot_be_scored_is_told_with_its_line() {
    let folder = Folder::without_database();
    let good = format!(r#"{{"brief":{},"text":"A text."}}"#, fixture("factbook")[0]);
    let pairs = [
        "not json",
        r#"{"text":"A text."}"#,
        r#"{"brief":{},"text":7}"#,
        r#"{"brief":{"external_ref":"a"}}"#,
        r#"{"brief":{"external_ref":"a","kind":"news"},"text":"A text."}"#,
    ];
    let mut told = String::new();
    for bad in pairs {
        folder.write("pairs.jsonl", format!("{good}\n\n{bad}\n{good}\n"));
        let said = folder.run(&["score", "--jsonl", "pairs.jsonl"]);
        assert_eq!((said.status, said.stdout.lines().count()), (1, 1), "{said}");
        told.push_str(&said.stderr);
    }
    insta::assert_snapshot!(told, @"");
}

#[test]
fn a_brief_or_a_text_that_cannot_be_scored_is_named() {
    let folder = Folder::without_database();
    folder.write("brief.json", &fixture("factbook")[0]);
    folder.write("text.txt", "A text.");
    folder.write("latin1.txt", b"caf\xE9");
    let score = |brief, text, more: &[&str]| {
        folder.run(&[&["score", "--brief", brief, "--text", text], more].concat())
    };
    insta::assert_snapshot!(score("nope.json", "text.txt", &[]), @"");
    insta::assert_snapshot!(score("text.txt", "text.txt", &[]), @"");
    insta::assert_snapshot!(score("brief.json", "latin1.txt", &[]), @"");
    insta::assert_snapshot!(score("brief.json", "text.txt", &["--channel", "tweet"]), @"");
    let conflict = score("brief.json", "text.txt", &["--jsonl", "pairs.jsonl"]);
    assert_eq!(conflict.status, 1);
    assert!(conflict.stderr.contains("'--jsonl <FILE>' cannot be used with"), "{conflict}");
}
