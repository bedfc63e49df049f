//! Running prompts: one at a time, with the shared prefix computed once.
//!
//! Prefix and rest always run as two steps cut at the same place, whether the prefix is still in the
//! cache or not. Matrix products of another height round differently; this way a prompt gives the
//! same bits on a hit and on a miss.

use super::error::EngineError;
use super::kv_cache::KvCache;
use super::session::{BoundCache, Decoder, Step};

/// A one-row cache that keeps the last prompt.
pub struct Prefill {
    bound: BoundCache,
    /// Tokens whose keys and values are in the cache.
    resident: Vec<u32>,
}

impl Prefill {
    /// An empty cache for prompts of up to `capacity` tokens.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn new(decoder: &Decoder, capacity: usize) -> Result<Self, EngineError> {
        let cache = KvCache::new(decoder.shape(), 1, capacity)?;
        Ok(Self {
            bound: decoder.bind(cache)?,
            resident: Vec::new(),
        })
    }

    /// Tokens a prompt may have.
    pub fn capacity(&self) -> usize {
        self.bound.cache().capacity()
    }

    /// The cache; its row holds the prompt that ran last.
    pub fn cache(&self) -> &KvCache {
        self.bound.cache()
    }

    /// Runs a prompt and gives the logits after its last token.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words; the cache is then empty.
    pub fn run(
        &mut self,
        decoder: &mut Decoder,
        prompt: &[u32],
        prefix_len: usize,
    ) -> Result<Vec<f32>, EngineError> {
        // At least one token runs, since the logits after it are wanted.
        let cut = if prefix_len < prompt.len() {
            prefix_len
        } else {
            0
        };
        let (prefix, rest) = prompt.split_at(cut);
        if !self.resident.starts_with(prefix) {
            self.resident.clear();
            self.step(decoder, prefix, prefix.len())?;
        }
        self.resident.clear();
        let logits = self.step(decoder, rest, prompt.len())?;
        self.resident.extend_from_slice(prompt);
        Ok(logits)
    }

    fn step(
        &mut self,
        decoder: &mut Decoder,
        input_ids: &[u32],
        length: usize,
    ) -> Result<Vec<f32>, EngineError> {
        let step = Step {
            input_ids,
            lengths: &[length],
        };
        decoder.run(&mut self.bound, &step, "prefill", |logits| {
            logits.row(0).to_vec()
        })
    }
}
