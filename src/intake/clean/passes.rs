//! The passes over one text, each of which does one thing and says whether it did.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What a pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// UTF-8 that had been read as Windows-1252 was read anew: `cafÃ©` → `café`.
    Mojibake,
    /// HTML tags were taken out.
    Tags,
    /// HTML character references were resolved: `&amp;` → `&`.
    Entities,
    /// Control characters and invisible ones were taken out.
    Control,
    /// Runs of blanks became one, and those at the ends of lines went.
    Whitespace,
    /// Characters were composed as Unicode's normal form C wants.
    Nfc,
}

type Pass = (Change, fn(&str) -> Cow<'_, str>);

/// In this order: a tag may hide in references, and a reference in mojibake.
const PASSES: [Pass; 6] = [
    (Change::Mojibake, mojibake),
    (Change::Tags, tags),
    (Change::Entities, entities),
    (Change::Control, control),
    (Change::Whitespace, whitespace),
    (Change::Nfc, nfc),
];

/// Feeds escape what was escaped already; more rounds than this are somebody's joke.
const ROUNDS: usize = 5;

/// The cleaned text, and what was done to it, each kind once.
pub(super) fn run(text: &str) -> (String, Vec<Change>) {
    let (mut text, mut changes) = (Cow::Borrowed(text), Vec::new());
    for _ in 0..ROUNDS {
        let before = text.clone();
        for (change, pass) in PASSES {
            let after = pass(&text).into_owned();
            if after != *text {
                text = Cow::Owned(after);
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        if text == before {
            break;
        }
    }
    (text.into_owned(), changes)
}

/// Reads a text anew whose characters are all bytes of Windows-1252 and which is UTF-8 as those bytes.
///
/// The whole text has to be so: a correct text with an accent is no UTF-8 as Windows-1252, so it stays.
fn mojibake(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let (bytes, _, unmappable) = encoding_rs::WINDOWS_1252.encode(text);
    if unmappable {
        return text.into();
    }
    match std::str::from_utf8(&bytes) {
        // Anew at once: the next pass would take what is a control character for now.
        Ok(read) if read != text => mojibake(read).into_owned().into(),
        _ => text.into(),
    }
}

/// Comments and scripts with what is in them, and elements that feeds and content systems leave in
/// texts, with attributes as `name=value`; anything else between `<` and `>` is no tag: `a<b and c>d`.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?isx)<!--.*?--> | <script\b.*?</script\s*> | <style\b.*?</style\s*> |
        </?(?:a|abbr|article|aside|audio|b|blockquote|br|button|center|code|dd|del|div|dl|dt|em|figcaption|figure|font|footer|form
            |h[1-6]|header|hr|i|iframe|img|input|ins|label|li|mark|nav|noscript|ol|option|p|pre|q|s|section|select|small|span
            |strong|sub|sup|table|tbody|td|textarea|th|thead|tr|u|ul|video)
        (?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>"#,
    )
    .expect("a pattern")
});

/// Those that end a line or a word.
static BREAK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^</?(?:article|aside|blockquote|br|button|dd|del|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header|hr|ins|li|nav
            |ol|option|p|pre|s|section|select|table|tbody|td|th|thead|tr|ul)\b",
    )
    .expect("a pattern")
});

/// Digits that are raised or lowered: `5<sup>2</sup>` is not 52.
static RAISED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<(sup|sub)>\s*([0-9]{1,3})\s*</(?:sup|sub)\s*>").expect("a pattern")
});

fn tags(text: &str) -> Cow<'_, str> {
    let raised = RAISED.replace_all(text, |found: &regex::Captures<'_>| {
        let digits = if found[1].eq_ignore_ascii_case("sup") {
            ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']
        } else {
            ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉']
        };
        let digits = found[2]
            .bytes()
            .map(|digit| digits[usize::from(digit - b'0')]);
        digits.collect::<String>()
    });
    let plain = TAG.replace_all(
        &raised,
        |found: &regex::Captures<'_>| {
            if BREAK.is_match(&found[0]) { " " } else { "" }
        },
    );
    plain.into_owned().into()
}

/// Only with their semicolon: `AT&T` and `?a=1&copy=2` are no references.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
        .expect("a pattern")
});

fn entities(text: &str) -> Cow<'_, str> {
    REFERENCE.replace_all(text, |found: &regex::Captures<'_>| {
        htmlize::unescape(&found[0]).into_owned()
    })
}

/// Without control characters (line breaks of every kind and tabs stay, and U+0000, which is refused by name), soft
/// hyphens, zero-width spaces, byte order marks and what turns the direction of writing round. Joiners
/// stay: emoji and Persian need them.
fn control(text: &str) -> Cow<'_, str> {
    let unwanted = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\0' | '\u{b}' | '\u{c}' | '\u{85}')
            || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(unwanted) {
        text.replace(unwanted, "").into()
    } else {
        text.into()
    }
}

