//! What a mistyped key or word of a campaign file was probably meant to be.

use regex::Regex;
use serde_json::Value;

use crate::domain::suggest;

/// A hint to what the TOML reader says; `key` is where it says it, such as `draft.modle`, and `campaign` one with
/// every section.
///
/// The reader's own words list what is accepted there: the nearest of them, else the section in which
/// the key is known, is the hint.
pub(super) fn hint(message: &str, key: Option<&str>, campaign: &Value) -> Option<String> {
    let quoted = Regex::new("`([^`]*)`").ok()?;
    let mut words = quoted
        .captures_iter(message)
        .map(|found| found[1].to_owned());
    let given = words.next()?;
    let accepted: Vec<String> = words.collect();
    let field = message.starts_with("unknown field");
    if !field && !message.starts_with("unknown variant") {
        return None;
    }
    let near = suggest::nearest(&given, accepted.iter().map(String::as_str));
    if let Some(near) = near {
        return Some(format!("did you mean `{near}`?"));
    }
    let section = section_of(&given, campaign).filter(|_| field)?;
    (key != Some(&format!("{section}.{given}"))).then(|| match section.as_str() {
        "" => format!("`{given}` stands at the top of the file, before the first `[section]`"),
        section => format!("`{given}` belongs under `[{section}]`"),
    })
}

/// The section that knows a key; empty for the top of the file.
fn section_of(key: &str, campaign: &Value) -> Option<String> {
    let sections = campaign.as_object()?;
    let inside = sections.iter().find_map(|(section, value)| {
        let keys = value.as_object()?;
        keys.contains_key(key).then(|| section.clone())
    });
    inside.or_else(|| sections.contains_key(key).then(String::new))
}
