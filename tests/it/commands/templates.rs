//! `templates`: list, check, show and sample, without a database.

use serde_json::{Value, json};

use super::{Folder, fixture, keys};

const GOOD: &str = "+++\ndescription = \"d\"\nkinds = [\"news\"]\nsystem = \"s\"\n\
    variables = [\"topic\", \"facts\"]\n[[example]]\nbrief = { topic = \"Rain\" }\noutput = \"It rained.\"\n+++\n\
    Write about {{topic}}.\n{{#each facts as |f|}}\n- {{fact_line f}}\n{{/each}}\n";

/// A folder with one template of its own and its sample brief.
pub(crate) fn folder() -> Folder {
    let folder = Folder::without_database();
    let config = std::fs::read_to_string(folder.path("nightdesk.toml")).unwrap();
    let lines = config.lines().filter(|line| !line.starts_with("templates"));
    let config: Vec<&str> = lines.chain(["templates = \"t/prompts\""]).collect();
    folder.write("nightdesk.toml", config.join("\n"));
    folder.write("t/prompts/news/one.hbs", GOOD);
    folder.write("t/samples/news/one.json", &fixture("factbook")[0]);
    folder
}

#[test]
fn what_ships_is_listed_and_checked_without_a_complaint() {
    let folder = Folder::without_database();
    let listed = folder.json(&["templates", "list"]);
    assert_eq!(
        keys(&listed[0]),
        "name kinds description variables min_words max_words stop file sha256"
    );
    let names: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    for name in [
        "ad/description",
        "ad/product",
        "event/brief",
        "fiction/dialogue",
        "fiction/poem",
        "fiction/scene",
        "news/explainer",
        "news/headlines",
        "news/newsletter",
        "news/recap",
        "social/post",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let checked = folder.json(&["templates", "check"]);
    for report in checked.as_array().unwrap() {
        assert_eq!(
            keys(report),
            "template file sha256 briefs variables tokens remarks error"
        );
        let stale = report["remarks"].to_string().contains("sample.");
        assert!(!stale, "{report}");
        let tokens = |key: &str| report["tokens"][key].as_u64().unwrap();
        assert!(0 < tokens("shared_prefix") && tokens("shared_prefix") < tokens("prompt_p50"));
        assert!(
            tokens("prompt_p50") <= tokens("prompt_max")
                && tokens("prompt_max") < tokens("context_limit")
        );
    }
}

#[test]
fn a_check_names_what_is_wrong_and_fails() {
    let folder = folder();
    folder.write(
        "t/prompts/news/two.hbs",
        GOOD.replace("{{topic}}", "{{topc}}"),
    );
    folder.edit(
        "t/prompts/news/one.hbs",
        "system =",
        "max_words = 1\nsystem =",
    );
    folder.edit("nightdesk.toml", "models = ", "models = \"none\" #");
    let said = folder.run(&["templates", "check"]);
    insta::assert_snapshot!(said, @"
    exit 1
    -- stdout --
    news/one: 1 sample brief
      error: example 1 has 2 words, over its own 1 (the model writes as much as the
      example does) [example.length]
      warn: `sources` is never used, and 1 of 1 sample briefs has it: factbook-
      en-economy (use it, or what those briefs say there is never written)
      [variable.unused]
      warn: it has a sample brief and no `samples/news/one.md` (`nightdesk templates
      sample NAME` drafts it) [sample.missing]
    error: DIR/t/prompts/news/two.hbs:10: `topc`: unknown variable

    hint: did you mean `topic`?
    -- stderr --
    no model is there, so tokens were not counted: `make setup-model` makes the default one
    ");
    let one = folder.run(&["templates", "check", "--json"]);
    let reports: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!((one.status, &reports[1]["error"]["line"]), (1, &json!(10)));
    let named = folder.run(&["templates", "check", "news/two"]);
    assert!(
        named.status == 1 && !named.stdout.contains("news/one"),
        "{named}"
    );
    folder.write("t/prompts/_three.hbs", "{{#if topic}}");
    let partial = folder.run(&["templates", "check", "news/one"]);
    assert!(
        partial.status == 1 && partial.stderr.contains("_three.hbs:1: the block"),
        "{partial}"
    );
}

#[test]
fn a_template_is_shown_as_the_model_gets_it() {
    let folder = folder();
    let shown = folder.json(&["templates", "show", "news/one"]);
    assert_eq!(shown["messages"].as_array().unwrap().len(), 4);
    assert_eq!(
        shown["examples"],
        json!([{"asked": "Write about Rain.", "answer": "It rained."}])
    );
    assert_eq!(
        (&shown["brief"], &shown["sample"]),
        (&json!("factbook-en-economy"), &Value::Null)
    );
    folder.write("b.json", &fixture("factbook")[1]);
    let other = folder.run(&["templates", "show", "news/one", "--brief", "b.json"]);
    assert!(
        other
            .stdout
            .contains("<user>\nWrite about Germany: the economy."),
        "{other}"
    );
}

#[test]
fn a_sample_is_drafted_and_goes_stale() {
    let folder = folder();
    folder.edit(
        "t/prompts/news/one.hbs",
        "system =",
        "max_words = 20\nsystem =",
    );
    let rules = |folder: &Folder| {
        let report = folder.json(&["templates", "check"]);
        let remarks = report[0]["remarks"].as_array().unwrap().clone();
        remarks
            .iter()
            .map(|remark| remark["rule"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(rules(&folder), ["variable.unused", "sample.missing"]);
    let written = folder.json(&["templates", "sample"]);
    let page = std::fs::read_to_string(folder.path("t/samples/news/one.md")).unwrap();
    assert!(
        page.contains(written[0]["text"].as_str().unwrap()),
        "{page}"
    );
    assert_eq!(rules(&folder), ["variable.unused"]);
    folder.edit(
        "t/prompts/news/one.hbs",
        "Write about",
        "Say something about",
    );
    assert_eq!(rules(&folder), ["variable.unused", "sample.stale"]);
}
