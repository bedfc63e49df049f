//! One decoder graph in ONNX Runtime: what it takes and gives, and running a step of it.
//!
//! Dialect: `input_ids` int64 `[rows, columns]`, `attention_mask` int64 `[rows, total]`,
//! `past_key_values.N.key/value` float32 `[rows, kv_heads, past, head_dim]`, optionally `position_ids`;
//! out come `logits` float32 `[rows, 1 or columns, vocab]` and `present.N.key/value`. That is what
//! onnxruntime-genai's builder, transformers.js exports and our own exporter write.

use std::path::Path;

use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{IoBinding, Session};
use ort::value::{Outlet, Tensor, TensorElementType};

use super::error::EngineError;
use super::graph::{Dialect, GraphFacts};
use super::kv_cache::{KvCache, KvShape};
use super::runtime::Runtime;

/// A loaded graph.
pub struct Decoder {
    session: Session,
    shape: KvShape,
    vocab_size: usize,
    takes_positions: bool,
}

/// A cache bound to the graph as past and as present.
pub struct BoundCache {
    cache: KvCache,
    binding: IoBinding,
}

impl BoundCache {
    /// The cache.
    pub fn cache(&self) -> &KvCache {
        &self.cache
    }

    /// The cache, to move rows in.
    pub fn cache_mut(&mut self) -> &mut KvCache {
        &mut self.cache
    }
}

/// Tokens of one step: the same number for each row.
#[derive(Debug)]
pub struct Step<'a> {
    /// Row after row.
    pub input_ids: &'a [u32],
    /// For each row, tokens in its cache once this step is done.
    pub lengths: &'a [usize],
}

/// Logits of one step.
#[derive(Debug, Clone, Copy)]
pub struct Logits<'a> {
    data: &'a [f32],
    rows: usize,
    vocab_size: usize,
}

impl<'a> Logits<'a> {
    /// Logits after the last token of a row.
    pub fn row(&self, row: usize) -> &'a [f32] {
        let per_row = self.data.len() / self.rows;
        let end = (row + 1) * per_row;
        &self.data[end - self.vocab_size..end]
    }
}

impl Decoder {
    /// Loads `model.onnx` with this many threads.
    ///
    /// # Errors
    /// What [`GraphFacts::read`] finds; [`EngineError::OpsetTooNew`] and
    /// [`EngineError::ModelFileInvalid`] when ONNX Runtime refuses it, and
    /// [`EngineError::UnsupportedGraph`] when it is no decoder of this dialect.
    pub fn load(runtime: &Runtime, file: &Path, threads: usize) -> Result<Self, EngineError> {
        let invalid = |reason: String| EngineError::ModelFileInvalid {
            file: file.to_path_buf(),
            reason,
        };
        let configure = || -> Result<SessionBuilder, ort::Error> {
            let builder = Session::builder(&runtime.environment)?
                .with_optimization_level(GraphOptimizationLevel::Level3)?
                .with_intra_threads(threads)?
                // A worker that spins after a step keeps a core from drawing tokens.
                .with_config_entry("session.force_spinning_stop", "1")?
                // Patterns are kept per input shape: every new length would add one.
                .with_memory_pattern(false)?;
            Ok(builder)
        };
        let unsupported = |reason: String| EngineError::UnsupportedGraph {
            file: file.to_path_buf(),
            reason,
        };
        let facts = GraphFacts::read(file)?;
        if facts.dialect == Dialect::Decomposed {
            // Its cache grows by concatenation: it cannot be bound as past and present at once.
            let reason =
                "its attention is spelled out node by node; `GroupQueryAttention` is needed";
            return Err(unsupported(reason.to_owned()));
        }
        let session = configure()
            .map_err(|error| invalid(error.to_string()))?
            .commit_from_file(file)
            .map_err(|error| {
                let words = error.to_string();
                facts
                    .opset_too_new(file, &words)
                    .unwrap_or_else(|| invalid(words))
            })?;
        let (shape, vocab_size) = read_shape(&session).map_err(unsupported)?;
        let takes_positions = find(session.inputs(), "position_ids").is_some();
        Ok(Self {
            session,
            shape,
            vocab_size,
            takes_positions,
        })
    }

    /// Sizes of the cache this graph needs.
    pub fn shape(&self) -> KvShape {
        self.shape
    }

    /// Entries of a row of logits.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Binds a cache.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words.
    pub fn bind(&self, mut cache: KvCache) -> Result<BoundCache, EngineError> {
        let binding = self
            .binding(&mut cache)
            .map_err(|error| failed("cache", &error))?;
        Ok(BoundCache { cache, binding })
    }

    /// Gives a bound cache another size; see [`KvCache::resize`].
    ///
    /// # Errors
    /// [`EngineError::Inference`]; the cache has no rows then, until it is resized again.
    pub fn resize(
        &self,
        bound: &mut BoundCache,
        rows: usize,
        capacity: usize,
        tokens: &[usize],
    ) -> Result<(), EngineError> {
        let failed = |error: ort::Error| failed("cache", &error);
        // A binding keeps what is bound to it alive: none of the old tensors would be given back.
        bound.binding = self.session.create_binding().map_err(failed)?;
        bound.cache.resize(rows, capacity, tokens)?;
        bound.binding = self.binding(&mut bound.cache).map_err(failed)?;
        Ok(())
    }

