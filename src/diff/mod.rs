//! What an edit changed: words that were put in and taken out, and how much of the text that is.
//!
//! Words are those of Unicode (UAX #29); the difference is Myers' shortest one.

use similar::{ChangeTag, TextDiff};

/// A stretch of two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it stands.
    pub kind: Kind,
    /// Its text.
    pub text: String,
}

/// Where a stretch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In both.
    Same,
    /// In the new text only.
    Inserted,
    /// In the old text only.
    Deleted,
}

/// Both texts as one, in order, word by word.
pub fn compare(old: &str, new: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let diff = TextDiff::from_unicode_words(old, new);
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => Kind::Same,
            ChangeTag::Insert => Kind::Inserted,
            ChangeTag::Delete => Kind::Deleted,
        };
        match spans.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => spans.push(Span {
                kind,
                text: change.value().to_owned(),
            }),
        }
    }
    spans
}

/// Characters that were put in and taken out, over the characters of both texts: 0 for the same text, 1 for one that
/// has no word in common.
pub fn ratio(old: &str, new: &str) -> f32 {
    let (mut changed, mut all) = (0, 0);
    for span in compare(old, new) {
        let chars = span.text.chars().count();
        match span.kind {
            Kind::Same => all += 2 * chars,
            Kind::Inserted | Kind::Deleted => {
                changed += chars;
                all += chars;
            }
        }
    }
    match all {
        0 => 0.0,
        all => changed as f32 / all as f32,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn without(spans: &[Span], kind: Kind) -> String {
        let kept = spans.iter().filter(|span| span.kind != kind);
        kept.map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn a_changed_word_is_the_only_change() {
        let spans = compare("Prices rose by 3 percent.", "Prices fell by 3 percent.");
        let changed: Vec<(Kind, &str)> = spans
            .iter()
            .filter(|span| span.kind != Kind::Same)
            .map(|span| (span.kind, span.text.as_str()))
            .collect();
        assert_eq!(changed, [(Kind::Deleted, "rose"), (Kind::Inserted, "fell")]);
        assert_eq!(ratio("same", "same"), 0.0);
        assert_eq!(ratio("", ""), 0.0);
        assert_eq!(ratio("one", "two"), 1.0);
        assert_eq!(ratio("", "two"), 1.0);
    }

    proptest! {
        /// Both texts can be read back, whatever is in them.
        #[test]
        fn nothing_is_lost(old in "[a-c \n<é👩‍👩‍👧]{0,40}", new in "[a-c \n<é👩‍👩‍👧]{0,40}") {
            let spans = compare(&old, &new);
            prop_assert_eq!(without(&spans, Kind::Inserted), old.clone());
            prop_assert_eq!(without(&spans, Kind::Deleted), new.clone());
            let ratio = ratio(&old, &new);
            prop_assert!((0.0..=1.0).contains(&ratio));
            prop_assert_eq!(ratio == 0.0, old == new);
        }
    }
}
