//! A text and its brief, read once and shared by every scorer.

use std::ops::Range;

use super::grounding::{Book, Judged, Reading, judge};
use super::quantity::scan;
use super::steps;
use super::stretches::Stretches;
use super::text::{Folded, Word, sentences, words};
use super::{Context, Text};
use crate::domain::brief::Brief;

/// Everything a scorer may look at.
pub(super) struct Subject<'a> {
    pub(super) brief: &'a Brief,
    pub(super) text: &'a Text<'a>,
    pub(super) context: &'a Context<'a>,
    pub(super) words: Vec<Word>,
    pub(super) sentences: Vec<Range<usize>>,
    pub(super) book: &'a Book<'a>,
    /// Numbers and dates with their origins, in the order of the text.
    pub(super) judged: Vec<Judged>,
    /// The text in comparison form.
    pub(super) folded: Folded,
    /// Unicode scalar values before every [`BLOCK`]th byte of the text.
    chars: Vec<usize>,
}

/// Bytes between two places whose characters are counted beforehand: every finding asks for its place.
const BLOCK: usize = 256;

impl<'a> Subject<'a> {
    pub(super) fn new(
        brief: &'a Brief,
        book: &'a Book<'a>,
        text: &'a Text<'a>,
        context: &'a Context<'a>,
    ) -> Self {
        let (words, sentences) = (words(text.text), sentences(text.text));
        let mentions = scan(text.text, &brief.language);
        let folded = Folded::new(text.text);
        let labels = Stretches::new(book.bordered_labels(&folded));
        let judged = judge(
            &Reading {
                text: text.text,
                words: &words,
                sentences: &sentences,
                book,
                labels: &labels,
            },
            &mentions,
        );
        Self {
            brief,
            text,
            context,
            words,
            sentences,
            book,
            judged,
            folded,
            chars: chars_before_blocks(text.text),
        }
    }

    /// Unicode scalar values before a byte offset.
    pub(super) fn char_at(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        self.chars[block] + beginnings(&self.text.text.as_bytes()[block * BLOCK..byte])
    }
}

fn chars_before_blocks(text: &str) -> Vec<usize> {
    let mut before = 0;
    let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
        before += beginnings(block);
        before
    });
    std::iter::once(0).chain(blocks).collect()
}

/// Bytes that begin a character.
fn beginnings(bytes: &[u8]) -> usize {
    steps::count(bytes.len());
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}
