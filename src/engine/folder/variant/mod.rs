//! Which graphs of a folder make the model, by the names that the public exporters give them.
//!
//! | who wrote it | graphs |
//! |---|---|
//! | onnxruntime-genai, optimum, `models/export` | `model.onnx` |
//! | optimum's quantiser | `model_quantized.onnx` |
//! | transformers.js, onnx-community | `onnx/model.onnx`, `onnx/model_q4.onnx`, `onnx/model_fp16.onnx`, … |
//! | optimum, encoder and decoder | `encoder_model.onnx`, `decoder_model.onnx`, `decoder_with_past_model.onnx`, or merged into `decoder_model_merged.onnx` |
//! | models of the kinds `recurrent`, `vae`, `one_shot` | `model.onnx`, or `decoder.onnx` with an optional `encoder.onnx` |
//!
//! One set of graphs in one precision is a *variant*; `--variant` and a campaign's `draft.variant` name it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::engine::error::EngineError;
use crate::engine::folder::declared::DeclaredKind;

/// The graphs that make a model, by their names in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphFiles {
    /// What `--variant` calls them: `int8` for `model_int8.onnx`, `fp32` for `onnx/model.onnx`, `default` for
    /// `model.onnx`.
    pub variant: String,
    /// Reads the prompt of an encoder-decoder.
    pub encoder: Option<String>,
    /// Makes a latent vector of a text, where the model is a variational autoencoder.
    pub latent_encoder: Option<String>,
    /// Runs the first step where another graph runs the others, as optimum exports without merging do.
    pub first: Option<String>,
    /// Runs every step, or all but the first.
    pub decoder: String,
}

impl GraphFiles {
    /// Every graph's name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let encoders = self.encoder.iter().chain(&self.latent_encoder);
        let others = encoders.chain(&self.first);
        others.map(String::as_str).chain([self.decoder.as_str()])
    }

    /// These graphs as a model of this kind has them: what an encoder does is not told by its name.
    pub(in crate::engine::folder) fn of_kind(mut self, kind: Option<DeclaredKind>) -> Self {
        match kind {
            Some(DeclaredKind::Vae) => {
                self.latent_encoder = self.latent_encoder.or(self.encoder.take());
            }
            // It reads nothing, so an encoder beside it is of its training.
            Some(DeclaredKind::OneShot) => {
                self.latent_encoder = None;
                self.encoder = None;
            }
            Some(DeclaredKind::Recurrent) | None => self.latent_encoder = None,
        }
        self
    }
}

/// Precisions by the ending of a name, the one that serves best on a CPU first: int8 costs little of a model's
/// quality and is the fastest; float16 is computed as float32 there.
const PRECISIONS: [&str; 11] = [
    "int8",
    "quantized",
    "uint8",
    "q8",
    "q4",
    "int4",
    "fp16",
    "fp32",
    "",
    "q4f16",
    "bnb4",
];

/// What a graph does, by the beginning of its name; longer names first, since one begins another.
const ROLES: [(&str, Role); 7] = [
    ("decoder_model_merged", Role::Merged),
    ("decoder_with_past_model", Role::WithPast),
    ("decoder_model", Role::Decoder),
    ("encoder_model", Role::Encoder),
    ("decoder", Role::Decoder),
    ("encoder", Role::Encoder),
    ("model", Role::Whole),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Whole,
    Merged,
    WithPast,
    Decoder,
    Encoder,
}

/// Graphs of one precision by what they do.
type Set<'a> = BTreeMap<Role, &'a str>;

/// Every variant of a folder, the one to take first in front. `named` is the graph that `genai_config.json`
/// names.
///
/// # Errors
/// [`EngineError::ModelFileMissing`] without any graph, [`EngineError::ModelHalf`] for an encoder without a
/// decoder, and [`EngineError::ModelAmbiguous`] where nothing says which of several graphs it is.
pub(in crate::engine::folder) fn variants(
    root: &Path,
    names: &BTreeSet<String>,
    named: Option<&str>,
) -> Result<Vec<GraphFiles>, EngineError> {
    let mut found = Vec::new();
    let mut half = None;
    for folder in ["", "onnx/"] {
        let mut sets: BTreeMap<(usize, &str), Set<'_>> = BTreeMap::new();
        for name in names {
            if let Some((role, precision)) = parse(name, folder) {
                let place = sets.entry((place(precision, folder), precision));
                place.or_default().insert(role, name);
            }
        }
        let plain_encoder = sets
            .iter()
            .find(|((_, precision), _)| precision.is_empty())
            .and_then(|(_, set)| set.get(&Role::Encoder).copied());
        for ((_, precision), set) in &sets {
            match files(precision, folder, set, plain_encoder) {
                Some(files) => found.push(files),
                None => half = half.or_else(|| set.get(&Role::Encoder).copied()),
            }
        }
    }
    if let Some(named) = named.filter(|named| names.contains(*named)) {
        let at = found.iter().position(|files| files.decoder == named);
        let files = at.map(|at| found.remove(at));
        found.insert(0, files.unwrap_or_else(|| alone(named)));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(encoder) = half {
        return Err(EngineError::ModelHalf {
            dir: root.to_path_buf(),
            there: encoder.to_owned(),
            missing: encoder.replacen("encoder", "decoder", 1),
        });
    }
    let strangers: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| name.ends_with(".onnx"))
        .collect();
    match strangers.as_slice() {
        [] => Err(EngineError::ModelFileMissing {
            dir: root.to_path_buf(),
            file: "model.onnx".to_owned(),
        }),
        [only] => Ok(vec![alone(only)]),
        several => Err(EngineError::ModelAmbiguous {
            dir: root.to_path_buf(),
            graphs: several.iter().map(|name| (*name).to_owned()).collect(),
        }),
    }
}

