//! One brief: from JSON to a value that has passed every rule, or to all that is wrong with it.

use serde_json::Value;

use super::clean::{self, Cleaned};
use super::fault::{Fault, Faults};
use super::rejection::Rejection;
use super::{accepted, digits, encoding, json, rules, schema};
use crate::domain::brief::Brief;

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

impl Record {
    /// The brief, and the list of what was changed in its texts as it is kept beside it; none where nothing was.
    pub fn with_changes(&self) -> (&Brief, Option<Value>) {
        (&self.brief, Cleaned::list(&self.cleaned))
    }
}

/// Reads one brief from a file that holds nothing else, as an import would: its texts are cleaned. It may be
/// pretty-printed.
///
/// # Errors
/// All its problems, with a line where the text is not JSON, and a key where the JSON is no brief.
#[expect(
    clippy::result_large_err,
    reason = "a brief is larger still, so a box would save nothing"
)]
pub fn parse_brief(bytes: &[u8], file: &str) -> Result<Brief, Rejection> {
    let line = |fault: &Fault| match fault {
        Fault::Json { line, .. } | Fault::DuplicateKey { line, .. } => Some(*line),
        _ => None,
    };
    let head = &bytes[..bytes.len().min(encoding::HEAD_BYTES)];
    let text = encoding::text_start(head)
        .and_then(|_| encoding::utf8(encoding::without_marks(bytes)))
        .map_err(|fault| Rejection::new(file, None, &fault, ""))?;
    let (brief, _) =
        parse(text).map_err(|faults| Rejection::of(file, line(faults.first()), &faults, text))?;
    Ok(brief)
}

/// Reads a JSON value, wherever it came from, as an import would: its texts are cleaned, and it is held
/// against the schema and the rules.
///
/// # Errors
/// All its problems; [`Fault::key`] says where in the brief.
pub fn brief_from_value(value: Value) -> Result<Brief, Faults> {
    Ok(cleaned_brief(value)?.0)
}

/// One brief in JSON, whose numbers are kept as they are written or refused.
pub(super) fn parse(text: &str) -> Result<(Brief, Vec<Cleaned>), Faults> {
    let value = json::parse(text)?;
    if let Some(number) = digits::changed(text) {
        return Err(digits::refused(number.key, number.text).into());
    }
    cleaned_brief(value).map_err(|mut faults| {
        faults
            .each_mut()
            .for_each(|fault| schema::as_written(fault, text));
        faults
    })
}

/// A value, its numbers known to be kept as they were written: brought into the stored form, cleaned, and held against
/// the schema and the rules.
pub(super) fn cleaned_brief(mut value: Value) -> Result<(Brief, Vec<Cleaned>), Faults> {
    accepted::accept(&mut value)?;
    let cleaned = clean::clean(&mut value);
    let brief = schema::brief(value)?;
    rules::check(&brief)?;
    Ok((brief, cleaned))
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
            let text = format!("\u{feff}{example:#}");
            let brief = parse_brief(text.as_bytes(), "example.json").unwrap();
            assert_eq!(
                brief.external_ref,
                example["external_ref"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn a_pretty_printed_file_names_the_line_of_a_syntax_error() {
        let rejection = parse_brief(b"{\n  \"kind\": \"news\"\n  \"topic\": \"t\"\n}", "b.json");
        insta::assert_snapshot!(rejection.unwrap_err(), @r#"
        b.json:3: is not JSON at column 3: expected `,` or `}`

        hint: look for a missing comma, quote or bracket just before that column
        "#);
    }

    #[test]
    fn a_brief_that_fails_names_its_key() {
        let rejection = parse_brief(br#"{"external_ref":"a","kind":"nws"}"#, "b.json").unwrap_err();
        insta::assert_snapshot!(rejection, @"
        b.json: `topic`: required, but missing

        hint: One line that says what the copy is about
        b.json: `language`: required, but missing

        hint: BCP 47 tag of the language to write in, such as `en` or `pt-BR`
        b.json: `kind`: must be one of `news`, `event`, `ad`, `social`, `fiction`, given `nws`

        hint: did you mean `news`?
        ");
        assert_eq!(rejection.line, None);
        assert_eq!(rejection.raw, r#"{"external_ref":"a","kind":"nws"}"#);
    }
}
