//! Stretches of a text, asked whether one of them touches or holds a place without looking at each.

use std::ops::Range;

use super::steps;

/// Stretches in the order of their starts, which may overlap.
#[derive(Debug, Clone, Default)]
pub(super) struct Stretches {
    spans: Vec<Range<usize>>,
    /// The furthest end among the first so many.
    reach: Vec<usize>,
}

impl Stretches {
    pub(super) fn new(mut spans: Vec<Range<usize>>) -> Self {
        spans.sort_by_key(|span| (span.start, span.end));
        let mut furthest = 0;
        let reach = spans.iter().map(|span| {
            furthest = span.end.max(furthest);
            furthest
        });
        let reach = reach.collect();
        Self { spans, reach }
    }

    /// Whether a stretch shares a byte with `place`.
    pub(super) fn touch(&self, place: &Range<usize>) -> bool {
        self.reach_before(place.end) > place.start
    }

    /// Whether a stretch begins before `place` and goes on to its end.
    pub(super) fn hold(&self, place: &Range<usize>) -> bool {
        let reach = self.reach_before(place.start);
        reach > 0 && reach >= place.end
    }

    /// The furthest end of the stretches that begin before a byte; 0 where there is none.
    fn reach_before(&self, at: usize) -> usize {
        steps::count(1);
        let before = self.spans.partition_point(|span| span.start < at);
        before.checked_sub(1).map_or(0, |last| self.reach[last])
    }
}

impl FromIterator<Range<usize>> for Stretches {
    fn from_iter<I: IntoIterator<Item = Range<usize>>>(spans: I) -> Self {
        Self::new(spans.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn answers_are_those_of_looking_at_each(spans in prop::collection::vec((0_usize..40, 1_usize..20), 0..12), at in 0_usize..50, length in 1_usize..10) {
            let spans: Vec<Range<usize>> = spans.into_iter().map(|(start, length)| start..start + length).collect();
            let (place, all) = (at..at + length, Stretches::new(spans.clone()));
            prop_assert_eq!(all.touch(&place), spans.iter().any(|span| span.start < place.end && place.start < span.end));
            prop_assert_eq!(all.hold(&place), spans.iter().any(|span| span.start < place.start && place.end <= span.end));
        }
    }
}
