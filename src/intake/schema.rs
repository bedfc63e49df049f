//! The published schema at work: what validates a brief is the file that outsiders read.
//!
//! Messages take their words from the schema too: expected types and values from the keyword that
//! failed, the hint from the description beside it. JSON Schema draft 2020-12, formats asserted.

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::DateTime;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value};

use super::digits;
use super::fault::{Fault, Faults};
use super::rules;
use crate::domain::brief::{BRIEF_SCHEMA, Brief};
use crate::domain::suggest::{listed, nearest};
use crate::domain::visible::is_blank;

/// Most violations of one brief that are looked at.
const MOST_VIOLATIONS: usize = 200;

/// Most unknown keys of one object that are told.
const MOST_UNKNOWN: usize = 20;

/// Validates a value and loads it.
///
/// # Errors
/// Every violation, the most useful first; [`Fault::SchemaGap`] where the schema promises more than `Brief` holds.
pub(super) fn brief(mut value: Value) -> Result<Brief, Faults> {
    if !value.is_object() {
        return Err(Fault::NotObject {
            given: given(&value),
        }
        .into());
    }
    if !VALIDATOR.is_valid(&value) {
        let errors = VALIDATOR.iter_errors(&value).take(MOST_VIOLATIONS);
        Faults::none_of(explained(errors.flat_map(|error| faults(&error)).collect()))?;
    }
    rules::check_characters(&value)?;
    whole_numbers(&mut value);
    load(value)
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(BRIEF_SCHEMA).expect("the schema is JSON: a test holds it to that")
});

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        // chrono is what loads the time afterwards, so it also decides what a time is.
        .with_format("date-time", |text: &str| {
            DateTime::parse_from_rfc3339(text).is_ok()
        })
        .with_format(VISIBLE, |text: &str| !is_blank(text))
        .build(&with_visible(SCHEMA.clone()))
        .expect("the schema compiles: a test holds it to that")
});

/// The format that goes with the pattern below; the published schema cannot say it.
const VISIBLE: &str = "visible";

/// How the schema says that a text must not be blank.
const NOT_BLANK: &str = "\\S";

/// The schema, where a text that must not be blank must not consist of characters that nobody sees either: a topic
/// of U+3164 is no topic, and JSON Schema's patterns know white space only.
fn with_visible(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(keywords) => {
            if keywords
                .get("pattern")
                .is_some_and(|pattern| pattern == NOT_BLANK)
            {
                keywords.remove("pattern");
                keywords.insert("format".to_owned(), VISIBLE.into());
            }
            for (_, below) in keywords.iter_mut() {
                *below = with_visible(below.take());
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|below| *below = with_visible(below.take())),
        _ => {}
    }
    schema
}

fn load(value: Value) -> Result<Brief, Faults> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        Faults::from(Fault::SchemaGap {
            key: error.path().to_string(),
            reason: error.inner().to_string(),
        })
    })
}

/// JSON Schema counts `1.0` as an integer, serde does not.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|_| number.is_f64())
                && float.fract() == 0.0
                && float.abs() < 2_f64.powi(53)
            {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        // The sender's own data is carried along as it came.
        Value::Object(object) => object
            .iter_mut()
            .filter(|(key, _)| *key != "meta")
            .for_each(|(_, value)| whole_numbers(value)),
        _ => {}
    }
}

/// In the order in which they explain each other, without those that follow from another one: a misspelt
/// key also shows as a missing one, and a list of facts that is no list as no material.
fn explained(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_key(rank);
    let meant: HashSet<String> = faults.iter().filter_map(meant).collect();
    let mut seen = HashSet::new();
    let material = ["facts", "quotes", "sources"];
    let about_material = faults.iter().any(|fault| {
        let key = fault.key().unwrap_or_default();
        !matches!(fault, Fault::NoMaterial) && material.iter().any(|list| key.starts_with(list))
    }) || material.iter().any(|list| meant.contains(*list));
    faults.retain(|fault| match fault {
        Fault::MissingKey { key, .. } if meant.contains(key) => false,
        Fault::NoMaterial if about_material => false,
        fault => seen.insert(fault.key().unwrap_or_default().to_owned()),
    });
    faults
}

/// The key that a misspelt one stands for.
fn meant(fault: &Fault) -> Option<String> {
    let Fault::UnknownKey { key, hint } = fault else {
        return None;
    };
    let near = hint.strip_prefix("did you mean `")?.split('`').next()?;
    let parent = key.rsplit_once('.').map_or("", |(parent, _)| parent);
    Some(joined(parent, near))
}

/// A number that should be a text, told by the digits it was written with: `1.10` is read as `1.1`.
pub(super) fn as_written(fault: &mut Fault, json: &str) {
    let Fault::Value {
        key,
        given,
        hint: Some(hint),
        ..
    } = fault
    else {
        return;
    };
    if hint.starts_with(AS_TEXT)
        && let Some(literal) = digits::at(json, key)
    {
        *given = format!("`{literal}`");
        *hint = format!("{AS_TEXT}: `\"{literal}\"`");
    }
}

/// How the hint begins for a number where a text is wanted.
const AS_TEXT: &str = "write it as text";

