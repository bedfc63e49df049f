//! Up or down, above or below: arithmetic that a small model gets wrong, done before it is asked.
//!
//! Values are compared as they are written: one number, with what stands before and after it
//! (`$4.2 billion`, `-0.3 %`). Two that differ in that are not comparable, and no word is better than
//! a wrong one: the answer is then null, which `{{#if}}` can test.

use std::cmp::Ordering;

use serde_json::Value;

use super::reading::{Quantity, falls};
use super::values::{text, unchanged};

/// `compare a b "above" "below" "level"`: the word for how `a` stands to `b`, or null.
pub(in crate::prompt) fn compare(arguments: &[&Value], _: &Value) -> Value {
    let (a, b) = (text(arguments.first()), text(arguments.get(1)));
    let ordering = match (Quantity::read(&a), Quantity::read(&b)) {
        (Some(a), Some(b)) => a.compare(&b),
        _ => None,
    };
    chosen(ordering, arguments.get(2..).unwrap_or_default())
}

/// `direction value "rose" "fell" "did not change"`: the word for the sign of a change, or null; also null where
/// words tell a fall (`4 % lower`), as that is no sign.
pub(in crate::prompt) fn direction(arguments: &[&Value], _: &Value) -> Value {
    let change = text(arguments.first());
    let ordering = Quantity::read(&change)
        .filter(|change| !falls(&change.before) && !falls(&change.after))
        .and_then(|change| change.number.partial_cmp(&0.0));
    chosen(ordering, arguments.get(1..).unwrap_or_default())
}

fn chosen(ordering: Option<Ordering>, words: &[&Value]) -> Value {
    let index = match ordering {
        Some(Ordering::Greater) => 0,
        Some(Ordering::Less) => 1,
        Some(Ordering::Equal) => 2,
        None => return Value::Null,
    };
    unchanged(words.get(index))
}

impl Quantity {
    fn compare(&self, other: &Self) -> Option<Ordering> {
        let same = self.before == other.before && self.after == other.after;
        same.then(|| self.number.partial_cmp(&other.number))
            .flatten()
    }
}
