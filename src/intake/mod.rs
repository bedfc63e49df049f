//! Briefs in: parse, validate, or reject with the one reason that helps most.
//!
//! Bytes become lines (`encoding`, `lines`), a line becomes JSON (`json`; a row of a `csv`, or of a newsroom's
//! own tables, `rows`), its texts are cleaned (`clean`), and it is held against the published schema (`schema`)
//! and then against the rules a schema cannot state (`rules`). A `Brief` that comes out has passed them all;
//! everything else becomes a [`Rejection`], and the rest of the file goes on.

mod clean;
mod csv;
mod encoding;
mod fault;
mod json;
mod jsonl;
mod lines;
mod rejection;
mod rows;
mod rules;
mod schema;
mod upload;

use serde_json::Value;

use crate::domain::brief::Brief;

pub use clean::{Change, Cleaned};
pub use csv::{CsvRecords, MAX_COLUMNS, Mapping, read_csv};
pub use fault::Fault;
pub use jsonl::{Records, read_jsonl};
pub use lines::MAX_LINE_BYTES;
pub use rejection::{RAW_CHARS, Rejection};
pub use rows::{Field, MapFault, RowMap, RowRejection};
pub use upload::{Reading, read_upload};

/// A brief that passed, and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// 1-based line of its file.
    pub line: usize,
    /// The brief, its texts cleaned.
    pub brief: Brief,
    /// What was changed in its texts.
    pub cleaned: Vec<Cleaned>,
}

/// Reads one brief from a file that holds nothing else; it may be pretty-printed.
///
/// # Errors
/// The first problem, with a line where the text is not JSON, and a key where the JSON is no brief.
#[expect(
    clippy::result_large_err,
    reason = "a brief is larger still, so a box would save nothing"
)]
pub fn parse_brief(json: &str, file: &str) -> Result<Brief, Rejection> {
    let text = json.strip_prefix('\u{feff}').unwrap_or(json);
    let line = |fault: &Fault| match fault {
        Fault::Json { line, .. } | Fault::DuplicateKey { line, .. } => Some(*line),
        _ => None,
    };
    parse(text).map_err(|fault| Rejection::new(file, line(&fault), &fault, text))
}

/// Holds a JSON value, wherever it came from, against the schema and the rules.
///
/// # Errors
/// The most useful of its problems; [`Fault::key`] says where in the brief.
pub fn brief_from_value(value: Value) -> Result<Brief, Fault> {
    let brief = schema::brief(value)?;
    rules::check(&brief)?;
    Ok(brief)
}

fn parse(text: &str) -> Result<Brief, Fault> {
    brief_from_value(json::parse(text)?)
}

/// The same for a value that comes from a file somebody else wrote: its texts are cleaned first.
fn cleaned_brief(mut value: Value) -> Result<(Brief, Vec<Cleaned>), Fault> {
    let cleaned = clean::clean(&mut value);
    Ok((brief_from_value(value)?, cleaned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_published_schema_are_accepted() {
        let schema: Value = serde_json::from_str(crate::domain::brief::BRIEF_SCHEMA).unwrap();
        let examples = schema["examples"].as_array().unwrap();
        assert!(examples.len() >= 2);
        for example in examples {
            let brief = parse_brief(&format!("\u{feff}{example:#}"), "example.json").unwrap();
            assert_eq!(
                brief.external_ref,
                example["external_ref"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn a_pretty_printed_file_names_the_line_of_a_syntax_error() {
        let rejection = parse_brief("{\n  \"kind\": \"news\"\n  \"topic\": \"t\"\n}", "b.json");
        insta::assert_snapshot!(rejection.unwrap_err(), @r#"
        b.json:3: is not JSON at column 3: expected `,` or `}`

        hint: look for a missing comma, quote or bracket just before that column
        "#);
    }

    #[test]
    fn a_brief_that_fails_names_its_key() {
        let rejection = parse_brief(r#"{"external_ref":"a","kind":"nws"}"#, "b.json").unwrap_err();
        insta::assert_snapshot!(rejection, @r#"
        b.json: `topic`: required, but missing

        hint: One line that says what the copy is about
        "#);
        assert_eq!(rejection.line, None);
        assert_eq!(rejection.raw, r#"{"external_ref":"a","kind":"nws"}"#);
    }
}
