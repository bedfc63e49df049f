//! Measuring a model: how fast its steps are, and how near it is to another one.
//!
//! It drives the graph directly, without batcher and sampler, so that a figure is of the model and the
//! machine and not of what else was asked.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::decoder::{self, Cache, CacheKind, Decoder, Handling, Step, failed};
use super::error::EngineError;
use super::folder::ModelFolder;
use super::runtime;
use super::tokenizer::Tokenizer;

/// Prose from the CIA World Factbook (public domain), a passage a line, about 800 tokens together.
const PASSAGES: &str = include_str!("passages.txt");

/// Tokens of the prompt that is timed, and rows that are.
const PROMPT: usize = 256;
const ROWS: [usize; 3] = [1, 8, 32];
/// Tokens in the cache when decoding is timed, and steps that are.
const CONTEXT: usize = 128;
const STEPS: usize = 16;

/// A loaded graph to be measured.
pub struct ModelBenchmark {
    folder: ModelFolder,
    tokenizer: Tokenizer,
    decoder: Decoder,
}

/// How fast a model is here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Speed {
    /// Tokens a second of a prompt of 256 tokens.
    pub prefill_tok_s: f64,
    /// Tokens a second of all rows together, by rows, with 128 tokens in the cache.
    pub decode: Vec<Decoding>,
}

/// Speed of decoding so many sequences together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decoding {
    /// Sequences.
    pub rows: usize,
    /// Tokens a second of all of them.
    pub tok_s: f64,
}

/// How near a model is to its reference on the same text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Positions compared.
    pub tokens: usize,
    /// Mean over positions of `KL(p_ref ‖ p) = Σ p_ref · (ln p_ref − ln p)`, in nats.
    pub kl: f64,
    /// Share of positions whose likeliest token is the same.
    pub top_1: f64,
    /// `exp` of the mean of `−ln p(next token)`.
    pub perplexity: f64,
    /// Perplexity of the reference on the same text.
    pub reference_perplexity: f64,
}

impl std::fmt::Debug for ModelBenchmark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelBenchmark")
            .field("model", &self.folder.name)
            .finish_non_exhaustive()
    }
}

impl ModelBenchmark {
    /// Loads a model folder's graph and tokenizer; its states are kept as `cache` says, else as is fastest.
    ///
    /// # Errors
    /// Any of [`EngineError`]'s variants about the runtime and the model; [`EngineError::InvalidParameter`] where the
    /// graph's states cannot be kept so.
    pub fn load(
        runtime_library: &Path,
        folder: ModelFolder,
        threads: usize,
        cache: Option<CacheKind>,
    ) -> Result<Self, EngineError> {
        let tokenizer = Tokenizer::from_file(&folder.tokenizer())?;
        let runtime = runtime::load(runtime_library)?;
        let decoder = match cache {
            Some(kind) => decoder::load_keeping(&runtime, &folder, threads, kind),
            None => decoder::load(&runtime, &folder, threads, None),
        }?;
        Ok(Self {
            folder,
            tokenizer,
            decoder,
        })
    }

    /// How its states are kept, and what holds then.
    pub fn handling(&self) -> Handling {
        self.decoder.handling()
    }

    /// Bytes that one more token of a sequence takes.
    pub fn bytes_per_token(&self) -> usize {
        self.decoder.bytes_per_token()
    }

    /// Bytes that a sequence takes however short it is.
    pub fn bytes_per_sequence(&self) -> usize {
        self.decoder.bytes_per_sequence()
    }

