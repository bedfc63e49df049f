//! The templates that ship: they load, their examples are exemplary, their prompts are as shown.

use std::path::Path;

use serde_json::json;

use super::super::{Rendered, Templates};
use super::brief;

fn templates() -> Templates {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/prompts");
    Templates::load(Path::new(folder)).unwrap()
}

fn chat(rendered: &Rendered) -> String {
    let turns = rendered.messages.iter();
    let turns: Vec<String> = turns
        .map(|turn| format!("<{:?}>\n{}", turn.role, turn.content))
        .collect();
    turns.join("\n")
}

#[test]
fn every_example_answers_within_its_length_and_with_its_own_numbers() {
    let number = regex::Regex::new(r"-?\d[\d.,]*\d|\d").unwrap();
    for template in templates().iter() {
        let rendered = &template.probes()[0];
        let (asked, answer) = (&rendered.messages[1].content, &rendered.messages[2].content);
        let words = answer.split_whitespace().count() as u32;
        let length = template.front.length;
        assert!(
            length.min_words.is_none_or(|min| words >= min),
            "{}: {words} words",
            template.name
        );
        assert!(
            length.max_words.is_none_or(|max| words <= max),
            "{}: {words} words",
            template.name
        );
        for found in number.find_iter(answer) {
            assert!(
                asked.contains(found.as_str()),
                "{}: {}",
                template.name,
                found.as_str()
            );
        }
    }
}

#[test]
fn an_explainer_lists_its_facts() {
    let templates = templates();
    let template = templates.get("news/explainer").unwrap();
    insta::assert_snapshot!(chat(&template.render(&brief(json!({}))).unwrap()), @r#"
    <System>
    You are a news writer. You write short, plain explainers for a newspaper. Use only the facts you are given, and copy every number exactly.
    <User>
    Write a short news explainer from these facts.

    Topic: Tarnmoor County
    Facts:
    - Population: 212,400 (2024)
    - Population growth: -0.8 % (2024)
    - Median age: 47 years (2024)
    - Area: 3,180 square km
    - County town: Hollin Bridge
    - Main industries: dairy farming, slate, tourism
    - Unemployment rate: 4.1 % (2024)
    Length: 60 to 140 words
    <Assistant>
    Tarnmoor County had a population of 212,400 in 2024. The population is shrinking: population growth was -0.8 % that year.

    The median age was 47 years in 2024. Half of the people in the county were younger than that, and half were older.

    Tarnmoor County covers an area of 3,180 square km, and its county town is Hollin Bridge. Its main industries are dairy farming, slate and tourism. The unemployment rate was 4.1 % in 2024.
    <User>
    Write a short news explainer from these facts.

    Topic: Snow
    Facts:
    - Depth: 4 cm (Monday)
    Length: 60 to 140 words
    "#);
    let full = brief(json!({
        "quotes": [{"id": "q", "text": "Stay in.", "speaker": "Ada Thorn"}],
        "must_include": [{"fact": "f1"}, {"text": "gritters"}], "audience": "drivers",
        "language": "de", "length": {"max_words": 80},
    }));
    let rendered = template.render_with_note(&full, "shorter, please").unwrap();
    insta::assert_snapshot!(rendered.messages.last().unwrap().content, @r#"
    Write a short news explainer from these facts.

    Topic: Snow
    Facts:
    - Depth: 4 cm (Monday)
    Quote: "Stay in." (Ada Thorn)
    Mention: Depth: 4 cm; gritters
    Readers: drivers
    Language: German
    Editor's note: shorter, please
    Length: at most 80 words
    "#);
    let sourced = brief(
        json!({"facts": [], "sources": [{"id": "s", "text": "It snowed\nall night."}, {"id": "u"}]}),
    );
    insta::assert_snapshot!(template.render(&sourced).unwrap().messages.last().unwrap().content, @r#"
    Write a short news explainer from these facts.

    Topic: Snow
    Background: It snowed all night.
    Length: 60 to 140 words
    "#);
}

#[test]
fn an_ad_ends_in_its_call_to_action() {
    let templates = templates();
    let template = templates.get("ad/product").unwrap();
    let brief = brief(json!({"kind": "ad", "cta": "Order yours.", "tone": "warm"}));
    insta::assert_snapshot!(chat(&template.render(&brief).unwrap()), @r#"
    <System>
    You write short ads in plain words. Use only the features you are given. End with the call to action.
    <User>
    Write one short ad for this product.

    Product: Lanternleaf Notes
    Features:
    - Type: note-taking app
    - Works offline: yes
    - Search: finds words in handwriting
    - Price: free
    Readers: students
    Length: 15 to 45 words
    Call to action: Install it today.
    <Assistant>
    Lanternleaf Notes is a note-taking app for students. It works offline, its search finds words in handwriting, and it is free. Install it today.
    <User>
    Write one short ad for this product.

    Product: Snow
    Features:
    - Depth: 4 cm
    Tone: warm
    Length: 15 to 45 words
    Call to action: Order yours.
    "#);
}
