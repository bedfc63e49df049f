//! A model folder, resolved: which graphs are the model, what its configuration says, how chats are written,
//! and the hash of every file that a draft depends on.
//!
//! ```text
//! directory ─> variant ─> graph files, checked ─┐
//!          ├─> configuration                    ├─> ModelFolder
//!          ├─> chat_template                    │
//!          └─> manifest, hashes ────────────────┘
//! ```
//! Folders come from several exporters, and none of them writes all of the same files; docs/MODELS.md lists
//! what is read from where.

mod chat_template;
mod configuration;
mod declared;
mod directory;
mod manifest;
mod reader;
mod sampling_defaults;
mod variant;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::EngineError;
use super::graph::GraphFacts;

pub use chat_template::{ChatTemplateFile, NamedTokens};
pub use configuration::{AnswerTokens, ModelConfiguration, StateSizes};
pub use declared::{Declared, DeclaredKind};
pub use manifest::About;
pub use sampling_defaults::SamplingDefaults;
pub use variant::GraphFiles;

use directory::Directory;
use manifest::Manifest;

const TOKENIZER: &str = "tokenizer.json";

/// A complete model folder, with its files verified as far as anything says what they should be.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    /// Folder name.
    pub name: String,
    /// The folder.
    pub dir: PathBuf,
    /// SHA-256 over the names and hashes of the files below, in hex.
    pub sha256: String,
    /// Every file that a draft depends on, with its SHA-256 in hex.
    pub files: BTreeMap<String, String>,
    /// The graphs that were chosen.
    pub graphs: GraphFiles,
    /// What the graph of the decoder is.
    pub facts: GraphFacts,
    /// Bytes of the graphs and their weights.
    pub weight_bytes: u64,
    /// Numbers that the weights hold: those of the encoder and of the decoder, whose first step may be a graph of its own
    /// with the same weights.
    pub parameters: u64,
    /// Variants that come before the chosen one and cannot be used, each with the reason.
    pub passed_over: Vec<(String, String)>,
    /// What the configuration files say.
    pub configuration: ModelConfiguration,
    /// The chat template; a base model has none.
    pub chat_template: Option<ChatTemplateFile>,
    /// Texts of the tokens that the chat template may name.
    pub named_tokens: NamedTokens,
    /// What the manifest says about it besides its files.
    pub about: About,
}

impl ModelFolder {
    /// Opens a folder: finds its graphs and their weights, reads its configuration, verifies its files against
    /// `manifest.json` where there is one, and hashes them. Without a wish the first variant is taken whose graphs
    /// can be read and whose weights are there.
    ///
    /// # Errors
    /// The variants of [`EngineError`] about models.
    pub fn open(dir: &Path, variant: Option<&str>) -> Result<Self, EngineError> {
        let directory = Directory::open(dir)?;
        let manifest = Manifest::read(&directory)?;
        let named = configuration::named_graph(&directory)?;
        let variants = variant::variants(dir, &directory.names, named.as_deref());
        let variants = match variant {
            Some(wanted) => variant::wanted(dir, &directory.names, variants, wanted)?,
            None => variants?,
        };
        if !directory.has(TOKENIZER) {
            return Err(EngineError::TokenizerMissing {
                dir: dir.to_path_buf(),
            });
        }
        let mut configuration = configuration::read(&directory)?;
        let chat = chat_template::read(&directory)?;
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let kept = [TOKENIZER.to_owned()].into_iter().chain(chat.files);
        for name in kept.chain(configuration.files.iter().cloned()) {
            files.insert(name, String::new());
        }
        manifest.check_sizes(&directory, manifest.files.keys())?;
        let kind = configuration.declared.map(|declared| declared.kind);
        let variants = variants.into_iter().map(|files| files.of_kind(kind));
        let (graphs, facts, passed_over) = choose(&directory, variants.collect())?;
        if graphs.encoder.is_some() {
            // As transformers does where nothing names the decoder's first token.
            let start = configuration.answer.start.or(configuration.bos_token_id);
            configuration.answer.start = Some(start.ok_or_else(|| {
                let reason =
                    "`decoder_start_token_id` is missing: nothing says what an answer begins with";
                directory::invalid(&directory.path("config.json"), reason.to_owned())
            })?);
        }
        let mut weights: Vec<String> = Vec::new();
        for (name, facts) in graphs.names().zip(&facts) {
            weights.push(name.to_owned());
            let beside = name.rfind('/').map_or("", |at| &name[..=at]);
            weights.extend(
                facts
                    .external_files
                    .iter()
                    .map(|file| format!("{beside}{file}")),
            );
        }
        files.extend(weights.iter().map(|name| (name.clone(), String::new())));
        manifest.check_sizes(&directory, files.keys())?;
        let mut all = Sha256::new();
        for (name, sha256) in &mut files {
            let is_weights = weights.contains(name);
            *sha256 = directory.sha256(name, is_weights)?;
            manifest.check_hash(&directory, name, sha256)?;
            all.update(format!("{name}:{sha256}\n"));
        }
        let mut weight_bytes = facts.iter().map(|facts| facts.external_bytes).sum();
        for name in graphs.names() {
            weight_bytes += directory.bytes(name)?;
        }
        let roles = graphs.names().zip(&facts);
        let counted = roles.filter(|(name, _)| Some(*name) != graphs.first.as_deref());
        let parameters = counted.map(|(_, facts)| facts.parameters).sum();
        let facts = facts.into_iter().next_back();
        Ok(Self {
            name: directory.name(),
            dir: dir.to_path_buf(),
            sha256: hex::encode(all.finalize()),
            files,
            graphs,
            facts: facts.ok_or_else(|| EngineError::ModelFileMissing {
                dir: dir.to_path_buf(),
                file: "model.onnx".to_owned(),
            })?,
            weight_bytes,
            parameters,
            passed_over,
            configuration,
            chat_template: chat.template,
            named_tokens: chat.tokens,
            about: manifest.about,
        })
    }

