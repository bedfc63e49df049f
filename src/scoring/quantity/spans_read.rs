//! Bytes of a text that are read already, so that nothing is read twice.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::steps;

/// Stretches that are taken: start to end, apart.
#[derive(Debug, Default)]
pub(super) struct SpansRead {
    ends: BTreeMap<usize, usize>,
}

impl SpansRead {
    /// Takes a stretch, with those that it overlaps.
    pub(super) fn add(&mut self, span: &Range<usize>) {
        let (mut start, mut end) = (span.start, span.end);
        while let Some(other) = self.touching(&(start..end)) {
            self.ends.remove(&other.start);
            (start, end) = (start.min(other.start), end.max(other.end));
        }
        self.ends.insert(start, end);
    }

    /// Whether nothing of a stretch is taken.
    pub(super) fn is_free(&self, span: &Range<usize>) -> bool {
        self.touching(span).is_none()
    }

    /// The taken stretch that holds a byte.
    pub(super) fn at(&self, byte: usize) -> Option<Range<usize>> {
        self.touching(&(byte..byte + 1))
    }

    fn touching(&self, span: &Range<usize>) -> Option<Range<usize>> {
        steps::count(1);
        let (&start, &end) = self.ends.range(..span.end).next_back()?;
        (end > span.start).then_some(start..end)
    }
}
