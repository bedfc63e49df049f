//! `manifest.json`, which our own exporter writes beside a model: where it came from, and every file's hash.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::error::EngineError;
use super::directory::Directory;

/// What a manifest says about a model; all of it is missing where there is no manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct About {
    /// Precision it was exported with.
    #[serde(default)]
    pub precision: Option<String>,
    /// Licence of the weights.
    #[serde(default)]
    pub licence: Option<String>,
}

/// What the exporter wrote beside the model.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Manifest {
    #[serde(flatten)]
    pub(super) about: About,
    pub(super) files: BTreeMap<String, ManifestFile>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ManifestFile {
    sha256: String,
    bytes: u64,
}

impl Manifest {
    /// The folder's manifest, or an empty one.
    pub(super) fn read(directory: &Directory) -> Result<Self, EngineError> {
        Ok(directory.json("manifest.json")?.unwrap_or_default())
    }

    /// Compares the sizes first, since a cut-off download is what people meet and a size is read at once.
    pub(super) fn check_sizes<'a>(
        &self,
        directory: &Directory,
        names: impl Iterator<Item = &'a String>,
    ) -> Result<(), EngineError> {
        for name in names {
            let bytes = directory.bytes(name)?;
            if let Some(expected) = self.files.get(name).filter(|file| file.bytes != bytes) {
                return Err(EngineError::ModelFileDamaged {
                    file: directory.path(name),
                    expected: format!("{} bytes", expected.bytes),
                    found: format!("{bytes} bytes"),
                });
            }
        }
        Ok(())
    }

    /// Compares a file's hash with the recorded one.
    pub(super) fn check_hash(
        &self,
        directory: &Directory,
        name: &str,
        found: &str,
    ) -> Result<(), EngineError> {
        match self.files.get(name).filter(|file| file.sha256 != found) {
            None => Ok(()),
            Some(expected) => Err(EngineError::ModelFileDamaged {
                file: directory.path(name),
                expected: format!("sha256 {}", expected.sha256),
                found: format!("sha256 {found}"),
            }),
        }
    }
}
