//! Everything that can be wrong with a file, a line or a brief, and what to do about each.
//!
//! A fault knows its words; the file and the line are added by [`Rejection`](super::Rejection).

mod faults;
mod remedy;

use std::io;

use thiserror::Error;

use super::conversion::Conversion;
use super::limits::{MAX_COLUMNS, MAX_ROW_BYTES, MOST_ENTRIES};
use super::lines::MAX_LINE_BYTES;
use crate::domain::problem::Blame;

pub use faults::Faults;

/// Levels of lists and objects that the JSON reader follows.
const MOST_NESTED: usize = 127;

/// Why a file, a line or a brief is refused.
#[derive(Debug, Error)]
pub enum Fault {
    /// The reader failed; what follows in the file is unread.
    #[error("cannot read on from here")]
    Read(#[source] io::Error),
    /// The file is an archive or in another encoding.
    #[error("is {what}, not UTF-8 text")]
    NotText {
        /// What its first bytes say it is.
        what: &'static str,
        /// How to make JSON lines of it.
        hint: &'static str,
        /// How it becomes text, where any program can do that.
        conversion: Option<Conversion>,
    },
    /// A line holds bytes that are not UTF-8.
    #[error("is not UTF-8: byte 0x{byte:02X} at {place}")]
    NotUtf8 {
        /// The first such byte.
        byte: u8,
        /// Where it stands, in characters from 1: `column 4` of a line, or the character of a field.
        place: String,
        /// The encoding that it most likely has.
        likely: &'static str,
        /// The conversion from that encoding.
        conversion: Conversion,
    },
    /// The file holds JSON, but not one object a line.
    #[error("expected one brief a line, found {found}")]
    Layout {
        /// What the file starts with.
        found: &'static str,
        /// How it becomes lines.
        hint: &'static str,
    },
    /// The line is longer than [`MAX_LINE_BYTES`].
    #[error("a line may have {MAX_LINE_BYTES} bytes, this one has {bytes}")]
    LineTooLong {
        /// Its length in bytes.
        bytes: u64,
    },
    /// A list of a brief with more entries than copy is written from.
    #[error("a list may have {MOST_ENTRIES} entries, this one has {given}")]
    TooManyEntries {
        /// Path of the list.
        key: String,
        /// How many there are.
        given: usize,
    },
    /// JSON inside JSON without end.
    #[error("is nested more than {MOST_NESTED} levels deep")]
    Nested,
    /// A number that reading would change: it has too many digits, or is too large or too near to zero.
    #[error("the number `{literal}` could not be kept as it is written")]
    Digits {
        /// Path of the number.
        key: String,
        /// As it is written, cut.
        literal: String,
    },
    /// More columns than a brief can have.
    #[error("a file may have {MAX_COLUMNS} columns, this one has {columns}")]
    TooManyColumns {
        /// How many there are.
        columns: usize,
    },
    /// A column that fills nothing a brief has.
    #[error("column `{column}`: a brief has no key `{path}`")]
    UnknownColumn {
        /// Its name in the header row, or in the mapping.
        column: String,
        /// The key path that it was taken for.
        path: String,
        /// What was probably meant.
        hint: String,
    },
    /// A mapping for another file.
    #[error("the mapping names a column `{column}`, which the header row has not")]
    MissingColumn {
        /// Its name in the mapping.
        column: String,
        /// The nearest name, or those there are.
        hint: String,
    },
    /// A row without end, most often because of a quote without its partner.
    #[error("a row that starts here has more than {MAX_ROW_BYTES} bytes")]
    RowTooLong,
    /// Nothing to import, most often an export gone wrong.
    #[error("holds no row below its header")]
    NoRows,
    /// Two columns that fill the same key.
    #[error("column `{column}` fills what column `{first}` fills already")]
    RepeatedColumn {
        /// The second one.
        column: String,
        /// The first one.
        first: String,
    },
    /// A header row without a name, or no header row.
    #[error("the header row names no column")]
    NoColumns,
    /// A row that is longer or shorter than the header row.
    #[error("the row has {given} fields, the header row has {expected}")]
    RowLength {
        /// Fields of the row.
        given: usize,
        /// Fields of the header row.
        expected: usize,
    },
    /// A quoted field that goes on behind its end.
    #[error("a double quote inside a quoted field is not doubled")]
    LoneQuote,
    /// A quote that opens a field, and a file that ends in it.
    #[error("a double quote opens a field here and is never closed")]
    OpenQuote {
        /// 1-based line.
        line: u64,
    },
    /// The text is not JSON.
    #[error("is not JSON at column {column}: {reason}")]
    Json {
        /// 1-based line in the parsed text.
        line: usize,
        /// 1-based column in characters.
        column: usize,
        /// The parser's words.
        reason: String,
    },
    /// A key stands twice in one object, so one of its values would be lost.
    #[error("the key stands twice in its object, the second time before column {column}")]
    DuplicateKey {
        /// Path of the key.
        key: String,
        /// 1-based line in the parsed text.
        line: usize,
        /// 1-based column in characters.
        column: usize,
    },
    /// The JSON is not an object.
    #[error("a brief is a JSON object, given {given}")]
    NotObject {
        /// What it is.
        given: String,
    },
    /// A key that the schema does not know.
    #[error("unknown key")]
    UnknownKey {
        /// Path of the key.
        key: String,
        /// The nearest known key, or which there are.
        hint: String,
    },
    /// A required key is missing.
    #[error("required, but missing")]
    MissingKey {
        /// Path of the key.
        key: String,
        /// What the schema says it is for.
        hint: Option<String>,
    },
    /// A value is not what the schema allows.
    #[error("must be {expected}, given {given}")]
    Value {
        /// Path of the key.
        key: String,
        /// What is allowed.
        expected: String,
        /// What was found, cut.
        given: String,
        /// The nearest allowed value, or what the key is for.
        hint: Option<String>,
    },
    /// A factual kind without anything to write from.
    #[error("a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none")]
    NoMaterial,
    /// An id used twice in its list.
    #[error("the id `{id}` is already used by `{first}`")]
    DuplicateId {
        /// Path of the second.
        key: String,
        /// The id.
        id: String,
        /// Path of the first.
        first: String,
    },
    /// A must-include names a fact the brief does not have.
    #[error("no fact of this brief has the id `{id}`")]
    UnknownFact {
        /// Path of the reference.
        key: String,
        /// The id it names.
        id: String,
        /// The nearest id, or which there are.
        hint: String,
    },
    /// A must-include names a fact that must not be published.
    #[error("the fact `{id}` is private, so no copy can include it")]
    PrivateFact {
        /// Path of the reference.
        key: String,
        /// The id it names.
        id: String,
    },
    /// A must-include with nothing in it.
    #[error("nothing is set")]
    EmptyMustInclude {
        /// Path of the entry.
        key: String,
    },
    /// A must-include's pattern does not compile.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Regex {
        /// Path of the pattern.
        key: String,
        /// The pattern, cut.
        pattern: String,
        /// The compiler's words, one line.
        reason: String,
    },
    /// The length's ends are the wrong way round.
    #[error("`min_words` is {min}, above `max_words`, which is {max}")]
    Length {
        /// Fewest words.
        min: u32,
        /// Most words.
        max: u32,
    },
    /// The brief expires before its embargo ends.
    #[error("expires at {expires}, not after the embargo ends at {embargo}")]
    Dates {
        /// End of the embargo, RFC 3339.
        embargo: String,
        /// Expiry, RFC 3339.
        expires: String,
    },
    /// A character that the database cannot store.
    #[error("holds the character U+0000, which cannot be stored")]
    Nul {
        /// Path of the text.
        key: String,
    },
    /// The schema accepts what the program cannot load: a defect of Nightdesk.
    #[error("passes the schema, but cannot be loaded: {reason}")]
    SchemaGap {
        /// Path of the value.
        key: String,
        /// Why.
        reason: String,
    },
}

