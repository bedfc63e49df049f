//! Where an export goes: standard output, a file, or a folder.
//!
//! Whether it can be written there is found out before the export is recorded, and a file is put in its place
//! whole: whoever watches the folder never reads half of one.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::super::output;
use crate::domain::counted::count;
use crate::domain::problem::Problem;
use crate::publish::Exported;

/// A place that can be written to.
pub(super) enum Target {
    /// Standard output.
    Stdout,
    /// One file.
    File(Pending),
    /// A file a text, or the one file under its own name.
    Folder(PathBuf),
}

impl Target {
    /// Opens it: a folder is one that exists, or a path that ends in a slash.
    pub(super) fn open(out: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = out else {
            return Ok(Self::Stdout);
        };
        if path.as_os_str().to_string_lossy().ends_with('/') || path.is_dir() {
            std::fs::create_dir_all(path).map_err(|error| unwritable(path, &error))?;
            // A trial; it is gone again when it is dropped.
            Pending::open(path.join("trial"))?;
            return Ok(Self::Folder(path.to_owned()));
        }
        Ok(Self::File(Pending::open(path.to_owned())?))
    }

    /// Writes an export, and says where to.
    pub(super) fn write(self, exported: &Exported) -> Result<Option<String>, Failure> {
        match self {
            Self::Stdout => output::bytes(&exported.bytes).map(|()| None),
            Self::File(file) => file.write(&exported.bytes).map(Some),
            Self::Folder(folder) if exported.files.is_empty() => {
                let file = Pending::open(folder.join(&exported.file_name))?;
                file.write(&exported.bytes).map(Some)
            }
            Self::Folder(folder) => {
                for file in &exported.files {
                    Pending::open(folder.join(&file.name))?.write(&file.bytes)?;
                }
                let files = count(exported.files.len() as i64, "file");
                Ok(Some(format!("{files} in {}", folder.display())))
            }
        }
    }
}

/// A file that is written beside its place and moved there when it is whole.
pub(super) struct Pending {
    path: PathBuf,
    beside: PathBuf,
    file: File,
}

impl Pending {
    fn open(path: PathBuf) -> Result<Self, Failure> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let beside = path.with_file_name(name);
        let file = File::create(&beside).map_err(|error| unwritable(&path, &error))?;
        Ok(Self { path, beside, file })
    }

    fn write(mut self, bytes: &[u8]) -> Result<String, Failure> {
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| std::fs::rename(&self.beside, &self.path));
        match written {
            Ok(()) => Ok(self.path.display().to_string()),
            Err(error) => Err(lost(&self.path, &error)),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Moved away, or half of a file that nobody should find.
        let _ = std::fs::remove_file(&self.beside);
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Problem::new(
        "output.unwritable",
        format!("cannot be written: {error}; nothing has left"),
    )
    .file(path.display().to_string())
    .hint("name a file or a folder that you may write to; a path that ends in `/` is a folder that is made")
    .into()
}

fn lost(path: &Path, error: &std::io::Error) -> Failure {
    Problem::new(
        "output.unwritable",
        format!("cannot be written: {error}; the export is recorded all the same"),
    )
    .file(path.display().to_string())
    .hint("make room there, and type the same command again without --new: the same texts give the same bytes")
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.jsonl");
        let names = || {
            let entries = std::fs::read_dir(folder.path()).expect("a folder");
            entries.count()
        };
        let pending = Pending::open(path.clone()).expect("opened");
        assert!(!path.exists());
        pending.write(b"whole").expect("written");
        assert_eq!(std::fs::read(&path).expect("a file"), b"whole");
        drop(Pending::open(path.clone()).expect("opened"));
        assert_eq!(
            (std::fs::read(&path).expect("a file"), names()),
            (b"whole".to_vec(), 1)
        );
    }

    #[test]
    fn a_file_that_was_lost_on_the_way_is_told() {
        let full = lost(Path::new("out.csv"), &std::io::Error::from_raw_os_error(28));
        insta::assert_snapshot!(match full { Failure::Problem(problem) => problem.to_string(), _ => String::new() }, @"
        out.csv: cannot be written: No space left on device (os error 28); the export is recorded all the same

        hint: make room there, and type the same command again without --new: the same texts give the same bytes
        ");
    }
}
