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
    insta::assert_snapshot!(told.concat(), @"
    briefs show nope: error: no brief `nope`

    hint: `nightdesk briefs list` shows what there is
    campaigns show nope: error: no campaign `nope`

    hint: `nightdesk campaigns list` shows what there is
    run nope: error: no campaign `nope`

    hint: `nightdesk campaigns list` shows what there is
    runs show nope: error: no run `nope`

    hint: `nightdesk runs list` shows what there is
    runs list --campaign nope: error: no campaign `nope`

    hint: `nightdesk campaigns list` shows what there is
    drafts show nope: error: no draft `nope`

    hint: `nightdesk drafts list` shows what there is
    drafts list --campaign nope: error: no campaign `nope`

    hint: `nightdesk campaigns list` shows what there is
    drafts list --run nope: error: no run `nope`

    hint: `nightdesk runs list` shows what there is
    drafts list --brief nope: error: no brief `nope`

    hint: `nightdesk briefs list` shows what there is
    prompt nope factbook-en-economy: error: no campaign and no template `nope`

    hint: templates are `ad/description`, `ad/product`, `ad/search`, `event/brief`, `fiction/dialogue`, `fiction/poem`, `fiction/scene`, `news/explainer`, `news/headlines`, `news/newsletter`, `news/recap`, `social/post`; `nightdesk campaigns list` shows campaigns
    prompt news/explainer nope: error: no brief `nope`

    hint: `nightdesk briefs list` shows what there is
    drafts show 01a20926-babe-76aa-bba2-c0877e13ecb4: error: no draft `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`

    hint: `nightdesk drafts list` shows what there is
    ");
    let error = folder.run(&["run", "nope", "--json"]).error();
    assert_eq!(error["code"], "not_found");
    let args = ["users", "add", "kim", "--password-stdin"];
    assert_eq!(folder.fed("three plain words", &args).status, 0);
    // A mistyped name is met with the nearest that is there.
    let commands: [&[&str]; 21] = [
        &["run", "explainer"],
        &["campaigns", "show", "explainer"],
        &["campaigns", "next", "explainer"],
        &["campaigns", "slots", "Explainers"],
        &["campaigns", "pause", "explaners"],
        &["campaigns", "resume", "explaners"],
        &["briefs", "pull", "explaners"],
        &["briefs", "rejects", "explaners"],
        &["briefs", "show", "factbook-en-econmy"],
        &["runs", "list", "--campaign", "explaners"],
        &["drafts", "list", "--campaign", "explaners"],
        &["drafts", "list", "--brief", "factbook-en-econmy"],
        &["prompt", "explainer", "factbook-en-economy"],
        &["prompt", "news/explainr", "factbook-en-economy"],
        &["templates", "show", "news/explainr"],
        &["channels", "show", "googl-rsa"],
        &["models", "check", "smollm2-135m-instrct"],
        &["users", "role", "kin", "admin"],
        &["users", "disable", "kin"],
        &["users", "token", "kin"],
        &[
            "generate",
            "--prompt",
            "x",
            "--model",
            "smollm2-135m-instrct",
        ],
    ];
    for command in commands {
        let said = folder.run(command);
        said.refuses(&["did you mean `"]);
    }
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
    insta::assert_snapshot!(told, @r#"
    error: `--top-p`: must be above 0 and at most 1, given 0
    error: `--top-p`: must be above 0 and at most 1, given 1.5
    error: `--temperature`: must be 0 or more, given -1
    error: `--repetition-penalty`: must be above 0, given 0
    error: `--max-tokens`: must be at least 1, given 0
    "#);
    let error = folder
        .run(&["generate", "--prompt", "x", "--top-p", "0", "--json"])
        .error();
    assert_eq!(
        (&error["code"], &error["key"]),
        (&"generate.parameter".into(), &"--top-p".into())
    );
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
    insta::assert_snapshot!(told, @r#"
    error: pairs.jsonl:3: not JSON at column 2: expected ident

    hint: each line is {"brief":{…},"text":"…"}
    error: pairs.jsonl:3: no `brief`

    hint: each line is {"brief":{…},"text":"…"}
    error: pairs.jsonl:3: `text` is not a string

    hint: each line is {"brief":{…},"text":"…"}
    error: pairs.jsonl:3: no `text`

    hint: each line is {"brief":{…},"text":"…"}
    error: pairs.jsonl:3: `brief.topic`: required, but missing; and `brief.language`: required, but missing; and `brief.facts`: a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none

    hint: One line that says what the copy is about
    "#);
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
    insta::assert_snapshot!(score("nope.json", "text.txt", &[]), @r#"
    exit 1
    -- stderr --
    error: nope.json: cannot be read: No such file or directory (os error 2)

    hint: name a readable file, or `-` for standard input
    "#);
    insta::assert_snapshot!(score("text.txt", "text.txt", &[]), @r#"
    exit 1
    -- stderr --
    error: text.txt:1: is not JSON at column 1: expected value

    hint: look for a missing comma, quote or bracket just before that column
    "#);
    insta::assert_snapshot!(score("brief.json", "latin1.txt", &[]), @r#"
    exit 1
    -- stderr --
    error: latin1.txt: cannot be read: stream did not contain valid UTF-8

    hint: save it as UTF-8; from Latin-1, `iconv -f WINDOWS-1252 -t UTF-8 FILE` converts it
    "#);
    insta::assert_snapshot!(score("brief.json", "text.txt", &["--channel", "tweet"]), @r#"
    exit 1
    -- stderr --
    error: `channel`: no channel `tweet`; there are `email-subject`, `google-rsa`, `linkedin`, `mastodon`, `meta-feed`, `microsoft-rsa`, `push`, `seo-meta`, `web-article`, `x-post`
    "#);
    let conflict = score("brief.json", "text.txt", &["--jsonl", "pairs.jsonl"]);
    assert_eq!(conflict.status, 1);
    assert!(
        conflict.stderr.contains(" cannot be used with "),
        "{conflict}"
    );
}
