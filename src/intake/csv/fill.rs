//! The value of a cell, and where in the brief it is put.

use serde_json::{Map, Value};

use super::path::{Kind, Step};

/// A cell as the kind of value that its key wants; a text that is none stays one, and the schema says so.
pub(super) fn typed(kind: Kind, text: &str, list_separator: &str) -> Value {
    let whole = || text.parse::<i64>().ok().map(Value::from);
    let number = || text.parse::<f64>().ok().map(Value::from);
    let truth = || match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Some(Value::from(true)),
        "false" | "no" | "0" => Some(Value::from(false)),
        _ => None,
    };
    let typed = match kind {
        Kind::Text | Kind::Parts => None,
        Kind::Whole => whole(),
        Kind::Number => whole().or_else(number),
        Kind::Truth => truth(),
        Kind::List => json_list(text).or_else(|| {
            Some(
                text.split(list_separator)
                    .map(str::trim)
                    .filter(|entry| !entry.is_empty())
                    .collect(),
            )
        }),
    };
    typed.unwrap_or_else(|| Value::from(text))
}

/// A list that is written as JSON, as databases export it: split at its separators it would become texts
/// with brackets in them.
fn json_list(text: &str) -> Option<Value> {
    let list = text.starts_with('[').then(|| serde_json::from_str(text));
    let Value::Array(entries) = list?.ok()? else {
        return None;
    };
    let fits = |entry: &Value| entry.is_string() || entry.is_object();
    entries.iter().all(fits).then_some(Value::Array(entries))
}

/// Puts a value where the path says; where that is an entry of a list that has one already, behind the last,
/// unless the list has the same.
pub(super) fn add(brief: &mut Value, steps: &[Step], value: Value) {
    let Some((Step::Index(index), above)) = steps.split_last() else {
        return put(brief, steps, value);
    };
    let list = above.iter().try_fold(&*brief, |place, step| match step {
        Step::Key(key) => place.get(key),
        Step::Index(index) => place.get(index),
    });
    let Some(Value::Array(entries)) = list else {
        return put(brief, steps, value);
    };
    let (length, there) = (entries.len(), entries.contains(&value));
    if entries.get(*index).is_none_or(Value::is_null) {
        return put(brief, steps, value);
    }
    if !there {
        let end = [above, &[Step::Index(length)]].concat();
        put(brief, &end, value);
    }
}

/// Puts a value where the path says, unless something is there.
pub(super) fn put(brief: &mut Value, steps: &[Step], value: Value) {
    let mut place = brief;
    for step in steps {
        place = match step {
            Step::Key(key) => {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                let Some(object) = place.as_object_mut() else {
                    return;
                };
                object.entry(key.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let Some(list) = place.as_array_mut() else {
                    return;
                };
                while list.len() <= *index {
                    list.push(Value::Null);
                }
                &mut list[*index]
            }
        };
    }
    if place.is_null() {
        *place = value;
    }
}