impl Fault {
    /// Stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "intake.read",
            Self::NotText { .. } => "intake.not_text",
            Self::NotUtf8 { .. } => "intake.not_utf8",
            Self::Layout { .. } => "intake.layout",
            Self::LineTooLong { .. } => "intake.line_too_long",
            Self::TooManyEntries { .. } => "brief.too_many_entries",
            Self::Nested => "brief.nested",
            Self::Digits { .. } => "brief.digits",
            Self::TooManyColumns { .. } => "csv.too_many_columns",
            Self::UnknownColumn { .. } => "csv.unknown_column",
            Self::MissingColumn { .. } => "csv.missing_column",
            Self::RowTooLong => "csv.row_too_long",
            Self::NoRows => "csv.no_rows",
            Self::RepeatedColumn { .. } => "csv.repeated_column",
            Self::NoColumns => "csv.no_columns",
            Self::RowLength { .. } => "csv.row_length",
            Self::LoneQuote => "csv.lone_quote",
            Self::OpenQuote { .. } => "csv.open_quote",
            Self::Json { .. } => "brief.json",
            Self::DuplicateKey { .. } => "brief.duplicate_key",
            Self::NotObject { .. } => "brief.not_object",
            Self::UnknownKey { .. } => "brief.unknown_key",
            Self::MissingKey { .. } => "brief.missing_key",
            Self::Value { .. } => "brief.value",
            Self::NoMaterial => "brief.no_material",
            Self::DuplicateId { .. } => "brief.duplicate_id",
            Self::UnknownFact { .. } => "brief.unknown_fact",
            Self::PrivateFact { .. } => "brief.private_fact",
            Self::EmptyMustInclude { .. } => "brief.empty_must_include",
            Self::Regex { .. } => "brief.regex",
            Self::Length { .. } => "brief.length",
            Self::Dates { .. } => "brief.dates",
            Self::Nul { .. } => "brief.nul",
            Self::SchemaGap { .. } => "brief.schema_gap",
        }
    }

    /// Key path inside the brief, such as `facts[2].value`.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::DuplicateKey { key, .. }
            | Self::UnknownKey { key, .. }
            | Self::MissingKey { key, .. }
            | Self::Value { key, .. }
            | Self::DuplicateId { key, .. }
            | Self::UnknownFact { key, .. }
            | Self::PrivateFact { key, .. }
            | Self::EmptyMustInclude { key }
            | Self::Regex { key, .. }
            | Self::Nul { key }
            | Self::TooManyEntries { key, .. }
            | Self::Digits { key, .. }
            | Self::SchemaGap { key, .. } => Some(key),
            Self::NoMaterial => Some("facts"),
            Self::Length { .. } => Some("length"),
            Self::Dates { .. } => Some("expires_at"),
            _ => None,
        }
    }

    /// How the file becomes UTF-8 text, where that is what is wrong with it.
    pub fn conversion(&self) -> Option<Conversion> {
        match self {
            Self::NotText { conversion, .. } => *conversion,
            Self::NotUtf8 { conversion, .. } => Some(*conversion),
            _ => None,
        }
    }

    /// Adds to the hint of a column that is not known that the header row may be read wrongly.
    pub(in crate::intake) fn doubt(&mut self, doubt: &str) {
        if let Self::UnknownColumn { hint, .. } | Self::MissingColumn { hint, .. } = self {
            let joint = if hint.ends_with('?') { "" } else { ";" };
            hint.push_str(&format!("{joint} {doubt}"));
        }
    }

    pub(in crate::intake) fn blame(&self) -> Blame {
        match self {
            Self::SchemaGap { .. } => Blame::Unexpected,
            _ => Blame::Input,
        }
    }
}
