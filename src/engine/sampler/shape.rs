//! Processors that move or forbid single logits, in the order in which they are applied:
//! bias, repetition penalty, frequency and presence penalty, no-repeat n-gram, masks.
//!
//! The order is that of transformers (`SequenceBias`, `RepetitionPenalty`, `NoRepeatNGram`,
//! `NoBadWords`, `MinNewTokensLength`), with OpenAI's two penalties where vLLM has them.

use super::{SampleInput, SamplingParams};

/// Whether any processor has something to do; without one the logits are not even copied.
pub(super) fn wanted(input: &SampleInput<'_>) -> bool {
    let params = input.params;
    params.repetition_penalty != 1.0
        || params.frequency_penalty != 0.0
        || params.presence_penalty != 0.0
        || params.no_repeat_ngram > 0
        || !input.bias.is_empty()
        || !input.masked.is_empty()
}

/// Copies the logits and applies every processor.
pub(super) fn apply(shaped: &mut Vec<f32>, logits: &[f32], input: &SampleInput<'_>) {
    shaped.clear();
    shaped.extend_from_slice(logits);
    for (token, bias) in input.bias {
        if let Some(logit) = shaped.get_mut(*token as usize) {
            *logit += bias;
        }
    }
    if input.params.repetition_penalty != 1.0 {
        repetition(shaped, input);
    }
    occurrences(shaped, input.output, input.params);
    no_repeat(shaped, input.output, input.params.no_repeat_ngram as usize);
    for token in input.masked {
        forbid(shaped, *token);
    }
}

/// Makes a token impossible.
pub(super) fn forbid(shaped: &mut [f32], token: u32) {
    if let Some(logit) = shaped.get_mut(token as usize) {
        *logit = f32::NEG_INFINITY;
    }
}

/// Keskar et al. 2019, as in transformers: positive logits are divided, negative ones multiplied, each
/// token of prompt and output once.
fn repetition(shaped: &mut [f32], input: &SampleInput<'_>) {
    let penalty = input.params.repetition_penalty;
    let mut seen: Vec<u32> = input.prompt.iter().chain(input.output).copied().collect();
    seen.sort_unstable();
    seen.dedup();
    for token in seen {
        if let Some(logit) = shaped.get_mut(token as usize) {
            *logit = if *logit > 0.0 {
                *logit / penalty
            } else {
                *logit * penalty
            };
        }
    }
}

/// OpenAI's definition: `logit -= count · frequency + (count > 0) · presence`, over the output.
fn occurrences(shaped: &mut [f32], output: &[u32], params: &SamplingParams) {
    if params.frequency_penalty == 0.0 && params.presence_penalty == 0.0 {
        return;
    }
    let mut sorted = output.to_vec();
    sorted.sort_unstable();
    for same in sorted.chunk_by(|a, b| a == b) {
        if let Some(logit) = shaped.get_mut(same[0] as usize) {
            *logit -= same.len() as f32 * params.frequency_penalty + params.presence_penalty;
        }
    }
}

/// Transformers' `NoRepeatNGramLogitsProcessor` over the output: forbids every token that has followed
/// the last `size − 1` tokens before.
fn no_repeat(shaped: &mut [f32], output: &[u32], size: usize) {
    if size == 0 || output.len() + 1 < size {
        return;
    }
    let (_, context) = output.split_at(output.len() + 1 - size);
    for run in output.windows(size) {
        if run[..size - 1] == *context {
            forbid(shaped, run[size - 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(logits: &[f32], prompt: &[u32], output: &[u32], params: &SamplingParams) -> Vec<f32> {
        let mut shaped = Vec::new();
        apply(
            &mut shaped,
            logits,
            &SampleInput {
                prompt,
                output,
                ..SampleInput::plain(params)
            },
        );
        shaped
    }

    #[test]
    fn the_repetition_penalty_lowers_both_signs_once() {
        let params = SamplingParams {
            repetition_penalty: 2.0,
            ..SamplingParams::default()
        };
        // Token 0 is in the prompt and twice in the output.
        let shaped = shaped(&[3.0, 2.0, -1.0], &[0, 2], &[0, 0], &params);
        assert_eq!(shaped, [1.5, 2.0, -2.0]);
    }

    #[test]
    fn frequency_counts_and_presence_does_not() {
        let params = SamplingParams {
            frequency_penalty: 0.5,
            presence_penalty: 0.25,
            ..SamplingParams::default()
        };
        // 1 − 3 · 0.5 − 0.25 and 1 − 1 · 0.5 − 0.25; the prompt does not count.
        let shaped = shaped(&[1.0; 4], &[3, 3], &[0, 1, 0, 0], &params);
        assert_eq!(shaped, [-0.75, 0.25, 1.0, 1.0]);
    }

    #[test]
    fn a_run_of_tokens_is_not_completed_a_second_time() {
        let never = f32::NEG_INFINITY;
        let forbidden = |size: u32, output: &[u32]| {
            let params = SamplingParams {
                no_repeat_ngram: size,
                ..SamplingParams::default()
            };
            let shaped = shaped(&[0.0; 5], &[], output, &params);
            let gone = |(id, logit): (usize, &f32)| (*logit == never).then_some(id);
            shaped
                .iter()
                .enumerate()
                .filter_map(gone)
                .collect::<Vec<_>>()
        };
        assert_eq!(forbidden(2, &[1, 2, 3, 1]), [2]);
        assert_eq!(forbidden(3, &[1, 2, 3, 1, 2, 4, 1, 2]), [3, 4]);
        assert_eq!(forbidden(1, &[1, 2]), [1, 2]);
        assert_eq!(forbidden(3, &[1]), [] as [usize; 0]);
        assert_eq!(forbidden(2, &[]), [] as [usize; 0]);
    }

    #[test]
    fn bias_comes_before_the_penalties_and_a_mask_last() {
        let params = SamplingParams {
            repetition_penalty: 2.0,
            ..SamplingParams::default()
        };
        let mut shaped = Vec::new();
        let input = SampleInput {
            prompt: &[0],
            bias: &[(0, 5.0), (1, 9.0), (7, 1.0)],
            masked: &[1, 8],
            ..SampleInput::plain(&params)
        };
        apply(&mut shaped, &[1.0, 1.0, 1.0], &input);
        assert_eq!(shaped, [3.0, f32::NEG_INFINITY, 1.0]);
    }
}
