//! The templates that ship: they load, their examples are exemplary, their prompts are as shown.

use std::path::Path;

use serde_json::json;

use super::super::{Rendered, Templates};
use super::brief;
use crate::domain::brief::Brief;

fn templates() -> Templates {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/prompts");
    let loaded = Templates::load(Path::new(folder)).unwrap();
    assert_eq!(loaded.refused().map(|(name, _)| name).next(), None);
    loaded
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

/// Sample briefs of templates, by template, and the fixtures of all tests.
fn briefs() -> Vec<(String, Brief)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for template in templates().iter() {
        let file = root.join(format!("templates/samples/{}.json", template.name));
        let text = std::fs::read_to_string(&file).expect("each template has a sample brief");
        all.push((template.name.clone(), serde_json::from_str(&text).unwrap()));
    }
    for name in ["factbook", "products"] {
        let file = root.join(format!("tests/fixtures/briefs/{name}.jsonl"));
        let text = std::fs::read_to_string(file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        all.extend(lines.map(|brief| (name.to_owned(), brief)));
    }
    all
}

#[test]
fn every_template_renders_every_brief_of_its_kinds_and_needs_no_facts() {
    let briefs = briefs();
    for template in templates().iter() {
        let of_kind = |brief: &&Brief| template.front.kinds.contains(&brief.kind);
        let mut tried = 0;
        for brief in briefs.iter().map(|(_, brief)| brief).filter(of_kind) {
            let bare = Brief {
                facts: Vec::new(),
                sources: vec![
                    serde_json::from_value(json!({"id": "s", "text": "It snowed."})).unwrap(),
                ],
                quotes: vec![
                    serde_json::from_value(json!({"id": "q", "text": "Stay in."})).unwrap(),
                ],
                ..brief.clone()
            };
            let asked = template
                .render(brief)
                .unwrap()
                .messages
                .pop()
                .unwrap()
                .content;
            let sourced = template
                .render(&bare)
                .unwrap()
                .messages
                .pop()
                .unwrap()
                .content;
            for text in [&asked, &sourced] {
                assert!(
                    !text.contains("\n\n") && !text.contains("  "),
                    "{}: {text:?}",
                    template.name
                );
            }
            assert!(
                asked.contains(&brief.facts[0].value),
                "{}: {asked}",
                template.name
            );
            assert!(
                sourced.contains("It snowed.") && sourced.contains("Stay in."),
                "{sourced}"
            );
            tried += 1;
        }
        assert!(tried > 0, "{}", template.name);
    }
}

#[test]
fn every_template_has_a_sample_of_itself_as_it_is() {
    let briefs = briefs();
    for template in templates().iter() {
        let file = format!("templates/samples/{}.md", template.name);
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file));
        let text = text.unwrap_or_else(|_| panic!("{file} is missing: `make samples`"));
        let brief = briefs.iter().find(|(name, _)| *name == template.name);
        let brief = brief.map(|(_, brief)| brief.sha256()).unwrap();
        for part in [
            template.sha256.as_str(),
            &brief,
            "## Draft",
            "## What an editor sees",
        ] {
            assert!(text.contains(part), "{file} is stale: `make samples`");
        }
    }
}

#[test]
fn what_ships_has_nothing_to_remark() {
    let briefs = briefs();
    for template in templates().iter() {
        let of_kind = briefs.iter().map(|(_, brief)| brief.clone());
        let of_kind: Vec<Brief> = of_kind
            .filter(|brief| template.front.kinds.contains(&brief.kind))
            .collect();
        let errors = template.remarks(&of_kind);
        let errors = errors
            .iter()
            .filter(|remark| remark.rule != "variable.unused");
        assert_eq!(
            errors.count(),
            0,
            "{}: {:?}",
            template.name,
            template.remarks(&of_kind)
        );
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
        - Depth: 4 cm (Monday)
        Call to action: Order yours.
        "#);
}