    fn binding(&self, cache: &mut KvCache) -> Result<IoBinding, ort::Error> {
        let mut binding = self.session.create_binding()?;
        for (index, tensor) in cache.tensors_mut().iter_mut().enumerate() {
            let (layer, part) = (index / 2, ["key", "value"][index % 2]);
            binding.bind_input(format!("past_key_values.{layer}.{part}"), tensor)?;
            binding.bind_output(format!("present.{layer}.{part}"), tensor)?;
        }
        let memory = MemoryInfo::new(
            AllocationDevice::CPU,
            0,
            AllocatorType::Device,
            MemoryType::CPUOutput,
        )?;
        binding.bind_output_to_device("logits", &memory)?;
        Ok(binding)
    }

    /// Runs one step and hands its logits to `read`.
    ///
    /// More than one token a row needs a cache of one row: the stock `GroupQueryAttention` takes
    /// different pasts a row for single tokens only.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words.
    pub fn run<R>(
        &mut self,
        bound: &mut BoundCache,
        step: &Step<'_>,
        stage: &'static str,
        read: impl FnOnce(Logits<'_>) -> R,
    ) -> Result<R, EngineError> {
        let vocab_size = self.vocab_size;
        let rows = bound.cache.rows();
        let run = |session: &mut Session, binding: &mut IoBinding| -> Result<R, ort::Error> {
            let columns = step.input_ids.len() / rows;
            let ids: Vec<i64> = step.input_ids.iter().map(|id| i64::from(*id)).collect();
            binding.bind_input("input_ids", &Tensor::from_array(([rows, columns], ids))?)?;
            let total = step.lengths.iter().copied().max().unwrap_or(0);
            let mask: Vec<i64> = step
                .lengths
                .iter()
                .flat_map(|length| (0..total).map(|position| i64::from(position < *length)))
                .collect();
            binding.bind_input(
                "attention_mask",
                &Tensor::from_array(([rows, total], mask))?,
            )?;
            if self.takes_positions {
                let positions: Vec<i64> = step
                    .lengths
                    .iter()
                    .flat_map(|length| (length - columns.min(*length)..*length).map(|p| p as i64))
                    .collect();
                let tensor = Tensor::from_array(([rows, columns], positions))?;
                binding.bind_input("position_ids", &tensor)?;
            }
            let outputs = session.run_binding(binding)?;
            let (_, data) = outputs["logits"].try_extract_tensor::<f32>()?;
            Ok(read(Logits {
                data,
                rows,
                vocab_size,
            }))
        };
        run(&mut self.session, &mut bound.binding).map_err(|error| failed(stage, &error))
    }
}

fn failed(stage: &'static str, error: &ort::Error) -> EngineError {
    EngineError::Inference {
        stage,
        reason: error.to_string(),
    }
}

fn find<'a>(outlets: &'a [Outlet], name: &str) -> Option<&'a Outlet> {
    outlets.iter().find(|outlet| outlet.name() == name)
}

/// Cache sizes and vocabulary, or what is missing.
fn read_shape(session: &Session) -> Result<(KvShape, usize), String> {
    let input = |name: &str| {
        find(session.inputs(), name).ok_or_else(|| format!("it has no input `{name}`"))
    };
    let output = |name: &str| {
        find(session.outputs(), name).ok_or_else(|| format!("it has no output `{name}`"))
    };
    input("input_ids")?;
    input("attention_mask")?;
    let key = input("past_key_values.0.key")?;
    if key.dtype().tensor_type() != Some(TensorElementType::Float32) {
        return Err("`past_key_values.0.key` is not float32".to_owned());
    }
    let size = |dims: Option<&[i64]>, axis: usize, name: &str| {
        dims.and_then(|dims| dims.get(axis))
            .and_then(|size| usize::try_from(*size).ok())
            .filter(|size| *size > 0)
            .ok_or_else(|| format!("`{name}` does not say its size on axis {axis}"))
    };
    let dims = key.dtype().tensor_shape().map(|shape| &**shape);
    let kv_heads = size(dims, 1, "past_key_values.0.key")?;
    let head_dim = size(dims, 3, "past_key_values.0.key")?;
    let layers = (0..)
        .take_while(|layer| {
            find(session.inputs(), &format!("past_key_values.{layer}.key")).is_some()
        })
        .count();
    for layer in 0..layers {
        for part in ["key", "value"] {
            input(&format!("past_key_values.{layer}.{part}"))?;
            output(&format!("present.{layer}.{part}"))?;
        }
    }
    let known = ["input_ids", "attention_mask", "position_ids"];
    let stranger = session.inputs().iter().find(|outlet| {
        !known.contains(&outlet.name()) && !outlet.name().starts_with("past_key_values.")
    });
    if let Some(stranger) = stranger {
        return Err(format!("it wants an unknown input `{}`", stranger.name()));
    }
    let logits = output("logits")?.dtype().tensor_shape();
    let vocab_size = size(logits.map(|shape| &**shape), 2, "logits")?;
    let shape = KvShape {
        layers,
        kv_heads,
        head_dim,
    };
    Ok((shape, vocab_size))
}
