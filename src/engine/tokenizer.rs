//! Text to tokens and back: the one file that knows the `tokenizers` crate.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde_json::Value;
use tokenizers::{OffsetReferential, OffsetType};

use super::error::EngineError;
use crate::files;

/// A model's tokenizer, from its `tokenizer.json`.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Added tokens that can steer a model, by id: see [`Tokenizer::added_tokens`].
    added: BTreeMap<u32, String>,
    /// Ids that characters outside the vocabulary get. An added token such as `<unk>` is one of them and then
    /// says only that a character is unknown.
    unknown: BTreeSet<u32>,
}

/// Most bytes of a `tokenizer.json`: the largest have 40 MB.
const MOST_BYTES: u64 = 256 << 20;

/// What opens and closes the reasoning of a model.
const REASONING_MARKS: [&str; 2] = ["<think>", "</think>"];

/// A character that no vocabulary has: the last one of the last private plane.
const UNHEARD_OF: &str = "\u{10fffd}";

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`EngineError::ModelFileInvalid`] with the reader's words.
    pub fn from_file(file: &Path) -> Result<Self, EngineError> {
        let invalid = |reason: String| EngineError::ModelFileInvalid {
            file: file.to_path_buf(),
            reason,
        };
        let bytes = files::read(file, MOST_BYTES).map_err(|fault| invalid(fault.to_string()))?;
        let bytes = with_reasoning_marks(bytes);
        let inner = tokenizers::Tokenizer::from_bytes(bytes);
        let inner = inner.map_err(|error| invalid(error.to_string()))?;
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

/// A tokenizer's file with its reasoning marks made part of a text: decoding leaves special tokens out, and reasoning without
/// its marks could not be told from the answer.
fn with_reasoning_marks(bytes: Vec<u8>) -> Vec<u8> {
    let is_mark = |token: &Value| {
        let content = token["content"].as_str();
        token["special"] == true && content.is_some_and(|text| REASONING_MARKS.contains(&text))
    };
    // Read as JSON only where a mark is there at all: vocabularies are large.
    let mark = REASONING_MARKS[0].as_bytes();
    if !bytes.windows(mark.len()).any(|part| part == mark) {
        return bytes;
    }
    let Ok(mut tokenizer) = serde_json::from_slice::<Value>(&bytes) else {
        return bytes;
    };
    let mut changed = false;
    let tokens = tokenizer["added_tokens"].as_array_mut();
    for token in tokens.into_iter().flatten().filter(|token| is_mark(token)) {
        token["special"] = false.into();
        changed = true;
    }
    match serde_json::to_vec(&tokenizer) {
        Ok(written) if changed => written,
        _ => bytes,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_marks_stay_in_a_text_and_other_special_tokens_do_not() {
        let token = |id: u32, content: &str| {
            format!(
                r#"{{"id":{id},"content":"{content}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}"#
            )
        };
        let added = [token(1, "<think>"), token(2, "</think>"), token(3, "<end>")].join(",");
        let tokenizer = format!(
            r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{added}],"normalizer":null,"pre_tokenizer":{{"type":"WhitespaceSplit"}},"post_processor":null,"decoder":null,"model":{{"type":"WordLevel","vocab":{{"rain":0,"<think>":1,"</think>":2,"<end>":3}},"unk_token":"rain"}}}}"#
        );
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("tokenizer.json");
        std::fs::write(&file, tokenizer).expect("written");
        let tokenizer = Tokenizer::from_file(&file).expect("a tokenizer");
        let ids = tokenizer.encode("<think>rain</think>rain<end>");
        assert_eq!(ids, [1, 0, 2, 0, 3]);
        assert_eq!(tokenizer.decode(&ids), "<think> rain </think> rain");
        let steering = tokenizer.added_tokens().keys();
        assert_eq!(steering.copied().collect::<Vec<_>>(), [1, 2, 3]);
    }
}
