//! The head of a template file: TOML between two lines `+++`, then the Handlebars body.
//!
//! ```text
//! +++
//! description = "A short explainer from facts"
//! kinds       = ["news"]
//! variables   = ["topic", "facts"]
//! system      = """You are a news writer."""
//! [[example]]
//! brief  = { topic = "…", facts = [{ label = "Population", value = "212,400" }] }
//! output = """…"""
//! +++
//! Write about {{topic}} …
//! ```

use serde::Deserialize;
use toml::Spanned;

use super::error::{Fault, PromptError};
use super::example::Example;
use super::files::File;
use super::part::{self, PartSpec, RawPart};
use super::shape::BRIEF;
use crate::domain::brief::{BriefKind, Length};
use crate::domain::suggest;

/// What a template says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontMatter {
    /// One line for people who choose a template.
    pub description: String,
    /// Kinds of brief it drafts; at least one.
    pub kinds: Vec<BriefKind>,
    /// The system message: plain text, the same for every brief.
    pub system: String,
    /// The brief variables its body uses.
    pub variables: Vec<String>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Length in words, where a brief asks for none.
    pub length: Length,
    /// The fields of a multi-part draft, each asked for by itself; none for running text.
    pub parts: Vec<PartSpec>,
}

/// A template file, taken apart.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub front: FrontMatter,
    /// Each variable's line in the file, in the order of `front.variables`.
    pub variable_lines: Vec<usize>,
    /// Each example and the line it starts on.
    pub examples: Vec<(Example, usize)>,
    pub body: &'a str,
    /// Lines above the body.
    pub body_offset: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    description: Spanned<String>,
    kinds: Spanned<Vec<BriefKind>>,
    system: Spanned<String>,
    variables: Vec<Spanned<String>>,
    #[serde(default)]
    stop: Vec<Spanned<String>>,
    min_words: Option<Spanned<u32>>,
    max_words: Option<u32>,
    #[serde(default)]
    parts: Vec<Spanned<RawPart>>,
    #[serde(default)]
    example: Vec<Spanned<Example>>,
}

/// Takes a template file apart.
///
/// # Errors
/// What is wrong with the front matter, with its line and key.
pub(super) fn parse(file: &File) -> Result<Parts<'_>, PromptError> {
    let (toml, body, body_offset) = split(file)?;
    let raw =
        read(toml).map_err(|(fault, at, key)| fault.at(&file.path, line_at(toml, at), &key))?;
    let refuse = |key: &str, at: usize, expected, given: String| {
        Err(Fault::Value { expected, given }.at(&file.path, line_at(toml, at), key))
    };
    for (key, text) in [("description", &raw.description), ("system", &raw.system)] {
        if text.get_ref().trim().is_empty() {
            return refuse(
                key,
                text.span().start,
                "text that is not blank",
                "none".to_owned(),
            );
        }
    }
    if raw.kinds.get_ref().is_empty() {
        return refuse(
            "kinds",
            raw.kinds.span().start,
            "a list of at least one kind",
            "none".to_owned(),
        );
    }
    if let Some(stop) = raw.stop.iter().find(|stop| stop.get_ref().is_empty()) {
        return refuse(
            "stop",
            stop.span().start,
            "texts that are not empty",
            "an empty one".to_owned(),
        );
    }
    if let (Some(min), Some(max)) = (&raw.min_words, raw.max_words)
        && *min.get_ref() > max
    {
        let given = format!("{}, above {max}", min.get_ref());
        return refuse("min_words", min.span().start, "at most `max_words`", given);
    }
    if raw.example.is_empty() {
        return refuse(
            "example",
            0,
            "at least one worked example, `[[example]]`",
            "none".to_owned(),
        );
    }
    for variable in &raw.variables {
        if BRIEF.part(variable.get_ref()).is_none() {
            let hint = suggest::hint(variable.get_ref(), BRIEF.names());
            let line = line_at(toml, variable.span().start);
            return Err(Fault::UnknownDeclared { hint }.at(&file.path, line, variable.get_ref()));
        }
    }
    let parts = part::checked(raw.parts, |at| line_at(toml, at))
        .map_err(|(fault, line, key)| fault.at(&file.path, line, &key))?;
    let lines = |spans: Vec<usize>| spans.into_iter().map(|at| line_at(toml, at)).collect();
    let length = Length {
        min_words: raw.min_words.map(Spanned::into_inner),
        max_words: raw.max_words,
    };
    Ok(Parts {
        variable_lines: lines(
            raw.variables
                .iter()
                .map(|variable| variable.span().start)
                .collect(),
        ),
        front: FrontMatter {
            description: raw.description.into_inner().trim().to_owned(),
            kinds: raw.kinds.into_inner(),
            system: raw.system.into_inner().trim().to_owned(),
            variables: raw.variables.into_iter().map(Spanned::into_inner).collect(),
            stop: raw.stop.into_iter().map(Spanned::into_inner).collect(),
            length,
            parts,
        },
        examples: raw
            .example
            .into_iter()
            .map(|example| (line_at(toml, example.span().start), example.into_inner()))
            .map(|(line, example)| (example, line))
            .collect(),
        body,
        body_offset,
    })
}

