//! Texts: their first letter, their case, and how many words of them there is room for.

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::values::text;

/// `upper_first topic`: the first letter as a capital, as the start of a sentence wants it.
pub(in crate::prompt) fn upper_first(arguments: &[&Value], _: &Value) -> Value {
    let text = text(arguments.first());
    let first = text.graphemes(true).next().unwrap_or_default();
    format!("{}{}", first.to_uppercase(), &text[first.len()..]).into()
}

/// `lower label`: all letters small. Proper names lose their capitals too.
pub(in crate::prompt) fn lower(arguments: &[&Value], _: &Value) -> Value {
    text(arguments.first()).to_lowercase().into()
}

/// `truncate_words source.text 60`: the first so many words, and `…` where there were more.
pub(in crate::prompt) fn truncate_words(arguments: &[&Value], _: &Value) -> Value {
    let text = text(arguments.first());
    let most = arguments.get(1).and_then(|most| most.as_u64()).unwrap_or(0);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= most {
        return text.into();
    }
    let kept = words[..most].join(" ");
    format!("{}…", kept.trim_end_matches([',', ';', ':', '.', ' '])).into()
}
