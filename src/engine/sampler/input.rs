//! What the next token of one sequence depends on besides its logits.

use super::{DrawKey, SamplingParams};

/// What the next token of one sequence depends on besides its logits.
#[derive(Debug, Clone, Copy)]
pub struct SampleInput<'a> {
    /// How it is drawn.
    pub params: &'a SamplingParams,
    /// Tokens of the prompt.
    pub prompt: &'a [u32],
    /// Tokens so far; their number is the position.
    pub output: &'a [u32],
    /// Token ids and what is added to their logits.
    pub bias: &'a [(u32, f32)],
    /// Tokens that must not be drawn.
    pub masked: &'a [u32],
    /// The one token that may come, in models that always end a text of full length with it.
    pub forced: Option<u32>,
    /// Key of the random numbers.
    pub key: DrawKey,
}

impl<'a> SampleInput<'a> {
    /// The first token, with nothing but parameters.
    #[cfg(test)]
    pub(super) fn plain(params: &'a SamplingParams) -> Self {
        let key = DrawKey {
            seed: params.seed,
            item: 0,
            candidate: 0,
        };
        Self {
            params,
            prompt: &[],
            output: &[],
            bias: &[],
            masked: &[],
            forced: None,
            key,
        }
    }
}