/// TOML, body, and the number of lines above the body.
fn split(file: &File) -> Result<(&str, &str, usize), PromptError> {
    let (first, rest) = file.text.split_once('\n').unwrap_or((&file.text, ""));
    if first.trim_end() != "+++" {
        let given = first.chars().take(40).collect();
        return Err(Fault::FrontMatterMissing { given }.at(&file.path, 1, ""));
    }
    let mut at = 0;
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        if line.trim_end() == "+++" {
            return Ok((&rest[..at], &rest[at + line.len()..], index + 2));
        }
        at += line.len();
    }
    Err(Fault::FrontMatterOpen.at(&file.path, 1, ""))
}

/// Line in the file of a byte of the TOML, which starts on line 2.
fn line_at(toml: &str, at: usize) -> usize {
    toml.as_bytes()
        .iter()
        .take(at)
        .filter(|byte| **byte == b'\n')
        .count()
        + 2
}

fn read(toml: &str) -> Result<Raw, (Fault, usize, String)> {
    let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    let deserializer = toml::Deserializer::parse(toml).map_err(|error| {
        let message = format!("is not TOML: {}", error.message());
        let hint = "texts over several lines stand between `\"\"\"`".to_owned();
        let fault = Fault::FrontMatter { message, hint };
        (fault, place(&error), String::new())
    })?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        // `Spanned` leaves names of its own in the path, and the top is a dot.
        let path = error.path().to_string();
        let ours = |part: &&str| !part.is_empty() && !part.starts_with("$__");
        let mut key: Vec<&str> = path.split('.').filter(ours).collect();
        let message = error.inner().message();
        key.extend(
            message
                .strip_prefix("missing field `")
                .and_then(|rest| rest.split('`').next()),
        );
        (explained(message), place(error.inner()), key.join("."))
    })
}

/// The parser's words in ours; they name the mistyped word and the known ones in backticks.
fn explained(message: &str) -> Fault {
    let mut words = message.split('`').skip(1).step_by(2);
    let word = words.next().unwrap_or_default();
    let invalid = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "));
    let (message, hint) = if message.starts_with("unknown field") {
        ("unknown key".to_owned(), suggest::hint(word, words))
    } else if message.starts_with("unknown variant") {
        (
            format!("unknown value `{word}`"),
            suggest::hint(word, words),
        )
    } else if message.starts_with("missing field") {
        ("required, but missing".to_owned(), shape_hint())
    } else if let Some((given, expected)) = invalid {
        let expected = match expected {
            "a sequence" => "a list",
            "u32" => "a whole number, 0 or more",
            record if record.starts_with("struct") => "a table",
            other => other,
        };
        (format!("must be {expected}, given {given}"), shape_hint())
    } else {
        (message.to_owned(), shape_hint())
    };
    Fault::FrontMatter { message, hint }
}

fn shape_hint() -> String {
    "see the templates that ship with Nightdesk for an example".to_owned()
}
