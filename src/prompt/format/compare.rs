//! Up or down, above or below: arithmetic that a small model gets wrong, done before it is asked.
//!
//! Values are compared as they are written: one number, with what stands before and after it
//! (`$4.2 billion`, `-0.3 %`). Two that differ in that are not comparable, and no word is better than
//! a wrong one: the answer is then null, which `{{#if}}` can test.

use std::cmp::Ordering;

use serde_json::Value;

use super::{text, unchanged};

/// `compare a b "above" "below" "level"`: the word for how `a` stands to `b`, or null.
pub(in crate::prompt) fn compare(arguments: &[&Value], _: &Value) -> Value {
    let (a, b) = (text(arguments.first()), text(arguments.get(1)));
    let ordering = match (Quantity::read(&a), Quantity::read(&b)) {
        (Some(a), Some(b)) => a.compare(&b),
        _ => None,
    };
    chosen(ordering, arguments.get(2..).unwrap_or_default())
}

/// `direction value "rose" "fell" "did not change"`: the word for the sign of a change, or null.
pub(in crate::prompt) fn direction(arguments: &[&Value], _: &Value) -> Value {
    let change = text(arguments.first());
    let ordering = Quantity::read(&change).and_then(|change| change.number.partial_cmp(&0.0));
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

/// One number and what it counts.
struct Quantity<'t> {
    number: f64,
    before: &'t str,
    after: &'t str,
}

impl<'t> Quantity<'t> {
    /// Reads a text that holds exactly one number; its thousands may be parted by commas.
    fn read(text: &'t str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let inside = |c: char| !c.is_ascii_digit() && c != ',' && c != '.';
        let end = text[start..]
            .find(inside)
            .map_or(text.len(), |length| start + length);
        let digits = text[start..end].trim_end_matches([',', '.']);
        let (before, after) = (&text[..start], &text[start + digits.len()..]);
        if after.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        let grouped = groups.clone().next().is_some();
        // `1.250` is a thousand and a quarter in half of Europe: no word is better than a wrong one.
        let ambiguous = !grouped && fraction.len() == 3;
        if ambiguous
            || fraction.contains([',', '.'])
            || groups.any(|group| group.len() != 3)
            || grouped && first.len() > 3
        {
            return None;
        }
        let number: f64 = digits.replace(',', "").parse().ok()?;
        let before = before.trim();
        let minus = before.contains(['-', '−']);
        Some(Self {
            number: if minus { -number } else { number },
            before: before.trim_matches(['-', '−', '+', ' ']),
            after: after.trim(),
        })
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        let same = self.before == other.before && self.after == other.after;
        same.then(|| self.number.partial_cmp(&other.number))
            .flatten()
    }
}
