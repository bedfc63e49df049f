//! Templates end to end: what a prompt looks like, what ships, and every message of the loader.

mod body;
mod files;
mod lint;
mod parts;
mod shipped;
mod speaking;
mod stored;

use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::domain::brief::Brief;

const FRONT: &str = r#"+++
description = "d"
kinds = ["news"]
system = "You write."
variables = ["topic"]
[[example]]
brief = { topic = "Rain" }
output = "It rained."
+++
"#;

fn brief(changes: Value) -> Brief {
    let mut all = json!({"external_ref": "a", "kind": "news", "topic": "Snow", "language": "en",
        "facts": [{"id": "f1", "label": "Depth", "value": "4 cm", "as_of": "Monday"}]});
    all.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn load(files: &[(&str, &[u8])]) -> Result<Templates, PromptError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let loaded = Templates::load(folder.path())?;
    let refused = loaded.refused().next().map(|(_, error)| error.clone());
    refused.map_or(Ok(loaded), Err)
}

/// The message of a template that must not load, its folder cut.
fn refused(files: &[(&str, &str)]) -> String {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    match load(&files) {
        Ok(_) => "loads".to_owned(),
        Err(error) => shown(&error),
    }
}

fn shown(error: &PromptError) -> String {
    let problem = error.problem();
    let text = problem.to_string();
    let temporary = std::env::temp_dir().display().to_string();
    let text = text
        .split_once(&temporary)
        .map_or(text.as_str(), |(_, rest)| &rest[1..]);
    let text = text.split_once('/').map_or(text, |(_, rest)| rest);
    format!(
        "[{}] {}",
        problem.code,
        text.replace("\n\nhint: ", " (hint: ") + ")"
    )
}

fn body(variables: &str, body: &str) -> String {
    let front = FRONT.replace(r#"["topic"]"#, variables);
    refused(&[("news/t.hbs", &format!("{front}{body}"))])
}

#[test]
fn a_prompt_is_system_then_example_then_brief() {
    let text = format!("{FRONT}Write about {{{{topic}}}}.\n");
    let templates = load(&[("news/t.hbs", text.as_bytes())]).unwrap();
    let template = templates.get("news/t").unwrap();
    let rendered = template.render(&brief(json!({}))).unwrap();
    let turns: Vec<(Role, &str)> = rendered
        .messages
        .iter()
        .map(|message| (message.role, message.content.as_str()))
        .collect();
    assert_eq!(
        turns,
        [
            (Role::System, "You write."),
            (Role::User, "Write about Rain."),
            (Role::Assistant, "It rained."),
            (Role::User, "Write about Snow."),
        ]
    );
    assert_eq!(
        serde_json::to_value(&rendered).unwrap()["messages"][2]["role"],
        "assistant"
    );
    assert!(!template.takes_note());
    assert_eq!(template.source, text);
}

#[test]
fn the_hash_is_that_of_the_file_and_moves_with_its_partials() {
    use sha2::Digest;
    let plain = format!("{FRONT}{{{{topic}}}}");
    let included = format!("{FRONT}{{{{> _t}}}}");
    let hash = |partial: &[u8]| {
        let files: [(&str, &[u8]); 3] = [
            ("news/a.hbs", plain.as_bytes()),
            ("news/b.hbs", included.as_bytes()),
            ("_t.hbs", partial),
        ];
        let templates = load(&files).unwrap();
        (
            templates.get("news/a").unwrap().sha256.clone(),
            templates.get("news/b").unwrap().sha256.clone(),
        )
    };
    let (a, b) = hash(b"{{topic}}");
    let (same_a, other_b) = hash(b"On {{topic}}");
    assert_eq!(a, hex::encode(sha2::Sha256::digest(&plain)));
    assert_eq!(a, same_a);
    assert_ne!(b, other_b);
}

#[test]
fn partials_see_what_their_includer_sees() {
    let front = FRONT.replace(r#"["topic"]"#, r#"["topic", "facts"]"#);
    let text = format!("{front}{{{{#each facts}}}}\n{{{{> news/_fact}}}}\n{{{{/each}}}}\n");
    let partial = "- {{@index}} {{label}} of {{@root.topic}}: {{value}}\n";
    let templates = load(&[
        ("news/t.hbs", text.as_bytes()),
        ("news/_fact.hbs", partial.as_bytes()),
    ])
    .unwrap();
    let rendered = templates
        .get("news/t")
        .unwrap()
        .render(&brief(json!({})))
        .unwrap();
    assert_eq!(rendered.messages[3].content, "- 0 Depth of Snow: 4 cm");
}

#[test]
fn a_brief_cannot_speak_handlebars_or_html() {
    let text = format!("{FRONT}{{{{topic}}}}");
    let templates = load(&[("news/t.hbs", text.as_bytes())]).unwrap();
    let brief = brief(json!({"topic": "{{facts}} & <b>\"x\"</b>"}));
    let rendered = templates.get("news/t").unwrap().render(&brief).unwrap();
    assert_eq!(rendered.messages[3].content, "{{facts}} & <b>\"x\"</b>");
}

#[test]
fn probes_differ_from_the_first_word_of_a_brief_on() {
    let text = format!("{FRONT}Write. Topic: {{{{topic}}}}");
    let templates = load(&[("news/t.hbs", text.as_bytes())]).unwrap();
    let lasts: Vec<String> = templates
        .get("news/t")
        .unwrap()
        .probes()
        .iter()
        .map(|probe| probe.messages.last().unwrap().content.clone())
        .collect();
    assert_eq!(
        lasts,
        [
            "Write. Topic: Amber",
            "Write. Topic: Zinc",
            "Write. Topic: Quartz"
        ]
    );
}

#[test]
fn a_note_is_one_more_sentence_of_what_is_asked() {
    let prompt = Rendered {
        messages: vec![
            Message::new(Role::System, "You write."),
            Message::new(Role::User, "Write about snow.\n"),
        ],
        stop: Vec::new(),
    };
    assert_eq!(prompt.clone().heeding(None), prompt);
    let heeding = prompt.clone().heeding(Some(" Begin with the depth.\n"));
    assert_eq!(heeding.messages[0], prompt.messages[0]);
    assert_eq!(
        heeding.messages[1].content,
        "Write about snow. Begin with the depth."
    );
}
