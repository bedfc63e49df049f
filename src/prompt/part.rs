//! The parts of a multi-part draft: a template asks for each by itself, `[[parts]]`.
//!
//! ```text
//! [[parts]]
//! name       = "headlines"          # as the channel names it
//! ask        = "Write one headline for {{topic}}."
//! target     = 8                    # entries wanted, where the campaign says nothing
//! max_tokens = 16                   # of one answer
//! per_answer = 1                    # entries asked for in one answer; more are a numbered list
//! ```
//! The question stands below the body, so that the prompts of one brief differ in their last line.

use serde::Deserialize;
use toml::Spanned;

use super::error::{Fault, PromptError};
use super::files::File;
use super::syntax::{Compiled, compile};
use super::{Message, Role};

/// One field that a template drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSpec {
    /// Key in a draft's `parts`, as the channel names the field.
    pub name: String,
    /// Handlebars source of its question.
    pub ask: String,
    /// Entries wanted; a campaign's `targets` come first.
    pub target: u32,
    /// Most tokens of one answer.
    pub max_tokens: u32,
    /// Entries asked for in one answer, 1 or more.
    pub per_answer: u32,
    /// Line of the question in the template's file.
    pub(super) ask_line: usize,
}

/// A `[[parts]]` table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPart {
    name: Spanned<String>,
    ask: Spanned<String>,
    target: Spanned<u32>,
    max_tokens: Spanned<u32>,
    per_answer: Option<Spanned<u32>>,
}

/// Most entries that may be asked for: twice what the largest field of any channel takes.
const MOST: u32 = 30;
/// Most tokens of one answer of a part: a part is a line or a few, running text has no parts.
const MOST_TOKENS: u32 = 512;

impl PartSpec {
    /// Texts that end an answer: the template's, and the line end where one entry is asked for.
    pub(super) fn stops(&self, template: &[String]) -> Vec<String> {
        let mut stops = template.to_vec();
        if self.per_answer == 1 && !stops.iter().any(|stop| stop == "\n") {
            stops.push("\n".to_owned());
        }
        stops
    }
}

/// Checks the tables; a fault comes with its line and key.
pub(super) fn checked(
    raw: Vec<Spanned<RawPart>>,
    line_at: impl Fn(usize) -> usize,
) -> Result<Vec<PartSpec>, (Fault, usize, String)> {
    let mut parts: Vec<PartSpec> = Vec::new();
    for (number, raw) in raw.into_iter().enumerate() {
        let raw = raw.into_inner();
        let refuse = |key: &str, at: usize, expected, given: String| {
            let key = format!("parts[{number}].{key}");
            Err((Fault::Value { expected, given }, line_at(at), key))
        };
        let (name, at) = (raw.name.get_ref().trim(), raw.name.span().start);
        if name.is_empty() {
            return refuse("name", at, "a field of the channel", "none".to_owned());
        }
        if parts.iter().any(|part| part.name == name) {
            let given = format!("`{name}` again");
            return refuse("name", at, "a name of its own", given);
        }
        if raw.ask.get_ref().trim().is_empty() {
            let expected = "text that is not blank";
            return refuse("ask", raw.ask.span().start, expected, "none".to_owned());
        }
        let per_answer = raw.per_answer.as_ref();
        for (key, value, most, expected) in [
            ("target", Some(&raw.target), MOST, "from 1 to 30"),
            (
                "max_tokens",
                Some(&raw.max_tokens),
                MOST_TOKENS,
                "from 1 to 512",
            ),
            ("per_answer", per_answer, MOST, "from 1 to 30"),
        ] {
            if let Some(value) = value
                && !(1..=most).contains(value.get_ref())
            {
                return refuse(
                    key,
                    value.span().start,
                    expected,
                    value.get_ref().to_string(),
                );
            }
        }
        parts.push(PartSpec {
            name: name.to_owned(),
            ask_line: line_at(raw.ask.span().start),
            ask: raw.ask.into_inner(),
            target: raw.target.into_inner(),
            max_tokens: raw.max_tokens.into_inner(),
            per_answer: per_answer.map_or(1, |value| *value.get_ref()),
        });
    }
    Ok(parts)
}

/// The questions' syntax trees, in the order of the parts.
pub(super) fn compiled(file: &File, parts: &[PartSpec]) -> Result<Vec<Compiled>, PromptError> {
    parts
        .iter()
        .map(|part| compile(&file.path, &part.ask, part.ask_line - 1))
        .collect()
}

/// Name of a question among the compiled templates; no file can have it.
pub(super) fn ask_name(template: &str, part: &str) -> String {
    format!("{template}?{part}")
}

/// The worked example of a part as turns: asked and answered once an entry, or once for a list.
pub(super) fn turns(part: &PartSpec, question: &str, entries: &[&str]) -> Vec<Message> {
    let turn = |answer: &str| {
        [
            Message::new(Role::User, question),
            Message::new(Role::Assistant, answer),
        ]
    };
    if part.per_answer > 1 {
        let lines: Vec<String> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| format!("{}. {entry}", index + 1))
            .collect();
        return turn(&lines.join("\n")).to_vec();
    }
    entries.iter().flat_map(|entry| turn(entry)).collect()
}
