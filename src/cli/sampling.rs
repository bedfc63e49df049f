//! Flags that say how texts are drawn, named like the keys of `[draft]` in a campaign file.

use clap::Args;

use crate::engine::{SamplingDefaults, SamplingParams};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How texts are drawn (docs/GENERATION.md)")]
pub(super) struct SamplingArgs {
    /// Most tokens generated.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 160,
        allow_negative_numbers = true
    )]
    max_tokens: u32,
    /// No text ends before so many tokens.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    min_tokens: u32,
    /// 0 always takes the likeliest token; higher is more varied. Without it and the next five: what the model's
    /// makers recommend, else 0.7, with a top-p of 0.95.
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    temperature: Option<f32>,
    /// Draw from the likeliest so many tokens; 0 for no limit.
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    top_k: Option<u32>,
    /// Draw from the likeliest tokens that make up this share of probability.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    top_p: Option<f32>,
    /// Draw from tokens at least this share as likely as the likeliest; 0 for no limit.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    min_p: Option<f32>,
    /// Draw from the tokens nearest to the expected information that make up this share; 1 for no limit.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    typical_p: Option<f32>,
    /// Above 1, tokens already in the prompt or the text become less likely.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    repetition_penalty: Option<f32>,
    /// Above 0, a token becomes less likely with each time it is in the text.
    #[arg(
        long,
        value_name = "X",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    frequency_penalty: f32,
    /// Above 0, a token becomes less likely once it is in the text.
    #[arg(
        long,
        value_name = "X",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    presence_penalty: f32,
    /// No run of so many tokens occurs twice in the text; 0 for no limit.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    no_repeat_ngram: u32,
    /// Make one token likelier or less likely: its text or `id:` and its number; may be given several times.
    #[arg(long, value_name = "TEXT=BIAS", value_parser = bias)]
    logit_bias: Vec<(String, f32)>,
    /// Word or phrase that never occurs, whatever its case; may be given several times.
    #[arg(long = "ban", value_name = "WORD")]
    banned_words: Vec<String>,
    /// Text that ends the output; may be given several times.
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// Same seed, same prompt, same settings: same text.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    seed: u64,
    /// Report the likeliest N tokens of each position, and the entropy; with --json.
    #[arg(
        long = "logprobs",
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    top_logprobs: u32,
}

impl SamplingArgs {
    /// Takes the likeliest tokens unless a temperature was given.
    pub(super) fn likeliest(mut self) -> Self {
        self.temperature.get_or_insert(0.0);
        self
    }

    /// What the flags say, and where they say nothing what the model's makers recommend.
    pub(super) fn params(self, by_model: &SamplingDefaults) -> SamplingParams {
        let default = SamplingParams::recommended(by_model);
        SamplingParams {
            temperature: self.temperature.unwrap_or(default.temperature),
            top_k: self.top_k.unwrap_or(default.top_k),
            top_p: self.top_p.unwrap_or(default.top_p),
            min_p: self.min_p.unwrap_or(default.min_p),
            typical_p: self.typical_p.unwrap_or(default.typical_p),
            repetition_penalty: self
                .repetition_penalty
                .unwrap_or(default.repetition_penalty),
            frequency_penalty: self.frequency_penalty,
            presence_penalty: self.presence_penalty,
            no_repeat_ngram: self.no_repeat_ngram,
            logit_bias: self.logit_bias.into_iter().collect(),
            banned_words: self.banned_words,
            min_tokens: self.min_tokens,
            max_tokens: self.max_tokens,
            stop: self.stop,
            seed: self.seed,
            top_logprobs: self.top_logprobs,
        }
    }
}

/// `TEXT=BIAS`; the text may hold `=` itself.
fn bias(word: &str) -> Result<(String, f32), String> {
    word.rsplit_once('=')
        .filter(|(text, _)| !text.is_empty())
        .and_then(|(text, bias)| Some((text.to_owned(), bias.parse().ok()?)))
        .ok_or_else(|| "expected TEXT=BIAS, such as `cheap=-5`".to_owned())
}
