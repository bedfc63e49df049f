//! The graphs of a model and the states between them: making caches, having an encoder read, running a step.

use std::sync::Arc;

use ort::value::DynTensor;

use super::cache::Cache;
use super::carried::{CarriedCache, Sharing};
use super::graph::{LoadedGraph, Tokens};
use super::handling::{CacheKind, Handling};
use super::in_place::InPlaceCache;
use super::ports::{Axis, State};
use super::step::{Logits, Step, failed};
use super::tensor;
use crate::engine::error::EngineError;
use crate::engine::folder::{DeclaredKind, ModelFolder};
use crate::engine::graph::GraphFacts;
use crate::engine::runtime::Runtime;

/// A loaded model.
pub struct Decoder {
    pub(super) graphs: Graphs,
    pub(super) states: Arc<[State]>,
    handling: Handling,
    /// 0 where the graph does not say, until it has been measured.
    pub(super) vocab_size: usize,
    /// Tokens that a cache written in place must have room for.
    window: usize,
    /// Tokens that the model has positions for; none where it states no limit.
    most_columns: Option<usize>,
    /// Index of the state that holds what the encoder made of the prompt, where a graph takes it.
    encoded: Option<usize>,
    /// Index of the state that is the latent vector of a text, where the graph takes one.
    latent: Option<usize>,
}

/// The graphs of a model by what they do.
pub(super) struct Graphs {
    pub(super) encoder: Option<LoadedGraph>,
    pub(super) first: Option<LoadedGraph>,
    pub(super) decoder: LoadedGraph,
}

/// What the encoder of a decoder is called by those who export the two.
fn encoder_beside(decoder: &str) -> String {
    let plain = decoder
        .replacen("_with_past", "", 1)
        .replacen("_merged", "", 1);
    plain.replacen("decoder", "encoder", 1)
}

impl Decoder {
    /// Loads the graphs of a folder with this many threads. How their states are kept is left at what is right for
    /// every graph, until [`Decoder::set_handling`] says otherwise.
    ///
    /// # Errors
    /// [`EngineError::OpsetTooNew`] and [`EngineError::ModelFileInvalid`] when ONNX Runtime refuses a graph,
    /// [`EngineError::UnsupportedGraph`] when it is none that this engine can drive.
    pub fn new(
        runtime: &Runtime,
        folder: &ModelFolder,
        threads: usize,
    ) -> Result<Self, EngineError> {
        let sizes = &folder.configuration.sizes;
        let load = |name: &str| {
            let file = folder.dir.join(name);
            let facts = GraphFacts::read(&file)?;
            LoadedGraph::load(runtime, &file, &facts, &folder.configuration, threads)
        };
        let files = &folder.graphs;
        let mut graphs = Graphs {
            encoder: files.encoder.as_deref().map(&load).transpose()?,
            first: files.first.as_deref().map(&load).transpose()?,
            decoder: load(&files.decoder)?,
        };
        let unsupported = |reason: String| EngineError::UnsupportedGraph {
            file: folder.decoder(),
            reason,
        };
        let ports = &graphs.decoder.ports;
        if ports.logits.is_none() {
            let reason = "it has no output `logits`: it is not a graph that writes text";
            return Err(unsupported(reason.to_owned()));
        }
        let mut states = ports.states.clone();
        let first = graphs.first.as_ref().map(|first| &first.ports);
        let encoder_states = first.and_then(|ports| ports.encoder_states.clone());
        let encoder_states = encoder_states.or_else(|| ports.encoder_states.clone());
        if let Some(mut state) = encoder_states.clone() {
            if state.axes.contains(&Axis::Fixed(0))
                && let (Some(width), Some(last)) = (sizes.hidden, state.axes.last_mut())
            {
                *last = Axis::Fixed(width);
            }
            states.push(state);
        }
        let encoded = encoder_states.is_some().then(|| states.len() - 1);
        if encoder_states.is_some() != graphs.encoder.is_some() {
            return Err(if encoder_states.is_some() {
                EngineError::ModelHalf {
                    dir: folder.dir.clone(),
                    there: files.decoder.clone(),
                    missing: encoder_beside(&files.decoder),
                }
            } else if files.decoder.contains("decoder_with_past") && files.first.is_none() {
                EngineError::ModelHalf {
                    dir: folder.dir.clone(),
                    there: files.decoder.clone(),
                    missing: files.decoder.replacen("decoder_with_past", "decoder", 1),
                }
            } else {
                unsupported("it takes nothing that an encoder gives".to_owned())
            });
        }
        let latent = ports.latent.clone();
        let is_declared = folder.kind() == Some(DeclaredKind::Vae);
        if latent.is_some() != is_declared {
            return Err(unsupported(
                match latent {
                    Some(port) => format!(
                        "`{}` takes a latent vector, and config.json does not say `\"nightdesk\": {{\"kind\": \"vae\"}}`",
                        port.input
                    ),
                    None => "config.json says that it is a `vae`, and it has no input for a latent vector, such as `latent`".to_owned(),
                },
            ));
        }
        let latent = latent.map(|latent| {
            states.push(latent);
            states.len() - 1
        });
        for graph in [graphs.first.as_mut(), Some(&mut graphs.decoder)]
            .into_iter()
            .flatten()
        {
            graph.wire(&states);
        }
        let vocab_size = graphs.decoder.ports.vocab_size;
        Ok(Self {
            graphs,
            states: states.into(),
            handling: Handling::default(),
            vocab_size: vocab_size.unwrap_or(0),
            window: folder.facts.attention_window.unwrap_or(0),
            most_columns: folder.configuration.context_limit,
            encoded,
            latent,
        })
    }

