//! What a graph is, read from its file: opsets, operators, inputs, outputs, dialect, size.
//!
//! It answers before ONNX Runtime is asked, so that a graph it would refuse is told in words that say
//! which opset, operator or file is at fault.

mod onnx;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use prost::Message;
use serde::Serialize;

use super::error::EngineError;
use crate::domain::words::words;
use crate::files;

/// Most bytes of a graph: protobuf has no larger ones (2 GiB).
const MOST_GRAPH: u64 = 2 << 30;

/// Domains whose operators ONNX Runtime has; the empty one is `ai.onnx`.
const KNOWN_DOMAINS: [&str; 4] = [
    "ai.onnx",
    "ai.onnx.ml",
    "com.microsoft",
    "com.microsoft.nchwc",
];

/// A graph in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphFacts {
    /// Version of the file format.
    pub ir_version: i64,
    /// Program that wrote it.
    pub producer: String,
    /// Version of each domain of operators.
    pub opsets: BTreeMap<String, i64>,
    /// How attention is written.
    pub dialect: Dialect,
    /// Such as `int8`, from the linears.
    pub precision: String,
    /// Numbers that the initializers hold, those of quantised matrices counted once each.
    pub parameters: u64,
    /// Bytes of weights outside of the graph's file.
    pub external_bytes: u64,
    /// The files they lie in, relative to the graph's folder.
    pub external_files: Vec<String>,
    /// Nodes by operator.
    pub operators: BTreeMap<String, usize>,
    /// Tokens for which fused attention that keeps no more than its window wants room; none where it keeps all.
    pub attention_window: Option<usize>,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
}

words! {
    /// How attention is written; what that means for a model's cache is measured, not read from here.
    Dialect {
        /// One `GroupQueryAttention` a layer, as onnxruntime-genai and transformers.js write it.
        GqaFused = "gqa-fused";
        /// Products and softmax spelled out, as optimum writes it.
        Decomposed = "decomposed";
        /// Something else.
        Unknown = "unknown";
    }
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Element type, such as `float32`.
    pub element: String,
    /// Sizes or names of its axes.
    pub shape: Vec<String>,
}

impl GraphFacts {
    /// Reads a graph and checks what ONNX Runtime could only say worse.
    ///
    /// # Errors
    /// [`EngineError::NotOnnx`], [`EngineError::UnknownOperator`],
    /// [`EngineError::ModelFileMissing`] and [`EngineError::ModelFileDamaged`] for weights beside it.
    pub fn read(file: &Path) -> Result<Self, EngineError> {
        let not_onnx = |reason: String| EngineError::NotOnnx {
            file: file.to_path_buf(),
            reason,
        };
        let bytes =
            files::read(file, MOST_GRAPH).map_err(|fault| EngineError::ModelFileInvalid {
                file: file.to_path_buf(),
                reason: fault.to_string(),
            })?;
        let model = onnx::Model::decode(bytes.as_slice()).map_err(|_| {
            not_onnx("its bytes are not those of a graph, or it is cut off".to_owned())
        })?;
        drop(bytes);
        let graph = model
            .graph
            .as_ref()
            .filter(|graph| !graph.nodes.is_empty())
            .ok_or_else(|| not_onnx("it holds no graph".to_owned()))?;
        check_operators(file, &model, graph)?;
        let (external_bytes, external_files) = check_external(file, &model)?;
        let mut operators = BTreeMap::new();
        for node in graph.all_nodes() {
            *operators.entry(node.op.clone()).or_insert(0) += 1;
        }
        let opsets = model
            .opsets
            .iter()
            .map(|opset| (domain(&opset.domain).to_owned(), opset.version));
        Ok(Self {
            ir_version: model.ir_version,
            producer: model.producer.clone(),
            opsets: opsets.collect(),
            dialect: dialect(&operators),
            precision: precision(graph),
            parameters: parameters(graph),
            external_bytes,
            external_files,
            operators,
            attention_window: attention_window(graph),
            inputs: inputs(graph),
            outputs: graph.outputs.iter().map(port).collect(),
        })
    }
}

