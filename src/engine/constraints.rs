//! Parameters that speak of texts, as tokens: logit bias and banned words.
//!
//! They are the same for every brief of a campaign, and looking words up in the vocabulary takes
//! longer than a step, so the last ones are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::error::EngineError;
use super::sampler::{BannedWords, Completions, SamplingParams, TextWindow, Vocabulary};
use super::tokenizer::Tokenizer;

/// What a request's texts mean for its tokens.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    /// Token ids and what is added to their logits.
    pub(super) bias: Vec<(u32, f32)>,
    /// Words that never occur.
    pub(super) words: BannedWords,
    completions: Completions,
}

impl Constraints {
    /// Adds the tokens that would complete a banned word after this text to `masked`.
    pub(super) fn mask(&self, window: &TextWindow, masked: &mut Vec<u32>) {
        self.completions.mask(window, masked);
    }
}

/// Which texts a [`Constraints`] was made from.
type Texts = (BTreeMap<String, f32>, Vec<String>);

/// The constraints of the last requests, and the vocabulary in order once somebody wanted it.
#[derive(Debug, Default)]
pub(super) struct ConstraintCache {
    vocabulary: OnceLock<Vocabulary>,
    last: Mutex<Option<(Texts, Arc<Constraints>)>>,
}

impl ConstraintCache {
    /// The constraints of these parameters.
    ///
    /// # Errors
    /// [`EngineError::InvalidParameter`] for a bias that names no token.
    pub(super) fn of(
        &self,
        params: &SamplingParams,
        tokenizer: &Tokenizer,
    ) -> Result<Arc<Constraints>, EngineError> {
        let texts = (params.logit_bias.clone(), params.banned_words.clone());
        if let Ok(last) = self.last.lock()
            && let Some((_, kept)) = last.as_ref().filter(|(kept, _)| *kept == texts)
        {
            return Ok(Arc::clone(kept));
        }
        let words = BannedWords::new(&params.banned_words);
        let completions = if words.is_empty() {
            Completions::default()
        } else {
            let vocabulary = self.vocabulary.get_or_init(|| Vocabulary::of(tokenizer));
            Completions::new(&words, vocabulary)
        };
        let constraints = Arc::new(Constraints {
            bias: bias(&params.logit_bias, tokenizer)?,
            words,
            completions,
        });
        if let Ok(mut last) = self.last.lock() {
            *last = Some((texts, Arc::clone(&constraints)));
        }
        Ok(constraints)
    }
}

/// The tokens of each text, with and without a blank in front, or the token of an `id:` number.
fn bias(
    texts: &BTreeMap<String, f32>,
    tokenizer: &Tokenizer,
) -> Result<Vec<(u32, f32)>, EngineError> {
    let invalid = |expected, given| {
        Err(EngineError::InvalidParameter {
            key: "logit_bias",
            expected,
            given,
        })
    };
    let mut biases = Vec::new();
    for (text, bias) in texts {
        if let Some(number) = text.strip_prefix("id:") {
            match number.trim().parse() {
                Ok(id) if (id as usize) < tokenizer.vocab_size() => biases.push((id, *bias)),
                _ => {
                    let given = format!("`{text}` with {} tokens", tokenizer.vocab_size());
                    return invalid("`id:` and a number below that of the tokens", given);
                }
            }
            continue;
        }
        let forms = [
            tokenizer.encode(text),
            tokenizer.encode(&format!(" {text}")),
        ];
        let mut single: Vec<u32> = forms
            .iter()
            .filter_map(|ids| <[u32; 1]>::try_from(ids.as_slice()).ok())
            .map(|[id]| id)
            .collect();
        single.dedup();
        if single.is_empty() {
            let given = format!("`{text}` of {} tokens", forms[0].len());
            return invalid("a text that is one token", given);
        }
        biases.extend(single.into_iter().map(|id| (id, *bias)));
    }
    Ok(biases)
}
