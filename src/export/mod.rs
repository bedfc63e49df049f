//! Approved texts → the bytes of an export: one file a format, the same texts the same bytes.
//!
//! Pure: what a text's action and version are was decided before (`domain/export`), and no time is in it but the
//! texts' own. Every format carries the mark of where its texts came from (`mark`), and no file is handed out that
//! does not read back (CSV) or does not satisfy its schema (ninjs).

mod cells;
mod error;
mod google_ads;
mod instant;
mod json_ld;
mod jsonl;
mod mark;
mod markdown;
mod ninjs;
mod rendered;
mod sheet;
#[cfg(test)]
mod tests;

use crate::domain::export::Format;
use crate::domain::publication::Publication;

pub use cells::{guarded, runs, unguarded};
pub use error::ExportError;
pub use google_ads::is_ad;
pub use mark::{LIGHT_EDIT, SourceType};
pub use markdown::plain as plain_of_markdown;
pub use ninjs::SCHEMA as NINJS_SCHEMA;
pub use rendered::{File, Held, Rendered};

/// Puts texts into a format.
///
/// # Errors
/// [`ExportError`]: then nothing may leave.
pub fn render(format: Format, publications: Vec<Publication>) -> Result<Rendered, ExportError> {
    let mut rendered = Rendered {
        bytes: Vec::new(),
        files: Vec::new(),
        texts: publications,
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
fn name(publication: &Publication) -> String {
    let mut slug = String::new();
    for c in publication.brief.external_ref.chars() {
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
        "" => publication.item_id.to_string(),
        slug => format!("{slug}-{}", publication.item_id),
    }
}
