//! Digits that state nothing: parts of names, and counts of what the text itself lists.

use super::super::quantity::{Form, Mention, Unit};
use super::super::steps;
use super::super::text::{Folded, Word};

/// Whether the digits belong to a name that the brief uses ("7-Zip", "Area 51").
pub(super) fn is_name(text: &str, mention: &Mention, names: &Folded) -> bool {
    is_proper_name(text, mention, names) || {
        let (token, before, after) = around(text, mention);
        // A bare number is part of a phrase only together with a word beside it.
        let phrase = |first: &str, second: &str| {
            !first.is_empty() && !second.is_empty() && names.contains(&format!("{first} {second}"))
        };
        phrase(before, token) || phrase(token, after)
    }
}

/// Whether a number is part of a proper name for certain, by its letters or by a capitalised word beside it, even
/// where some fact happens to hold its value.
pub(super) fn is_proper_name(text: &str, mention: &Mention, names: &Folded) -> bool {
    let quantity = mention
        .readings
        .iter()
        .any(|reading| reading.unit != Unit::PLAIN || reading.scale != 1.0);
    if quantity || mention.is_date() || !mention.clock.is_empty() {
        return false;
    }
    let (token, before, _) = around(text, mention);
    if (token.contains(char::is_alphabetic) || mention.form == Form::Dotted)
        && !token.contains(char::is_whitespace)
    {
        return mention.form != Form::Words && names.contains(token);
    }
    before.starts_with(char::is_uppercase) && names.contains(&format!("{before} {token}"))
}

/// Characters on each side of a number that a name may have; what goes on longer is no name.
const LONGEST: usize = 128;

/// The token around a number, the word before it and the word behind it.
fn around<'t>(text: &'t str, mention: &Mention) -> (&'t str, &'t str, &'t str) {
    let span = &mention.span;
    let near = |(count, (_, c)): &(usize, (usize, char))| *count < LONGEST && glues(*c);
    let start = text[..span.start].char_indices().rev().enumerate();
    let start = start
        .take_while(near)
        .last()
        .map_or(span.start, |(_, (at, _))| at);
    let end = text[span.end..].char_indices().enumerate();
    let end = end
        .take_while(near)
        .last()
        .map_or(span.end, |(_, (at, c))| span.end + at + c.len_utf8());
    steps::count(end - start);
    let before = text[..start]
        .strip_suffix(' ')
        .and_then(|rest| rest.rsplit(char::is_whitespace).next())
        .unwrap_or_default();
    let after = text[end..]
        .strip_prefix(' ')
        .and_then(|rest| rest.split(char::is_whitespace).next())
        .unwrap_or_default();
    let before = if before.ends_with(char::is_alphanumeric) {
        before.trim_matches(|c: char| !c.is_alphanumeric())
    } else {
        ""
    };
    (
        text[start..end].trim_matches(|c: char| !c.is_alphanumeric()),
        before,
        after.trim_matches(|c: char| !c.is_alphanumeric()),
    )
}

fn glues(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '/' | '+' | '_' | '\'')
}

/// Whether the number only counts what the text lists ("three reasons", "one of them").
///
/// Small numbers in words without a unit are everyday grammar; they are left out unless they match
/// a fact. `words` are those behind the number.
pub(super) fn is_list_count(mention: &Mention, words: &[Word]) -> bool {
    const LISTED: [&str; 30] = [
        "reasons",
        "tips",
        "ways",
        "things",
        "facts",
        "steps",
        "points",
        "lessons",
        "examples",
        "questions",
        "takeaways",
        "highlights",
        "ideas",
        "benefits",
        "features",
        "words",
        "sentences",
        "paragraphs",
        "items",
        "options",
        "key",
        "simple",
        "easy",
        "quick",
        "good",
        "great",
        "main",
        "more",
        "others",
        "lines",
    ];
    let Some(reading) = mention.main() else {
        return false;
    };
    let plain = mention
        .readings
        .iter()
        .any(|reading| reading.unit == Unit::PLAIN);
    if !plain || reading.value.abs() > 20.0 || mention.is_date() {
        return false;
    }
    let counts = words
        .first()
        .is_some_and(|word| LISTED[..20].contains(&word.folded.as_str()))
        || (words
            .first()
            .is_some_and(|word| LISTED[20..].contains(&word.folded.as_str()))
            && words
                .get(1)
                .is_some_and(|word| LISTED[..20].contains(&word.folded.as_str())));
    counts
        || (mention.form == Form::Words && reading.value <= 10.0)
        || (mention.form == Form::Words && reading.step >= 12.0 && reading.value <= 12.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::quantity::scan;
    use super::super::super::text::words;
    use super::*;

    #[test]
    fn names_keep_their_digits_and_bare_numbers_need_a_neighbour() {
        let names = Folded::new(
            "7-Zip \u{1} Area 51 \u{1} Windows 11 \u{1} Version 24.01.2 \u{1} Age 15-64 years",
        );
        let named = |text: &str| {
            scan(text, "en")
                .iter()
                .all(|mention| is_name(text, mention, &names))
        };
        assert!(named("Get 7-Zip now"));
        assert!(named("Near Area 51."));
        assert!(named("For Windows 11, free"));
        assert!(named("Try 24.01.2 today"));
        assert!(!named("Some 51 people"));
        assert!(!named("Windows 10"));
    }

    #[test]
    fn everyday_counts_are_left_out() {
        let counts = |text: &str| {
            let mention = &scan(text, "en")[0];
            let all = words(text);
            let behind = all.partition_point(|word| word.span.start < mention.span.end);
            is_list_count(mention, &all[behind..])
        };
        assert!(
            counts("three reasons")
                && counts("5 simple tips")
                && counts("one of them")
                && counts("two countries")
        );
        assert!(
            !counts("eighteen departments")
                && !counts("5 percent")
                && !counts("three kilometres")
                && !counts("5 countries")
        );
    }
}
