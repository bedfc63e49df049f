//! A sentence with its numbers, the text it stands in, and what was answered about it already.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;

use super::super::quantity::Mention;
use super::super::stretches::Stretches;
use super::super::text::Word;
use super::derive::Grounds;
use super::direction::Polarity;
use super::facts::{Book, Passage};

/// One sentence with its numbers.
pub(super) struct Sentence<'a> {
    /// The text it stands in.
    pub(super) reading: &'a Reading<'a>,
    /// Bytes of the sentence.
    pub(super) span: Range<usize>,
    /// This sentence and the one before.
    pub(super) paragraph: Range<usize>,
    /// Its numbers and dates.
    pub(super) mentions: &'a [Mention],
    /// What they all ask about it.
    pub(super) once: Once<'a>,
}

/// Answers about one sentence.
#[derive(Default)]
pub(super) struct Once<'a> {
    pub(super) stems: OnceCell<BTreeSet<&'a str>>,
    pub(super) paragraph: OnceCell<BTreeSet<&'a str>>,
    pub(super) head: OnceCell<BTreeSet<&'a str>>,
    pub(super) background: OnceCell<Vec<&'a Passage>>,
    pub(super) grounds: OnceCell<Grounds<'a>>,
    pub(super) falls: OnceCell<bool>,
    pub(super) lead: OnceCell<Lead>,
}

/// What stands in front of each word of a sentence.
pub(super) struct Lead {
    /// Place of the first word after which nothing is certain.
    pub(super) unsure: usize,
    /// The way that the last word of change before each place goes.
    pub(super) sides: Vec<Option<Polarity>>,
}

/// A text, read as far as judging needs it.
pub(crate) struct Reading<'a> {
    pub(crate) text: &'a str,
    pub(crate) words: &'a [Word],
    pub(crate) sentences: &'a [Range<usize>],
    pub(crate) book: &'a Book<'a>,
    /// Where a label that holds a comma or an "and" stands; no statement ends inside it.
    pub(crate) labels: &'a Stretches,
}
