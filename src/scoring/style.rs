//! `style`: small slips that an editor would fix without thinking (a count, lower is better).
//!
//! Only what is certain in every house style: a warning that is wrong one time in ten is noise.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::report::{Note, ScoreOutcome};
use super::subject::Subject;
use super::weights;
use crate::domain::score::Severity;

static SLIPS: LazyLock<[(&str, &str, Regex); 3]> = LazyLock::new(|| {
    let pattern = |pattern: &str| Regex::new(pattern).expect("a valid pattern");
    [
        (
            "style.double_space",
            "two spaces between words",
            pattern(r"[^\s.!?:|](?P<slip>[ \u{a0}]{2,})[^\s|]"),
        ),
        (
            "style.punctuation",
            "repeated or misplaced punctuation",
            pattern(r"(?P<slip>!{2,}|\?{2,}|,{2,}|;{2,}|[!?],|[A-Za-z](?: ,| ;)(?:\s|$))"),
        ),
        (
            "style.space_missing",
            "no space after punctuation",
            pattern(r"[a-z]{2}(?P<slip>[,;])[A-Za-z]{2}"),
        ),
    ]
});

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    let text = subject.text.text;
    let mut slips: Vec<(Range<usize>, &str, String)> = Vec::new();
    for (rule, message, pattern) in SLIPS.iter() {
        for hit in pattern
            .captures_iter(text)
            .filter_map(|captures| captures.name("slip"))
        {
            slips.push((hit.range(), rule, (*message).to_owned()));
        }
    }
    slips.extend(doubled(subject));
    slips.extend(unbalanced(text));
    for (span, rule, message) in slips {
        let (rule, severity) = (rule.to_owned(), Severity::Warn);
        verdict.add(
            subject,
            Note {
                score: "style",
                rule,
                severity,
                status: None,
                span,
                fact_id: None,
                deduction: weights::WARNING,
                message,
            },
        );
    }
    let count = u32::try_from(verdict.findings.len()).unwrap_or(u32::MAX);
    verdict.score("style", 1, Some(f64::from(count)));
    verdict
}

/// "the the", but not "had had" or a name.
fn doubled<'a>(
    subject: &'a Subject,
) -> impl Iterator<Item = (Range<usize>, &'static str, String)> + 'a {
    const NEVER: [&str; 20] = [
        "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on",
        "or", "the", "to", "was", "were", "with",
    ];
    let text = subject.text.text;
    subject.words.windows(2).filter_map(move |pair| {
        let apart = &text[pair[0].span.end..pair[1].span.start];
        let slip = pair[0].folded == pair[1].folded
            && apart.trim_matches(' ').is_empty()
            && !apart.is_empty()
            && NEVER.contains(&pair[0].folded.as_str());
        slip.then(|| {
            (
                pair[0].span.start..pair[1].span.end,
                "style.repeated_word",
                format!("“{}” is there twice", pair[1].folded),
            )
        })
    })
}

/// Brackets and curly quotes that are opened and never closed, or the other way round.
fn unbalanced(text: &str) -> Vec<(Range<usize>, &'static str, String)> {
    const PAIRS: [(char, char); 7] = [
        ('(', ')'),
        ('[', ']'),
        ('“', '”'),
        ('「', '」'),
        ('『', '』'),
        ('（', '）'),
        ('《', '》'),
    ];
    let mut slips = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        // German opens with „ and closes with the sign that English opens with.
        let german = line.contains('„');
        let mut open: Vec<(usize, char, char)> = Vec::new();
        for (at, c) in line.char_indices() {
            if german && matches!(c, '“' | '”') {
                continue;
            }
            if let Some((_, close)) = PAIRS.iter().find(|(first, _)| *first == c) {
                open.push((line_start + at, c, *close));
            } else if PAIRS.iter().any(|(_, close)| *close == c) {
                let smiley = at > 0 && matches!(line.as_bytes()[at - 1], b':' | b';' | b'-');
                // "1)" and "a)" number a list.
                let numbering = at > 0 && at <= 3 && line[..at].chars().all(char::is_alphanumeric);
                if open.last().is_some_and(|&(_, _, close)| close == c) {
                    open.pop();
                } else if !(c == ')' && (smiley || numbering)) {
                    slips.push((
                        line_start + at..line_start + at + c.len_utf8(),
                        "style.unbalanced",
                        format!("`{c}` closes nothing"),
                    ));
                }
            }
        }
        slips.extend(open.into_iter().map(|(at, c, _)| {
            (
                at..at + c.len_utf8(),
                "style.unbalanced",
                format!("`{c}` is never closed"),
            )
        }));
        line_start += line.len();
    }
    slips
}
