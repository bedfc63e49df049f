//! What is kept of a line that was refused: the place, the reason, and enough of the line to find it.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::conversion::Conversion;
use super::fault::{Fault, Faults};
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
    /// What else is wrong with the same line, at most 20; left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub others: Vec<RejectionReason>,
    /// How the file becomes UTF-8 text, where that is what is wrong: whoever can name a command adds it to the hint.
    #[serde(skip)]
    pub conversion: Option<Conversion>,
    #[serde(skip)]
    blame: Blame,
}

/// One more thing that is wrong with a refused line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RejectionReason {
    /// Key path inside the brief.
    pub key: Option<String>,
    /// Stable word for programs.
    pub code: &'static str,
    /// What was wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl RejectionReason {
    fn of(fault: &Fault) -> Self {
        Self {
            key: fault.key().map(str::to_owned),
            code: fault.code(),
            message: with_cause(fault),
            hint: fault.hint(),
        }
    }
}

impl Rejection {
    /// A line with several faults.
    pub(super) fn of(file: &str, line: Option<usize>, faults: &Faults, raw: &str) -> Self {
        Self {
            others: faults.others().iter().map(RejectionReason::of).collect(),
            ..Self::new(file, line, faults.first(), raw)
        }
    }

    pub(super) fn new(file: &str, line: Option<usize>, fault: &Fault, raw: &str) -> Self {
        Self {
            file: file.to_owned(),
            line,
            key: fault.key().map(str::to_owned),
            code: fault.code(),
            message: with_cause(fault),
            hint: fault.hint(),
            raw: raw.trim().chars().take(RAW_CHARS).collect(),
            others: Vec::new(),
            conversion: fault.conversion(),
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
            others: Vec::new(),
            conversion: None,
            blame: Blame::Input,
        }
    }

    /// Names the column that filled each key, where it has another name.
    pub(super) fn name_columns<'a>(&mut self, column: impl Fn(&str) -> Option<&'a str>) {
        let others = self.others.iter_mut();
        let others = others.map(|other| (&other.key, &mut other.message));
        for (key, message) in std::iter::once((&self.key, &mut self.message)).chain(others) {
            if let Some(column) = key.as_deref().and_then(&column) {
                *message = format!("column `{column}`: {message}");
            }
        }
    }

    /// The rejection as a person meets it, where it ends a command: all of it in one message.
    pub fn problem(&self) -> Problem {
        let others = self.others.iter().map(|other| match &other.key {
            Some(key) => format!("; and `{key}`: {}", other.message),
            None => format!("; and {}", other.message),
        });
        let mut problem = self.first();
        problem.message.extend(others);
        problem
    }

    fn first(&self) -> Problem {
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
    /// Each thing that is wrong with its own hint, as among the rejections of an import.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first();
        first.fmt(f)?;
        let mut told = HashSet::from([&first.hint]);
        for other in &self.others {
            // A list of all keys, say, is printed once.
            let hint = other.hint.clone().filter(|_| told.insert(&other.hint));
            let problem = Problem {
                key: other.key.clone(),
                message: other.message.clone(),
                hint,
                ..first.clone()
            };
            write!(f, "\n{problem}")?;
        }
        Ok(())
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
