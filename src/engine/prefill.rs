//! Running prompts: one at a time and in pieces, with each shared prefix computed once.
//!
//! A prompt is always cut at the same places: at the end of its shared prefix, and every
//! [`PIECE`] tokens before and after it. Matrix products of another height round differently; cut like
//! this, a prompt gives the same bits whether its prefix was still there, was kept, or had to run.
//! Pieces also bound the memory of a long prompt, and let sequences that are being written go on
//! between them.

use std::collections::VecDeque;

use super::batcher::capacity_for;
use super::error::EngineError;
use super::kv_cache::KvCache;
use super::session::{BoundCache, Decoder, Step};

/// Most tokens of a prompt that run in one step.
pub const PIECE: usize = 512;

/// Most prefixes that are kept: a night alternates between a few templates.
const MOST_KEPT: usize = 8;

/// A one-row cache for the prompt that runs, and the prefixes of others.
pub struct Prefill {
    bound: BoundCache,
    /// The shared prefix at the start of the cache.
    resident: Vec<u32>,
    /// Keys and values of prefixes, the one used last in front.
    kept: VecDeque<CachedPrefix>,
    /// Tokens that all kept prefixes may have together.
    kept_tokens: usize,
    /// Tokens of the running prompt that are in the cache.
    done: usize,
}

struct CachedPrefix {
    prefix: Vec<u32>,
    cache: KvCache,
}

/// A prompt and how many of its first tokens others share.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    tokens: &'a [u32],
    cut: usize,
}

impl<'a> Prompt<'a> {
    /// At least one token runs behind the prefix, since the logits after it are wanted.
    pub fn new(tokens: &'a [u32], prefix_len: usize) -> Self {
        let cut = if prefix_len < tokens.len() {
            prefix_len
        } else {
            0
        };
        Self { tokens, cut }
    }
}

impl Prefill {
    /// An empty cache; `kept_bytes` bounds the memory of kept prefixes.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn new(decoder: &Decoder, kept_bytes: usize) -> Result<Self, EngineError> {
        let cache = KvCache::new(decoder.shape(), 1, capacity_for(1, 0))?;
        Ok(Self {
            bound: decoder.bind(cache)?,
            resident: Vec::new(),
            kept: VecDeque::new(),
            kept_tokens: kept_bytes / decoder.shape().bytes_per_token().max(1),
            done: 0,
        })
    }

    /// The cache; its row holds the prompt that ran last.
    pub fn cache(&self) -> &KvCache {
        self.bound.cache()
    }

    /// Begins a prompt: puts its prefix into the cache where it is known.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn begin(&mut self, decoder: &Decoder, prompt: Prompt<'_>) -> Result<(), EngineError> {
        self.done = 0;
        let capacity = capacity_for(prompt.tokens.len(), self.bound.cache().capacity());
        if capacity != self.bound.cache().capacity() {
            self.resident.clear();
            self.bound = decoder.bind(KvCache::new(decoder.shape(), 1, capacity)?)?;
        }
        let prefix = &prompt.tokens[..prompt.cut];
        let kept = self.kept.iter().position(|kept| kept.prefix == prefix);
        // To the front, so that the one unused for longest is dropped first.
        let kept = kept.and_then(|at| self.kept.remove(at));
        if let Some(kept) = kept {
            if self.resident != prefix {
                self.resident.clear();
                let cache = self.bound.cache_mut();
                cache.copy_row(0, &kept.cache, 0, prefix.len())?;
                self.resident.extend_from_slice(prefix);
            }
            self.kept.push_front(kept);
        }
        if self.resident == prefix {
            self.done = prefix.len();
        } else {
            self.resident.clear();
        }
        Ok(())
    }

    /// Tokens that the next [`Prefill::advance`] runs.
    pub fn next_piece(&self, prompt: Prompt<'_>) -> usize {
        let end = if self.done < prompt.cut {
            prompt.cut
        } else {
            prompt.tokens.len()
        };
        (end - self.done).min(PIECE)
    }

    /// Runs the next piece; gives the logits after the last token once the prompt is done.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words; the prompt cannot go on then.
    pub fn advance(
        &mut self,
        decoder: &mut Decoder,
        prompt: Prompt<'_>,
    ) -> Result<Option<Vec<f32>>, EngineError> {
        let end = self.done + self.next_piece(prompt);
        if self.done < prompt.cut {
            // Until all of it is there, the cache holds no prefix.
            self.resident.clear();
        }
        let last = end == prompt.tokens.len();
        let step = Step {
            input_ids: &prompt.tokens[self.done..end],
            lengths: &[end],
        };
        let logits = decoder.run(&mut self.bound, &step, "prefill", |logits| {
            last.then(|| logits.row(0).to_vec())
        });
        if logits.is_err() {
            self.resident.clear();
        }
        let logits = logits?;
        self.done = end;
        if end == prompt.cut {
            self.resident.extend_from_slice(&prompt.tokens[..end]);
            self.keep(decoder)?;
        }
        Ok(logits)
    }

    /// Keeps a copy of the prefix in the cache, for when another template's prompt has run over it.
    fn keep(&mut self, decoder: &Decoder) -> Result<(), EngineError> {
        let length = self.resident.len();
        if length > self.kept_tokens {
            return Ok(());
        }
        let mut cache = KvCache::new(decoder.shape(), 1, length)?;
        cache.copy_row(0, self.bound.cache(), 0, length)?;
        self.kept.push_front(CachedPrefix {
            prefix: self.resident.clone(),
            cache,
        });
        let tokens =
            |kept: &VecDeque<CachedPrefix>| kept.iter().map(|k| k.prefix.len()).sum::<usize>();
        while self.kept.len() > MOST_KEPT || tokens(&self.kept) > self.kept_tokens {
            self.kept.pop_back();
        }
        Ok(())
    }
}
