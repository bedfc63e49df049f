//! Whether a text shows anything: characters that are there and that nobody sees.
//!
//! A text of U+200B is no text to a reader, and `trim` keeps it. What counts as unseen follows the Unicode
//! Character Database: white space and separators, controls, format characters, and default-ignorable code
//! points (Unicode 5.21: fillers, variation selectors, tags), and the few characters whose glyph is defined as
//! blank.

use std::sync::LazyLock;

use regex::Regex;

/// One character that shows nothing. The signs that Arabic and Syriac put around digits are format characters too,
/// and are seen. The five at the end have a blank glyph: the braille pattern without dots, the null notehead, the
/// Khitan filler, and the two blanks of Egyptian hieroglyphs.
const UNSEEN: &str = r"[[\p{White_Space}\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u{2800}\u{1D159}\u{16FE4}\u{13441}\u{13442}]--\p{Prepended_Concatenation_Mark}]";

static BLANK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"\A{UNSEEN}*\z")).expect("a pattern"));

static AROUND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"\A{UNSEEN}+|{UNSEEN}+\z")).expect("a pattern"));

static EACH: LazyLock<Regex> = LazyLock::new(|| Regex::new(UNSEEN).expect("a pattern"));

static HIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"[{UNSEEN}--[ \u{{200C}}\u{{200D}}]]")).expect("a pattern")
});

/// Whether a reader of the text would see nothing at all; true for the empty text.
pub fn is_blank(text: &str) -> bool {
    BLANK.is_match(text)
}

/// The text without what cannot be seen at its two ends.
pub fn visible(text: &str) -> String {
    AROUND.replace_all(text, "").into_owned()
}

/// The text without any character that cannot be seen, spaces included.
pub fn without_unseen(text: &str) -> String {
    EACH.replace_all(text, "").into_owned()
}

/// Whether the text has a character inside that cannot be seen, so that it can look like another text: anything
/// unseen but the plain space, and the two joiners where they stand between letters that are not ASCII, as Persian,
/// Hindi and family emoji need them.
pub fn has_hidden(text: &str) -> bool {
    let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let chars: Vec<char> = text.chars().collect();
    let odd_joiner = chars.iter().enumerate().any(|(at, c)| {
        let beside = |place: Option<usize>| place.and_then(|place| chars.get(place));
        let bare = |beside: Option<&char>| beside.is_none_or(|c| c.is_ascii() || joins(*c));
        joins(*c) && (bare(beside(at.checked_sub(1))) || bare(beside(at.checked_add(1))))
    });
    odd_joiner || HIDDEN.is_match(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One of every kind of character that shows nothing.
    const NOTHING: [&str; 28] = [
        "",
        " ",
        "\u{a0}",
        "\t\r\n",
        "\u{3000}",
        "\u{2028}",
        "\u{7}",
        "\u{85}",
        "\u{ad}",
        "\u{34f}",
        "\u{61c}",
        "\u{115f}",
        "\u{1160}",
        "\u{17b4}",
        "\u{180e}",
        "\u{200b}\u{2060}",
        "\u{200d}",
        "\u{202e}",
        "\u{2800}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{ffa0}",
        "\u{fff9}",
        "\u{13441}",
        "\u{1d159}",
        "\u{e0041}\u{e007f}",
        "\u{e0100}",
    ];

    #[test]
    fn what_nobody_sees_is_blank() {
        for text in NOTHING {
            assert!(is_blank(text), "{text:?}");
            assert_eq!(visible(&format!("{text}a b{text}")), "a b", "{text:?}");
        }
    }

    #[test]
    fn what_somebody_sees_is_not() {
        for text in [
            "a",
            ".",
            "0",
            "\u{6dd}",
            "\u{600}",
            "👩\u{200d}👧",
            "\u{fffd}",
            "־",
            "。",
            "\u{e000}",
            "ﷺ",
            "\u{1f3f4}\u{e0067}\u{e007f}",
        ] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn a_name_with_something_hidden_in_it_looks_like_another() {
        for text in [
            "ki\u{200b}m",
            "kim\u{200d}",
            "k\u{200c}im",
            "\u{202e}mik",
            "ki\u{a0}m",
            "kim\u{fe0f}",
            "م\u{200d}\u{200d}م",
        ] {
            assert!(has_hidden(text), "{text:?}");
        }
        for text in [
            "kim",
            "Kim Okafor",
            "José",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
        ] {
            assert!(!has_hidden(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_letter_among_nothing_is_something(before in prop::sample::select(&NOTHING[..]), after in prop::sample::select(&NOTHING[..]), letter in "[a-zא-תא]") {
            prop_assert!(is_blank(&[before, after].concat()));
            let text = format!("{before}{letter}{after}");
            prop_assert!(!is_blank(&text));
            prop_assert_eq!(visible(&text), letter);
        }
    }
}