    /// Times a prompt and decoding; `told` hears what is being timed.
    ///
    /// # Errors
    /// [`EngineError::Inference`].
    pub fn speed(&mut self, told: &mut dyn FnMut(String)) -> Result<Speed, EngineError> {
        let text: Vec<u32> = self.passages().concat();
        let limit = self
            .folder
            .configuration
            .context_limit
            .unwrap_or(usize::MAX);
        let length = PROMPT.min(limit).min(text.len());
        told(format!("a prompt of {length} tokens"));
        // The first run allocates what the others use again.
        let mut seconds = f64::INFINITY;
        for _ in 0..3 {
            let started = Instant::now();
            self.begun(&text[..length])?;
            seconds = seconds.min(started.elapsed().as_secs_f64());
        }
        let mut decode = Vec::new();
        let context = CONTEXT.min(limit.saturating_sub(STEPS + 2)).min(text.len());
        for rows in ROWS {
            told(format!("{rows} rows"));
            let (prompt, begun) = self.begun(&text[..context])?;
            // Lengths differ as they do at night: equal ones take a faster way through attention.
            let before = |row: usize| begun.saturating_sub(row).max(1);
            let mut cache = self.decoder.cache(rows, context + STEPS + 2)?;
            for row in 0..rows {
                cache
                    .copy_row(row, &prompt, 0, before(row))
                    .map_err(failed("cache"))?;
            }
            let input_ids: Vec<u32> = text.iter().cycle().take(rows).copied().collect();
            let mut started = Instant::now();
            for step in 0..STEPS + 1 {
                if step == 1 {
                    started = Instant::now();
                }
                let lengths: Vec<usize> = (0..rows).map(|row| before(row) + step + 1).collect();
                let step = Step {
                    input_ids: &input_ids,
                    lengths: &lengths,
                    live: rows,
                };
                self.decoder.run(&mut cache, &step, "decode", |_| ())?;
            }
            let tok_s = (rows * STEPS) as f64 / started.elapsed().as_secs_f64();
            decode.push(Decoding { rows, tok_s });
        }
        Ok(Speed {
            prefill_tok_s: length as f64 / seconds,
            decode,
        })
    }

    /// A prompt that has run, and the tokens that the decoder has behind it.
    fn begun(&mut self, prompt: &[u32]) -> Result<(Cache, usize), EngineError> {
        let mut cache = self.decoder.cache(1, prompt.len())?;
        let start = self.folder.configuration.answer.start.unwrap_or_default();
        let has_encoder = self.decoder.has_encoder();
        self.decoder.encode(&mut cache, prompt)?;
        let input_ids = if has_encoder { &[start][..] } else { prompt };
        let step = Step {
            input_ids,
            lengths: &[input_ids.len()],
            live: 1,
        };
        self.decoder.run(&mut cache, &step, "prefill", |_| ())?;
        Ok((cache, input_ids.len()))
    }

    /// Feeds the same prose to both models, a passage a row, and compares every next-token distribution.
    ///
    /// # Errors
    /// [`EngineError::InvalidParameter`] when the two have different vocabularies, or
    /// [`EngineError::Inference`].
    pub fn compare(
        &mut self,
        reference: &mut Self,
        told: &mut dyn FnMut(usize, usize),
    ) -> Result<Quality, EngineError> {
        if self.decoder.has_encoder() {
            return Err(EngineError::InvalidParameter {
                key: "reference",
                expected: "for a model that writes on from its prompt",
                given: "one with an encoder".to_owned(),
            });
        }
        let passages = self.passages();
        let sizes = (self.decoder.vocab_size(), reference.decoder.vocab_size());
        if passages != reference.passages() || sizes.0 != sizes.1 {
            return Err(EngineError::InvalidParameter {
                key: "reference",
                expected: "a model with the same vocabulary",
                given: format!("{} and {} tokens", sizes.0, sizes.1),
            });
        }
        let longest = passages.iter().map(Vec::len).max().unwrap_or(0);
        let rows = passages.len();
        let mut own_cache = self.decoder.cache(rows, longest)?;
        let mut reference_cache = reference.decoder.cache(rows, longest)?;
        let mut sum = Sums::default();
        for position in 0..longest {
            told(position, longest);
            // A row whose passage has ended runs a token nobody reads.
            let at = |passage: &Vec<u32>| passage.get(position).copied().unwrap_or(0);
            let input_ids: Vec<u32> = passages.iter().map(at).collect();
            let lengths: Vec<usize> = passages
                .iter()
                .map(|passage| {
                    if position < passage.len() {
                        position + 1
                    } else {
                        1
                    }
                })
                .collect();
            let step = Step {
                input_ids: &input_ids,
                lengths: &lengths,
                live: rows,
            };
            let wanted =
                reference
                    .decoder
                    .run(&mut reference_cache, &step, "decode", |logits| {
                        (0..rows)
                            .map(|row| logits.row(row).to_vec())
                            .collect::<Vec<_>>()
                    })?;
            self.decoder
                .run(&mut own_cache, &step, "decode", |logits| {
                    for (row, passage) in passages.iter().enumerate() {
                        if position < passage.len() {
                            sum.add(
                                &wanted[row],
                                logits.row(row),
                                passage.get(position + 1).copied(),
                            );
                        }
                    }
                })?;
        }
        Ok(sum.quality())
    }

