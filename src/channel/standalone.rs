//! Whether an entry stands alone: a platform shows entries in any order and any company.
//!
//! Ends that dangle are wrong in every language. Beginnings that lean on a sentence before
//! ("And …", "It …") are known for English only; other languages pass.

use unicode_segmentation::UnicodeSegmentation;

/// First words that lean on something said before.
const LEANING: [&str; 20] = [
    "also",
    "and",
    "because",
    "but",
    "furthermore",
    "he",
    "hence",
    "however",
    "it",
    "its",
    "moreover",
    "or",
    "she",
    "so",
    "that",
    "their",
    "therefore",
    "they",
    "these",
    "which",
];

/// Last words after which something is missing.
const DANGLING: [&str; 21] = [
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "into", "is", "its", "of", "or",
    "than", "that", "the", "to", "very", "with", "your",
];

/// Whether an entry leans on another or breaks off; `language` is a BCP 47 tag.
pub(super) fn leans(text: &str, language: &str) -> bool {
    let text = text.trim();
    if text.ends_with([
        ',', ':', ';', '-', '–', '—', '(', '&', '/', '、', '，', '：',
    ]) || is_open(text)
    {
        return true;
    }
    let english = language
        .split(['-', '_'])
        .next()
        .is_some_and(|tag| tag.eq_ignore_ascii_case("en"));
    if !english {
        return false;
    }
    let words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
    // "Edits" alone says nothing, whoever's name stands above it.
    if words.len() == 1 {
        return true;
    }
    let at_end = text.ends_with(char::is_alphanumeric);
    words
        .first()
        .is_some_and(|word| LEANING.contains(&word.as_str()))
        || (at_end
            && words
                .last()
                .is_some_and(|word| DANGLING.contains(&word.as_str())))
}

/// A bracket or a quotation that is opened and not closed.
fn is_open(text: &str) -> bool {
    [
        ('(', ')'),
        ('[', ']'),
        ('“', '”'),
        ('「', '」'),
        ('（', '）'),
    ]
    .into_iter()
    .any(|(open, close)| {
        text.chars().filter(|c| *c == open).count() > text.chars().filter(|c| *c == close).count()
    }) || text.matches('"').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_neither_leans_nor_dangles() {
        for text in [
            "And it is free",
            "It works offline",
            "Notes for",
            "Here are five:",
            "Bread (fresh",
            "Say \"yes",
            "The best of the",
            "Fast,",
            "Edits",
        ] {
            assert!(leans(text, "en"), "{text}");
        }
        for text in [
            "Works offline",
            "Notes for you",
            "Bread (fresh)",
            "What you came for.",
            "Log in",
            "Itinerary maker",
            "",
            "面包",
        ] {
            assert!(!leans(text, "en"), "{text}");
        }
        assert!(!leans("So schnell geht das", "de"));
        assert!(leans("Brot (frisch", "de"));
    }
}
