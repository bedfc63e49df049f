//! Facts by id or label, and a fact as one line of a list.

use serde_json::Value;

use super::dates::long;
use super::values::text;

/// `fact "Magnitude"`: the value, with its unit, of the fact with this id, else of the first with
/// this label, letter case aside; null where there is none, which `{{#if}}` can test.
pub(in crate::prompt) fn fact(arguments: &[&Value], brief: &Value) -> Value {
    find(&text(arguments.first()), brief).map_or(Value::Null, |fact| valued(fact).into())
}

/// `as_of "Magnitude"`: when that fact held, or null.
pub(in crate::prompt) fn as_of(arguments: &[&Value], brief: &Value) -> Value {
    find(&text(arguments.first()), brief).map_or(Value::Null, |fact| fact["as_of"].clone())
}

/// `values "Feature"`: the values of every fact with this label, in their order.
pub(in crate::prompt) fn values(arguments: &[&Value], brief: &Value) -> Value {
    let label = text(arguments.first());
    let labelled = facts(brief).filter(|fact| is_called(fact, &label));
    labelled.map(valued).map(Value::from).collect()
}

/// `fact_line fact`, or with an id or label: `Population: 212,400 people (2024)`.
pub(in crate::prompt) fn fact_line(arguments: &[&Value], brief: &Value) -> Value {
    let found = match arguments.first() {
        Some(fact @ Value::Object(_)) => Some(*fact),
        other => find(&text(other), brief),
    };
    let Some(fact) = found else {
        return Value::Null;
    };
    let label = fact["label"].as_str().unwrap_or_default();
    let mut line = format!("{label}: {}", valued(fact));
    if let Some(as_of) = fact["as_of"].as_str() {
        line.push_str(&format!(" ({})", long(as_of, brief)));
    }
    line.into()
}

fn facts(brief: &Value) -> impl Iterator<Item = &Value> {
    brief["facts"].as_array().into_iter().flatten()
}

fn find<'v>(name: &str, brief: &'v Value) -> Option<&'v Value> {
    facts(brief)
        .find(|fact| fact["id"].as_str() == Some(name))
        .or_else(|| facts(brief).find(|fact| is_called(fact, name)))
}

fn is_called(fact: &Value, label: &str) -> bool {
    let own = fact["label"].as_str().unwrap_or_default();
    own.to_lowercase() == label.to_lowercase()
}

fn valued(fact: &Value) -> String {
    let value = fact["value"].as_str().unwrap_or_default();
    match fact["unit"].as_str() {
        Some(unit) => format!("{value} {unit}"),
        None => value.to_owned(),
    }
}
