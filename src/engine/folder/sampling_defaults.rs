//! Sampling that the makers of a model recommend.

use serde::Serialize;

/// Sampling that `generation_config.json` asks for; a campaign's own values come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct SamplingDefaults {
    /// 0 where it says not to draw at all.
    pub temperature: Option<f32>,
    /// Likeliest tokens that are drawn from.
    pub top_k: Option<u32>,
    /// Share of probability that is drawn from.
    pub top_p: Option<f32>,
    /// Smallest share of the likeliest token's probability.
    pub min_p: Option<f32>,
    /// Share of typical tokens.
    pub typical_p: Option<f32>,
    /// Above 1, tokens that were there become less likely.
    pub repetition_penalty: Option<f32>,
}

impl SamplingDefaults {
    /// The values there are, as a campaign would write them.
    pub fn listed(&self) -> String {
        let values = [
            ("temperature", self.temperature.map(f64::from)),
            ("top_k", self.top_k.map(f64::from)),
            ("top_p", self.top_p.map(f64::from)),
            ("min_p", self.min_p.map(f64::from)),
            ("typical_p", self.typical_p.map(f64::from)),
            ("repetition_penalty", self.repetition_penalty.map(f64::from)),
        ];
        let given = values
            .iter()
            .filter_map(|(key, value)| Some((key, (*value)?)));
        // As float32, which is what was read: 0.6 and not 0.6000000238418579.
        let words = given.map(|(key, value)| format!("{key} {}", value as f32));
        words.collect::<Vec<_>>().join(", ")
    }
}
