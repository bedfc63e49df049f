//! The files of a prompts folder, in one order on every machine.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::{Fault, MOST_FILES, PromptError};
use crate::files::{self, MOST_SETTINGS};

/// One `.hbs` file.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// As messages name it.
    pub path: String,
    /// Below the prompts folder, without ending, with `/`: `news/explainer`, `_facts`.
    pub name: String,
    /// Its text, line breaks as `\n`, no byte order mark.
    pub text: String,
    /// Its bytes as they are, for the hash.
    pub bytes: Vec<u8>,
}

impl File {
    /// A file's text from its bytes.
    ///
    /// # Errors
    /// [`Fault::NotUtf8`].
    pub(super) fn new(path: String, name: String, bytes: Vec<u8>) -> Result<Self, PromptError> {
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            Fault::NotUtf8 {
                at: error.valid_up_to() + 1,
            }
            .at(&path, None, "")
        })?;
        // A carriage return would reach the model as a token of its own.
        let text = text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .replace("\r\n", "\n");
        Ok(Self {
            path,
            name,
            text,
            bytes,
        })
    }

    /// Whether other templates include it; such files start with `_`.
    pub(super) fn is_partial(&self) -> bool {
        is_partial(&self.name)
    }
}

/// The files of a folder that could be read, by name, and the names of those that could not, with why.
pub(super) type Read = (Vec<File>, Vec<(String, PromptError)>);

/// Every `.hbs` file below `dir`, by name; hidden files and folders are left out. A template that cannot be
/// read, or stands in the wrong place, is none of the others' fault.
///
/// # Errors
/// [`Fault::Read`] of a folder, [`Fault::TooMany`]; [`Fault::Read`] or [`Fault::NotUtf8`] of a partial, as any template may include it.
pub(super) fn read_folder(dir: &Path) -> Result<Read, PromptError> {
    let mut found = (Vec::new(), Vec::new());
    walk(dir, "", &mut Above::new(), &mut found)?;
    found.0.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn is_partial(name: &str) -> bool {
    name.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with('_'))
}

/// A folder and those above it, each by its device and inode: a link that leads back up has no end.
type Above = Vec<(u64, u64)>;

fn walk(dir: &Path, below: &str, above: &mut Above, found: &mut Read) -> Result<(), PromptError> {
    let failed =
        |error: io::Error| Fault::Read(error.into()).at(&dir.display().to_string(), None, "");
    let metadata = fs::metadata(dir).map_err(failed)?;
    let own = (metadata.dev(), metadata.ino());
    if above.contains(&own) {
        return Ok(());
    }
    above.push(own);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        if let Some(stem) = name.strip_suffix(".hbs") {
            if found.0.len() + found.1.len() >= MOST_FILES {
                return Err(Fault::TooMany.at(&dir.display().to_string(), None, ""));
            }
            let name = format!("{below}{stem}");
            match read(&path, name.clone()) {
                Ok(file) => found.0.push(file),
                Err(error) if is_partial(&name) => return Err(error),
                Err(error) => found.1.push((name, error)),
            }
        } else if path.is_dir() {
            walk(&path, &format!("{below}{name}/"), above, found)?;
        }
    }
    above.pop();
    Ok(())
}

fn read(path: &Path, name: String) -> Result<File, PromptError> {
    let shown = path.display().to_string();
    let bytes = files::read(path, MOST_SETTINGS)
        .map_err(|fault| Fault::Read(fault).at(&shown, None, ""))?;
    let file = File::new(shown, name, bytes)?;
    if file.is_partial() || file.name.matches('/').count() == 1 {
        Ok(file)
    } else {
        Err(Fault::Misplaced.at(&file.path, None, ""))
    }
}
