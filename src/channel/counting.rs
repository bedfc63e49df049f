//! How long a text is, in the unit that its channel counts.
//!
//! Four units, never mixed: words, what a reader sees as characters, columns, and X's weights.
//! Each follows a published rule, named at the variant, so a count can be checked by hand.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Unit that a field's limit is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Words by Unicode Standard Annex 29; a Han character is a word of its own.
    Words,
    /// Extended grapheme clusters (Annex 29): a family emoji is one.
    Graphemes,
    /// Columns by Annex 11: CJK and emoji take two, half-width kana one. Google Ads counts so.
    Width,
    /// twitter-text v3: after NFC a URL is 23, an emoji 2, a code point 1 or 2 by range.
    XWeighted,
}

impl Counting {
    /// Length of `text` in this unit, 0 or more.
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Words => text.unicode_words().count(),
            Self::Graphemes => text.graphemes(true).count(),
            Self::Width => text.width(),
            Self::XWeighted => x_weight(text),
        }
    }

    /// Byte offset from which on `text` is longer than `limit`; its length when it is not.
    ///
    /// The offset lies between two graphemes, so a highlight never cuts a character in half.
    pub fn overflow(self, text: &str, limit: usize) -> usize {
        if self.measure(text) <= limit {
            return text.len();
        }
        let cuts: Vec<usize> = match self {
            Self::Words => text.unicode_word_indices().map(|(at, _)| at).collect(),
            _ => text.grapheme_indices(true).map(|(at, _)| at).collect(),
        };
        let fits = cuts.partition_point(|&at| {
            let end = cuts.get(cuts.partition_point(|&cut| cut <= at));
            self.measure(&text[..end.copied().unwrap_or(text.len())]) <= limit
        });
        cuts.get(fits).copied().unwrap_or(text.len())
    }

    /// The unit in a message, such as `30 columns`.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Graphemes => "characters",
            Self::Width => "columns",
            Self::XWeighted => "weighted characters",
        }
    }
}

/// Every link costs the same, because X wraps it in a short link of its own.
const X_URL: usize = 23;

/// Code points that weigh one; all others weigh two.
const X_LIGHT: [Range<u32>; 4] = [0..4352, 8192..8206, 8208..8224, 8242..8248];

static URL: LazyLock<Regex> = LazyLock::new(|| {
    // Links with a scheme, and bare hosts under the endings that copy really uses; twitter-text
    // carries the full list of endings, which would age in here.
    Regex::new(
        r"(?i)\bhttps?://[^\s<>]*[^\s<>.,;:!?)\]'\x22]|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|co|eu|de|fr|uk|info|gov|edu|news|app|dev)\b(?:/[^\s<>]*[^\s<>.,;:!?)\]'\x22])?",
    )
    .expect("a valid pattern")
});

fn x_weight(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let links = URL.find_iter(&text).count();
    let rest = URL.replace_all(&text, "");
    let letters: usize = rest.graphemes(true).map(x_grapheme).sum();
    links * X_URL + letters
}

fn x_grapheme(grapheme: &str) -> usize {
    let emoji = grapheme.chars().any(|c| {
        matches!(c, '\u{200d}' | '\u{20e3}' | '\u{fe0f}')
            || matches!(u32::from(c), 0x1F1E6..=0x1FAFF)
    });
    if emoji && grapheme.width() > 1 {
        return 2;
    }
    grapheme
        .chars()
        .map(|c| {
            if X_LIGHT.iter().any(|range| range.contains(&u32::from(c))) {
                1
            } else {
                2
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_golden_set() {
        // text, words, graphemes, width, x
        let golden = [
            ("", 0, 0, 0, 0),
            ("Fresh bread daily", 3, 17, 17, 17),
            ("新鲜面包", 4, 4, 8, 8),
            ("ﾊﾟﾝ", 1, 2, 3, 6),
            ("パン", 1, 2, 4, 4),
            ("Ｒｕｓｔ", 1, 4, 8, 8),
            ("👨‍👩‍👧‍👦", 0, 1, 2, 2),
            ("👍🏽 ok", 1, 4, 5, 5),
            ("🇺🇾", 0, 1, 2, 2),
            ("cafe\u{301}", 1, 4, 4, 4),
            ("café", 1, 4, 4, 4),
            ("한국어", 1, 3, 6, 6),
            ("“quoted” — text…", 2, 16, 16, 17),
            ("1,234.5 km²", 3, 11, 11, 11),
        ];
        for (text, words, graphemes, width, x) in golden {
            let got = [
                Counting::Words,
                Counting::Graphemes,
                Counting::Width,
                Counting::XWeighted,
            ]
            .map(|counting| counting.measure(text));
            assert_eq!(got, [words, graphemes, width, x], "{text}");
        }
    }

    #[test]
    fn every_link_weighs_the_same_on_x() {
        for link in [
            "https://example.org",
            "https://example.org/a/very/long/path?with=query&and=more",
            "example.com/a",
        ] {
            assert_eq!(
                Counting::XWeighted.measure(&format!("Read {link}.")),
                5 + 23 + 1,
                "{link}"
            );
        }
    }

    #[test]
    fn overflow_starts_at_the_first_thing_too_much() {
        assert_eq!(Counting::Width.overflow("abcdef", 4), 4);
        assert_eq!(Counting::Width.overflow("面包店", 4), 6);
        assert_eq!(Counting::Graphemes.overflow("a👨‍👩‍👧‍👦b", 2), "a👨‍👩‍👧‍👦".len());
        assert_eq!(Counting::Words.overflow("one two three", 2), 8);
        assert_eq!(Counting::Words.overflow("one two", 2), 7);
    }
}
