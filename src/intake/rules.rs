//! Rules a JSON Schema cannot state: ids that refer to each other, ends the right way round.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use super::fault::{Fault, Faults};
use crate::domain::brief::{Brief, MustInclude};
use crate::domain::suggest::listed;

/// Checks what holds between the parts of a brief.
///
/// # Errors
/// Every rule that is broken, in the order of the brief's keys.
pub(super) fn check(brief: &Brief) -> Result<(), Faults> {
    let mut faults = Vec::new();
    unique(
        "facts",
        brief.facts.iter().map(|fact| &*fact.id),
        &mut faults,
    );
    unique(
        "quotes",
        brief.quotes.iter().map(|quote| &*quote.id),
        &mut faults,
    );
    unique(
        "sources",
        brief.sources.iter().map(|source| &*source.id),
        &mut faults,
    );
    for (index, wanted) in brief.must_include.iter().enumerate() {
        must_include(
            brief,
            &format!("must_include[{index}]"),
            wanted,
            &mut faults,
        );
    }
    if let Some(length) = brief.length
        && let (Some(min), Some(max)) = (length.min_words, length.max_words)
        && min > max
    {
        faults.push(Fault::Length { min, max });
    }
    if let (Some(embargo), Some(expires)) = (brief.embargo_until, brief.expires_at)
        && expires <= embargo
    {
        let (embargo, expires) = (embargo.to_rfc3339(), expires.to_rfc3339());
        faults.push(Fault::Dates { embargo, expires });
    }
    Faults::none_of(faults)
}

/// Refuses U+0000 in any text, `meta` included: Postgres stores it neither in `text` nor in `jsonb`,
/// and one such brief would fail the insert of its whole batch.
///
/// # Errors
/// [`Fault::Nul`] with the path of each text.
pub(super) fn check_characters(value: &Value) -> Result<(), Faults> {
    fn walk(value: &Value, path: &str, faults: &mut Vec<Fault>) {
        let mut refused = |text: &str| {
            if text.contains('\0') {
                faults.push(Fault::Nul {
                    key: path.to_owned(),
                });
            }
        };
        match value {
            Value::String(text) => refused(text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{path}[{index}]"), faults);
                }
            }
            Value::Object(object) => {
                for (key, item) in object {
                    let below = match path {
                        "" => key.clone(),
                        path => format!("{path}.{key}"),
                    };
                    if key.contains('\0') {
                        faults.push(Fault::Nul {
                            key: path.to_owned(),
                        });
                    }
                    walk(item, &below, faults);
                }
            }
            _ => {}
        }
    }
    let mut faults = Vec::new();
    walk(value, "", &mut faults);
    Faults::none_of(faults)
}

fn unique<'a>(list: &str, ids: impl Iterator<Item = &'a str>, faults: &mut Vec<Fault>) {
    let mut seen = HashMap::new();
    for (index, id) in ids.enumerate() {
        match seen.entry(id) {
            Entry::Vacant(place) => {
                place.insert(index);
            }
            Entry::Occupied(first) => faults.push(Fault::DuplicateId {
                key: format!("{list}[{index}].id"),
                id: id.to_owned(),
                first: format!("{list}[{}]", first.get()),
            }),
        }
    }
}

fn must_include(brief: &Brief, key: &str, wanted: &MustInclude, faults: &mut Vec<Fault>) {
    if let Some(id) = &wanted.fact {
        let fact_key = format!("{key}.fact");
        match brief.fact(id) {
            None => faults.push(unknown_fact(brief, fact_key, id)),
            Some(fact) if fact.private => faults.push(Fault::PrivateFact {
                key: fact_key,
                id: id.clone(),
            }),
            Some(_) => {}
        }
    }
    if let Some(pattern) = &wanted.regex
        && let Err(error) = regex::Regex::new(pattern)
    {
        faults.push(Fault::Regex {
            key: format!("{key}.regex"),
            pattern: pattern.chars().take(60).collect(),
            reason: one_line(&error),
        });
    }
    let empty = wanted.fact.is_none()
        && wanted.text.is_none()
        && wanted.regex.is_none()
        && wanted.any_of.is_empty();
    if empty {
        faults.push(Fault::EmptyMustInclude {
            key: key.to_owned(),
        });
    }
}

fn unknown_fact(brief: &Brief, key: String, id: &str) -> Fault {
    let ids = brief.facts.iter().map(|fact| fact.id.as_str());
    let hint = match brief.facts.len() {
        0 => "the brief has no facts; for plain words use `text`".to_owned(),
        _ => format!(
            "its facts are {}; for plain words use `text`",
            listed(ids.take(20))
        ),
    };
    Fault::UnknownFact {
        key,
        id: id.to_owned(),
        hint,
    }
}

