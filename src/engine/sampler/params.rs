//! How texts are drawn: every parameter, its range, and where a campaign's come from.
//!
//! docs/GENERATION.md explains each with its formula and source.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::campaign::DraftSettings;
use crate::engine::error::EngineError;
use crate::engine::folder::SamplingDefaults;

/// Most alternatives of a position; more would be longer than the text they explain.
pub const MOST_TOP_LOGPROBS: u32 = 20;

/// How texts are drawn. With every parameter at its default the raw distribution is drawn from at
/// temperature 0.7 with top-p 0.95.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamplingParams {
    /// 0 is greedy; above 0 the logits are divided by it.
    pub temperature: f32,
    /// Draw from the likeliest so many tokens; 0 for no limit.
    pub top_k: u32,
    /// Draw from the likeliest tokens that make up this share; 1 for no limit.
    pub top_p: f32,
    /// Draw from tokens at least this share as likely as the likeliest; 0 for no limit.
    pub min_p: f32,
    /// Draw from the tokens nearest to the expected information that make up this share; 1 for no limit.
    pub typical_p: f32,
    /// 1 for none; over prompt and output.
    pub repetition_penalty: f32,
    /// Taken off a token's logit for each time it is in the output; 0 for none.
    pub frequency_penalty: f32,
    /// Taken off a token's logit once it is in the output; 0 for none.
    pub presence_penalty: f32,
    /// No run of so many tokens occurs twice in the output; 0 for no limit.
    pub no_repeat_ngram: u32,
    /// Added to the logit of a token: a text that is one token, or `id:` and a token id.
    pub logit_bias: BTreeMap<String, f32>,
    /// Words and phrases that never occur in the output as whole words, whatever their case.
    pub banned_words: Vec<String>,
    /// Before so many tokens neither an end token nor a stop text ends the output.
    pub min_tokens: u32,
    /// Most tokens generated.
    pub max_tokens: u32,
    /// Texts that end the output and are left out of it.
    pub stop: Vec<String>,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Likeliest tokens to report for each position, with the entropy; 0 for neither.
    pub top_logprobs: u32,
}

impl Default for SamplingParams {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_k: 0,
            top_p: 0.95,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            no_repeat_ngram: 0,
            logit_bias: BTreeMap::new(),
            banned_words: Vec::new(),
            min_tokens: 0,
            max_tokens: 160,
            stop: Vec::new(),
            seed: 0,
            top_logprobs: 0,
        }
    }
}

impl SamplingParams {
    /// What a model's makers recommend, with our own defaults for the rest.
    pub fn recommended(by_model: &SamplingDefaults) -> Self {
        let own = Self::default();
        Self {
            temperature: by_model.temperature.unwrap_or(own.temperature),
            top_k: by_model.top_k.unwrap_or(own.top_k),
            // A recommendation is one as a whole: what it leaves out it does not want.
            top_p: by_model.top_p.unwrap_or(if by_model.listed().is_empty() {
                own.top_p
            } else {
                1.0
            }),
            min_p: by_model.min_p.unwrap_or(own.min_p),
            typical_p: by_model.typical_p.unwrap_or(own.typical_p),
            repetition_penalty: by_model
                .repetition_penalty
                .unwrap_or(own.repetition_penalty),
            ..own
        }
    }

    /// A campaign's parameters, and where it says nothing what the model's makers recommend; the stop texts of its
    /// template are added by who knows the template.
    pub fn of(draft: &DraftSettings, by_model: &SamplingDefaults) -> Self {
        let default = Self::recommended(by_model);
        Self {
            temperature: draft.temperature.unwrap_or(default.temperature),
            top_k: draft.top_k.unwrap_or(default.top_k),
            top_p: draft.top_p.unwrap_or(default.top_p),
            min_p: draft.min_p.unwrap_or(default.min_p),
            typical_p: draft.typical_p.unwrap_or(default.typical_p),
            repetition_penalty: draft
                .repetition_penalty
                .unwrap_or(default.repetition_penalty),
            frequency_penalty: draft.frequency_penalty,
            presence_penalty: draft.presence_penalty,
            no_repeat_ngram: draft.no_repeat_ngram,
            logit_bias: draft.logit_bias.clone(),
            banned_words: draft.banned_words.clone(),
            min_tokens: draft.min_tokens,
            max_tokens: draft.max_tokens,
            stop: draft.stop.clone(),
            seed: draft.seed,
            top_logprobs: 0,
        }
    }
}

