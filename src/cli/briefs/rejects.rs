//! What an import refused: counted, the first of it shown, all of it in a file of its own.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use crate::domain::problem::Problem;
use crate::intake::Rejection;

/// Most rejections that are held in memory and printed under `--json`; a file of a million bad lines
/// would fill both.
pub(super) const SHOWN: usize = 100;

/// The rejections of one import. Each goes to disk as it comes.
#[derive(Debug)]
pub(in crate::cli) struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    failure: Option<std::io::Error>,
    count: u64,
    first: Vec<Rejection>,
}

impl Rejects {
    /// None yet; the file is made with the first of them, in this folder.
    pub(in crate::cli) fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join(format!("briefs-{}.jsonl", uuid::Uuid::now_v7())),
            file: None,
            failure: None,
            count: 0,
            first: Vec::new(),
        }
    }

    pub(in crate::cli) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(in crate::cli) fn count(&self) -> u64 {
        self.count
    }

    /// The first [`SHOWN`] of them.
    pub(in crate::cli) fn first(&self) -> &[Rejection] {
        &self.first
    }

    /// Writes one down. That it could not be written is told by [`Self::close`]: the good rows of the
    /// file are worth more than the list of the bad ones.
    pub(super) fn keep(&mut self, rejection: Rejection) {
        self.count += 1;
        if self.failure.is_none() {
            self.failure = self.write(&rejection).err();
        }
        if self.first.len() < SHOWN {
            self.first.push(rejection);
        }
    }

    fn write(&mut self, rejection: &Rejection) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                if let Some(folder) = self.path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                none.insert(BufWriter::new(File::create_new(&self.path)?))
            }
        };
        serde_json::to_writer(&mut *file, rejection)?;
        file.write_all(b"\n")
    }

    /// Puts everything on disk and gives the file, or none where nothing was refused.
    pub(in crate::cli) fn close(&mut self) -> Result<Option<String>, Failure> {
        let flushed = match &mut self.file {
            Some(file) => file.flush(),
            None => Ok(()),
        };
        let path = self.path.display().to_string();
        match self.failure.take().or(flushed.err()) {
            None if self.is_empty() => Ok(None),
            None => Ok(Some(path)),
            Some(error) => Err(Problem::new(
                "briefs.rejects",
                format!("the rejects could not be written: {error}"),
            )
            .file(path)
            .hint("make room, or make that folder writable, and import the file again: what went in stays unchanged")
            .into()),
        }
    }
}
