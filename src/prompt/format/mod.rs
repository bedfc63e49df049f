//! What helpers make of values: numbers, dates, lists, words and facts as copy writes them.
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
mod words;

use std::borrow::Cow;

use icu_locale_core::Locale;
use serde_json::Value;

pub(super) use compare::{compare, direction};
pub(super) use dates::{date, is_format};
pub(super) use facts::{as_of, fact, fact_line, values};
pub(super) use lists::{first, join, list};
pub(super) use numbers::{number, percent, plural, round};
pub(super) use words::{lower, truncate_words, upper_first};

/// Arguments as the call gives them, then the variables of the brief. The checker has seen that
/// the number of arguments and their shapes fit; a missing optional one is not there.
pub(super) type Function = fn(&[&Value], &Value) -> Value;

/// Text or number as text; nothing for null and for what has no text.
fn text(value: Option<&&Value>) -> Cow<'static, str> {
    match value {
        Some(Value::String(text)) => Cow::Owned(text.clone()),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// A value as it was given.
fn unchanged(value: Option<&&Value>) -> Value {
    value.copied().cloned().unwrap_or_default()
}

/// The brief's language; the root of all locales where the tag is no BCP 47 tag.
fn locale(brief: &Value) -> Locale {
    let tag = brief["language"].as_str().unwrap_or_default();
    Locale::try_from_str(tag).unwrap_or(Locale::UNKNOWN)
}

/// Whether the brief is written in English, whose month names are the only ones known here.
fn is_english(brief: &Value) -> bool {
    let tag = brief["language"].as_str().unwrap_or_default();
    tag.split('-')
        .next()
        .is_some_and(|primary| primary.eq_ignore_ascii_case("en"))
}

#[cfg(test)]
mod tests;
