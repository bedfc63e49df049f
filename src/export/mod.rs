//! Approved texts → the bytes of an export: one file a format, the same texts the same bytes.
//!
//! Pure: what a text's action and version are was decided before (`domain/export`), and no time is in it but the
//! texts' own. Every format carries the mark of where its texts came from (`mark`), and no file is handed out that
//! does not read back (CSV) or does not satisfy its schema (ninjs).

mod cells;
mod google_ads;
mod json_ld;
mod jsonl;
mod mark;
mod markdown;
mod ninjs;
mod sheet;
#[cfg(test)]
mod tests;

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::domain::export::Format;
use crate::domain::problem::Problem;
use crate::domain::publication::Publication;

pub use cells::{guarded, runs, unguarded};
pub use google_ads::is_ad;
pub use mark::{LIGHT_EDIT, SourceType};
pub use markdown::plain as plain_of_markdown;
pub use ninjs::SCHEMA as NINJS_SCHEMA;

/// An export, ready to leave.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The whole export in one file.
    pub bytes: Vec<u8>,
    /// The whole export as one file a text, for a folder; empty for formats that are one file by nature.
    pub files: Vec<File>,
    /// The texts in it, in their order.
    pub texts: Vec<Publication>,
    /// Texts that cannot leave in this format as they are.
    pub held: Vec<Held>,
    /// Texts of channels that the format has no place for.
    pub others: usize,
    /// What a person has to do to it before it can be used; a sentence each.
    pub warnings: Vec<String>,
}

/// One text's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Letters, digits, hyphens and dots only; the same for every version of a text.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A text that stays behind.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// The review item.
    pub item_id: Uuid,
    /// The draft.
    pub draft_id: Uuid,
    /// The brief's own key at its sender.
    pub external_ref: String,
    /// Why, as half a sentence.
    pub reason: String,
}

impl Held {
    /// Keeps a text back.
    pub fn new(release: &Publication, reason: impl Into<String>) -> Self {
        Self {
            item_id: release.item_id,
            draft_id: release.draft_id,
            external_ref: release.brief.external_ref.clone(),
            reason: reason.into(),
        }
    }
}

/// Why an export was not handed out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The CSV reader found something else than was written.
    #[error(
        "row {row} of the {format} file reads back differently from what was written, so nothing was handed out and nothing recorded"
    )]
    ReadBack {
        /// Format.
        format: Format,
        /// 1-based, the header included.
        row: usize,
    },
    /// A news object does not satisfy the schema.
    #[error("the ninjs object of {item} does not satisfy the schema at `{at}`: {reason}")]
    Schema {
        /// The review item.
        item: Uuid,
        /// Where in the object.
        at: String,
        /// The validator's words.
        reason: String,
    },
}

impl ExportError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::ReadBack { .. } => "export.read_back",
            Self::Schema { .. } => "export.schema",
        };
        Problem::new(code, self.to_string()).unexpected()
    }
}

/// Puts texts into a format.
///
/// # Errors
/// [`ExportError`]: then nothing may leave.
pub fn render(format: Format, releases: Vec<Publication>) -> Result<Rendered, ExportError> {
    let mut rendered = Rendered {
        bytes: Vec::new(),
        files: Vec::new(),
        texts: releases,
        held: Vec::new(),
        others: 0,
        warnings: Vec::new(),
    };
    match format {
        Format::Jsonl => rendered.bytes = jsonl::lines(&rendered.texts),
        Format::Csv => rendered.bytes = sheet::sheet(&rendered.texts)?,
        Format::Markdown => {
            rendered.bytes = markdown::stream(&rendered.texts);
            rendered.files = files(&rendered.texts, "md", markdown::document);
        }
        Format::Ninjs => {
            let objects = ninjs::objects(&rendered.texts)?;
            let lines = objects.iter().map(|object| format!("{object}\n"));
            rendered.bytes = lines.collect::<String>().into_bytes();
            let mut objects = objects.iter();
            rendered.files = files(&rendered.texts, "json", |_| {
                let object = objects.next();
                object
                    .map(|object| format!("{object:#}\n"))
                    .unwrap_or_default()
            });
        }
        Format::JsonLd => {
            rendered.bytes = json_ld::graph(&rendered.texts);
            rendered.files = files(&rendered.texts, "jsonld", json_ld::document);
        }
        Format::GoogleAdsEditor => google_ads::render(&mut rendered)?,
    }
    Ok(rendered)
}

/// An instant as every format writes it.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn files(
    texts: &[Publication],
    extension: &str,
    mut content: impl FnMut(&Publication) -> String,
) -> Vec<File> {
    let file = |text: &Publication| File {
        name: format!("{}.{extension}", name(text)),
        bytes: content(text).into_bytes(),
    };
    texts.iter().map(file).collect()
}

/// A name that no file system reads as anything but a name, and that no two texts share.
fn name(release: &Publication) -> String {
    let mut slug = String::new();
    for c in release.brief.external_ref.chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
        if slug.len() >= 60 {
            break;
        }
    }
    match slug.trim_end_matches('-') {
        "" => release.item_id.to_string(),
        slug => format!("{slug}-{}", release.item_id),
    }
}
