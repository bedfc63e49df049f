//! Ad sets that cannot be: templates and channels that disagree, and briefs without a usable entry.

use sqlx::PgPool;

use crate::commands::{Folder, fixture};

const GOOD: &str = r#"name = "sets"
[draft]
template = "ad/search"
model = "smollm2-135m-instruct"
channel = "google-rsa"
candidates = 1
"#;

#[sqlx::test(migrations = "./migrations")]
async fn a_template_and_a_channel_have_to_agree(pool: PgPool) {
    let folder = Folder::new(&pool);
    let mistakes = [
        ("google-rsa", "x-post"),
        ("google-rsa", "meta-feed"),
        ("channel = \"google-rsa\"\n", ""),
        ("ad/search", "ad/product"),
        ("candidates = 1", "targets = { headline = 4 }"),
        ("candidates = 1", "targets = { headlines = 0 }"),
    ];
    let mut told = String::new();
    for (good, bad) in mistakes {
        assert!(GOOD.contains(good), "{good}");
        folder.write("jobs/sets.toml", GOOD.replacen(good, bad, 1));
        let said = folder.run(&["campaigns", "apply"]);
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        told.push_str(&said.stderr);
    }
    insta::assert_snapshot!(told, @"
    error: jobs/sets.toml:5: `draft.channel`: template `ad/search` drafts `headlines`, `descriptions`, and channel `x-post` consists of `text`

    hint: channels with these parts: `google-rsa`, `microsoft-rsa`
    error: jobs/sets.toml:5: `draft.channel`: template `ad/search` drafts `headlines`, `descriptions`, and channel `meta-feed` consists of `primary_texts`, `headlines`, `descriptions`

    hint: channels with these parts: `google-rsa`, `microsoft-rsa`
    error: jobs/sets.toml: `draft.channel`: template `ad/search` drafts `headlines`, `descriptions`, and no channel says how many

    hint: channels with these parts: `google-rsa`, `microsoft-rsa`
    error: jobs/sets.toml:5: `draft.channel`: channel `google-rsa` consists of `headlines`, `descriptions`, and template `ad/product` drafts running text

    hint: choose a template with `[[parts]]` of these names
    error: jobs/sets.toml:6: `draft.targets`: `targets` names `headline`, and template `ad/search` drafts no such part

    hint: its parts: `headlines`, `descriptions`
    error: jobs/sets.toml:6: `draft.targets`: must be from 1 to 30, given 0 for `headlines`
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_without_a_usable_entry_is_quarantined_with_counts(pool: PgPool) {
    let folder = Folder::new(&pool);
    // One token is no headline: every answer breaks off.
    folder.write(
        "jobs/sets.toml",
        GOOD.replace("candidates = 1", "candidates = 1\nmax_tokens = 1"),
    );
    folder.write("briefs.jsonl", &fixture("products")[0]);
    folder.json(&["campaigns", "apply"]);
    folder.json(&["briefs", "import", "briefs.jsonl"]);
    let run = folder.json(&["run", "sets"]);
    assert_eq!(run["state"], "completed_with_errors");
    let id = run["id"].as_str().unwrap();
    let shown = folder.json(&["runs", "show", id]);
    assert_eq!(shown["audit"]["inconsistent"], 0);
    let error = &shown["quarantined"][0]["error"];
    assert_eq!(error["code"], "set.empty");
    let said = folder.run(&["runs", "show", id]).stdout;
    let reason = said
        .lines()
        .find(|line| line.contains("given up: "))
        .unwrap();
    let (before, example) = reason.split_once('“').unwrap();
    let after = example.split_once('”').unwrap().1;
    insta::assert_snapshot!(format!("{before}“…”{after}"), @"  given up: product-vlc: no usable headlines; 17 answers: 17 broken off (such as “…”)");
}
