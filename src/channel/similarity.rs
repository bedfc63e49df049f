//! When two entries say the same: as sets of words, whatever their order, case, accents and punctuation.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Articles and joints: a headline with another one of these is the same headline.
const SMALL: [&str; 6] = ["a", "an", "and", "or", "the", "with"];

/// The words of an entry in comparison form: without case, accents, punctuation, order and articles.
///
/// Two entries say the same when these are equal. An entry without any word is its own one.
pub(super) fn words_of(text: &str) -> BTreeSet<String> {
    let folded: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let all: BTreeSet<String> = folded.unicode_words().map(str::to_owned).collect();
    let content_words: BTreeSet<String> = all
        .iter()
        .filter(|word| !SMALL.contains(&word.as_str()))
        .cloned()
        .collect();
    match (content_words.is_empty(), all.is_empty()) {
        (false, _) => content_words,
        (true, false) => all,
        (true, true) => BTreeSet::from([text.trim().to_owned()]),
    }
}

/// How much two entries have in common, 0–1: shared words over all words (Jaccard).
pub(super) fn similarity(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of words in one entry")]
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let shared = a.intersection(b).count();
    share(shared, a.len() + b.len() - shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dress_and_order_do_not_make_another_entry() {
        let same = [
            ("Fresh Bread Daily", "daily fresh bread!"),
            ("Café & Bar", "cafe bar"),
            ("The bread", "A bread"),
            ("Plays films, music", "Plays music and films"),
        ];
        for (a, b) in same {
            assert_eq!(words_of(a), words_of(b), "{a} | {b}");
        }
        let other = [
            ("Fresh bread", "Fresh rolls"),
            ("The", "A"),
            ("👍", "👎"),
            ("From 2001", "From 2011"),
        ];
        for (a, b) in other {
            assert_ne!(words_of(a), words_of(b), "{a} | {b}");
        }
    }

    #[test]
    fn similarity_is_the_shared_part() {
        let of = |a: &str, b: &str| similarity(&words_of(a), &words_of(b));
        assert_eq!(of("fresh bread", "bread fresh"), 1.0);
        assert_eq!(of("fresh bread", "fresh rolls"), 1.0 / 3.0);
        assert_eq!(of("fresh bread", "hot soup"), 0.0);
    }
}