impl GraphFacts {
    /// Finds in ONNX Runtime's refusal that the graph's opset is newer than what it knows: "Current
    /// official support for domain ai.onnx is till opset 25."
    pub(super) fn opset_too_new(&self, file: &Path, words: &str) -> Option<EngineError> {
        let (_, rest) = words.split_once("official support for domain ")?;
        let (domain, rest) = rest.split_once(" is till opset ")?;
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        Some(EngineError::OpsetTooNew {
            file: file.to_path_buf(),
            given: *self.opsets.get(domain)?,
            known: rest[..digits].parse().ok()?,
            domain: domain.to_owned(),
        })
    }
}

fn domain(name: &str) -> &str {
    if name.is_empty() { "ai.onnx" } else { name }
}

/// Refuses an operator that neither ONNX Runtime nor the file itself defines.
fn check_operators(
    file: &Path,
    model: &onnx::Model,
    graph: &onnx::Graph,
) -> Result<(), EngineError> {
    let stranger = graph.all_nodes().into_iter().find(|node| {
        let own = |function: &onnx::Function| {
            function.name == node.op && domain(&function.domain) == domain(&node.domain)
        };
        !KNOWN_DOMAINS.contains(&domain(&node.domain)) && !model.functions.iter().any(own)
    });
    match stranger {
        None => Ok(()),
        Some(node) => Err(EngineError::UnknownOperator {
            file: file.to_path_buf(),
            operator: format!("{}::{}", domain(&node.domain), node.op),
            node: node.name.clone(),
        }),
    }
}

/// Refuses weights that are missing, end too early or lie outside of the folder; gives their bytes and files.
fn check_external(file: &Path, model: &onnx::Model) -> Result<(u64, Vec<String>), EngineError> {
    let dir = file.parent().unwrap_or(Path::new(""));
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    let mut places = BTreeSet::new();
    let mut sum = 0;
    for tensor in model.all_tensors() {
        let value = |key: &str| {
            let entry = tensor.external.iter().find(|entry| entry.key == key);
            entry.map(|entry| entry.value.as_str())
        };
        let Some(location) = value("location") else {
            continue;
        };
        let number = |key: &str| value(key).and_then(|text| text.parse::<u64>().ok());
        let length = number("length").unwrap_or(0);
        let end = ends.entry(location).or_default();
        *end = (*end).max(number("offset").unwrap_or(0).saturating_add(length));
        // A tied head lies where the embedding does.
        if places.insert((location, value("offset"))) {
            sum += length;
        }
    }
    let files = ends.keys().map(|name| (*name).to_owned()).collect();
    for (name, end) in ends {
        // The format allows relative paths only, and what lies outside would not be part of the model.
        let outside =
            |part: Component<'_>| !matches!(part, Component::Normal(_) | Component::CurDir);
        if Path::new(name).components().any(outside) {
            return Err(EngineError::ModelFileInvalid {
                file: file.to_path_buf(),
                reason: format!("its weights lie outside of its folder, in `{name}`"),
            });
        }
        let beside = dir.join(name);
        let found = std::fs::metadata(&beside).map_err(|_| EngineError::ModelFileMissing {
            dir: dir.to_path_buf(),
            file: name.to_owned(),
        })?;
        if found.len() < end {
            return Err(EngineError::ModelFileDamaged {
                file: beside,
                expected: format!("at least {end} bytes"),
                found: format!("{} bytes", found.len()),
            });
        }
    }
    Ok((sum, files))
}

/// The widest `local_window_size` of nodes with `sliding_window_cache`, whose kernel refuses a smaller cache; −1 is
/// the operator's word for none.
fn attention_window(graph: &onnx::Graph) -> Option<usize> {
    let value = |node: &onnx::Node, name: &str| {
        let found = node.attributes.iter().find(|a| a.name == name);
        found.map_or(-1, |attribute| attribute.int)
    };
    let nodes = graph.nodes.iter();
    let kept = nodes.filter(|node| value(node, "sliding_window_cache") == 1);
    kept.filter_map(|node| usize::try_from(value(node, "local_window_size")).ok())
        .max()
}

fn dialect(operators: &BTreeMap<String, usize>) -> Dialect {
    if operators.contains_key("GroupQueryAttention") {
        Dialect::GqaFused
    } else if operators.contains_key("Softmax") {
        Dialect::Decomposed
    } else {
        Dialect::Unknown
    }
}

