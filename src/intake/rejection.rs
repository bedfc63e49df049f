//! What is kept of a line that was refused: the place, the reason, and enough of the line to find it.

use std::fmt;

use serde::Serialize;

use super::fault::Fault;
use crate::domain::problem::{Blame, Problem};

/// Most characters of a refused line that are kept.
pub const RAW_CHARS: usize = 500;

/// One refused line or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Rejection {
    /// File as the caller named it.
    pub file: String,
    /// 1-based line; none where a whole one-object file is meant.
    pub line: Option<usize>,
    /// Key path inside the brief, such as `facts[2].value`.
    pub key: Option<String>,
    /// Stable word for programs, such as `brief.unknown_key`.
    pub code: &'static str,
    /// What was wrong, with what was expected and what was given.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The start of the line, at most [`RAW_CHARS`] characters, bytes that are not UTF-8 replaced.
    pub raw: String,
    #[serde(skip)]
    blame: Blame,
}

impl Rejection {
    pub(super) fn new(file: &str, line: Option<usize>, fault: &Fault, raw: &str) -> Self {
        Self {
            file: file.to_owned(),
            line,
            key: fault.key().map(str::to_owned),
            code: fault.code(),
            message: with_cause(fault),
            hint: fault.hint(),
            raw: raw.trim().chars().take(RAW_CHARS).collect(),
            blame: fault.blame(),
        }
    }

    /// A brief whose key stands on an earlier line of the same file: importing both would keep only
    /// one, and which one would be chance.
    pub fn repeated(file: &str, line: usize, first: usize, external_ref: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line),
            key: Some("external_ref".to_owned()),
            code: "brief.repeated",
            message: format!("`{external_ref}` is already on line {first}"),
            hint: Some("give each brief of a file its own key".to_owned()),
            raw: String::new(),
            blame: Blame::Input,
        }
    }

    /// The rejection as a person meets it.
    pub fn problem(&self) -> Problem {
        Problem {
            code: self.code,
            message: self.message.clone(),
            file: Some(self.file.clone()),
            line: self.line,
            key: self.key.clone(),
            hint: self.hint.clone(),
            blame: self.blame,
        }
    }
}

/// A rejection is kept as words, so the cause has to be among them.
fn with_cause(fault: &Fault) -> String {
    match std::error::Error::source(fault) {
        Some(cause) => format!("{fault}: {cause}"),
        None => fault.to_string(),
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem().fmt(f)
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        let rejection = Rejection::new("b.jsonl", Some(3), &Fault::NoMaterial, &"é".repeat(900));
        assert_eq!(rejection.raw.chars().count(), RAW_CHARS);
        assert_eq!(rejection.problem().line, Some(3));
    }

    #[test]
    fn a_program_reads_the_rejection_as_json() {
        let rejection = Rejection::new("b.jsonl", Some(3), &Fault::NoMaterial, "{}");
        insta::assert_snapshot!(serde_json::to_string(&rejection).unwrap(), @r#"{"file":"b.jsonl","line":3,"key":"facts","code":"brief.no_material","message":"a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none","hint":"add what the copy may state, such as `\"facts\":[{\"id\":\"f1\",\"label\":\"Population\",\"value\":\"212,400\"}]`","raw":"{}"}"#);
    }
}
