//! `length`: how many words the text has, against the wanted band.
//!
//! The brief's band comes first, the template's or campaign's second; each end may be open. A
//! multi-part draft has no band of words: each of its entries has the channel's own limit.

use unicode_segmentation::UnicodeSegmentation;

use super::report::{Note, ScoreOutcome};
use super::subject::Subject;
use super::weights;
use crate::domain::score::Severity;

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    let text = subject.text.text;
    let given = u32::try_from(subject.words.len()).unwrap_or(u32::MAX);
    verdict.score("length", 1, Some(f64::from(given)));
    let band = subject.brief.length.or(subject.context.length);
    let Some(band) = band.filter(|_| subject.text.parts.is_none()) else {
        return verdict;
    };
    let end = text.len();
    let miss = match (band.min_words, band.max_words) {
        (Some(min), _) if given < min => Some((
            end..end,
            format!("{given} words, at least {min} are wanted"),
        )),
        (_, Some(max)) if given > max => {
            let over = text
                .unicode_word_indices()
                .nth(max as usize)
                .map_or(end, |(at, _)| at);
            Some((
                over..end,
                format!("{given} words, at most {max} are wanted"),
            ))
        }
        _ => None,
    };
    if let Some((span, message)) = miss {
        verdict.add(
            subject,
            Note {
                score: "length",
                rule: "band.length".into(),
                severity: Severity::Warn,
                status: None,
                span,
                fact_id: None,
                deduction: weights::BAND,
                message,
            },
        );
    }
    verdict
}
