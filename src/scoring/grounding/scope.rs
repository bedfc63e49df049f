//! Which words of a sentence speak about which of its numbers.
//!
//! "Exports reached $5 billion and imports $7 billion" is one sentence with two statements; a label
//! in one of them must not vouch for the number in the other. Between two neighbouring numbers
//! there is one cut, at the strongest border; without a border the order of label and number in
//! the sentence decides where it falls.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::stretches::Stretches;

static BORDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) (?P<four> ; | — | \s[–-]\s | \n )
          | (?P<three> \) | ,?\s*\b(?:while|whereas|but|although|though|against|versus|vs\.?|compared\s+(?:with|to)|as\s+opposed\s+to|followed\s+by|as\s+well\s+as)\b | ,\s*and\b )
          | (?P<two> [,、，；] )
          | (?P<one> \( | \b(?:and|with|plus|on)\b )",
    )
    .expect("a valid pattern")
});

/// Whether a text holds what would end a statement.
pub(super) fn has_border(text: &str) -> bool {
    BORDER.is_match(text)
}

/// For each of `marks` (in order, inside `sentence`) the bytes that speak about it.
///
/// `labels` are stretches that no cut may fall into. `starts_with_label` says that a label stands before the first number.
pub(super) fn scopes(
    text: &str,
    sentence: &Range<usize>,
    marks: &[Range<usize>],
    starts_with_label: bool,
    labels: &Stretches,
) -> Vec<Range<usize>> {
    let mut cuts = vec![sentence.start];
    for pair in marks.windows(2) {
        let (from, to) = (pair[0].end, pair[1].start.max(pair[0].end));
        let border = strongest(text, from..to, labels);
        cuts.push(border.unwrap_or(if starts_with_label { from } else { to }));
    }
    cuts.push(sentence.end);
    cuts.windows(2)
        .take(marks.len())
        .map(|cut| cut[0]..cut[1].max(cut[0]))
        .collect()
}

/// Where the first of the strongest borders begins.
fn strongest(text: &str, between: Range<usize>, labels: &Stretches) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for hit in BORDER.captures_iter(&text[between.clone()]) {
        let rank = ["one", "two", "three", "four"]
            .iter()
            .rposition(|name| hit.name(name).is_some())
            .unwrap_or(0);
        let whole = hit.get(0).map_or(0..0, |whole| {
            between.start + whole.start()..between.start + whole.end()
        });
        if !labels.touch(&whole) && best.is_none_or(|(strongest, _)| rank > strongest) {
            best = Some((rank, whole.start));
        }
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_statements() {
        let cases = [
            (
                "Exports reached 5 and imports 7.",
                true,
                ["Exports reached 5 ", "and imports 7."],
            ),
            (
                "Exports (5) exceed imports (7).",
                true,
                ["Exports (5", ") exceed imports (7)."],
            ),
            (
                "Exports of 5 exceed imports of 7.",
                true,
                ["Exports of 5", " exceed imports of 7."],
            ),
            (
                "About 5 of exports 7 of imports.",
                false,
                ["About 5 of exports ", "7 of imports."],
            ),
            (
                "It has 5 people, and the area, mostly sand, is 7 km.",
                false,
                ["It has 5 people", ", and the area, mostly sand, is 7 km."],
            ),
        ];
        for (text, first, expected) in cases {
            let marks: Vec<Range<usize>> = ["5", "7"]
                .iter()
                .filter_map(|digit| text.find(digit).map(|at| at..at + 1))
                .collect();
            let got: Vec<&str> =
                scopes(text, &(0..text.len()), &marks, first, &Stretches::default())
                    .into_iter()
                    .map(|span| &text[span])
                    .collect();
            assert_eq!(got, expected);
        }
    }
}
