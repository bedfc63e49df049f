//! What every number of a sentence asks about the sentence, answered once.
//!
//! A loop of a model is one sentence with thousands of numbers. Whatever is the same for all of them, such as the
//! words around them, is worked out when the first one asks.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::steps;
use super::super::text::Word;
use super::derive::Grounds;
use super::direction::{Before, is_fall, is_unsure, side};
use super::facts::Passage;
use super::sentence::{Lead, Sentence};

impl<'a> Sentence<'a> {
    /// Stems of the words that begin in `span`.
    pub(super) fn stems(&self, span: &Range<usize>) -> BTreeSet<&'a str> {
        let words = self.reading.words;
        let from = words.partition_point(|word| word.span.start < span.start);
        let inside = words[from..]
            .iter()
            .take_while(|word| word.span.start < span.end)
            .map(|word| word.stem.as_str());
        inside.inspect(|_| steps::count(1)).collect()
    }

    /// Stems of the sentence.
    pub(super) fn all_stems(&self) -> &BTreeSet<&'a str> {
        self.once.stems.get_or_init(|| self.stems(&self.span))
    }

    /// Stems of the sentence and of the one before.
    pub(super) fn paragraph_stems(&self) -> &BTreeSet<&'a str> {
        let paragraph = &self.once.paragraph;
        paragraph.get_or_init(|| self.stems(&self.paragraph))
    }

    /// Stems of what stands before the first number.
    pub(super) fn head_stems(&self) -> &BTreeSet<&'a str> {
        self.once.head.get_or_init(|| {
            let first = self.mentions.first();
            let end = first.map_or(self.span.start, |first| first.span.start);
            self.stems(&(self.span.start..end))
        })
    }

    /// Passages of topic, quotes and sources that the sentence shares enough words with.
    pub(super) fn background(&self) -> &[&'a Passage] {
        self.once.background.get_or_init(|| {
            let said = self.all_stems();
            let passages = self.reading.book.passages.iter();
            let shares = |passage: &&Passage| {
                let shared = passage
                    .stems
                    .iter()
                    .filter(|stem| said.contains(stem.as_str()))
                    .count();
                steps::count(passage.stems.len());
                shared >= passage.needed.min(passage.stems.len())
            };
            passages.filter(shares).collect()
        })
    }

    /// What a figure of the sentence may be computed from.
    pub(super) fn grounds(&self) -> &Grounds<'a> {
        self.once.grounds.get_or_init(|| {
            let text = &self.reading.text[self.span.clone()];
            Grounds::new(self.reading.book, text, self.paragraph_stems())
        })
    }

    /// Whether some word of the sentence tells a fall or a minus.
    pub(super) fn tells_a_fall(&self) -> bool {
        let words = || self.words_in(&self.span);
        *self.once.falls.get_or_init(|| words().iter().any(is_fall))
    }

    /// Words that lie in `span`.
    pub(super) fn words_in(&self, span: &Range<usize>) -> &'a [Word] {
        let words = self.reading.words;
        let from = words.partition_point(|word| word.span.start < span.start);
        let to = words.partition_point(|word| word.span.end <= span.end);
        let inside = words.get(from..to).unwrap_or_default();
        steps::count(inside.len());
        inside
    }

    /// What stands in the sentence before a byte.
    pub(super) fn before(&self, byte: usize) -> Before<'a> {
        let words = self.reading.words;
        let from = words.partition_point(|word| word.span.start < self.span.start);
        let lead = self.once.lead.get_or_init(|| {
            let words = self.words_in(&self.span);
            let unsure = words.iter().position(is_unsure);
            let mut last = None;
            let sides = words.iter().map(|word| {
                last = side(&word.folded).or(last);
                last
            });
            Lead {
                unsure: unsure.unwrap_or(usize::MAX),
                sides: std::iter::once(None).chain(sides).collect(),
            }
        });
        let to = words.partition_point(|word| word.span.end <= byte);
        let count = to.saturating_sub(from).min(lead.sides.len() - 1);
        let last = count.checked_sub(1).and_then(|last| words.get(from + last));
        Before {
            unsure: lead.unsure < count,
            last: last.map(|word| word.folded.as_str()),
            side: lead.sides[count],
        }
    }
}
