//! Running prompts: one at a time and in pieces, with each shared prefix computed once.
//!
//! A prompt is always cut at the same places: at the end of its shared prefix, and every
//! [`PIECE`] tokens before and after it. Matrix products of another height round differently; cut like
//! this, a prompt gives the same bits whether its prefix was still there, was kept, or had to run.
//! Pieces also bound the memory of a long prompt, and let sequences that are being written go on
//! between them.

use std::collections::VecDeque;

use super::batcher::capacity_for;
use super::decoder::{Cache, Decoder, Step, failed};
use super::error::EngineError;

/// Most tokens of a prompt that run in one step.
pub const PIECE: usize = 512;

/// Most prefixes that are kept: a night alternates between a few templates.
const MOST_KEPT: usize = 8;

/// A one-row cache for the prompt that runs, and the prefixes of others.
pub struct Prefill {
    cache: Cache,
    /// The shared prefix at the start of the cache.
    resident: Vec<u32>,
    /// Keys and values of prefixes, the one used last in front.
    kept: VecDeque<CachedPrefix>,
    /// Tokens that all kept prefixes may have together.
    kept_tokens: usize,
    /// Tokens of the running prompt that are in the cache.
    done: usize,
    /// What the answer begins with where an encoder reads the prompt.
    answer: Vec<u32>,
    /// Whether a prompt may be cut.
    pieces: bool,
    /// Whether prompts that begin alike give the same numbers for their beginning.
    shares: bool,
}

struct CachedPrefix {
    prefix: Vec<u32>,
    cache: Cache,
}

/// A prompt and how many of its first tokens others share.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    tokens: &'a [u32],
    cut: usize,
}

impl Prefill {
    /// An empty cache; `kept_bytes` bounds the memory of kept prefixes, `answer` is what an answer begins with where
    /// an encoder reads the prompt.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn new(
        decoder: &Decoder,
        kept_bytes: usize,
        answer: Vec<u32>,
    ) -> Result<Self, EngineError> {
        let a_token = decoder.bytes_per_token().max(1);
        Ok(Self {
            cache: decoder.cache(1, capacity_for(1, 0))?,
            resident: Vec::new(),
            kept: VecDeque::new(),
            kept_tokens: kept_bytes / a_token,
            done: 0,
            pieces: decoder.handling().pieces && !decoder.has_encoder(),
            shares: decoder.latent_size().is_none(),
            answer,
        })
    }

    /// The cache; its row holds the prompt that ran last.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// A prompt that shares its first tokens with others.
    pub fn prompt<'a>(&self, tokens: &'a [u32], prefix_len: usize) -> Prompt<'a> {
        // At least one token runs behind the prefix, since the logits after it are wanted.
        let is_cut = self.pieces && self.shares && prefix_len < tokens.len();
        Prompt {
            tokens,
            cut: if is_cut { prefix_len } else { 0 },
        }
    }

    /// Tokens that the decoder has behind it once a prompt has run.
    pub fn tokens_behind(&self, decoder: &Decoder, prompt: &[u32]) -> usize {
        if decoder.has_encoder() {
            self.answer.len()
        } else {
            prompt.len()
        }
    }

    /// Begins a prompt: puts its prefix into the cache where it is known, and the latent vector of its text.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn begin(
        &mut self,
        decoder: &Decoder,
        prompt: Prompt<'_>,
        latent: Option<&[f32]>,
    ) -> Result<(), EngineError> {
        self.done = 0;
        let now = self.cache.capacity().unwrap_or(0);
        let capacity = capacity_for(prompt.tokens.len(), now).max(decoder.least_capacity());
        // What cannot go back to its prefix begins anew; it takes what memory it needs.
        if capacity != now || !self.cache.can_go_back() {
            self.resident.clear();
            self.cache = decoder.cache(1, capacity)?;
        }
        let prefix = &prompt.tokens[..prompt.cut];
        let kept = self.kept.iter().position(|kept| kept.prefix == prefix);
        // To the front, so that the one unused for longest is dropped first.
        let kept = kept.and_then(|at| self.kept.remove(at));
        if let Some(kept) = kept {
            if self.resident != prefix {
                self.resident.clear();
                self.cache
                    .copy_row(0, &kept.cache, 0, prefix.len())
                    .map_err(failed("cache"))?;
                self.resident.extend_from_slice(prefix);
            }
            self.kept.push_front(kept);
        }
        if self.resident == prefix {
            self.done = prefix.len();
        } else {
            self.resident.clear();
        }
        match latent {
            Some(latent) => decoder.set_latent(&mut self.cache, latent),
            None => Ok(()),
        }
    }

    /// Tokens that the next [`Prefill::advance`] runs.
    pub fn next_piece(&self, prompt: Prompt<'_>) -> usize {
        let end = if self.done < prompt.cut {
            prompt.cut
        } else {
            prompt.tokens.len()
        };
        let rest = end - self.done;
        if self.pieces { rest.min(PIECE) } else { rest }
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
        if decoder.has_encoder() {
            return self.begin_answer(decoder, prompt).map(Some);
        }
        let end = self.done + self.next_piece(prompt);
        if self.done < prompt.cut {
            // Until all of it is there, the cache holds no prefix.
            self.resident.clear();
        }
        let last = end == prompt.tokens.len();
        let step = Step {
            input_ids: &prompt.tokens[self.done..end],
            lengths: &[end],
            live: 1,
        };
        let logits = decoder.run(&mut self.cache, &step, "prefill", |logits| {
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

    /// Has the encoder read the prompt, and the decoder what the answer begins with.
    fn begin_answer(
        &mut self,
        decoder: &mut Decoder,
        prompt: Prompt<'_>,
    ) -> Result<Vec<f32>, EngineError> {
        decoder.encode(&mut self.cache, prompt.tokens)?;
        let step = Step {
            input_ids: &self.answer,
            lengths: &[self.answer.len()],
            live: 1,
        };
        self.done = prompt.tokens.len();
        decoder.run(&mut self.cache, &step, "prefill", |logits| {
            logits.row(0).to_vec()
        })
    }

    /// Keeps a copy of the prefix in the cache, for when another template's prompt has run over it.
    fn keep(&mut self, decoder: &Decoder) -> Result<(), EngineError> {
        let length = self.resident.len();
        // Room that a prefix takes, however short it is.
        let least = decoder.least_capacity();
        if length.max(least) > self.kept_tokens {
            return Ok(());
        }
        let mut cache = decoder.cache(1, length)?;
        cache
            .copy_row(0, &self.cache, 0, length)
            .map_err(failed("cache"))?;
        self.kept.push_front(CachedPrefix {
            prefix: self.resident.clone(),
            cache,
        });
        let tokens = |kept: &VecDeque<CachedPrefix>| {
            kept.iter()
                .map(|k| k.prefix.len().max(least))
                .sum::<usize>()
        };
        while self.kept.len() > MOST_KEPT || tokens(&self.kept) > self.kept_tokens {
            self.kept.pop_back();
        }
        Ok(())
    }
}
