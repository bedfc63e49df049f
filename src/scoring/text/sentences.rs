//! Sentences by Unicode Standard Annex 29, with line ends as borders and abbreviations healed.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Byte ranges of the sentences, trimmed, in order; blank ones are left out.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let mut continues = false;
        for (at, piece) in bounded(line) {
            let start = line_start + at;
            let end = start + piece.trim_end().len();
            let start = start + (piece.len() - piece.trim_start().len());
            if start >= end {
                continue;
            }
            match found.last_mut() {
                Some(last) if continues => last.end = end,
                _ => found.push(start..end),
            }
            continues = ends_in_abbreviation(&text[start..end]);
        }
        line_start += line.len();
    }
    found
}

/// Signs without a letter or a digit behind a full stop after which a sentence ends in any case.
const MOST_SIGNS: usize = 64;

/// Sentences of a line with the bytes before each.
///
/// Behind a full stop and at every sign that follows it, the segmentation looks ahead for a small letter (rule SB8).
/// A page of blanks would be looked through from each of them, so a long run of signs is cut before.
fn bounded(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut cuts = vec![0];
    let mut signs = None;
    for (at, c) in line.char_indices() {
        signs = match signs {
            _ if matches!(c, '.' | '․' | '﹒' | '．') => Some(0),
            Some(MOST_SIGNS) => {
                cuts.push(at);
                None
            }
            Some(_) if c.is_alphanumeric() => None,
            Some(count) => Some(count + 1),
            None => None,
        };
    }
    cuts.push(line.len());
    let spans: Vec<Range<usize>> = cuts.windows(2).map(|cut| cut[0]..cut[1]).collect();
    spans.into_iter().flat_map(|span| {
        let pieces = line[span.clone()].split_sentence_bound_indices();
        pieces.map(move |(at, piece)| (span.start + at, piece))
    })
}

/// Whether the full stop at the end belongs to an abbreviation, so that the sentence goes on.
fn ends_in_abbreviation(piece: &str) -> bool {
    const KNOWN: [&str; 34] = [
        "approx.", "c.", "ca.", "cf.", "co.", "corp.", "dr.", "e.g.", "est.", "etc.", "fig.",
        "ft.", "gen.", "gov.", "i.e.", "inc.", "jr.", "lt.", "ltd.", "mr.", "mrs.", "ms.", "mt.",
        "no.", "prof.", "sen.", "sq.", "sr.", "st.", "u.k.", "u.n.", "u.s.", "vol.", "vs.",
    ];
    let last = piece
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or_default();
    KNOWN.binary_search(&last.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_where_a_reader_would() {
        let cases = [
            (
                "It grew by 3.4 percent. Then it fell.",
                vec!["It grew by 3.4 percent.", "Then it fell."],
            ),
            (
                "The U.S. Senate met Dr. Ho. He left.",
                vec!["The U.S. Senate met Dr. Ho.", "He left."],
            ),
            (
                "Population: 5 million\nArea: 300 km²",
                vec!["Population: 5 million", "Area: 300 km²"],
            ),
            ("人口增长。面积不变。", vec!["人口增长。", "面积不变。"]),
            ("  \n ", vec![]),
        ];
        for (text, expected) in cases {
            let got: Vec<&str> = sentences(text)
                .into_iter()
                .map(|span| &text[span])
                .collect();
            assert_eq!(got, expected);
        }
    }
}
