//! A brief that cannot be drafted, and a terminal that is too narrow.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::commands::{Folder, Said, fixture};

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_that_is_too_long_is_quarantined_and_the_rest_of_the_night_goes_on(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    let words = ["word"; 100].join(" ");
    let facts: Vec<Value> = (0..90)
        .map(|fact| json!({ "id": format!("f{fact}"), "label": "A fact", "value": words }))
        .collect();
    let mut long: Value = serde_json::from_str(&fixture("factbook")[0]).unwrap();
    long["external_ref"] = json!("long");
    long["must_include"] = json!([]);
    long["facts"] = json!(facts);
    folder.write("long.jsonl", long.to_string());
    folder.json(&["briefs", "import", "long.jsonl"]);

    let run = folder.json(&["run", "explainers"]);
    assert_eq!(run["state"], "completed_with_errors");
    assert_eq!(
        (&run["counts"]["done"], &run["counts"]["quarantined"]),
        (&json!(1), &json!(1))
    );
    let shown = folder.json(&["runs", "show", run["id"].as_str().unwrap()]);
    let quarantined = &shown["quarantined"][0];
    assert_eq!(
        (&quarantined["external_ref"], &quarantined["error"]["code"]),
        (&json!("long"), &json!("prompt.too_long"))
    );
    assert!(quarantined["error"]["hint"].is_string(), "{quarantined}");
    let said = folder.run(&["runs", "show", run["id"].as_str().unwrap()]);
    let reason = said
        .stdout
        .lines()
        .find(|line| line.contains("given up: "))
        .unwrap();
    insta::assert_snapshot!(reason, @"  given up: long: the prompt has N tokens and `max_tokens` is 12: together more than the limit of 8192");
    let prompt = folder.run(&["prompt", "explainers", "long"]);
    assert_eq!(
        prompt.status, 0,
        "a prompt that is too long can still be read"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_every_brief_would_fail_for_leaves_no_run_behind(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    let good = "max_tokens = 12";
    let bad = "logit_bias = { \"a bias of several tokens\" = 1 }\nmax_tokens = 12";
    folder.edit("jobs/explainers.toml", good, bad);
    folder.json(&["campaigns", "apply"]);
    let said = folder.run(&["run", "explainers"]);
    assert_eq!(said.status, 1, "{said}");
    assert!(
        said.stderr.contains("must be a text that is one token"),
        "{said}"
    );
    folder.edit("jobs/explainers.toml", bad, good);
    folder.json(&["campaigns", "apply"]);
    assert_eq!(folder.json(&["run", "explainers"])["state"], "completed");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_is_not_finished_with_another_model_than_it_began_with(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    folder.json(&["run", "explainers"]);
    for sql in [
        "insert into models (sha256, name, context_limit) values (repeat('b', 64), 'other', 8192)",
        "update runs set model_sha256 = repeat('b', 64), state = 'running', finished_at = null",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let said = folder.run(&["run", "explainers"]);
    assert_eq!(said.status, 1, "{said}");
    for part in [
        "was begun with another model than `smollm2-135m-instruct` is now (bbbbbbbbbbbb then, ",
        "hint: put the model back, or start over with `--new`",
    ] {
        assert!(said.stderr.contains(part), "{said}");
    }
    folder.json(&["run", "explainers", "--new"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_terminal_of_forty_columns_is_enough(pool: PgPool) {
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: there is no `script` here to make a terminal with");
        return;
    }
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    folder.edit("jobs/explainers.toml", "max_tokens = 12", "max_tokens = 4");
    folder.json(&["campaigns", "apply"]);
    let run = narrow(&folder, "run explainers");
    assert!(run.stdout.contains("explainers: completed, "), "{run}");
    let doctor = narrow(&folder, "doctor");
    assert!(doctor.stdout.contains("ok       database"), "{doctor}");
    for list in ["drafts list", "briefs list", "campaigns list"] {
        let table = narrow(&folder, list);
        for line in table.stdout.lines() {
            assert!(line.trim_end().chars().count() <= 40, "{line}\n{table}");
        }
    }
}

/// Runs a command in a terminal of 40 columns; it has to succeed.
fn narrow(folder: &Folder, args: &str) -> Said {
    let program = env!("CARGO_BIN_EXE_nightdesk");
    let url = &folder.database_url;
    let line = format!("stty cols 40; '{program}' --database-url '{url}' {args}");
    let mut script = folder.cleaned(Command::new("script"));
    let said = folder.said(
        script
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm"),
    );
    assert_eq!(said.status, 0, "{args}: {said}");
    assert!(!said.stdout.contains("panicked"), "{args}: {said}");
    said
}
