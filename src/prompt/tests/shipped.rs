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
    let list_mark = regex::Regex::new(r"(?m)^\d+\. ").unwrap();
    for template in templates().iter() {
        let rendered = &template.probes()[0];
        let (asked, answer) = (&rendered.messages[1].content, &rendered.messages[2].content);
        let answer = &list_mark.replace_all(answer, "");
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
        You are a news writer. You turn a list of facts into a short, plain explainer. Every number is copied exactly and named by what it measures. Nothing is added.
        <User>
        Topic: Tarnmoor County: people and work
        Facts:
        - Population: 212,400 (2024)
        - Population growth: -0.8 % (2024)
        - Median age: 47 years (2024)
        - Area: 3,180 square km
        - County town: Hollin Bridge
        - Main industries: dairy farming, slate, tourism
        - Unemployment rate: 4.1 % (2024)
        Write a short news explainer for general readers from these facts, in two short paragraphs.
        <Assistant>
        Tarnmoor County had a population of 212,400 in 2024, and it is shrinking: population growth was -0.8 % that year. The median age was 47 years.

        The county covers an area of 3,180 square km. Its county town is Hollin Bridge, and its main industries are dairy farming, slate and tourism. In 2024, the unemployment rate stood at 4.1 %.
        <User>
        Topic: Snow
        Facts:
        - Depth: 4 cm (Monday)
        Write a short news explainer from these facts, in two short paragraphs.
        "#);
    let full = brief(json!({
        "quotes": [{"id": "q", "text": "Stay in.", "speaker": "Ada Thorn"}],
        "must_include": [{"fact": "f1"}, {"text": "gritters"}], "audience": "drivers",
        "language": "de", "length": {"max_words": 80},
    }));
    let rendered = template.render_with_note(&full, "shorter, please").unwrap();
    insta::assert_snapshot!(rendered.messages.last().unwrap().content, @r#"
        Topic: Snow
        Facts:
        - Depth: 4 cm (Monday)
        - Quote: "Stay in." (Ada Thorn)
        The text must mention gritters.
        The editor asks: shorter, please
        Write a short news explainer for drivers in German from these facts, in two short paragraphs.
        "#);
    let sourced = brief(
        json!({"facts": [], "sources": [{"id": "s", "text": "It snowed\nall night."}, {"id": "u"}]}),
    );
    insta::assert_snapshot!(template.render(&sourced).unwrap().messages.last().unwrap().content, @r#"
        Topic: Snow
        Background: It snowed all night.
        Write a short news explainer from these facts, in two short paragraphs.
        "#);
}

#[test]
fn an_ad_ends_in_its_call_to_action() {
    let templates = templates();
    let template = templates.get("ad/product").unwrap();
    let brief = brief(json!({"kind": "ad", "cta": "Order yours.", "tone": "warm"}));
    insta::assert_snapshot!(chat(&template.render(&brief).unwrap()), @r#"
        <System>
        You write short ads in plain words. You use only the features you are given and end with the call to action.
        <User>
        Write one short friendly ad for this product: Lanternleaf Notes.
        Features:
        - Product name: Lanternleaf Notes
        - What it does: Keeps handwritten notes
        - Feature: works offline
        - Feature: finds words in handwriting
        - Licence: MIT
        Call to action: Install it today
        <Assistant>
        Lanternleaf Notes keeps your handwritten notes in one place. It works offline and finds words in handwriting, so nothing you wrote gets lost. Install it today.
        <User>
        Write one short warm ad for this product: Snow.
        Features:
        - Depth: 4 cm
        Call to action: Order yours.
        "#);
}