/// Lower explains more.
fn rank(fault: &Fault) -> u8 {
    match fault {
        Fault::UnknownKey { hint, .. } if hint.starts_with("did you mean") => 0,
        Fault::MissingKey { .. } => 1,
        Fault::UnknownKey { .. } => 2,
        Fault::NoMaterial => 4,
        _ => 3,
    }
}

fn faults(error: &ValidationError<'_>) -> Vec<Fault> {
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known = around(error).and_then(|schema| schema["properties"].as_object());
            let parent = key_path(error.instance_path());
            let unexpected = unexpected.iter().take(MOST_UNKNOWN);
            unexpected
                .map(|key| unknown_key(&parent, key, known))
                .collect()
        }
        _ => vec![fault(error)],
    }
}

/// The part of the schema that failed.
fn around(error: &ValidationError<'_>) -> Option<&'static Value> {
    let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
    SCHEMA.pointer(parent)
}

fn fault(error: &ValidationError<'_>) -> Fault {
    let key = key_path(error.instance_path());
    let around = around(error);
    let about = around
        .and_then(|schema| schema.get("description"))
        .and_then(Value::as_str);
    let mut hint = about.map(|text| text.trim_end_matches('.').to_owned());
    let instance = error.instance();
    let expected = match error.kind() {
        Kind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            let about = around.map(|schema| &schema["properties"][property]);
            return Fault::MissingKey {
                key: joined(&key, property),
                hint: about.and_then(described),
            };
        }
        // The only alternatives in the schema are those of "at least one fact, quote or source".
        Kind::AnyOf { .. } => return Fault::NoMaterial,
        Kind::Type { .. } if around.is_none_or(|schema| schema.get("enum").is_none()) => {
            if (instance.is_number() || instance.is_boolean()) && allows_text(around) {
                hint = Some(format!("{AS_TEXT}: `\"{instance}\"`"));
            }
            types(around.map_or(&Value::Null, |schema| &schema["type"]))
        }
        Kind::Type { .. } | Kind::Enum { .. } => {
            let words = around.and_then(|schema| schema["enum"].as_array());
            let words = words.into_iter().flatten().filter_map(Value::as_str);
            if let Some(word) = nearest(instance.as_str().unwrap_or_default(), words.clone()) {
                hint = Some(format!("did you mean `{word}`?"));
            }
            format!("one of {}", listed(words))
        }
        Kind::Format { format } if format == VISIBLE => "text that is not blank".to_owned(),
        Kind::Pattern { .. } => {
            let examples = around.and_then(|schema| schema["examples"].as_array());
            let examples = examples.into_iter().flatten().filter_map(Value::as_str);
            format!("of a form such as {}", listed(examples))
        }
        Kind::Format { .. } => "an RFC 3339 time such as `2026-03-01T06:00:00Z`".to_owned(),
        Kind::MaxLength { limit } => {
            let characters = instance.as_str().map_or(0, |text| text.chars().count());
            return Fault::Value {
                key,
                expected: format!("at most {limit} characters long"),
                given: characters.to_string(),
                hint,
            };
        }
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("above {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        other => format!("what the schema's `{}` allows", other.keyword()),
    };
    Fault::Value {
        key,
        expected,
        given: given(instance),
        hint,
    }
}

fn unknown_key(parent: &str, key: &str, known: Option<&Map<String, Value>>) -> Fault {
    let known = || known.into_iter().flat_map(Map::keys).map(String::as_str);
    let hint = match nearest(key, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let free = if parent.is_empty() {
                "; your own data goes under `meta`"
            } else {
                ""
            };
            format!("known keys: {}{free}", listed(known()))
        }
    };
    Fault::UnknownKey {
        key: joined(parent, key),
        hint,
    }
}

fn described(schema: &Value) -> Option<String> {
    schema["description"]
        .as_str()
        .map(|text| text.trim_end_matches('.').to_owned())
}

fn allows_text(schema: Option<&Value>) -> bool {
    schema.is_some_and(|schema| match &schema["type"] {
        Value::Array(types) => types.iter().any(|kind| kind == "string"),
        kind => kind == "string",
    })
}

fn types(keyword: &Value) -> String {
    let words = match keyword {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .map(type_name)
            .collect(),
        kind => vec![type_name(kind.as_str().unwrap_or_default())],
    };
    words.join(" or ")
}

fn type_name(kind: &str) -> &str {
    match kind {
        "string" => "text",
        "array" => "a list",
        "object" => "an object",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "null" => "`null`",
        other => other,
    }
}

/// The value as a message shows it: texts and numbers themselves, cut; the rest by its kind.
fn given(value: &Value) -> String {
    const CUT: usize = 40;
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) if text.chars().count() > CUT => {
            format!("`{}…`", text.chars().take(CUT).collect::<String>())
        }
        // Shown as it is, it would look like a text of a blank or two, or like none.
        Value::String(text) if is_blank(text) && !text.trim().is_empty() => {
            let characters = text
                .chars()
                .map(|unseen| format!("U+{:04X}", u32::from(unseen)));
            characters.collect::<Vec<_>>().join(" ")
        }
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn key_path(location: &Location) -> String {
    location
        .into_iter()
        .fold(String::new(), |path, segment| match segment {
            LocationSegment::Property(name) => joined(&path, &name),
            LocationSegment::Index(index) => format!("{path}[{index}]"),
        })
}

fn joined(parent: &str, key: &str) -> String {
    if parent.is_empty() {
        key.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
