//! The vocabulary as folded texts in order, so that the tokens that begin with some text are a range.

use super::fold::fold;
use crate::engine::tokenizer::Tokenizer;

/// Tokens by their folded text.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    sorted: Vec<(String, u32)>,
}

impl Vocabulary {
    /// Every token of a tokenizer, as it reads behind another one.
    pub fn of(tokenizer: &Tokenizer) -> Self {
        // SentencePiece drops the blank in front of a text's first token, so each is read as a second.
        let anchor: Vec<u32> = tokenizer.encode("a").into_iter().take(1).collect();
        let before = tokenizer.decode(&anchor);
        let mut pair = anchor.clone();
        pair.push(0);
        let texts = (0..tokenizer.vocab_size() as u32).map(|id| {
            if let Some(last) = pair.last_mut() {
                *last = id;
            }
            let both = tokenizer.decode(&pair);
            both.strip_prefix(&before).unwrap_or_default().to_owned()
        });
        Self::from_texts(texts)
    }

    /// Token `i` has the `i`-th text.
    pub fn from_texts(texts: impl IntoIterator<Item = String>) -> Self {
        let folded = texts.into_iter().enumerate();
        let mut sorted: Vec<(String, u32)> = folded
            .map(|(id, text)| (fold(&text), id as u32))
            .filter(|(text, _)| !text.is_empty())
            .collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// Texts and ids of the tokens that begin so.
    pub fn starting_with(&self, prefix: &str) -> impl Iterator<Item = (&str, u32)> {
        let first = self
            .sorted
            .partition_point(|(text, _)| text.as_str() < prefix);
        self.sorted[first..]
            .iter()
            .take_while(move |(text, _)| text.starts_with(prefix))
            .map(|(text, id)| (text.as_str(), *id))
    }

    /// Ids of the tokens whose text is such.
    pub fn matching(&self, test: impl Fn(&str) -> bool) -> impl Iterator<Item = u32> {
        self.sorted
            .iter()
            .filter(move |(text, _)| test(text))
            .map(|(_, id)| *id)
    }
}
