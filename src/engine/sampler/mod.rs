//! Logits to token: greedy or drawn, with a random number that depends on nothing but its key.
//!
//! Order, fixed and that of transformers: logit bias, repetition penalty, frequency and presence
//! penalty, no-repeat n-gram, masks (banned words, end tokens before `min_tokens`); then temperature,
//! top-k, top-p, min-p, typical; then the draw. Log-probabilities are of the raw distribution, before
//! any of them. docs/GENERATION.md has the formulas.

mod banned;
mod fold;
mod input;
mod key;
mod params;
mod shape;
mod truncate;
mod vocabulary;

pub use banned::{BannedWords, Completions, TextWindow};
pub use input::SampleInput;
pub use key::DrawKey;
pub use params::SamplingParams;
pub use vocabulary::Vocabulary;

use super::error::EngineError;

/// Draws of one token before the item is given up: each one was refused by the text it gave.
const MOST_DRAWS: u32 = 256;

/// A drawn token.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Its id.
    pub token: u32,
    /// Natural logarithm of its probability in the raw distribution.
    pub logprob: f32,
    /// Where `top_logprobs` asks for them.
    pub top: Option<TopLogprobs>,
}

/// The raw distribution of one position in short.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TopLogprobs {
    /// The likeliest tokens and the natural logarithms of their probabilities, likeliest first.
    pub tokens: Vec<(u32, f32)>,
    /// Entropy in nats.
    pub entropy: f32,
}

/// Draws tokens; holds scratch memory so that a step allocates next to nothing.
#[derive(Debug, Default)]
pub struct Sampler {
    shaped: Vec<f32>,
    nucleus: Vec<(u32, f64)>,
}

impl Sampler {
    /// Draws the next token from `logits` (one value a vocabulary entry).
    ///
    /// `accepts` reads the text that a token would give. A refused token is masked and the draw made
    /// again with a random number of its own, which draws from the distribution without it.
    ///
    /// # Errors
    /// [`EngineError::BadLogits`] when the logits hold no usable distribution,
    /// [`EngineError::NothingAllowed`] when the parameters leave no token.
    pub fn sample(
        &mut self,
        logits: &[f32],
        input: &SampleInput<'_>,
        mut accepts: impl FnMut(u32) -> bool,
    ) -> Result<Sampled, EngineError> {
        let position = input.output.len();
        let raw_max = largest(logits).map_err(|what| EngineError::BadLogits { position, what })?;
        let sum: f64 = logits
            .iter()
            .map(|logit| f64::from((logit - raw_max).exp()))
            .sum();
        let logprob = |logit: f32| (f64::from(logit - raw_max) - sum.ln()) as f32;
        let wanted = input.params.top_logprobs as usize;
        let sampled = |token: u32| Sampled {
            token,
            logprob: logprob(logits[token as usize]),
            top: (wanted > 0).then(|| top(logits, wanted, logprob)),
        };
        if let Some(forced) = input
            .forced
            .filter(|token| (*token as usize) < logits.len())
        {
            return Ok(sampled(forced));
        }
        let mut shaped = shape::wanted(input);
        if shaped {
            shape::apply(&mut self.shaped, logits, input);
        }
        for attempt in 0..MOST_DRAWS {
            let token = self.choose(if shaped { None } else { Some(logits) }, input, attempt);
            let Some(token) = token else {
                break;
            };
            if accepts(token) {
                return Ok(sampled(token));
            }
            if !shaped {
                shaped = true;
                self.shaped.clear();
                self.shaped.extend_from_slice(logits);
            }
            shape::forbid(&mut self.shaped, token);
        }
        Err(EngineError::NothingAllowed { position })
    }

    /// A token from these logits, or from the shaped ones; none when every one is forbidden.
    fn choose(
        &mut self,
        raw: Option<&[f32]>,
        input: &SampleInput<'_>,
        attempt: u32,
    ) -> Option<u32> {
        let logits = raw.unwrap_or(&self.shaped);
        let (likeliest, max) = argmax(logits);
        if !max.is_finite() {
            return None;
        }
        if input.params.temperature == 0.0 {
            return Some(likeliest);
        }
        let uniform = input.key.uniform(input.output.len(), attempt);
        let nucleus = &mut self.nucleus;
        Some(truncate::draw(nucleus, logits, max, input.params, uniform))
    }
}

/// The largest value, or what makes the logits useless.
fn largest(logits: &[f32]) -> Result<f32, &'static str> {
    if logits.is_empty() {
        return Err("empty");
    }
    // Two plain folds: the compiler turns them into vector instructions, a search for both not.
    if logits.iter().fold(false, |nan, logit| nan | logit.is_nan()) {
        return Err("not a number");
    }
    let max = maximum(logits);
    if max.is_finite() {
        Ok(max)
    } else {
        Err("infinite")
    }
}

/// The largest of values of which none is NaN.
fn maximum(logits: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let chunks = logits.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, logit) in lanes.iter_mut().zip(chunk) {
            *lane = if *logit > *lane { *logit } else { *lane };
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(f32::NEG_INFINITY, |max, logit| max.max(*logit))
}

/// The largest value and the lowest id that has it.
fn argmax(logits: &[f32]) -> (u32, f32) {
    let max = maximum(logits);
    let first = logits.iter().position(|logit| *logit == max).unwrap_or(0);
    (first as u32, max)
}

/// The likeliest tokens and the entropy of the raw distribution.
fn top(logits: &[f32], wanted: usize, logprob: impl Fn(f32) -> f32) -> TopLogprobs {
    let mut ids: Vec<u32> = (0..logits.len() as u32).collect();
    // Ties by id, as everywhere.
    let order = |a: &u32, b: &u32| {
        let (a_logit, b_logit) = (logits[*a as usize], logits[*b as usize]);
        b_logit.total_cmp(&a_logit).then(a.cmp(b))
    };
    let wanted = wanted.min(ids.len());
    if wanted < ids.len() {
        ids.select_nth_unstable_by(wanted, order);
        ids.truncate(wanted);
    }
    ids.sort_unstable_by(order);
    let entropy: f64 = logits
        .iter()
        .map(|logit| f64::from(logprob(*logit)))
        .filter(|logprob| logprob.is_finite())
        .map(|logprob| -logprob.exp() * logprob)
        .sum();
    TopLogprobs {
        tokens: ids
            .into_iter()
            .map(|id| (id, logprob(logits[id as usize])))
            .collect(),
        entropy: entropy as f32,
    }
}

#[cfg(test)]
mod tests;
