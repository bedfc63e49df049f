//! What helpers make of values: numbers, dates, lists, texts and facts as copy writes them.
//!
//! Each is a function of its arguments and of the brief's variables. A value that is not what a
//! helper formats (no number, no date) comes out as it went in: facts are somebody's text, and one
//! odd value must not cost the item. What a template does wrong is refused when it is loaded.

mod compare;
mod dates;
mod facts;
mod lists;
mod numbers;
mod reading;
mod texts;
mod values;

use serde_json::Value;

pub(super) use compare::{compare, direction};
pub(super) use dates::{date, is_format};
pub(super) use facts::{as_of, fact, fact_line, values};
pub(super) use lists::{first, join, list};
pub(super) use numbers::{number, percent, plural, round};
pub(super) use texts::{lower, truncate_words, upper_first};

/// Arguments as the call gives them, then the variables of the brief. The checker has seen that
/// the number of arguments and their shapes fit; a missing optional one is not there.
pub(super) type Function = fn(&[&Value], &Value) -> Value;

#[cfg(test)]
mod tests;
