//! A model folder: the files it must hold, what its configuration says, and its hash.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::EngineError;
use crate::files::{self, FileFault};

/// Files without which a folder is not a model.
const REQUIRED: [&str; 3] = ["model.onnx", "tokenizer.json", "config.json"];

/// Its chat template; a base model has none.
const CHAT_TEMPLATE: &str = "chat_template.jinja";

/// Most bytes of a file of a model folder that is held in memory: the largest vocabularies have 40 MB.
const MOST_JSON: u64 = 256 << 20;

/// A complete, verified model folder.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    /// Folder name.
    pub name: String,
    /// The folder.
    pub dir: PathBuf,
    /// SHA-256 over the names and hashes of its files, in hex.
    pub sha256: String,
    /// What `config.json` says.
    pub config: ModelConfig,
    /// Text of `chat_template.jinja`; a base model has none.
    pub chat_template: Option<String>,
    /// What the manifest says about it besides its files.
    pub about: About,
}

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

/// The part of `config.json` (Hugging Face's format) that drafting needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ModelConfig {
    /// Tokens of prompt and answer together.
    pub max_position_embeddings: usize,
    /// Entries of the vocabulary.
    pub vocab_size: usize,
    /// Opens a text, in models that want it.
    #[serde(default)]
    pub bos_token_id: Option<u32>,
    /// End a text.
    pub eos_token_id: OneOrMany,
}

/// `eos_token_id` is a number in most configurations and a list in some.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One id.
    One(u32),
    /// Several ids.
    Many(Vec<u32>),
}

impl OneOrMany {
    /// As a slice.
    pub fn as_slice(&self) -> &[u32] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }
}

/// What the exporter wrote beside the model.
#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(flatten)]
    about: About,
    files: std::collections::BTreeMap<String, ManifestFile>,
}

#[derive(Debug, Deserialize)]
struct ManifestFile {
    sha256: String,
    bytes: u64,
}

impl ModelFolder {
    /// Opens a folder, checks that it is complete, and verifies its files against `manifest.json`
    /// where there is one.
    ///
    /// # Errors
    /// The `Model…` variants of [`EngineError`].
    pub fn open(dir: &Path) -> Result<Self, EngineError> {
        if !dir.is_dir() {
            return Err(EngineError::ModelMissing {
                dir: dir.to_path_buf(),
            });
        }
        if let Some(file) = REQUIRED.iter().find(|file| !dir.join(file).is_file()) {
            return Err(EngineError::ModelFileMissing {
                dir: dir.to_path_buf(),
                file: (*file).to_owned(),
            });
        }
        let manifest = read_manifest(dir)?;
        let sha256 = hash_files(dir, manifest.as_ref())?;
        let config_file = dir.join("config.json");
        let config = serde_json::from_str(&read_text(&config_file)?)
            .map_err(|error| invalid(&config_file, error.to_string()))?;
        let name = std::fs::canonicalize(dir)
            .ok()
            .and_then(|dir| {
                dir.file_name()
                    .map(|name| name.to_string_lossy().into_owned())
            })
            .unwrap_or_else(|| dir.display().to_string());
        Ok(Self {
            name,
            dir: dir.to_path_buf(),
            sha256,
            config,
            chat_template: Some(dir.join(CHAT_TEMPLATE))
                .filter(|file| file.is_file())
                .map(|file| read_text(&file))
                .transpose()?,
            about: manifest.map(|manifest| manifest.about).unwrap_or_default(),
        })
    }

    /// Path of the graph.
    pub fn graph(&self) -> PathBuf {
        self.dir.join("model.onnx")
    }
}

fn invalid(file: &Path, reason: String) -> EngineError {
    EngineError::ModelFileInvalid {
        file: file.to_path_buf(),
        reason,
    }
}

fn read_text(file: &Path) -> Result<String, EngineError> {
    files::read_text(file, MOST_JSON).map_err(|fault| invalid(file, fault.to_string()))
}

fn read_manifest(dir: &Path) -> Result<Option<Manifest>, EngineError> {
    let file = dir.join("manifest.json");
    if !file.is_file() {
        return Ok(None);
    }
    serde_json::from_str(&read_text(&file)?)
        .map(Some)
        .map_err(|error| invalid(&file, error.to_string()))
}

