//! Comparing texts without regard to case, accents, spacing and the shape of quotes.
//!
//! [`Folded`] keeps for every folded character the bytes it came from, so a phrase found in the
//! folded form is reported where it stands in the text.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::super::steps;

/// A text in comparison form that remembers where each character came from.
pub(crate) struct Folded {
    chars: Vec<char>,
    spans: Vec<Range<usize>>,
}

impl Folded {
    pub(crate) fn new(text: &str) -> Self {
        let mut folded = Self {
            chars: Vec::with_capacity(text.len()),
            spans: Vec::with_capacity(text.len()),
        };
        for (at, c) in text.char_indices() {
            let span = at..at + c.len_utf8();
            fold_char(c, |c| {
                // Runs of space count as one: copy is wrapped and re-spaced on its way.
                if c != ' ' || folded.chars.last().is_some_and(|&last| last != ' ') {
                    folded.chars.push(c);
                    folded.spans.push(span.clone());
                }
            });
        }
        folded
    }

    /// Where `phrase` stands as whole words, first to last, without overlaps.
    pub(crate) fn find(&self, phrase: &str) -> Vec<Range<usize>> {
        let needle: Vec<char> = fold(phrase).trim().chars().collect();
        let (Some(&first_char), Some(&last_char)) = (needle.first(), needle.last()) else {
            return Vec::new();
        };
        let falls_back = borders(&needle);
        let mut hits = Vec::new();
        // Characters of the phrase that the text up to here ends with.
        let mut matched = 0;
        steps::count(self.chars.len());
        for (last, &c) in self.chars.iter().enumerate() {
            while matched > 0 && needle[matched] != c {
                matched = falls_back[matched - 1];
            }
            matched += usize::from(needle[matched] == c);
            if matched < needle.len() {
                continue;
            }
            let (at, end) = (last + 1 - needle.len(), last + 1);
            let inside_word = (joins(first_char) && at > 0 && joins(self.chars[at - 1]))
                || (joins(last_char) && self.chars.get(end).is_some_and(|&c| joins(c)));
            matched = if inside_word {
                falls_back[matched - 1]
            } else {
                hits.push(self.spans[at].start..self.spans[last].end);
                0
            };
        }
        hits
    }

    pub(crate) fn contains(&self, phrase: &str) -> bool {
        !self.find(phrase).is_empty()
    }
}

/// For each beginning of a phrase, the longest shorter one that it ends with (Knuth, Morris and Pratt 1977): how a
/// search goes on after a mismatch without reading the text again.
fn borders(phrase: &[char]) -> Vec<usize> {
    let mut borders = vec![0; phrase.len()];
    let mut length = 0;
    for at in 1..phrase.len() {
        while length > 0 && phrase[at] != phrase[length] {
            length = borders[length - 1];
        }
        length += usize::from(phrase[at] == phrase[length]);
        borders[at] = length;
    }
    borders
}

/// The comparison form of a short text.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, |c| folded.push(c));
    }
    folded
}

fn fold_char(c: char, mut push: impl FnMut(char)) {
    if c.is_ascii() {
        push(if c.is_ascii_whitespace() {
            ' '
        } else {
            c.to_ascii_lowercase()
        });
        return;
    }
    for c in std::iter::once(c).nfkd().filter(|&c| !is_combining_mark(c)) {
        for c in c.to_lowercase() {
            push(match c {
                '‘' | '’' | 'ʼ' => '\'',
                '“' | '”' | '„' | '«' | '»' => '"',
                '‐' | '‑' | '–' | '—' | '−' => '-',
                c if c.is_whitespace() => ' ',
                c => c,
            });
        }
    }
}

/// Whether a character glues to its neighbour: Han and kana words have no borders to look for.
fn joins(c: char) -> bool {
    c.is_alphanumeric()
        && !matches!(u32::from(c), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_words_whatever_their_case_accents_and_spacing() {
        let text = "The CAFÉ’s  best\noffer: Cafeteria. 最好的面包";
        let folded = Folded::new(text);
        let quotes = |phrase: &str| -> Vec<&str> {
            folded
                .find(phrase)
                .into_iter()
                .map(|span| &text[span])
                .collect()
        };
        assert_eq!(quotes("cafe's"), ["CAFÉ’s"]);
        assert_eq!(quotes("cafe"), ["CAFÉ"]);
        assert_eq!(quotes("best offer"), ["best\noffer"]);
        assert_eq!(quotes("最好"), ["最好"]);
        assert_eq!(quotes("  "), Vec::<&str>::new());
    }

    proptest::proptest! {
        /// The search is that of trying every place.
        #[test]
        fn phrases_are_found_where_they_stand(text in "[ab .]{0,40}", phrase in "[ab .]{1,6}") {
            let folded = Folded::new(&text);
            let needle: Vec<char> = fold(&phrase).trim().chars().collect();
            let (mut expected, mut at) = (Vec::new(), 0);
            while !needle.is_empty() && at + needle.len() <= folded.chars.len() {
                let end = at + needle.len();
                let before = at > 0 && joins(folded.chars[at - 1]) && joins(needle[0]);
                let behind = folded.chars.get(end).is_some_and(|&c| joins(c)) && joins(needle[needle.len() - 1]);
                let found = folded.chars[at..end] == needle[..] && !before && !behind;
                if found {
                    expected.push(folded.spans[at].start..folded.spans[end - 1].end);
                }
                at = if found { end } else { at + 1 };
            }
            proptest::prop_assert_eq!(folded.find(&phrase), expected);
        }
    }
}