/// Bits of most quantised linears, else the type of the largest initializer.
fn precision(graph: &onnx::Graph) -> String {
    let mut bits: BTreeMap<i64, usize> = BTreeMap::new();
    let nodes = graph.all_nodes().into_iter();
    for node in nodes.filter(|node| node.op == "MatMulNBits") {
        // 4 is the operator's own default.
        let given = node.attributes.iter().find(|a| a.name == "bits");
        *bits.entry(given.map_or(4, |bits| bits.int)).or_default() += 1;
    }
    if let Some((bits, _)) = bits.into_iter().max_by_key(|(_, count)| *count) {
        return format!("int{bits}");
    }
    let tensors = graph.all_tensors().into_iter();
    let largest = tensors.max_by_key(|tensor| size(tensor));
    largest.map_or_else(
        || "unknown".to_owned(),
        |tensor| element(tensor.data_type).to_owned(),
    )
}

fn size(tensor: &onnx::Tensor) -> u64 {
    let dims = tensor.dims.iter();
    dims.map(|dim| u64::try_from(*dim).unwrap_or(0)).product()
}

/// Matrices count `K · N`, whatever their packing; scales, zero points and rotary tables do not count,
/// and what two nodes share counts once.
fn parameters(graph: &onnx::Graph) -> u64 {
    let mut packed: BTreeMap<&str, u64> = BTreeMap::new();
    let mut besides: Vec<&str> = Vec::new();
    let mut places = BTreeSet::new();
    for node in &graph.nodes {
        let int = |name: &str| {
            let found = node.attributes.iter().find(|a| a.name == name);
            found.and_then(|a| u64::try_from(a.int).ok()).unwrap_or(0)
        };
        let inputs: Vec<&str> = node.inputs.iter().map(String::as_str).collect();
        match (node.op.as_str(), inputs.as_slice()) {
            ("MatMulNBits", [_, weight, rest @ ..]) => {
                packed.insert(weight, int("K") * int("N"));
                besides.extend(rest);
            }
            ("GatherBlockQuantized", [_, _, rest @ ..]) => besides.extend(rest),
            ("GroupQueryAttention", inputs) => besides.extend(inputs.iter().skip(7)),
            _ => {}
        }
    }
    let mut sum = 0;
    for tensor in &graph.initializers {
        let name = tensor.name.as_str();
        if besides.contains(&name) || tensor.data_type == 7 {
            continue;
        }
        let entry = |key: &str| {
            let found = tensor.external.iter().find(|entry| entry.key == key);
            found.map_or("", |entry| entry.value.as_str())
        };
        let place = (entry("location"), entry("offset"));
        if place.0.is_empty() || places.insert(place) {
            sum += packed.get(name).copied().unwrap_or_else(|| size(tensor));
        }
    }
    sum
}

/// What goes in; before version 4 of the format, weights were listed as inputs too.
fn inputs(graph: &onnx::Graph) -> Vec<Port> {
    let weights: BTreeSet<&str> = graph
        .initializers
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect();
    let inputs = graph.inputs.iter();
    let inputs = inputs.filter(|input| !weights.contains(input.name.as_str()));
    inputs.map(port).collect()
}

fn port(info: &onnx::ValueInfo) -> Port {
    let tensor = info.of.as_ref().and_then(|of| of.tensor.as_ref());
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    let axis = |dim: &onnx::Dim| match (&dim.value, &dim.name) {
        (Some(value), _) => value.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => "?".to_owned(),
    };
    Port {
        name: info.name.clone(),
        element: element(tensor.map_or(0, |tensor| tensor.element)).to_owned(),
        shape: shape.map_or_else(Vec::new, |shape| shape.dims.iter().map(axis).collect()),
    }
}

/// `TensorProto.DataType` in words.
fn element(data_type: i32) -> &'static str {
    match data_type {
        1 => "float32",
        2 => "uint8",
        3 => "int8",
        6 => "int32",
        7 => "int64",
        9 => "bool",
        10 => "float16",
        11 => "float64",
        16 => "bfloat16",
        17..=20 | 24 => "float8",
        21 | 22 => "int4",
        _ => "unknown",
    }
}