    /// Keeps states in this way from now on; caches that were made before are of no use then.
    pub fn set_handling(&mut self, handling: Handling) {
        self.handling = handling;
    }

    /// How states are kept, and what holds.
    pub fn handling(&self) -> Handling {
        self.handling
    }

    /// Entries of a row of logits.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Bytes that one more token of a sequence takes; 0 where a sequence's state never grows.
    pub fn bytes_per_token(&self) -> usize {
        let growing = self.states.iter().filter(|state| state.grows());
        growing.map(State::bytes).sum()
    }

    /// Bytes of a sequence's states that do not grow.
    pub fn bytes_per_sequence(&self) -> usize {
        let fixed = self.states.iter().filter(|state| !state.grows());
        fixed.map(State::bytes).sum()
    }

    /// Tokens that every sequence's cache has room for, however short the sequence is.
    pub fn least_capacity(&self) -> usize {
        if self.handling.kind == CacheKind::InPlace {
            self.window
        } else {
            0
        }
    }

    /// Whether prompts are read by an encoder, and the answer has a decoder of its own.
    pub fn has_encoder(&self) -> bool {
        self.graphs.encoder.is_some()
    }

    /// Numbers in the latent vector of a text; none where the model takes none.
    pub fn latent_size(&self) -> Option<usize> {
        let state = &self.states[self.latent?];
        Some(state.dims(1, 0, 0).iter().product())
    }

    /// Sets the latent vector of the only row of a cache that has not begun; it has as many numbers as
    /// [`Decoder::latent_size`] says.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn set_latent(&self, cache: &mut Cache, latent: &[f32]) -> Result<(), EngineError> {
        let Some(index) = self.latent else {
            return Ok(());
        };
        tensor::row_of(self.states[index].element, latent)
            .and_then(|latent| cache.set_latent(index, latent))
            .map_err(failed("latent"))
    }

    /// States of so many sequences that have not begun, each with room for `capacity` tokens.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn cache(&self, rows: usize, capacity: usize) -> Result<Cache, EngineError> {
        let cache = match self.handling.kind {
            CacheKind::InPlace => InPlaceCache::new(&self.states, rows, capacity, self.window)
                .map(|cache| Cache::InPlace(Box::new(cache))),
            kind => {
                let sharing = Sharing {
                    together: self.handling.together,
                    recompute: kind == CacheKind::None,
                    most_columns: self.most_columns,
                };
                CarriedCache::new(&self.states, sharing, rows).map(Cache::Carried)
            }
        };
        cache.map_err(failed("cache"))
    }

    /// Has the encoder read a prompt; the only row of `cache` then begins its answer.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words.
    pub fn encode(&mut self, cache: &mut Cache, prompt: &[u32]) -> Result<(), EngineError> {
        let (Some(encoder), Cache::Carried(cache)) = (&mut self.graphs.encoder, cache) else {
            return Ok(());
        };
        let length = prompt.len();
        let tokens = Tokens {
            ids: prompt,
            rows: 1,
            columns: length,
            past: 0,
            lengths: &[length],
            from_left: true,
            sources: None,
        };
        let outputs = encoder.run(&tokens, &[]).map_err(failed("encoder"))?;
        let encoded: Option<(usize, DynTensor)> = self.encoded.map(|index| (index, outputs.logits));
        cache.begin(encoded, length).map_err(failed("encoder"))
    }

    /// Runs one step and hands its logits to `read`. More than one token a row needs a cache of one row.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words.
    pub fn run<R>(
        &mut self,
        cache: &mut Cache,
        step: &Step<'_>,
        stage: &'static str,
        read: impl FnOnce(Logits<'_>) -> R,
    ) -> Result<R, EngineError> {
        let Graphs { first, decoder, .. } = &mut self.graphs;
        match cache {
            Cache::InPlace(cache) => cache.run(decoder, step, read).map_err(failed(stage)),
            Cache::Carried(cache) => {
                let (logits, rows) = cache
                    .run(first.as_mut(), decoder, step)
                    .map_err(failed(stage))?;
                let vocab_size = logits.len() / rows.max(1);
                Ok(read(Logits::new(&logits, rows, vocab_size)))
            }
        }
    }
}
