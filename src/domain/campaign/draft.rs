//! How each brief of a campaign is drafted: template, model, channel and sampling.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::range::in_range;

/// Most candidates of one brief: they share a batch.
pub const MAX_CANDIDATES: u32 = 16;

/// How each brief is drafted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftSettings {
    /// Template name, such as `news/explainer`.
    pub template: String,
    /// Model name: a folder under `models/`.
    pub model: String,
    /// Which of the model's graphs, such as `q4`, where its folder holds it in several precisions; none for the one
    /// that suits this machine best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Channel the copy is checked against when the brief names none.
    #[serde(default)]
    pub channel: Option<String>,
    /// Texts per brief, the best of which come first.
    #[serde(default = "default_candidates")]
    pub candidates: u32,
    /// Most tokens in one text.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// 0 always takes the likeliest token; higher is more varied. None of these six: what the model's makers
    /// recommend in its `generation_config.json`, else the default of docs/GENERATION.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// Only the likeliest so many tokens are drawn from; 0 for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Only the likeliest tokens that make up this share of probability are drawn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Only tokens at least this share as likely as the likeliest are drawn from; 0 for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// Only the tokens nearest to the expected information that make up this share are drawn from; 1
    /// for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typical_p: Option<f32>,
    /// Above 1, tokens already in the prompt or the text become less likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f32>,
    /// Above 0, a token becomes less likely with each time it is in the text.
    #[serde(default, skip_serializing_if = "is_0")]
    pub frequency_penalty: f32,
    /// Above 0, a token becomes less likely once it is in the text.
    #[serde(default, skip_serializing_if = "is_0")]
    pub presence_penalty: f32,
    /// No run of so many tokens occurs twice in a text; 0 for no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_repeat_ngram: u32,
    /// Makes single tokens likelier or less likely: a text that is one token, or `id:` and a token id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub logit_bias: BTreeMap<String, f32>,
    /// Words and phrases that never occur, whatever their case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub banned_words: Vec<String>,
    /// No text ends before so many tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_tokens: u32,
    /// Texts that end the copy, besides those of the template.
    #[serde(default)]
    pub stop: Vec<String>,
    /// Entries wanted of a part, such as `headlines = 10`, where the template's own wish does not fit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub targets: BTreeMap<String, u32>,
    /// Same seed, same brief, same settings: same text.
    #[serde(default)]
    pub seed: u64,
}

impl DraftSettings {
    /// Rules beyond types: the key and a message with the limit and the given value.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        in_range("draft.candidates", self.candidates, 1, MAX_CANDIDATES)?;
        in_range("draft.max_tokens", self.max_tokens, 1, 8192)?;
        if let Some(temperature) = self.temperature {
            in_range("draft.temperature", temperature, 0.0, 5.0)?;
        }
        if let Some(penalty) = self.repetition_penalty {
            in_range("draft.repetition_penalty", penalty, 0.1, 10.0)?;
        }
        is_share("draft.top_p", self.top_p)?;
        if let Some((name, target)) = self
            .targets
            .iter()
            .find(|(_, target)| !(1..=30).contains(*target))
        {
            return Err((
                "draft.targets",
                format!("must be from 1 to 30, given {target} for `{name}`"),
            ));
        }
        self.check_shaping()?;
        if self.stop.iter().any(String::is_empty) {
            return Err(("draft.stop", "must not contain an empty text".to_owned()));
        }
        Ok(())
    }

    fn check_shaping(&self) -> Result<(), (&'static str, String)> {
        if let Some(min_p) = self.min_p {
            in_range("draft.min_p", min_p, 0.0, 1.0)?;
        }
        is_share("draft.typical_p", self.typical_p)?;
        in_range("draft.frequency_penalty", self.frequency_penalty, -2.0, 2.0)?;
        in_range("draft.presence_penalty", self.presence_penalty, -2.0, 2.0)?;
        in_range("draft.no_repeat_ngram", self.no_repeat_ngram, 0, 1000)?;
        in_range("draft.min_tokens", self.min_tokens, 0, self.max_tokens)?;
        for (text, bias) in &self.logit_bias {
            in_range("draft.logit_bias", *bias, -100.0, 100.0)
                .map_err(|(key, message)| (key, format!("`{text}` {message}")))?;
        }
        if self.banned_words.iter().any(|word| word.trim().is_empty()) {
            let message = "must not contain a blank text".to_owned();
            return Err(("draft.banned_words", message));
        }
        Ok(())
    }
}

/// Parameters that are off are not stored: a spec that was stored before they existed stays equal.
fn is_0(value: &f32) -> bool {
    *value == 0.0
}
fn is_zero(value: &u32) -> bool {
    *value == 0
}
fn default_candidates() -> u32 {
    3
}
fn default_max_tokens() -> u32 {
    160
}

/// A share of probability is above 0 and at most 1.
fn is_share(key: &'static str, share: Option<f32>) -> Result<(), (&'static str, String)> {
    match share.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
        None => Ok(()),
        Some(given) => Err((key, format!("must be above 0 and at most 1, given {given}"))),
    }
}
