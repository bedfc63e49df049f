//! The mark that says a text came from a model: the IPTC digital source type.
//!
//! IPTC NewsCodes, `http://cv.iptc.org/newscodes/digitalsourcetype/`; schema.org has a member for each code.
//! A model's text keeps `trainedAlgorithmicMedia` through light edits, and is `compositeWithTrainedAlgorithmicMedia`
//! once a good part of the words are a person's. It never becomes anything that says less: that a text began
//! with a model stays true, however much of it was changed.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::publication::Publication;

/// Share of the words that have to be the model's own for an edit to count as light.
///
/// IPTC gives no number. Below two thirds every third word is a person's, and the text is one that two
/// hands wrote.
pub const LIGHT_EDIT: f64 = 2.0 / 3.0;

/// How a text came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceType {
    /// A model wrote it; a person may have changed a little.
    Model,
    /// A model's words and a person's are mixed.
    Mixed,
}

impl SourceType {
    /// That of a text.
    pub fn of(publication: &Publication) -> Self {
        Self::of_text(publication, &publication.copy.text)
    }

    /// That of a text which stood for the same draft.
    pub fn of_text(publication: &Publication, text: &str) -> Self {
        if kept(&publication.drafted, text) < LIGHT_EDIT {
            Self::Mixed
        } else {
            Self::Model
        }
    }

    /// The code in IPTC's list.
    pub fn code(self) -> &'static str {
        match self {
            Self::Model => "trainedAlgorithmicMedia",
            Self::Mixed => "compositeWithTrainedAlgorithmicMedia",
        }
    }

    /// The code as IPTC's address.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Model => "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            Self::Mixed => {
                "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
            }
        }
    }

    /// The member of schema.org's IPTCDigitalSourceEnumeration.
    pub fn schema_org(self) -> &'static str {
        match self {
            Self::Model => "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
            Self::Mixed => "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource",
        }
    }
}

/// Share of the words of `now` that `drafted` has too, each as often as it has it; 1 for a text without words.
///
/// Words by Unicode Annex 29, letter case aside; a Han character is a word of its own.
fn kept(drafted: &str, now: &str) -> f64 {
    let fold =
        |text: &str| -> Vec<String> { text.unicode_words().map(str::to_lowercase).collect() };
    let mut there: HashMap<String, usize> = HashMap::new();
    for word in fold(drafted) {
        *there.entry(word).or_default() += 1;
    }
    let now = fold(now);
    if now.is_empty() {
        return 1.0;
    }
    let kept = now.iter().filter(|word| match there.get_mut(*word) {
        Some(left @ 1..) => {
            *left -= 1;
            true
        }
        _ => false,
    });
    kept.count() as f64 / now.len() as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::publication;
    use super::*;

    #[test]
    fn light_edits_leave_the_mark_and_mixed_hands_change_it() {
        let drafted = "The harbour lands less fish than it did.";
        let cases = [
            (drafted, SourceType::Model),
            (
                "The harbour lands far less fish than it did.",
                SourceType::Model,
            ),
            ("THE HARBOUR, fish: less than it did!", SourceType::Model),
            (
                "The harbour lands less fish, says Ann Lee, who has sailed since 1980.",
                SourceType::Mixed,
            ),
            ("Something else entirely.", SourceType::Mixed),
            ("", SourceType::Model),
        ];
        for (text, expected) in cases {
            let mut publication = publication(1, text);
            drafted.clone_into(&mut publication.drafted);
            assert_eq!(SourceType::of(&publication), expected, "{text}");
        }
        assert!((kept("新鲜面包", "新鲜的面包") - 0.8).abs() < 1e-9);
    }

    #[test]
    fn code_and_address_are_one() {
        for mark in [SourceType::Model, SourceType::Mixed] {
            assert!(mark.uri().ends_with(mark.code()));
            let member = mark.schema_org().trim_end_matches("DigitalSource");
            let name = member.rsplit('/').next().unwrap_or_default();
            assert_eq!(name.to_lowercase(), mark.code().to_lowercase());
        }
    }
}
