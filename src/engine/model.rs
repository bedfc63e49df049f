//! The graphs of a model, of whichever kind it is, and the loop that writes with them.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::mpsc;

use super::batcher::Limits;
use super::decoder::{self, Decoder, Handling, OneShotGraph};
use super::error::EngineError;
use super::folder::{DeclaredKind, ModelFolder};
use super::generate::Generator;
use super::one_shot::OneShotWriter;
use super::options::EngineOptions;
use super::row::Writing;
use super::runtime::Runtime;
use super::submission::Submission;
use super::watch::Watch;

/// A loaded model.
pub(super) enum Model {
    /// Writes token after token.
    Sequences(Box<Decoder>),
    /// Makes a whole text at once.
    OneShot(Box<OneShotGraph>),
}

impl Model {
    /// Loads the graphs of a folder.
    ///
    /// # Errors
    /// Any of [`EngineError`]'s variants about the runtime and the model.
    pub(super) fn load(
        runtime: &Runtime,
        folder: &ModelFolder,
        options: &EngineOptions,
    ) -> Result<Self, EngineError> {
        let threads = options.threads;
        if folder.kind() == Some(DeclaredKind::OneShot) {
            let graph = OneShotGraph::load(runtime, folder, threads)?;
            return Ok(Self::OneShot(Box::new(graph)));
        }
        let decoder = decoder::load(runtime, folder, threads, options.measured.as_deref())?;
        Ok(Self::Sequences(Box::new(decoder)))
    }

    /// How states are kept; a text that is made at once has none.
    pub(super) fn handling(&self) -> Handling {
        match self {
            Self::Sequences(decoder) => decoder.handling(),
            Self::OneShot(_) => Handling::default(),
        }
    }

    /// Tokens that the graph scores.
    pub(super) fn known_tokens(&self) -> usize {
        match self {
            Self::Sequences(decoder) => decoder.vocab_size(),
            Self::OneShot(graph) => graph.vocab_size(),
        }
    }

    /// Numbers in the latent vector or the noise of a text; none where the model takes none.
    pub(super) fn latent_size(&self) -> Option<usize> {
        match self {
            Self::Sequences(decoder) => decoder.latent_size(),
            Self::OneShot(graph) => Some(graph.noise_size()),
        }
    }

    /// Tokens of the longest text, where the graph sets a limit.
    pub(super) fn most_positions(&self) -> Option<usize> {
        match self {
            Self::Sequences(_) => None,
            Self::OneShot(graph) => Some(graph.positions()),
        }
    }

    /// Writes what is asked for until every sender is gone and nothing is left to do.
    pub(super) fn run(
        self,
        writing: Writing,
        options: &EngineOptions,
        generated: Arc<AtomicU64>,
        submissions: &mut mpsc::Receiver<Submission>,
        watch: &Watch,
    ) {
        let decoder = match self {
            Self::Sequences(decoder) => *decoder,
            Self::OneShot(graph) => {
                OneShotWriter::new(*graph, writing, generated).run(submissions, watch);
                return;
            }
        };
        let limits = Limits {
            max_rows: options.max_rows,
            kv_bytes: options.kv_mib << 20,
            bytes_per_token: decoder.bytes_per_token(),
            bytes_per_sequence: decoder.bytes_per_sequence(),
        };
        match Generator::new(decoder, writing, limits, generated) {
            Ok(mut generator) => generator.run(submissions, watch),
            Err(error) => tracing::error!(%error, "the drafting engine could not start"),
        }
    }
}
