//! Logits to token: greedy or drawn, with a random number that depends on nothing but its key.
//!
//! Order of processors: repetition penalty (Keskar et al. 2019, as in transformers: positive logits
//! are divided, negative ones multiplied), temperature, top-k, top-p (Holtzman et al. 2020), draw.
//! Log-probabilities are of the raw distribution, before any of them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::error::EngineError;

/// How texts are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SamplingParams {
    /// 0 is greedy; above 0 the logits are divided by it.
    pub temperature: f32,
    /// Draw from the likeliest so many tokens; 0 for no limit.
    pub top_k: u32,
    /// Draw from the likeliest tokens that make up this share; 1 for no limit.
    pub top_p: f32,
    /// 1 for none; over prompt and output.
    pub repetition_penalty: f32,
    /// Most tokens generated.
    pub max_tokens: u32,
    /// Texts that end the output and are left out of it.
    pub stop: Vec<String>,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for SamplingParams {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_k: 0,
            top_p: 0.95,
            repetition_penalty: 1.0,
            max_tokens: 160,
            stop: Vec::new(),
            seed: 0,
        }
    }
}

impl SamplingParams {
    /// # Errors
    /// [`EngineError::InvalidParameter`] for the first value out of range.
    pub fn check(&self) -> Result<(), EngineError> {
        let invalid = |key, expected, given: String| {
            Err(EngineError::InvalidParameter {
                key,
                expected,
                given,
            })
        };
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return invalid("temperature", "0 or more", self.temperature.to_string());
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return invalid("top_p", "above 0 and at most 1", self.top_p.to_string());
        }
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            let given = self.repetition_penalty.to_string();
            return invalid("repetition_penalty", "above 0", given);
        }
        if self.max_tokens == 0 {
            return invalid("max_tokens", "at least 1", "0".to_owned());
        }
        Ok(())
    }
}

/// Which random number is drawn: the same key gives the same number on every machine, whatever else
/// is in the batch and however often the work was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawKey {
    /// Seed of the campaign.
    pub seed: u64,
    /// The brief.
    pub item: u64,
    /// Number of the candidate.
    pub candidate: u32,
}