/// A syntax error is drawn over several lines; the last one says it in words.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ")
        .unwrap_or(last)
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::brief_from_value;

    fn message(changes: Value) -> String {
        let mut brief = json!({
            "external_ref": "a", "kind": "news", "topic": "t", "language": "en",
            "facts": [{"id": "f1", "label": "Population", "value": "3"},
                {"id": "f2", "label": "Home address", "value": "x", "private": true}],
        });
        for (key, value) in changes.as_object().unwrap() {
            brief[key] = value.clone();
        }
        match brief_from_value(brief) {
            Ok(_) => "accepted".to_owned(),
            Err(faults) => faults.told(),
        }
    }

    #[test]
    fn ids_are_used_once_in_each_list() {
        let twice =
            json!([{"id": "a", "text": "x"}, {"id": "b", "text": "y"}, {"id": "a", "text": "z"}]);
        insta::assert_snapshot!(message(json!({"quotes": twice})), @"brief.duplicate_id `quotes[2].id`: the id `a` is already used by `quotes[0]` (hint: give each entry of the list its own id)");
        insta::assert_snapshot!(message(json!({"sources": twice})), @"brief.duplicate_id `sources[2].id`: the id `a` is already used by `sources[0]` (hint: give each entry of the list its own id)");
        let fact = json!({"id": "f1", "label": "L", "value": "1"});
        insta::assert_snapshot!(message(json!({"facts": [fact, fact]})), @"brief.duplicate_id `facts[1].id`: the id `f1` is already used by `facts[0]` (hint: give each entry of the list its own id)");
        let same_elsewhere =
            json!({"quotes": [{"id": "f1", "text": "x"}], "sources": [{"id": "f1"}]});
        assert_eq!(message(same_elsewhere), "accepted");
    }

    #[test]
    fn must_includes_have_to_be_possible() {
        let cases = [
            json!([{"fact": "f3"}]),
            json!([{"text": "ok"}, {"fact": "turnover"}]),
            json!([{"fact": "f2"}]),
            json!([{}]),
            json!([{"fact": null, "text": null, "any_of": [], "regex": null, "weight": 2}]),
            json!([{"regex": "(a"}]),
            json!([{"regex": "(?=a)"}]),
            json!([{"regex": "a{1000}{1000}{1000}"}]),
        ];
        let messages: Vec<String> = cases
            .into_iter()
            .map(|case| message(json!({"must_include": case})))
            .collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        brief.unknown_fact `must_include[0].fact`: no fact of this brief has the id `f3` (hint: its facts are `f1`, `f2`; for plain words use `text`)
        brief.unknown_fact `must_include[1].fact`: no fact of this brief has the id `turnover` (hint: its facts are `f1`, `f2`; for plain words use `text`)
        brief.private_fact `must_include[0].fact`: the fact `f2` is private, so no copy can include it (hint: drop the must-include, or publish the fact with `"private":false`)
        brief.empty_must_include `must_include[0]`: nothing is set (hint: set one of `fact`, `text`, `any_of`, `regex`, or drop the entry)
        brief.empty_must_include `must_include[0]`: nothing is set (hint: set one of `fact`, `text`, `any_of`, `regex`, or drop the entry)
        brief.regex `must_include[0].regex`: `(a` is not a regular expression: unclosed group (hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`)
        brief.regex `must_include[0].regex`: `(?=a)` is not a regular expression: look-around, including look-ahead and look-behind, is not supported (hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`)
        brief.regex `must_include[0].regex`: `a{1000}{1000}{1000}` is not a regular expression: Compiled regex exceeds size limit of 10485760 bytes (hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`)
        "#);
        let bare = json!({"kind": "social", "facts": [], "must_include": [{"fact": "f1"}]});
        insta::assert_snapshot!(message(bare), @"brief.unknown_fact `must_include[0].fact`: no fact of this brief has the id `f1` (hint: the brief has no facts; for plain words use `text`)");
    }

    #[test]
    fn ends_are_the_right_way_round() {
        insta::assert_snapshot!(message(json!({"length": {"min_words": 9, "max_words": 5}})), @"brief.length `length`: `min_words` is 9, above `max_words`, which is 5 (hint: swap the two, or drop one)");
        assert_eq!(
            message(json!({"length": {"min_words": 5, "max_words": 5}})),
            "accepted"
        );
        assert_eq!(message(json!({"length": {"min_words": 5}})), "accepted");
        insta::assert_snapshot!(message(json!({
            "embargo_until": "2026-03-01T06:00:00+01:00", "expires_at": "2026-03-01T05:00:00Z"
        })), @"brief.dates `expires_at`: expires at 2026-03-01T05:00:00+00:00, not after the embargo ends at 2026-03-01T05:00:00+00:00 (hint: no instant is left to draft it; correct one of the two)");
    }

    #[test]
    fn text_that_cannot_be_stored_is_refused_wherever_it_stands() {
        insta::assert_snapshot!(message(json!({"meta": {"a": ["x", {"b": "\0"}]}})), @r#"brief.nul `meta.a[1].b`: holds the character U+0000, which cannot be stored (hint: remove `\u0000` from the text)"#);
        insta::assert_snapshot!(message(json!({"meta": {"\0": 1}})), @r#"brief.nul `meta`: holds the character U+0000, which cannot be stored (hint: remove `\u0000` from the text)"#);
    }
}
