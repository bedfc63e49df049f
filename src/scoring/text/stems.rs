//! Words by Unicode Standard Annex 29, with a light English stem for comparing them.
//!
//! The stem only has to bring together forms of one word inside one brief ("exports", "exported"),
//! so it strips endings and nothing more; a Han character is a word of its own.

use std::collections::BTreeSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::fold;

/// One word of a text.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// Bytes in the text.
    pub(crate) span: Range<usize>,
    /// Case and accents removed.
    pub(crate) folded: String,
    /// Folded, without its ending.
    pub(crate) stem: String,
}

/// All words, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    text.unicode_word_indices()
        .map(|(at, word)| {
            let folded = fold(word);
            Word {
                span: at..at + word.len(),
                stem: stem(&folded),
                folded,
            }
        })
        .collect()
}

/// Stems of the words that carry meaning; every stem when none does.
pub(crate) fn content_stems(text: &str) -> BTreeSet<String> {
    let all = words(text);
    let content: BTreeSet<String> = all
        .iter()
        .filter(|word| {
            !is_stop(&word.folded) && !word.folded.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|word| word.stem.clone())
        .collect();
    if content.is_empty() {
        all.into_iter().map(|word| word.stem).collect()
    } else {
        content
    }
}

/// Brings inflected forms of a folded word together.
pub(crate) fn stem(folded: &str) -> String {
    if let Some((_, kin)) = KIN.iter().find(|(forms, _)| forms.contains(&folded)) {
        return (*kin).to_owned();
    }
    let word = folded
        .strip_suffix("'s")
        .unwrap_or(folded)
        .trim_end_matches('\'');
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    let cut =
        |ending: &str, keep: usize| word.strip_suffix(ending).filter(|rest| rest.len() >= keep);
    let base = if let Some(rest) = cut("ies", 2) {
        return format!("{rest}y");
    } else if let Some(rest) = cut("sses", 2) {
        return format!("{rest}ss");
    } else if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        word
    } else if let Some(rest) = cut("ing", 3).or_else(|| cut("ed", 3)) {
        undouble(rest)
    } else if let Some(rest) = cut("es", 3).or_else(|| cut("s", 3)) {
        rest
    } else {
        word
    };
    base.strip_suffix('e')
        .filter(|rest| rest.len() >= 3)
        .unwrap_or(base)
        .to_owned()
}

/// "dropp" is "drop", but "fall" stays.
fn undouble(rest: &str) -> &str {
    let mut last = rest.chars().rev();
    match (last.next(), last.next()) {
        (Some(a), Some(b)) if a == b && !"aeiouls".contains(a) => &rest[..rest.len() - 1],
        _ => rest,
    }
}

/// Words that a writer exchanges freely when naming a statistic.
const KIN: [(&[&str], &str); 5] = [
    (&["male", "males", "man", "men", "men's"], "male"),
    (
        &["female", "females", "woman", "women", "women's"],
        "female",
    ),
    (
        &[
            "people",
            "person",
            "persons",
            "inhabitant",
            "inhabitants",
            "resident",
            "residents",
            "population",
            "populations",
            "populace",
        ],
        "population",
    ),
    (
        &["economy", "economic", "economies", "economically"],
        "economy",
    ),
    (&["percent", "percentage", "percentages"], "percent"),
];

/// Whether a folded word says nothing about the subject.
pub(crate) fn is_stop(folded: &str) -> bool {
    const STOP: &[&str] = &[
        "a", "about", "above", "all", "also", "an", "and", "are", "around", "as", "at", "be",
        "been", "between", "but", "by", "est", "for", "from", "had", "has", "have", "in", "is",
        "it", "its", "just", "more", "most", "nearly", "no", "not", "of", "on", "or", "over",
        "per", "since", "so", "some", "than", "that", "the", "their", "there", "these", "this",
        "those", "to", "under", "was", "were", "which", "while", "will", "with", "within", "would",
    ];
    STOP.binary_search(&folded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        for family in [
            &["export", "exports", "exported", "exporting"][..],
            &["rate", "rates", "rated"],
            &["country", "countries", "country's"],
            &["drop", "dropped", "dropping", "drops"],
            &["women", "female", "females"],
            &["inhabitants", "people", "population"],
        ] {
            let stems: BTreeSet<String> = family.iter().map(|word| stem(word)).collect();
            assert_eq!(stems.len(), 1, "{stems:?}");
        }
        assert_ne!(stem("mass"), stem("mas"));
    }

    #[test]
    fn stop_words_are_sorted_and_never_the_only_thing_left_out() {
        assert!(is_stop("with") && is_stop("a") && is_stop("would") && !is_stop("area"));
        let total: Vec<String> = content_stems("Total").into_iter().collect();
        assert_eq!(total, ["total"]);
        let label: Vec<String> = content_stems("Population of the country, 2024")
            .into_iter()
            .collect();
        assert_eq!(label, ["country", "population"]);
    }
}
