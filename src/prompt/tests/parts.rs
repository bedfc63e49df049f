//! Templates that ask for parts: their prompts, and every mistake in their front matter.

use serde_json::json;

use super::super::Role;
use super::{brief, load, refused};

const FRONT: &str = r#"+++
description = "d"
kinds = ["news"]
system = "You write."
variables = ["topic"]
[[parts]]
name = "titles"
ask = "One title for {{topic}}:"
target = 3
max_tokens = 12
[[parts]]
name = "lines"
ask = "Two lines:"
target = 2
max_tokens = 40
per_answer = 2
[[example]]
brief = { topic = "Rain" }
parts = { titles = ["Wet", "Soaked"], lines = ["It rained.", "It poured."] }
+++
Topic: {{topic}}
"#;

#[test]
fn parts_are_asked_for_last_and_share_all_that_stands_before() {
    let templates = load(&[("news/t.hbs", FRONT.as_bytes())]).unwrap();
    let template = templates.get("news/t").unwrap();
    let prompts = template.render_parts(&brief(json!({}))).unwrap();
    let turns: Vec<(Role, &str)> = prompts[0]
        .messages
        .iter()
        .map(|message| (message.role, message.content.as_str()))
        .collect();
    assert_eq!(
        turns,
        [
            (Role::System, "You write."),
            (Role::User, "Topic: Rain\nOne title for Rain:"),
            (Role::Assistant, "Wet"),
            (Role::User, "Topic: Rain\nOne title for Rain:"),
            (Role::Assistant, "Soaked"),
            (Role::User, "Topic: Rain\nTwo lines:"),
            (Role::Assistant, "1. It rained.\n2. It poured."),
            (Role::User, "Topic: Snow\nOne title for Snow:"),
        ]
    );
    let (titles, lines) = (&prompts[0], &prompts[1]);
    assert_eq!(lines.messages[..7], titles.messages[..7]);
    assert_eq!(lines.messages[7].content, "Topic: Snow\nTwo lines:");
    assert_eq!(
        (titles.stop.as_slice(), lines.stop.len()),
        (&["\n".to_owned()][..], 0)
    );
    assert_eq!(template.render(&brief(json!({}))).unwrap(), *titles);
    assert_eq!(
        template.example_entries(),
        ["Wet", "Soaked", "It rained.", "It poured."]
    );
}

#[test]
fn a_mistake_in_parts_is_told_with_line_and_key() {
    let cases = [
        ("name = \"titles\"", "name = \" \""),
        ("name = \"lines\"", "name = \"titles\""),
        ("\"Two lines:\"", "\"\""),
        ("target = 3", "target = 0"),
        ("max_tokens = 40", "max_tokens = 4000"),
        ("per_answer = 2", "per_answer = 0"),
        ("per_answer", "per_anwser"),
        ("target = 3\n", ""),
        ("{{topic}}:", "{{tpoic}}:"),
        ("{{topic}}:", "{{tone}}:"),
        ("{{topic}}:", "{{topic}:"),
        ("titles = [\"Wet\", \"Soaked\"], ", ""),
        ("titles = [\"Wet\", \"Soaked\"]", "titles = []"),
        ("parts = { titles", "parts = { title"),
        ("parts = {", "output = \"It rained.\"\nparts = {"),
    ];
    let mut told = String::new();
    for (good, bad) in cases {
        assert!(FRONT.contains(good), "{good}");
        told.push_str(&refused(&[("news/t.hbs", &FRONT.replacen(good, bad, 1))]));
        told.push('\n');
    }
    let plain = super::FRONT.replace("output = \"It rained.\"", "parts = { titles = [\"Wet\"] }");
    told.push_str(&refused(&[(
        "news/t.hbs",
        &format!("{plain}{{{{topic}}}}"),
    )]));
    insta::assert_snapshot!(told, @"
    [prompt.value] news/t.hbs:7: `parts[0].name`: must be a field of the channel, given none (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:12: `parts[1].name`: must be a name of its own, given `titles` again (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:13: `parts[1].ask`: must be text that is not blank, given none (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:9: `parts[0].target`: must be from 1 to 30, given 0 (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:15: `parts[1].max_tokens`: must be from 1 to 512, given 4000 (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:16: `parts[1].per_answer`: must be from 1 to 30, given 0 (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:16: `parts[1].per_anwser`: unknown key (hint: did you mean `per_answer`?)
    [prompt.front_matter] news/t.hbs:6: `parts[0].target`: required, but missing (hint: see the templates that ship with Nightdesk for an example)
    [prompt.unknown_variable] news/t.hbs:8: `tpoic`: unknown variable (hint: did you mean `topic`?)
    [prompt.undeclared_variable] news/t.hbs:8: `tone`: used in the body, but not declared in `variables` (hint: add it to `variables`)
    [prompt.block] news/t.hbs:8: a tag that starts with `{{` is never closed (hint: close it with `}}`)
    [prompt.front_matter] news/t.hbs:17: `example[0].parts.titles`: required, but missing (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:17: `example[0].parts.titles`: must be a list of entries that are not blank, given none or a blank one (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:17: `example[0].parts.title`: no `[[parts]]` has this name (hint: did you mean `titles`?)
    [prompt.value] news/t.hbs:17: `example[0].output`: must be entries in `parts`, because the template has `[[parts]]`, given an `output` (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:6: `example[0].parts`: must be an `output`, because the template has no `[[parts]]`, given `titles` (hint: see the templates that ship with Nightdesk for an example)
    ");
}