/// The variants that somebody asked for: by precision, by file, or by file without its ending.
///
/// # Errors
/// [`EngineError::NoSuchVariant`] with those there are.
pub(in crate::engine::folder) fn wanted(
    root: &Path,
    names: &BTreeSet<String>,
    variants: Result<Vec<GraphFiles>, EngineError>,
    wanted: &str,
) -> Result<Vec<GraphFiles>, EngineError> {
    let is_file = |name: &str| {
        name == wanted || stem(name) == wanted || name.strip_suffix(".onnx") == Some(wanted)
    };
    let known = match variants {
        Ok(known) => known,
        // One of several files that nobody knows, said by its name.
        Err(EngineError::ModelAmbiguous { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let by_name = known
        .iter()
        .find(|files| files.variant == wanted || is_file(&files.decoder));
    let named = || {
        let mut graphs = names.iter().filter(|name| name.ends_with(".onnx"));
        graphs.find(|name| is_file(name)).map(|name| alone(name))
    };
    match by_name.cloned().or_else(named) {
        Some(files) => Ok(vec![files]),
        None => Err(EngineError::NoSuchVariant {
            dir: root.to_path_buf(),
            wanted: wanted.to_owned(),
            known: if known.is_empty() {
                let graphs = names.iter().filter(|name| name.ends_with(".onnx"));
                graphs.map(|name| stem(name).to_owned()).collect()
            } else {
                known.into_iter().map(|files| files.variant).collect()
            },
        }),
    }
}

/// Role and precision of a graph in this folder.
fn parse<'a>(name: &'a str, folder: &str) -> Option<(Role, &'a str)> {
    let name = name.strip_prefix(folder)?;
    let stem = name.strip_suffix(".onnx")?;
    if stem.contains('/') {
        return None;
    }
    ROLES.iter().find_map(|(beginning, role)| {
        let rest = stem.strip_prefix(beginning)?;
        let precision = rest.strip_prefix('_').unwrap_or(rest);
        (rest.is_empty() || precision != rest).then_some((*role, precision))
    })
}

/// Where a precision stands in the order. A graph without an ending in the folder itself is the model that its
/// exporter meant; in `onnx/` it is the one in full precision.
fn place(precision: &str, folder: &str) -> usize {
    if precision.is_empty() && folder.is_empty() {
        return 0;
    }
    let known = PRECISIONS.iter().position(|known| *known == precision);
    1 + known.unwrap_or(PRECISIONS.len())
}

fn files(
    precision: &str,
    folder: &str,
    set: &Set<'_>,
    plain_encoder: Option<&str>,
) -> Option<GraphFiles> {
    let get = |role: Role| set.get(&role).map(|name| (*name).to_owned());
    let encoder = get(Role::Encoder).or_else(|| plain_encoder.map(str::to_owned));
    let variant = match (precision, folder) {
        ("", "") => "default",
        ("", _) => "fp32",
        (precision, _) => precision,
    };
    let mut latent_encoder = None;
    let (encoder, first, decoder) = if let Some(whole) = get(Role::Whole) {
        latent_encoder = encoder;
        (None, None, whole)
    } else if let Some(merged) = get(Role::Merged) {
        (encoder, None, merged)
    } else if let Some(with_past) = get(Role::WithPast) {
        (encoder, get(Role::Decoder), with_past)
    } else {
        (encoder, None, get(Role::Decoder)?)
    };
    Some(GraphFiles {
        variant: variant.to_owned(),
        encoder,
        latent_encoder,
        first,
        decoder,
    })
}

/// A graph that no exporter's naming knows.
fn alone(name: &str) -> GraphFiles {
    GraphFiles {
        variant: stem(name).to_owned(),
        encoder: None,
        latent_encoder: None,
        first: None,
        decoder: name.to_owned(),
    }
}

fn stem(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.strip_suffix(".onnx").unwrap_or(name)
}

#[cfg(test)]
mod tests;
