//! Text to tokens and back: the one file that knows the `tokenizers` crate.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use tokenizers::{OffsetReferential, OffsetType};

use super::error::EngineError;

/// A model's tokenizer, from its `tokenizer.json`.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Added tokens that can steer a model, by id: see [`Tokenizer::added_tokens`].
    added: BTreeMap<u32, String>,
    /// Ids that characters outside the vocabulary get. An added token such as `<unk>` is one of them and then
    /// says only that a character is unknown.
    unknown: BTreeSet<u32>,
}

/// A character that no vocabulary has: the last one of the last private plane.
const UNHEARD_OF: &str = "\u{10fffd}";

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`EngineError::ModelFileInvalid`] with the reader's words.
    pub fn from_file(file: &Path) -> Result<Self, EngineError> {
        let inner = tokenizers::Tokenizer::from_file(file).map_err(|error| {
            EngineError::ModelFileInvalid {
                file: file.to_path_buf(),
                reason: error.to_string(),
            }
        })?;
        let added = inner.get_added_vocabulary().get_added_tokens_decoder();
        let added = added
            .iter()
            .filter(|(_, token)| steers(&token.content, token.special))
            .map(|(id, token)| (*id, token.content.clone()))
            .collect();
        let mut tokenizer = Self {
            inner,
            added,
            unknown: BTreeSet::new(),
        };
        tokenizer.unknown = tokenizer.encode(UNHEARD_OF).into_iter().collect();
        Ok(tokenizer)
    }

    /// The tokens that were added to the model's vocabulary, by id: the markers of turns, tools and files, and
    /// whatever else the makers of a model gave a meaning of its own, special or not.
    ///
    /// White space (Gemma adds runs of line ends) and single characters that are not special (DeepSeek adds `ü`)
    /// are left out: they are how a text is spelled, and steer nothing.
    pub fn added_tokens(&self) -> &BTreeMap<u32, String> {
        &self.added
    }

    /// Where a text becomes an added token, or one of the tokens `also`: bytes and token, in the order of the text.
    ///
    /// Asked of the tokenizer's own matcher, so that whatever its normaliser makes of a text is seen too: with
    /// NFKC `＜/s＞` is `</s>`. A model that finds such a token by itself, as Unigram vocabularies do, is heard as well.
    pub fn steering(&self, text: &str, also: &BTreeSet<u32>) -> Vec<(Range<usize>, u32)> {
        let matcher = self.inner.get_added_vocabulary();
        let matched = matcher.extract_and_normalize(self.inner.get_normalizer(), text);
        let mut found: Vec<(Range<usize>, u32)> = matched
            .get_splits(OffsetReferential::Original, OffsetType::Byte)
            .into_iter()
            .flat_map(|(_, (start, end), tokens)| {
                let tokens = tokens.iter().flatten();
                tokens.map(move |token| (start..end, token.id))
            })
            .filter(|(_, id)| self.added.contains_key(id) || also.contains(id))
            .collect();
        let matched = found.len();
        if let Ok(encoding) = self.inner.encode(text, false) {
            let tokens = encoding.get_ids().iter().zip(encoding.get_offsets());
            for (id, (start, end)) in tokens {
                let steers = self.added.contains_key(id) || also.contains(id);
                let known = || {
                    let before = found[..matched].partition_point(|(span, _)| span.start < *end);
                    before > 0 && found[before - 1].0.end > *start
                };
                if steers && !self.unknown.contains(id) && !known() {
                    found.push((*start..*end, *id));
                }
            }
        }
        found.sort_by_key(|(span, _)| span.start);
        found
    }

    /// Token ids of a text; markers such as `<|im_start|>` in it become their special tokens.
    ///
    /// No token is added: the chat template writes every marker itself.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.inner
            .encode_fast(text, false)
            .map(|encoding| encoding.get_ids().to_vec())
            .unwrap_or_default()
    }

    /// The markers that the tokenizer itself puts in front of every text, such as `<bos>`, spelled out.
    pub fn opening(&self) -> String {
        self.markers().0
    }

    /// The markers that the tokenizer itself puts behind every text, such as `</s>`, spelled out.
    pub fn closing(&self) -> String {
        self.markers().1
    }

    /// What stands before and behind a text that is encoded with its markers.
    fn markers(&self) -> (String, String) {
        let encoded = |markers: bool| {
            let encoding = self.inner.encode_fast("a", markers);
            encoding.map_or_else(|_| Vec::new(), |encoding| encoding.get_ids().to_vec())
        };
        let (plain, whole) = (encoded(false), encoded(true));
        let at = whole
            .windows(plain.len().max(1))
            .position(|part| part == plain);
        let (before, behind) = match at {
            Some(at) => (&whole[..at], &whole[at + plain.len()..]),
            None => (&[][..], &[][..]),
        };
        let spelled = |ids: &[u32]| ids.iter().filter_map(|id| self.token(*id)).collect();
        (spelled(before), spelled(behind))
    }

    /// Text of tokens, special tokens left out; bytes that are no UTF-8 yet become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        self.inner.decode(ids, true).unwrap_or_default()
    }

    /// Text of tokens piece by piece: how many tokens, and what they say together. Bytes of one character are one
    /// piece, and so are special tokens, which say nothing, with what follows them.
    pub fn pieces(&self, ids: &[u32]) -> Vec<(usize, String)> {
        let mut stream = self.inner.decode_stream(true);
        let (mut pieces, mut tokens) = (Vec::new(), 0);
        for id in ids {
            tokens += 1;
            if let Ok(Some(text)) = stream.step(*id) {
                pieces.push((tokens, text));
                tokens = 0;
            }
        }
        pieces
    }

    /// The text of one token as the vocabulary spells it.
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// Number of tokens, added ones included.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }
}

/// Whether an added token can steer a model: see [`Tokenizer::added_tokens`].
fn steers(content: &str, special: bool) -> bool {
    let length = content.trim().chars().count();
    length > 1 || (special && length == 1)
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size())
            .finish()
    }
}