    fn passages(&self) -> Vec<Vec<u32>> {
        let limit = self
            .folder
            .configuration
            .context_limit
            .unwrap_or(usize::MAX);
        PASSAGES
            .lines()
            .map(|line| {
                let mut tokens = self.tokenizer.encode(line);
                tokens.truncate(limit);
                tokens
            })
            .filter(|tokens| !tokens.is_empty())
            .collect()
    }
}

/// Sums over positions.
#[derive(Debug, Default)]
struct Sums {
    positions: usize,
    predicted: usize,
    same: usize,
    kl: f64,
    surprise: f64,
    reference_surprise: f64,
}

impl Sums {
    fn add(&mut self, reference: &[f32], own: &[f32], next: Option<u32>) {
        let (reference, own) = (log_softmax(reference), log_softmax(own));
        let pairs = reference.iter().zip(&own);
        self.kl += pairs
            .filter(|(p, _)| p.is_finite())
            .map(|(p, q)| p.exp() * (p - q))
            .sum::<f64>();
        self.same += usize::from(likeliest(&reference) == likeliest(&own));
        self.positions += 1;
        if let Some(next) = next {
            self.predicted += 1;
            self.surprise -= own[next as usize];
            self.reference_surprise -= reference[next as usize];
        }
    }

    fn quality(&self) -> Quality {
        let positions = self.positions.max(1) as f64;
        let predicted = self.predicted.max(1) as f64;
        Quality {
            tokens: self.positions,
            kl: self.kl / positions,
            top_1: self.same as f64 / positions,
            perplexity: (self.surprise / predicted).exp(),
            reference_perplexity: (self.reference_surprise / predicted).exp(),
        }
    }
}

fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shifted: Vec<f64> = logits
        .iter()
        .map(|l| f64::from(*l) - f64::from(max))
        .collect();
    let sum: f64 = shifted.iter().map(|value| value.exp()).sum();
    shifted.into_iter().map(|value| value - sum.ln()).collect()
}

fn likeliest(values: &[f64]) -> Option<usize> {
    let best = values
        .iter()
        .enumerate()
        .rev()
        .max_by(|a, b| a.1.total_cmp(b.1));
    best.map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divergence_is_that_of_the_definition() {
        // p = (1/2, 1/2), q = (3/4, 1/4): ½ ln(2/3) + ½ ln 2 = 0.143841; the next token is 1.
        let mut sum = Sums::default();
        sum.add(&[0.0, 0.0], &[3f32.ln(), 0.0], Some(1));
        let quality = sum.quality();
        assert!((quality.kl - 0.143_841).abs() < 1e-6, "{quality:?}");
        assert!((quality.perplexity - 4.0).abs() < 1e-6, "{quality:?}");
        assert_eq!((quality.top_1, quality.tokens), (1.0, 1));
        sum.add(&[0.0, 1.0], &[1.0, 0.0], None);
        assert_eq!(sum.quality().top_1, 0.5);
        let mut same = Sums::default();
        same.add(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], None);
        assert_eq!(same.quality().kl, 0.0);
    }
}
