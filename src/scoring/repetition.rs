//! `repetition`: how much of the text it has said before (0–1, lower is better).
//!
//! The largest of three: the share of repeated word trigrams (seq-rep-3 of Welleck et al. 2019,
//! arXiv 1908.04319), the share of repeated sentences, and the share of a loop at the end.
//!
//! The entries of a multi-part draft are published one by one, and each may name the product: there
//! a trigram repeats only within its own entry, which is a line of the text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::report::{Note, ScoreOutcome};
use super::steps;
use super::subject::Subject;
use super::text::Word;
use super::weights;
use crate::domain::score::Severity;

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    let words = &subject.words;
    if words.len() < 3 {
        verdict.score("repetition", 1, None);
        return verdict;
    }
    let ends: Vec<usize> = match subject.text.parts {
        None => Vec::new(),
        Some(_) => subject
            .text
            .text
            .match_indices('\n')
            .map(|(at, _)| at)
            .collect(),
    };
    let parts = [
        trigrams(words, |word| {
            ends.partition_point(|end| *end < word.span.start)
        }),
        sentences(subject),
        tail_loop(words).map_or((0.0, None), |found| (found.share, Some(found.span))),
    ];
    let (value, span) =
        parts.into_iter().fold(
            (0.0, None),
            |best, part| if part.0 > best.0 { part } else { best },
        );
    verdict.score("repetition", 1, Some(value));
    let points =
        (f64::from(weights::REPETITION) * (value / weights::REPETITION_FULL).min(1.0)).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 20"
    )]
    let deduction = points as u8;
    if let Some(span) = span.filter(|_| deduction > 0) {
        verdict.add(
            subject,
            Note {
                score: "repetition",
                rule: "repetition.repeated".into(),
                severity: Severity::Warn,
                status: None,
                span,
                fact_id: None,
                deduction,
                message: format!(
                    "{:.0} % of the text repeats itself, here for the first time",
                    value * 100.0
                ),
            },
        );
    }
    verdict
}

/// Share of trigrams that were there before, and the first run of them.
///
/// `entry` tells the entry that a word belongs to; trigrams neither cross entries nor are compared
/// between them.
fn trigrams(words: &[Word], entry: impl Fn(&Word) -> usize) -> (f64, Option<Range<usize>>) {
    let mut seen: BTreeMap<(usize, [&str; 3]), usize> = BTreeMap::new();
    let mut repeated: Vec<usize> = Vec::new();
    for (at, three) in words.windows(3).enumerate() {
        let home = entry(&three[0]);
        if entry(&three[2]) != home {
            continue;
        }
        let count = seen
            .entry((home, [&three[0].folded, &three[1].folded, &three[2].folded]))
            .or_default();
        if *count > 0 {
            repeated.push(at);
        }
        *count += 1;
    }
    let Some(&first) = repeated.first() else {
        return (0.0, None);
    };
    let run = repeated
        .iter()
        .enumerate()
        .take_while(|&(index, &at)| at == first + index)
        .count();
    (
        share(repeated.len(), words.len() - 2),
        Some(words[first].span.start..words[first + run + 1].span.end),
    )
}

/// Share of sentences of four words or more that were there before, word by word.
fn sentences(subject: &Subject) -> (f64, Option<Range<usize>>) {
    let mut seen: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    let (mut long, mut repeated, mut first) = (0, 0, None);
    for span in &subject.sentences {
        let from = subject
            .words
            .partition_point(|word| word.span.start < span.start);
        let words: Vec<&str> = subject.words[from..]
            .iter()
            .take_while(|word| word.span.start < span.end)
            .map(|word| word.folded.as_str())
            .collect();
        if words.len() < 4 {
            continue;
        }
        long += 1;
        let count = seen.entry(words).or_default();
        *count += 1;
        if *count > 1 {
            repeated += 1;
            first.get_or_insert(span.clone());
        }
    }
    (share(repeated, long), first)
}

/// A text that ends by saying the same words over and over.
#[derive(Debug, PartialEq)]
pub(super) struct Loop {
    /// Bytes of the looping end.
    pub(super) span: Range<usize>,
    /// Its share of all words, 0–1.
    pub(super) share: f64,
}

/// Finds a loop of up to 20 words at the end, said three times or more (one or two words: more often).
pub(super) fn tail_loop(words: &[Word]) -> Option<Loop> {
    let count = words.len();
    let longest = (1..=20.min(count / 3))
        .filter_map(|period| {
            let same = (0..count - period)
                .take_while(|back| {
                    steps::count(1);
                    words[count - 1 - back].folded == words[count - 1 - back - period].folded
                })
                .count();
            let length = same + period;
            // "very, very, very" is emphasis; eight words and more are a machine that got stuck.
            let times = match period {
                1 => 6,
                2 => 4,
                _ => 3,
            };
            (length >= times * period && length >= 8).then_some(length)
        })
        .max()?;
    Some(Loop {
        span: words[count - longest].span.start..words[count - 1].span.end,
        share: share(longest, count),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of words in one text")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