    /// Whether a folder looks like a model's: it holds a configuration or a graph.
    pub fn is_one(dir: &Path) -> bool {
        Directory::open(dir).is_ok_and(|directory| {
            let names = ["config.json", "genai_config.json", "manifest.json"];
            let mut all = directory.names.iter();
            names.iter().any(|name| directory.has(name)) || all.any(|name| name.ends_with(".onnx"))
        })
    }

    /// What kind of generator a folder declares, without opening it. What is wrong with a folder is told by
    /// [`ModelFolder::open`].
    pub fn declared_kind(dir: &Path) -> Option<DeclaredKind> {
        let directory = Directory::open(dir).ok()?;
        let configuration = configuration::read(&directory).ok()?;
        configuration.declared.map(|declared| declared.kind)
    }

    /// The variant of a folder that has this hash, or the one taken without a wish where none has.
    ///
    /// # Errors
    /// Those of [`ModelFolder::open`].
    pub fn with_hash(dir: &Path, sha256: &str) -> Result<Self, EngineError> {
        let first = Self::open(dir, None);
        if first.as_ref().is_ok_and(|first| first.sha256 == sha256) {
            return first;
        }
        let directory = Directory::open(dir)?;
        // By its whole name every graph is a variant, also one that a campaign named and no exporter's naming knows.
        for graph in directory
            .names
            .iter()
            .filter(|name| name.ends_with(".onnx"))
        {
            // One that cannot be read is not the one.
            if let Ok(folder) = Self::open(dir, Some(graph))
                && folder.sha256 == sha256
            {
                return Ok(folder);
            }
        }
        first
    }

    /// What kind of generator the folder declares; none where it is a model that reads a prompt and writes on.
    pub fn kind(&self) -> Option<DeclaredKind> {
        self.configuration.declared.map(|declared| declared.kind)
    }

    /// Path of the decoder's graph.
    pub fn decoder(&self) -> PathBuf {
        self.dir.join(&self.graphs.decoder)
    }

    /// Path of the tokenizer.
    pub fn tokenizer(&self) -> PathBuf {
        self.dir.join(TOKENIZER)
    }
}

/// The first variant whose graphs can all be read, what they are, and why those before it were passed over.
type Choice = (GraphFiles, Vec<GraphFacts>, Vec<(String, String)>);

fn choose(directory: &Directory, variants: Vec<GraphFiles>) -> Result<Choice, EngineError> {
    let mut passed_over = Vec::new();
    let mut first = None;
    for files in variants {
        let facts: Result<Vec<GraphFacts>, EngineError> = files
            .names()
            .map(|name| GraphFacts::read(&directory.path(name)))
            .collect();
        match facts {
            Ok(facts) => return Ok((files, facts, passed_over)),
            Err(error) => {
                passed_over.push((files.variant, error.to_string()));
                first = first.or(Some(error));
            }
        }
    }
    Err(first.unwrap_or_else(|| EngineError::ModelFileMissing {
        dir: directory.root.clone(),
        file: "model.onnx".to_owned(),
    }))
}
