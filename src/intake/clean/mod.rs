//! Text as it arrives from spreadsheets, feeds and content systems, made into plain text: what a model
//! reads as `&amp;nbsp;`, it writes as `&amp;nbsp;`.
//!
//! Prose is cleaned; keys, links, patterns and instants are not, and nothing under `meta` is. What was
//! changed is told by key, because the facts are what somebody will be held to.

mod passes;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use passes::Change;

/// What was changed in one text of a brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaned {
    /// Key path inside the brief, such as `facts[2].value`.
    pub key: String,
    /// What was done, in order.
    pub changes: Vec<Change>,
    /// The text as it was sent, around the first difference; none in revisions from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// That part of the text as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Cleaned {
    /// The list of what was changed in a brief's texts, as it is kept beside the brief; none where nothing was.
    pub fn list(cleaned: &[Self]) -> Option<Value> {
        (!cleaned.is_empty()).then(|| serde_json::json!(cleaned))
    }
}

/// Keys whose texts are prose: of the brief itself, or of the entries of its lists.
const PROSE: [&str; 14] = [
    "topic",
    "audience",
    "tone",
    "cta",
    "label",
    "aliases",
    "value",
    "unit",
    "text",
    "speaker",
    "any_of",
    "must_avoid",
    "tags",
    "as_of",
];

/// Lists of the brief whose entries have prose.
const LISTS: [&str; 4] = ["facts", "quotes", "sources", "must_include"];

/// Cleans a brief that has not been held against the schema yet: what has another shape than it should
/// is left for the schema to refuse.
pub(super) fn clean(brief: &mut Value) -> Vec<Cleaned> {
    let mut all = Vec::new();
    let Some(brief) = brief.as_object_mut() else {
        return all;
    };
    for (key, value) in brief {
        if PROSE.contains(&key.as_str()) {
            texts(key, value, &mut all);
        }
        let entries = value
            .as_array_mut()
            .filter(|_| LISTS.contains(&key.as_str()));
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            for (part, value) in entry.as_object_mut().into_iter().flatten() {
                if PROSE.contains(&part.as_str()) {
                    texts(&format!("{key}[{index}].{part}"), value, &mut all);
                }
            }
        }
    }
    all
}

/// Cleans a text, or each text of a list.
fn texts(key: &str, value: &mut Value, all: &mut Vec<Cleaned>) {
    match value {
        Value::String(text) => {
            let (cleaned, changes) = passes::run(text);
            if !changes.is_empty() {
                let (before, after) = excerpts(text, &cleaned);
                *text = cleaned;
                all.push(Cleaned {
                    key: key.to_owned(),
                    changes,
                    before: Some(before),
                    after: Some(after),
                });
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter_mut().enumerate() {
                if entry.is_string() {
                    texts(&format!("{key}[{index}]"), entry, all);
                }
            }
        }
        _ => {}
    }
}

/// Characters that are kept before and behind what differs, and of what differs itself: enough to find the
/// place in a long source, and little enough to be stored beside every brief.
const AROUND: usize = 20;
const DIFFERING: usize = 100;

/// Both texts around where they differ.
fn excerpts(before: &str, after: &str) -> (String, String) {
    let (before, after): (Vec<char>, Vec<char>) =
        (before.chars().collect(), after.chars().collect());
    let pairs = before.iter().zip(&after);
    let same = pairs.take_while(|(old, new)| old == new).count();
    let (old, new) = (&before[same..], &after[same..]);
    let ends = old.iter().rev().zip(new.iter().rev());
    let same_end = ends.take_while(|(old, new)| old == new).count();
    let cut = |text: &[char]| {
        let from = same.saturating_sub(AROUND);
        let differing = (text.len() - same - same_end).min(DIFFERING);
        let to = (same + differing + AROUND).min(text.len());
        let shown: String = text[from..to].iter().collect();
        let (left, right) = (from > 0, to < text.len());
        format!(
            "{}{shown}{}",
            if left { "…" } else { "" },
            if right { "…" } else { "" }
        )
    };
    (cut(&before), cut(&after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prose_is_cleaned_and_keys_links_patterns_and_meta_are_not() {
        let mut brief = json!({
            "external_ref": " a &amp; b ", "topic": "Caf\u{e9} &amp; bar", "language": "en ",
            "facts": [{ "id": " f ", "label": "<b>Price</b>", "value": "5\u{a0}\u{20ac}", "aliases": ["cost ", 3] }],
            "sources": [{ "id": "s", "text": "cafÃ©", "url": "http://x/?a=1&amp;b=2" }],
            "must_include": [{ "regex": "a  b", "text": " x" }], "tags": ["a  b"], "meta": { "topic": " as it is " },
            "due_at": " 2026-01-01 ",
        });
        let cleaned = clean(&mut brief);
        assert_eq!(
            brief,
            json!({
                "external_ref": " a &amp; b ", "topic": "Caf\u{e9} & bar", "language": "en ",
                "facts": [{ "id": " f ", "label": "Price", "value": "5\u{a0}\u{20ac}", "aliases": ["cost", 3] }],
                "sources": [{ "id": "s", "text": "café", "url": "http://x/?a=1&amp;b=2" }],
                "must_include": [{ "regex": "a  b", "text": "x" }], "tags": ["a b"], "meta": { "topic": " as it is " },
                "due_at": " 2026-01-01 ",
            })
        );
        let told = serde_json::to_string(&cleaned).unwrap();
        insta::assert_snapshot!(told, @r#"[{"key":"topic","changes":["entities"],"before":"Café &amp; bar","after":"Café & bar"},{"key":"facts[0].label","changes":["tags"],"before":"<b>Price</b>","after":"Price"},{"key":"facts[0].aliases[0]","changes":["whitespace"],"before":"cost ","after":"cost"},{"key":"sources[0].text","changes":["mojibake"],"before":"cafÃ©","after":"café"},{"key":"must_include[0].text","changes":["whitespace"],"before":" x","after":"x"},{"key":"tags[0]","changes":["whitespace"],"before":"a  b","after":"a b"}]"#);
        assert_eq!(clean(&mut brief), [], "once is enough");
    }

    #[test]
    fn of_a_long_text_the_part_that_differs_is_kept() {
        let long = format!("{}AT&amp;T{}", "a".repeat(500), "b".repeat(500));
        let mut brief =
            json!({ "topic": long, "tone": "x &amp; y", "cta": format!("{}z", "<b>".repeat(200)) });
        let kept: Vec<String> = clean(&mut brief)
            .into_iter()
            .map(|text| format!("{} -> {}", text.before.unwrap(), text.after.unwrap()))
            .collect();
        insta::assert_snapshot!(kept.join("\n"), @"
        …aaaaaaaaaaaaaaaaaAT&amp;Tbbbbbbbbbbbbbbbbbbb… -> …aaaaaaaaaaaaaaaaaAT&Tbbbbbbbbbbbbbbbbbbb…
        x &amp; y -> x & y
        <b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>… -> z
        ");
        assert_eq!(excerpts("é", "é"), ("é".to_owned(), "é".to_owned()));
        assert_eq!(excerpts("aa", "a"), ("aa".to_owned(), "a".to_owned()));
    }

    #[test]
    fn what_is_no_brief_is_left_to_the_schema() {
        for mut odd in [
            json!([" a "]),
            json!(" a "),
            json!({"facts": " a ", "topic": 3}),
        ] {
            let before = odd.clone();
            assert_eq!(clean(&mut odd), []);
            assert_eq!(odd, before);
        }
    }
}
