//! Text to tokens and back: the one file that knows the `tokenizers` crate.

use std::path::Path;

use super::error::EngineError;

/// A model's tokenizer, from its `tokenizer.json`.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

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
        Ok(Self { inner })
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
        let encoded = self.inner.encode_fast("", true);
        let ids = encoded.map(|encoding| encoding.get_ids().to_vec());
        // One that also closes a text opens it with the first of two.
        let first = ids.unwrap_or_default().first().copied();
        first.and_then(|id| self.token(id)).unwrap_or_default()
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

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size())
            .finish()
    }
}
