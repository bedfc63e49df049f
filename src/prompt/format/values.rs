//! Values as helpers get them: as text, as they were given, and in the brief's language.

use std::borrow::Cow;

use icu_locale_core::Locale;
use serde_json::Value;

/// Text or number as text; nothing for null and for what has no text.
pub(super) fn text(value: Option<&&Value>) -> Cow<'static, str> {
    match value {
        Some(Value::String(text)) => Cow::Owned(text.clone()),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// A value as it was given.
pub(super) fn unchanged(value: Option<&&Value>) -> Value {
    value.copied().cloned().unwrap_or_default()
}

/// The brief's language; the root of all locales where the tag is no BCP 47 tag.
pub(super) fn locale(brief: &Value) -> Locale {
    let tag = brief["language"].as_str().unwrap_or_default();
    Locale::try_from_str(tag).unwrap_or(Locale::UNKNOWN)
}

/// Whether the brief is written in English, whose month names are the only ones known here.
pub(super) fn is_english(brief: &Value) -> bool {
    let tag = brief["language"].as_str().unwrap_or_default();
    tag.split('-')
        .next()
        .is_some_and(|primary| primary.eq_ignore_ascii_case("en"))
}
