//! A template and the partials it includes as one text, for runs that are pinned to it.
//!
//! Without partials the text is the file itself. With them it is
//!
//! ```text
//! nightdesk template bundle 1
//! == news/explainer 1843
//! <1843 bytes>
//! == _facts 52
//! <52 bytes>
//! ```
//! Lengths and not markers part the files, since a file may hold any line.

use super::error::{Fault, PromptError};
use super::files::File;

const HEAD: &str = "nightdesk template bundle 1\n";

/// The text to keep.
pub(super) fn pack(file: &File, partials: &[&File]) -> String {
    let text = |file: &File| String::from_utf8_lossy(&file.bytes).into_owned();
    if partials.is_empty() {
        return text(file);
    }
    let parts = [&[file], partials].concat();
    let parts = parts
        .iter()
        .map(|file| format!("== {} {}\n{}\n", file.name, file.bytes.len(), text(file)));
    std::iter::once(HEAD.to_owned()).chain(parts).collect()
}

/// The files of a kept text.
///
/// # Errors
/// [`Fault::Bundle`].
pub(super) fn unpack(name: &str, source: &str) -> Result<Vec<File>, PromptError> {
    let shown = |file: &str| format!("template `{file}` as stored");
    let Some(mut rest) = source.strip_prefix(HEAD) else {
        let bytes = source.as_bytes().to_vec();
        return Ok(vec![File::new(shown(name), name.to_owned(), bytes)?]);
    };
    let damaged = |reason: String| Fault::Bundle { reason }.at(&shown(name), None, "");
    let mut files: Vec<File> = Vec::new();
    while !rest.is_empty() {
        let (head, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let part = head
            .strip_prefix("== ")
            .and_then(|head| head.rsplit_once(' '))
            .and_then(|(file, bytes)| Some((file, bytes.parse::<usize>().ok()?)));
        let Some((file, bytes)) = part else {
            let given: String = head.chars().take(40).collect();
            return Err(damaged(format!(
                "expected `== NAME BYTES`, given `{given}`"
            )));
        };
        let (Some(text), Some(after)) = (below.get(..bytes), below.get(bytes..)) else {
            return Err(damaged(format!("`{file}` has fewer than {bytes} bytes")));
        };
        let Some(after) = after.strip_prefix('\n') else {
            return Err(damaged(format!("`{file}` has more than {bytes} bytes")));
        };
        let text = text.as_bytes().to_vec();
        files.push(File::new(shown(file), file.to_owned(), text)?);
        rest = after;
    }
    if files.iter().any(|file| file.name == name) {
        Ok(files)
    } else {
        Err(damaged(format!("`{name}` is not in it")))
    }
}
