//! Recurrent models, variational autoencoders and one-shot generators as a user meets them.

use serde_json::json;
use sqlx::PgPool;

use super::Folder;

const FROM: &str = "I am very glad to see you.";
const TO: &str = "He had never been so happy in his life.";

/// A file of this repository.
fn committed(path: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(path)).unwrap()
}

#[test]
fn an_interpolation_leads_from_one_text_to_another() {
    let folder = Folder::without_database();
    let texts = |steps: &str| {
        folder.json(&[
            "generate",
            "--model",
            "fiction-vae",
            "--latent-from",
            FROM,
            "--latent-to",
            TO,
            "--steps",
            steps,
        ])
    };
    let (three, two) = (texts("3"), texts("2"));
    let column = |texts: &serde_json::Value, key: &str| -> Vec<serde_json::Value> {
        let texts = texts.as_array().unwrap().iter();
        texts.map(|text| text[key].clone()).collect()
    };
    assert_eq!(
        column(&three, "share"),
        [json!(0.0), json!(0.5), json!(1.0)]
    );
    let (three, two) = (column(&three, "text"), column(&two, "text"));
    assert_eq!(
        (&three[0], &three[2]),
        (&two[0], &two[1]),
        "the ends do not depend on the steps between"
    );
    assert_ne!(three[0], three[2]);
}

#[test]
fn a_model_that_draws_what_its_text_is_about_needs_no_prompt() {
    let folder = Folder::without_database();
    for model in ["fiction-vae", "fiction-gan"] {
        let text = folder.json(&["generate", "--model", model, "--seed", "3"]);
        assert!(!text["text"].as_str().unwrap().trim().is_empty(), "{text}");
    }
    // What is asked on standard input is the beginning of the text of a `vae`, and is not read by a `one_shot`.
    let told = |model: &str| {
        let said = folder.fed(
            "It was a",
            &["--json", "generate", "--model", model, "--seed", "3"],
        );
        let text: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        text["prompt_tokens"].clone()
    };
    assert_eq!(
        (told("fiction-vae"), told("fiction-gan")),
        (json!(4), json!(0))
    );
    let ignored = folder.run(&["generate", "--model", "fiction-gan", "--prompt", "It was a"]);
    assert!(
        ignored.stderr.starts_with(
            "the prompt is not read: a model of the kind one_shot makes its texts of noise\n"
        ),
        "{ignored}"
    );
    insta::assert_snapshot!(folder.run(&["generate", "--model", "fiction-lstm", "--prompt", ""]), @"
    exit 1
    -- stderr --
    error: the prompt is empty
    ");
}

#[test]
fn an_interpolation_without_an_encoder_is_refused_with_a_way_out() {
    let folder = Folder::without_database();
    let between = |model: &str, from: &str| {
        let ends = ["--latent-from", from, "--latent-to", TO];
        folder.run(&[&["generate", "--model", model][..], &ends].concat())
    };
    insta::assert_snapshot!(between("fiction-gan", FROM), @"
    exit 1
    -- stderr --
    error: `fiction-gan` makes its texts of noise and reads none, so there is nothing to interpolate between

    hint: give a model of the kind vae with an encoder, such as `--model fiction-vae`
    ");
    insta::assert_snapshot!(between("fiction-lstm", FROM), @"
    exit 1
    -- stderr --
    error: `fiction-lstm` takes no latent vector, so there is nothing to interpolate between

    hint: give a model of the kind vae with an encoder, such as `--model fiction-vae`
    ");
    insta::assert_snapshot!(between("fiction-vae", ""), @"
    exit 1
    -- stderr --
    error: `--latent-from`: there is no text
    ");
    insta::assert_snapshot!(folder.run(&["generate", "--latent-from", FROM]), @"
    exit 1
    -- stderr --
    error: the following required arguments were not provided:
      --latent-to <TEXT>

    Usage: nightdesk generate --latent-from <TEXT> --latent-to <TEXT>

    For more information, try '--help'.
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_fiction_campaign_drafts_with_each_kind_and_is_replayed(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("briefs.jsonl", committed("examples/fiction-briefs.jsonl"));
    folder.json(&["briefs", "import", "briefs.jsonl"]);
    folder.write("jobs/scenes.toml", committed("jobs/fiction-scenes.toml"));
    folder.edit(
        "jobs/scenes.toml",
        "limit = 50",
        "limit = 50\nredraft = \"always\"",
    );
    let mut before = "fiction-lstm";
    for model in ["fiction-lstm", "fiction-gru", "fiction-vae", "fiction-gan"] {
        if model != before {
            folder.edit("jobs/scenes.toml", before, model);
        }
        before = model;
        folder.json(&["campaigns", "apply"]);
        let run = folder.json(&["run", "fiction-scenes", "--new"]);
        assert_eq!(
            (&run["state"], &run["drafts"]),
            (&json!("completed"), &json!(12))
        );
        let run = run["id"].as_str().unwrap();
        let drafts = folder.json(&["drafts", "list", "--run", run]);
        let draft = &drafts.as_array().unwrap()[0];
        let replayed = folder.json(&["drafts", "replay", draft["id"].as_str().unwrap()]);
        assert_eq!(replayed["same"], true, "{model}: {replayed}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_demo_runs_the_campaigns_that_a_night_would(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("jobs/scenes.toml", committed("jobs/fiction-scenes.toml"));
    folder.write(
        "jobs/dialogues.toml",
        "name = \"dialogues\"\nschedule = \"0 2 * * *\"\n[select]\nkind = \"fiction\"\n[draft]\ntemplate = \"fiction/dialogue\"\nmodel = \"fiction-gru\"\ncandidates = 1\n",
    );
    // What the demo imports where set-up made nothing better; no campaign here drafts any of it.
    for file in ["factbook.jsonl", "products.jsonl"] {
        let path = format!("tests/fixtures/briefs/{file}");
        folder.write(&path, committed(&path));
    }
    let runs = folder.json(&["demo", "--briefs", "1"]);
    let names = runs.as_array().unwrap().iter().map(|run| &run["campaign"]);
    assert_eq!(names.collect::<Vec<_>>(), ["dialogues"], "{runs}");
}

#[test]
fn a_check_says_what_a_model_takes() {
    let folder = Folder::without_database();
    let detail = |model: &str| {
        let checked = folder.json(&["models", "check", model, "--no-speed"]);
        let checks = checked["checks"].as_array().unwrap().iter();
        let mut latent = checks.filter(|check| check["name"] == "latent");
        latent
            .next()
            .map(|check| check["detail"].as_str().unwrap().to_owned())
    };
    insta::assert_snapshot!(detail("fiction-vae").unwrap(), @"24 numbers a text, drawn for each candidate; the encoder finds those of a given text");
    insta::assert_snapshot!(detail("fiction-gan").unwrap(), @"32 numbers of noise become a text of at most 24 tokens; the prompt is not read");
    assert_eq!(detail("fiction-lstm"), None);
    let compared = [
        "models",
        "check",
        "fiction-gan",
        "--reference",
        "fiction-lstm",
    ];
    insta::assert_snapshot!(folder.run(&compared).stderr, @"error: `--reference`: a model of the kind one_shot reads no text, so no two can be compared on one");
    let kept = ["models", "check", "fiction-lstm", "--cache", "in_place"];
    insta::assert_snapshot!(folder.run(&kept).stderr, @"error: `cache`: must be a way in which the model's graph lets its states be kept, given in_place");
}