impl SamplingParams {
    /// Rules that need no tokenizer; what a text is in tokens is checked when the engine takes it.
    ///
    /// # Errors
    /// [`EngineError::InvalidParameter`] for the first value out of range.
    pub fn check(&self) -> Result<(), EngineError> {
        let at_least_0 = |value: f32| value.is_finite() && value >= 0.0;
        let share = |value: f32| value > 0.0 && value <= 1.0;
        let two = |value: f32| (-2.0..=2.0).contains(&value);
        let rules: [(&'static str, f32, bool, &'static str); 7] = [
            (
                "temperature",
                self.temperature,
                at_least_0(self.temperature),
                "0 or more",
            ),
            (
                "top_p",
                self.top_p,
                share(self.top_p),
                "above 0 and at most 1",
            ),
            (
                "min_p",
                self.min_p,
                (0.0..=1.0).contains(&self.min_p),
                "from 0 to 1",
            ),
            (
                "typical_p",
                self.typical_p,
                share(self.typical_p),
                "above 0 and at most 1",
            ),
            (
                "repetition_penalty",
                self.repetition_penalty,
                self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0,
                "above 0",
            ),
            (
                "frequency_penalty",
                self.frequency_penalty,
                two(self.frequency_penalty),
                "from -2 to 2",
            ),
            (
                "presence_penalty",
                self.presence_penalty,
                two(self.presence_penalty),
                "from -2 to 2",
            ),
        ];
        for (key, given, holds, expected) in rules {
            if !holds {
                return invalid(key, expected, given.to_string());
            }
        }
        if self.max_tokens == 0 {
            return invalid("max_tokens", "at least 1", "0".to_owned());
        }
        if self.min_tokens > self.max_tokens {
            let given = format!("{} and {}", self.min_tokens, self.max_tokens);
            return invalid("min_tokens", "at most `max_tokens`", given);
        }
        if self.top_logprobs > MOST_TOP_LOGPROBS {
            return invalid("top_logprobs", "at most 20", self.top_logprobs.to_string());
        }
        if self.stop.iter().any(String::is_empty) {
            return invalid("stop", "texts that are not empty", "\"\"".to_owned());
        }
        let strong = |(_, bias): &(&String, &f32)| !(-100.0..=100.0).contains(*bias);
        if let Some((text, bias)) = self.logit_bias.iter().find(strong) {
            let given = format!("{bias} for `{text}`");
            return invalid("logit_bias", "from -100 to 100", given);
        }
        self.check_words()
    }

    fn check_words(&self) -> Result<(), EngineError> {
        let words = super::BannedWords::new(&self.banned_words);
        if let Some(blank) = self.banned_words.iter().find(|word| word.trim().is_empty()) {
            let given = format!("{blank:?}");
            return invalid("banned_words", "words that are not blank", given);
        }
        // Such a stop text could never be written to its end, and the output would not end by it.
        let hidden = self.stop.iter().find(|stop| words.occur_in(stop));
        if let Some(stop) = hidden {
            let given = format!("a stop text {stop:?} that holds one");
            return invalid("banned_words", "words that are in no stop text", given);
        }
        Ok(())
    }
}

fn invalid(key: &'static str, expected: &'static str, given: String) -> Result<(), EngineError> {
    Err(EngineError::InvalidParameter {
        key,
        expected,
        given,
    })
}
