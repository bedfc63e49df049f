//! The encoder of a variational autoencoder: a text in, the latent vector that stands for it out.

use std::path::PathBuf;

use super::graph::{LoadedGraph, Tokens};
use super::ports::{Ports, is_mean};
use super::step::failed;
use super::tensor;
use crate::engine::error::EngineError;
use crate::engine::folder::ModelFolder;
use crate::engine::graph::GraphFacts;
use crate::engine::runtime::Runtime;

/// A loaded encoder.
pub struct LatentEncoder {
    graph: LoadedGraph,
    file: PathBuf,
    latent_size: usize,
}

impl std::fmt::Debug for LatentEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LatentEncoder")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl LatentEncoder {
    /// Loads the encoder of a folder, with this many threads, for a decoder that takes so many numbers; none where the
    /// folder holds none.
    ///
    /// # Errors
    /// [`EngineError::UnsupportedGraph`] where it is no encoder of such a vector, and what ONNX Runtime refuses.
    pub fn load(
        runtime: &Runtime,
        folder: &ModelFolder,
        latent_size: usize,
        threads: usize,
    ) -> Result<Option<Self>, EngineError> {
        let Some(name) = folder.graphs.latent_encoder.as_deref() else {
            return Ok(None);
        };
        let file = folder.dir.join(name);
        let facts = GraphFacts::read(&file)?;
        let configuration = &folder.configuration;
        let graph = LoadedGraph::load(runtime, &file, &facts, configuration, threads)?;
        check(&graph.ports, &facts, latent_size).map_err(|reason| {
            EngineError::UnsupportedGraph {
                file: file.clone(),
                reason,
            }
        })?;
        Ok(Some(Self {
            graph,
            file,
            latent_size,
        }))
    }

    /// The latent vector of a text: the mean, where the encoder gives a distribution.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words, and [`EngineError::UnsupportedGraph`] where it is another
    /// number of values than the decoder takes.
    pub fn encode(&mut self, text: &[u32]) -> Result<Vec<f32>, EngineError> {
        let tokens = Tokens {
            ids: text,
            rows: 1,
            columns: text.len(),
            past: 0,
            lengths: &[text.len()],
            from_left: true,
            sources: None,
        };
        let outputs = self.graph.run(&tokens, &[]).map_err(failed("encoder"))?;
        let numbers = tensor::numbers(&outputs.logits).map_err(failed("encoder"))?;
        if numbers.len() != self.latent_size {
            return Err(EngineError::UnsupportedGraph {
                file: self.file.clone(),
                reason: other_size(numbers.len(), self.latent_size),
            });
        }
        Ok(numbers.into_owned())
    }
}

/// Whether a graph takes a text and nothing else, and gives one vector of this size for it; in words where not.
fn check(ports: &Ports, facts: &GraphFacts, latent_size: usize) -> Result<(), String> {
    let taken = ports.states.iter().chain(&ports.latent);
    if let Some(state) = taken.chain(&ports.encoder_states).next() {
        return Err(format!(
            "an encoder takes a text and nothing else; this graph takes `{}` as well",
            state.input
        ));
    }
    let given = facts
        .outputs
        .iter()
        .find(|port| Some(&port.name) == ports.hidden.as_ref());
    let vector = given.filter(|port| port.shape.len() == 2 && ports.logits.is_none());
    let Some(vector) = vector else {
        return Err("an encoder gives one latent vector a text, such as `mean`".to_owned());
    };
    let vectors = facts.outputs.iter().filter(|port| port.shape.len() == 2);
    let names: Vec<String> = vectors.map(|port| format!("`{}`", port.name)).collect();
    if names.len() > 1 && !is_mean(&vector.name) {
        return Err(format!(
            "it gives several vectors, and none is named `mean` or `mu`: {}",
            names.join(", ")
        ));
    }
    let stated = vector.shape[1].parse().ok();
    match stated.filter(|size: &usize| *size != latent_size) {
        Some(size) => Err(other_size(size, latent_size)),
        None => Ok(()),
    }
}

fn other_size(given: usize, taken: usize) -> String {
    format!("it gives a latent vector of {given} values, and the decoder takes {taken}")
}