impl DrawKey {
    /// A number in `[0, 1)` for the token at this position (ChaCha8 in counter mode).
    pub fn uniform(&self, position: usize) -> f64 {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.item.to_le_bytes());
        key[16..20].copy_from_slice(&self.candidate.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(key);
        // One 64-byte block a position: 16 words.
        random.set_word_pos(position as u128 * 16);
        (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A drawn token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled {
    /// Its id.
    pub token: u32,
    /// Natural logarithm of its probability in the raw distribution.
    pub logprob: f32,
}

/// Draws tokens; holds scratch memory so that a step allocates nothing.
#[derive(Debug, Default)]
pub struct Sampler {
    penalised: Vec<f32>,
    nucleus: Vec<(u32, f64)>,
}

impl Sampler {
    /// Draws the token at `position` from `logits` (one value a vocabulary entry).
    ///
    /// `history` holds the tokens that the repetition penalty looks at; `uniform` is in `[0, 1)`.
    ///
    /// # Errors
    /// [`EngineError::BadLogits`] when the logits hold no usable distribution.
    pub fn sample(
        &mut self,
        logits: &[f32],
        history: &[u32],
        params: &SamplingParams,
        position: usize,
        uniform: f64,
    ) -> Result<Sampled, EngineError> {
        let bad = |what| EngineError::BadLogits { position, what };
        if logits.is_empty() {
            return Err(bad("empty"));
        }
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(bad("not a number"));
        }
        let (_, raw_max) = argmax(logits);
        if !raw_max.is_finite() {
            return Err(bad("infinite"));
        }
        let sum: f64 = logits
            .iter()
            .map(|logit| f64::from((logit - raw_max).exp()))
            .sum();
        let shaped = if params.repetition_penalty == 1.0 {
            logits
        } else {
            penalise(
                &mut self.penalised,
                logits,
                history,
                params.repetition_penalty,
            );
            &self.penalised
        };
        let token = if params.temperature == 0.0 {
            argmax(shaped).0
        } else {
            draw(&mut self.nucleus, shaped, params, uniform)
        };
        let logprob = f64::from(logits[token as usize] - raw_max) - sum.ln();
        Ok(Sampled {
            token,
            logprob: logprob as f32,
        })
    }
}

/// The largest value and the lowest id that has it.
fn argmax(logits: &[f32]) -> (u32, f32) {
    let mut best = (0u32, f32::NEG_INFINITY);
    for (id, logit) in logits.iter().enumerate() {
        if *logit > best.1 {
            best = (id as u32, *logit);
        }
    }
    best
}

/// Copies the logits and lowers those of the tokens in `history`, each once.
fn penalise(shaped: &mut Vec<f32>, logits: &[f32], history: &[u32], penalty: f32) {
    shaped.clear();
    shaped.extend_from_slice(logits);
    for token in history {
        let id = *token as usize;
        let Some(logit) = logits.get(id) else {
            continue;
        };
        // From the raw logit, so that a token that occurred twice is not penalised twice.
        shaped[id] = if *logit > 0.0 {
            logit / penalty
        } else {
            logit * penalty
        };
    }
}

/// Draws from the nucleus: top-k first, then top-p of what is left, then by `uniform`.
fn draw(
    nucleus: &mut Vec<(u32, f64)>,
    logits: &[f32],
    params: &SamplingParams,
    uniform: f64,
) -> u32 {
    let (_, max) = argmax(logits);
    let temperature = f64::from(params.temperature);
    let weight = |logit: f32| (f64::from(logit - max) / temperature).exp();
    let total: f64 = logits.iter().map(|logit| weight(*logit)).sum();
    let limited = params.top_k > 0 && (params.top_k as usize) < logits.len();
    let wanted_mass = f64::from(params.top_p) * if limited { 0.0 } else { total };
    // Sorting 49,152 entries for the few that matter would cost more than the model's own head: take
    // those above a floor, and lower the floor until they hold enough of them and enough of the mass.
    let mut floor = 1e-3;
    loop {
        nucleus.clear();
        nucleus.extend(
            logits
                .iter()
                .enumerate()
                .map(|(id, logit)| (id as u32, weight(*logit)))
                .filter(|(_, weight)| *weight >= floor),
        );
        let mass: f64 = nucleus.iter().map(|(_, weight)| weight).sum();
        let enough = if limited {
            nucleus.len() >= params.top_k as usize
        } else {
            mass >= wanted_mass
        };
        if enough || floor == 0.0 {
            break;
        }
        floor = if floor < 1e-12 { 0.0 } else { floor * 1e-3 };
    }
    // Ties by id, so that the order, and with it the draw, is the same everywhere.
    nucleus.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    if limited {
        nucleus.truncate(params.top_k as usize);
    }
    let base: f64 = if limited {
        nucleus.iter().map(|(_, weight)| weight).sum()
    } else {
        total
    };
    let mut mass = 0.0;
    let keep = nucleus
        .iter()
        .position(|(_, weight)| {
            mass += weight;
            mass >= f64::from(params.top_p) * base
        })
        .map_or(nucleus.len(), |last| last + 1);
    nucleus.truncate(keep);
    let kept: f64 = nucleus.iter().map(|(_, weight)| weight).sum();
    let mut left = uniform * kept;
    for (id, weight) in nucleus.iter() {
        left -= weight;
        if left < 0.0 {
            return *id;
        }
    }
    // Rounding can leave a crumb after the last one.
    nucleus.last().map_or(0, |(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params(temperature: f32, top_k: u32, top_p: f32) -> SamplingParams {
        SamplingParams {
            temperature,
            top_k,
            top_p,
            ..SamplingParams::default()
        }
    }

    fn token(logits: &[f32], params: &SamplingParams, uniform: f64) -> u32 {
        Sampler::default()
            .sample(logits, &[], params, 0, uniform)
            .expect("a distribution")
            .token
    }

    #[test]
    fn greedy_takes_the_lowest_id_of_equals() {
        assert_eq!(token(&[1.0, 3.0, 3.0], &params(0.0, 0, 1.0), 0.9), 1);
    }

    #[test]
    fn the_draw_follows_the_probabilities_in_order_of_likelihood() {
        // Probabilities 1/4, 1/2, 1/4: the likeliest comes first, then ids 0 and 2.
        let logits = [0.0, 2.0f32.ln(), 0.0];
        let all = params(1.0, 0, 1.0);
        assert_eq!(token(&logits, &all, 0.0), 1);
        assert_eq!(token(&logits, &all, 0.49), 1);
        assert_eq!(token(&logits, &all, 0.51), 0);
        assert_eq!(token(&logits, &all, 0.99), 2);
    }

    #[test]
    fn top_k_and_top_p_cut_the_tail() {
        let logits = [4.0, 3.0, 2.0, 1.0, -9.0];
        for step in 0..100 {
            let uniform = f64::from(step) / 100.0;
            assert!(token(&logits, &params(1.0, 2, 1.0), uniform) < 2);
            assert!(token(&logits, &params(1.0, 0, 0.6), uniform) < 1);
            assert!(token(&logits, &params(1.0, 3, 0.95), uniform) < 3);
        }
    }

    #[test]
    fn the_penalty_lowers_both_signs_and_not_the_logprob() {
        let params = SamplingParams {
            repetition_penalty: 2.0,
            ..params(0.0, 0, 1.0)
        };
        let logits = [3.0, 2.0, -1.0];
        let sampled = Sampler::default()
            .sample(&logits, &[0, 0, 2], &params, 0, 0.0)
            .expect("a distribution");
        assert_eq!(sampled.token, 1);
        let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
        assert!((sampled.logprob - (2.0 - sum.ln())).abs() < 1e-5);
    }

    #[test]
    fn no_distribution_is_an_error_of_the_item() {
        let sample = |logits: &[f32]| {
            Sampler::default()
                .sample(logits, &[], &params(1.0, 0, 1.0), 7, 0.5)
                .expect_err("unusable")
                .to_string()
        };
        assert_eq!(sample(&[]), "the model's output at position 7 is empty");
        assert_eq!(
            sample(&[1.0, f32::NAN]),
            "the model's output at position 7 is not a number"
        );
        assert_eq!(
            sample(&[f32::NEG_INFINITY; 2]),
            "the model's output at position 7 is infinite"
        );
    }

    #[test]
    fn draws_depend_on_every_part_of_the_key() {
        let key = DrawKey {
            seed: 7,
            item: 9,
            candidate: 0,
        };
        let base = key.uniform(3);
        assert_eq!(base, key.uniform(3));
        assert_ne!(base, key.uniform(4));
        assert_ne!(base, DrawKey { seed: 8, ..key }.uniform(3));
        assert_ne!(base, DrawKey { item: 8, ..key }.uniform(3));
        assert_ne!(
            base,
            DrawKey {
                candidate: 1,
                ..key
            }
            .uniform(3)
        );
        // Written down once: a change of generator would change every text ever drafted.
        assert_eq!(format!("{base:.12}"), "0.743198791709");
    }

    proptest! {
        #[test]
        fn the_nucleus_is_the_smallest_that_holds_top_p(
            logits in proptest::collection::vec(-20.0f32..20.0, 1..80),
            top_p in 0.01f32..1.0, temperature in 0.1f32..3.0, uniform in 0.0f64..1.0,
        ) {
            let drawn = token(&logits, &params(temperature, 0, top_p), uniform);
            let weight = |logit: f32| f64::from(logit / temperature).exp();
            let total: f64 = logits.iter().map(|logit| weight(*logit)).sum();
            // Everything likelier than the drawn token must not already hold top_p.
            let above: f64 = logits.iter().filter(|logit| **logit > logits[drawn as usize]).map(|logit| weight(*logit)).sum();
            prop_assert!(above / total < f64::from(top_p) + 1e-6);
        }
    }
}
