//! The files of a model folder: their names, bytes and hashes. The one file of this room that reads the disk.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::super::error::EngineError;
use crate::files::{self, FileFault};

/// Most bytes of a file of a model folder that is held in memory: the largest vocabularies have 40 MB.
const MOST_JSON: u64 = 256 << 20;

/// Sub-folder in which transformers.js keeps its graphs.
const GRAPHS: &str = "onnx";

/// A folder and the names of the files in it and in its `onnx/`, relative to the folder.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) root: PathBuf,
    pub(super) names: BTreeSet<String>,
}

impl Directory {
    /// Looks through a folder; links are followed, and one that leads nowhere is no file.
    ///
    /// # Errors
    /// [`EngineError::ModelMissing`], and [`EngineError::ModelFileInvalid`] where the path is no folder that
    /// can be read.
    pub(super) fn open(root: &Path) -> Result<Self, EngineError> {
        let unreadable = |reason: String| invalid(root, reason);
        match std::fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(unreadable("it is a file, not a model folder".to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(EngineError::ModelMissing {
                    dir: root.to_path_buf(),
                });
            }
            Err(error) => return Err(unreadable(error.to_string())),
        }
        let mut names = BTreeSet::new();
        list(root, "", &mut names).map_err(|error| unreadable(error.to_string()))?;
        let graphs = root.join(GRAPHS);
        if graphs.is_dir() {
            list(&graphs, "onnx/", &mut names)
                .map_err(|error| invalid(&graphs, error.to_string()))?;
        }
        Ok(Self {
            root: root.to_path_buf(),
            names,
        })
    }

    /// Whether the folder holds this file; also one deeper than its listing goes.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name) || self.path(name).is_file()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder's own name, behind links and `..`.
    pub(super) fn name(&self) -> String {
        let whole = std::fs::canonicalize(&self.root).ok();
        let last = whole.as_deref().and_then(Path::file_name);
        last.map_or_else(
            || self.root.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// A JSON file, where there is one.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, EngineError> {
        if !self.has(name) {
            return Ok(None);
        }
        serde_json::from_str(&self.text(name)?)
            .map(Some)
            .map_err(|error| invalid(&self.path(name), error.to_string()))
    }

    pub(super) fn text(&self, name: &str) -> Result<String, EngineError> {
        let file = self.path(name);
        files::read_text(&file, MOST_JSON).map_err(|fault| invalid(&file, fault.to_string()))
    }

    pub(super) fn bytes(&self, name: &str) -> Result<u64, EngineError> {
        let metadata = std::fs::metadata(self.path(name));
        metadata
            .map(|metadata| metadata.len())
            .map_err(|_| EngineError::ModelFileMissing {
                dir: self.root.clone(),
                file: name.to_owned(),
            })
    }

    /// SHA-256 of a file in hex. All but weights are held in memory afterwards, and so are bounded.
    pub(super) fn sha256(&self, name: &str, is_weights: bool) -> Result<String, EngineError> {
        let most = if is_weights { u64::MAX } else { MOST_JSON };
        let file = self.path(name);
        hash(&file, most).map_err(|fault| invalid(&file, fault.to_string()))
    }
}

pub(super) fn invalid(file: &Path, reason: String) -> EngineError {
    EngineError::ModelFileInvalid {
        file: file.to_path_buf(),
        reason,
    }
}

fn list(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().is_file() {
            names.insert(format!("{prefix}{}", entry.file_name().to_string_lossy()));
        }
    }
    Ok(())
}

fn hash(file: &Path, most: u64) -> Result<String, FileFault> {
    let mut reader = files::open(file, most)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}
