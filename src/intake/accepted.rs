//! Forms in which a brief may come, made into the one that is stored: a must-include that is only a text,
//! and facts, quotes and sources without ids.
//!
//! Every way in goes through here, so that what one accepts all of them do.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::limits::MOST_ENTRIES;
use crate::domain::entry_ids;

/// Makes the accepted forms into the stored one. What has another shape than it should is left for the
/// schema to refuse.
///
/// # Errors
/// [`Fault::TooManyEntries`].
pub(super) fn accept(brief: &mut Value) -> Result<(), Fault> {
    let Some(brief) = brief.as_object_mut() else {
        return Ok(());
    };
    // The sender's own data is carried along as it came.
    for (key, value) in brief.iter().filter(|(key, _)| *key != "meta") {
        counted(key, value)?;
    }
    if let Some(Value::Array(entries)) = brief.get_mut("must_include") {
        for entry in entries.iter_mut().filter(|entry| entry.is_string()) {
            *entry = json!({ "text": entry.take() });
        }
    }
    for (list, letter) in entry_ids::LISTS {
        if let Some(Value::Array(entries)) = brief.get_mut(list) {
            complete(letter, entries, |at| at + 1);
        }
    }
    Ok(())
}

/// Gives each entry without an `id`, or with a null one, an id; `number` says which 1-based number each has.
pub(super) fn complete(letter: char, entries: &mut [Value], number: impl Fn(usize) -> usize) {
    let given: Vec<Option<&Map<String, Value>>> = entries.iter().map(Value::as_object).collect();
    let lacks = |entry: &&Map<String, Value>| entry.get("id").is_none_or(Value::is_null);
    if !given.iter().flatten().any(lacks) {
        return;
    }
    let known: Vec<(Option<&str>, usize)> = given
        .iter()
        .enumerate()
        .map(|(at, entry)| match entry {
            Some(entry) if lacks(entry) => (None, number(at)),
            // Of what is no entry, or has an id that is no text, the schema tells.
            Some(entry) => (Some(entry["id"].as_str().unwrap_or_default()), number(at)),
            None => (Some(""), number(at)),
        })
        .collect();
    let ids = entry_ids::complete(letter, &known);
    for (entry, id) in entries.iter_mut().zip(ids) {
        let Some(entry) = entry.as_object_mut() else {
            continue;
        };
        if entry.get("id").is_none_or(Value::is_null) {
            entry.insert("id".to_owned(), id.into());
        }
    }
}

fn counted(key: &str, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Array(entries) if entries.len() > MOST_ENTRIES => Err(Fault::TooManyEntries {
            key: key.to_owned(),
            given: entries.len(),
        }),
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.is_array() || entry.is_object())
            .try_for_each(|(at, entry)| counted(&format!("{key}[{at}]"), entry)),
        Value::Object(parts) => parts
            .iter()
            .filter(|(_, part)| part.is_array() || part.is_object())
            .try_for_each(|(part, value)| counted(&format!("{key}.{part}"), value)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{brief_from_value, parse_brief};

    const SHORT: &str = r#"{"external_ref":"a","kind":"news","topic":"t","language":"en",
        "facts":[{"label":"L","value":"1"},{"id":"f1","label":"M","value":"2"},{"id":null,"label":"N","value":"3"}],
        "quotes":[{"text":"Hm."}],"sources":[{"text":"Yearbook"}],
        "must_include":["3-1 &amp; more",{"fact":"f3"},{"text":"x"}]}"#;

    #[test]
    fn short_forms_become_the_long_ones() {
        let brief = parse_brief(SHORT.as_bytes(), "b.json").unwrap();
        let ids: Vec<&str> = brief.facts.iter().map(|fact| fact.id.as_str()).collect();
        assert_eq!(ids, ["f2", "f1", "f3"]);
        assert_eq!(
            (brief.quotes[0].id.as_str(), brief.sources[0].id.as_str()),
            ("q1", "s1")
        );
        let wanted: Vec<_> = brief
            .must_include
            .iter()
            .map(|wanted| (wanted.text.as_deref(), wanted.weight))
            .collect();
        assert_eq!(
            wanted,
            [(Some("3-1 & more"), 1.0), (None, 1.0), (Some("x"), 1.0)]
        );
        // What is stored is a brief of the long form, and read again it is the same.
        let again = brief_from_value(serde_json::to_value(&brief).unwrap()).unwrap();
        assert_eq!(again.sha256(), brief.sha256());
    }

    #[test]
    fn a_list_has_an_end() {
        let many = |list: Value| {
            let brief = json!({"external_ref":"a","kind":"social","topic":"t","language":"en"});
            let mut brief = brief;
            brief["facts"] = list;
            brief_from_value(brief).unwrap_err()
        };
        let told = [
            many(json!(vec![json!({}); MOST_ENTRIES + 1])),
            many(json!([{"label":"L","value":"1","aliases": vec!["x"; 3 * MOST_ENTRIES]}])),
        ];
        let told = told.map(|faults| {
            let first = faults.first();
            format!(
                "{} {}: {first} (hint: {})",
                first.code(),
                first.key().unwrap(),
                first.hint().unwrap()
            )
        });
        insta::assert_snapshot!(told.join("\n"), @"
        brief.too_many_entries facts: a list may have 2000 entries, this one has 2001 (hint: split the brief, or leave out what no copy is written from)
        brief.too_many_entries facts[0].aliases: a list may have 2000 entries, this one has 6000 (hint: split the brief, or leave out what no copy is written from)
        ");
    }
}