/// Hashes the files a draft depends on; the sizes are compared first, since a cut-off download is
/// what people meet and a size is read at once.
fn hash_files(dir: &Path, manifest: Option<&Manifest>) -> Result<String, EngineError> {
    let mut names: Vec<String> = REQUIRED.map(str::to_owned).to_vec();
    if let Some(manifest) = manifest {
        names.extend(manifest.files.keys().cloned());
    } else if dir.join("model.onnx.data").is_file() {
        names.push("model.onnx.data".to_owned());
    }
    if dir.join(CHAT_TEMPLATE).is_file() {
        names.push(CHAT_TEMPLATE.to_owned());
    }
    names.sort();
    names.dedup();
    let listed = |name: &str| manifest.and_then(|manifest| manifest.files.get(name));
    for name in &names {
        let file = dir.join(name);
        let bytes = std::fs::metadata(&file).map(|metadata| metadata.len());
        let bytes = bytes.map_err(|_| EngineError::ModelFileMissing {
            dir: dir.to_path_buf(),
            file: name.clone(),
        })?;
        if let Some(expected) = listed(name).filter(|expected| expected.bytes != bytes) {
            return Err(EngineError::ModelFileDamaged {
                file,
                expected: format!("{} bytes", expected.bytes),
                found: format!("{bytes} bytes"),
            });
        }
    }
    let mut all = Sha256::new();
    for name in &names {
        let file = dir.join(name);
        let found = hash_file(&file).map_err(|error| invalid(&file, error.to_string()))?;
        if let Some(expected) = listed(name).filter(|expected| expected.sha256 != found) {
            return Err(EngineError::ModelFileDamaged {
                file,
                expected: format!("sha256 {}", expected.sha256),
                found: format!("sha256 {found}"),
            });
        }
        all.update(format!("{name}:{found}\n"));
    }
    Ok(hex::encode(all.finalize()))
}

fn hash_file(file: &Path) -> Result<String, FileFault> {
    let weights = file
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("model.onnx"));
    // Everything but the weights is held in memory afterwards.
    let most = if weights { u64::MAX } else { MOST_JSON };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is complete but holds no real weights.
    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        let config = r#"{"max_position_embeddings":8192,"vocab_size":10,"eos_token_id":[2,0]}"#;
        for (name, text) in [
            ("model.onnx", "graph"),
            ("model.onnx.data", "weights"),
            ("tokenizer.json", "{}"),
            ("config.json", config),
            ("chat_template.jinja", ""),
        ] {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        dir
    }

    fn problem(dir: &Path) -> String {
        let text = ModelFolder::open(dir).expect_err("refused").problem();
        text.to_string().replace(&dir.display().to_string(), "DIR")
    }

    #[test]
    fn the_hash_covers_the_weights() {
        let dir = folder();
        let before = ModelFolder::open(dir.path()).expect("complete");
        assert_eq!(before.config.eos_token_id.as_slice(), [2, 0]);
        std::fs::write(dir.path().join("model.onnx.data"), "Weights").expect("written");
        let after = ModelFolder::open(dir.path()).expect("complete");
        assert_ne!(before.sha256, after.sha256);
    }

    #[test]
    fn each_fault_says_which_file_and_what_to_do() {
        insta::assert_snapshot!(problem(Path::new("/nowhere/model")), @r#"
        no model folder at `DIR`

        hint: `make setup` makes the default model
        "#);

        let no_tokenizer = folder();
        std::fs::remove_file(no_tokenizer.path().join("tokenizer.json")).expect("removed");
        insta::assert_snapshot!(problem(no_tokenizer.path()), @"
        DIR: has no `tokenizer.json`

        hint: a model folder holds model.onnx, tokenizer.json and config.json, and for chats chat_template.jinja; see models/README.md
        ");

        let truncated = folder();
        let manifest = r#"{"files":{"model.onnx.data":{"bytes":9000,"sha256":"00"}}}"#;
        std::fs::write(truncated.path().join("manifest.json"), manifest).expect("written");
        insta::assert_snapshot!(problem(truncated.path()), @r#"
        DIR/model.onnx.data: is damaged: expected 9000 bytes, found 7 bytes

        hint: delete the folder and make it again (`make setup` for the default model)
        "#);

        let changed = folder();
        let manifest = r#"{"files":{"model.onnx.data":{"bytes":7,"sha256":"00"}}}"#;
        std::fs::write(changed.path().join("manifest.json"), manifest).expect("written");
        insta::assert_snapshot!(problem(changed.path()), @r#"
        DIR/model.onnx.data: is damaged: expected sha256 00, found sha256 9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c

        hint: delete the folder and make it again (`make setup` for the default model)
        "#);

        let bad_config = folder();
        std::fs::write(bad_config.path().join("config.json"), "{\"vocab_size\":1}")
            .expect("written");
        insta::assert_snapshot!(problem(bad_config.path()), @r#"
        DIR/config.json: cannot be used: missing field `max_position_embeddings` at line 1 column 16

        hint: export the model again; see models/README.md
        "#);
    }
}