/// One blank for many of any width, none at the ends of lines, at most one empty line, and one kind of
/// line break: Word writes U+000B, others U+2028. A no-break space inside a line stays: it groups the digits of a number.
fn whitespace(text: &str) -> Cow<'_, str> {
    let breaks = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    let blank = |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
    let lines = text.replace("\r\n", "\n").replace(breaks, "\n");
    let mut cleaned = String::with_capacity(lines.len());
    let mut empty = 0;
    for line in lines.trim().split('\n') {
        let words = line.trim().split(blank).filter(|word| !word.is_empty());
        let line: Vec<&str> = words.collect();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty > 1 {
            continue;
        }
        if !cleaned.is_empty() {
            cleaned.push('\n');
        }
        cleaned.push_str(&line.join(" "));
    }
    cleaned.into()
}

fn nfc(text: &str) -> Cow<'_, str> {
    if is_nfc(text) {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_pass_does_its_one_thing() {
        let told: Vec<String> = [
            "cafÃ© â€“ â‚¬5",
            "Ã\u{a9}tÃ\u{a9} d\u{e0}", // one accent too many to be UTF-8: left alone
            "<p>One<br/>two <b class=\"x\">three</b></p><!-- no\nmore -->",
            "<style type='a'>p { x }</style>One<script>\nalert('<b>')</script > scripted",
            "a < b and c > d, x<y>z, if a<b and c>d then p<p and q>0",
            "5<sup>2</sup> m, H<SUB>2</SUB>O, <s>29</s>19, <img alt=\"a>b\" src=x>",
            "one\u{b}two\u{85}three\u{2028}four\u{c}five\u{3000}six\u{2003} seven",
            "AT&T &amp; R&ampD, &#8364;5 &nbsp;or &unknown; ?a=1&copy=2",
            "&amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt;",
            "soft\u{ad}hyphen zero\u{200b}width \u{202e}turned\u{202c} bell\u{7}",
            "  two  blanks \t and\r\n\r\n\r\n\r\nlines  ",
            "\u{a0}5\u{a0}€\u{a0} \n\u{a0}\n\u{3000}x",
            "1\u{202f}234\u{a0}567 👩\u{200d}🔬",
            "e\u{301}t\u{e9}",
        ]
        .iter()
        .map(|text| {
            let (cleaned, changes) = run(text);
            format!("{cleaned:?} {changes:?}")
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        "café – €5" [Mojibake]
        "Ã©tÃ© dà" []
        "One two three" [Tags, Whitespace]
        "One scripted" [Tags]
        "a < b and c > d, x<y>z, if a<b and c>d then p<p and q>0" []
        "5² m, H₂O, 29 19," [Tags, Whitespace]
        "one\ntwo\nthree\nfour\nfive six seven" [Whitespace]
        "AT&T & R&ampD, €5 \u{a0}or &unknown; ?a=1&copy=2" [Entities]
        "bold" [Entities, Tags]
        "softhyphen zerowidth turned bell" [Control]
        "two blanks and\n\nlines" [Whitespace]
        "5\u{a0}€\n\nx" [Whitespace]
        "1\u{202f}234\u{a0}567 👩\u{200d}🔬" []
        "été" [Nfc]
        "#);
    }

    #[test]
    fn text_that_was_read_wrongly_twice_is_mended_twice() {
        let wrong = |text: &str| {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(text.as_bytes())
                .0
                .into_owned()
        };
        for text in ["Zürich – 5 €", "“naïve”", "Łódź", "日本"] {
            assert_eq!(run(&wrong(text)), (text.to_owned(), vec![Change::Mojibake]));
            assert_eq!(run(&wrong(&wrong(text))).0, text);
        }
    }

    proptest! {
        #[test]
        fn plain_text_stays_as_it_is(words in prop::collection::vec("[A-Za-zäöüßéèçñ0-9.,;:'!?%€()–-]{1,9}", 1..12)) {
            let text = words.join(" ");
            // Two such letters in a row can be one of UTF-8 read wrongly; no language writes them so.
            prop_assume!(mojibake(&text) == text && is_nfc(&text));
            prop_assert_eq!(run(&text), (text, vec![]));
        }

        #[test]
        fn ascii_without_markup_never_changes_but_for_its_blanks(text in "[ -%'-;=?-~]{0,60}") {
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            prop_assert_eq!(run(&text).0, words.join(" "));
        }

        #[test]
        fn cleaning_again_changes_nothing(text in "(?s).{0,40}|[ \n\t<>/bp&;#x0-9amplt]{0,40}") {
            let once = run(&text).0;
            let (again, _) = run(&once);
            prop_assert_eq!(again, once);
        }
    }
}
