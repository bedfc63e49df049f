//! `coverage`: what the brief asked to be mentioned, and is (0–1, higher is better).
//!
//! The weighted share of must-includes that are there; 40 points are shared out among the missing
//! ones by the method of largest remainders, so that the parts always add up to the whole.

use std::collections::BTreeSet;

use regex::Regex;

use super::grounding::{Known, Origin};
use super::report::{Note, ScoreOutcome};
use super::steps;
use super::subject::Subject;
use super::text::{content_stems, stem};
use super::weights;
use crate::domain::brief::{Fact, MustInclude};
use crate::domain::score::Severity;

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    let weighted = subject
        .brief
        .must_include
        .iter()
        .filter(|must| must.weight > 0.0 && must.weight.is_finite());
    let in_text = FactsInText::new(subject);
    let checks: Vec<(&MustInclude, bool)> = weighted
        .map(|must| (must, is_met(subject, &in_text, must)))
        .collect();
    let sum: f64 = checks.iter().map(|(must, _)| must.weight).sum();
    if checks.is_empty() || !sum.is_finite() {
        verdict.score("coverage", 1, None);
        return verdict;
    }
    let met: f64 = checks
        .iter()
        .filter(|(_, met)| *met)
        .map(|(must, _)| must.weight)
        .sum();
    // An empty sum is -0.0, which would print as "-0.00"; adding zero makes it plain.
    verdict.score("coverage", 1, Some((met / sum).clamp(0.0, 1.0) + 0.0));
    let missing: Vec<&MustInclude> = checks
        .iter()
        .filter(|(_, met)| !met)
        .map(|&(must, _)| must)
        .collect();
    let points = shares(
        &missing
            .iter()
            .map(|must| f64::from(weights::COVERAGE) * must.weight / sum)
            .collect::<Vec<f64>>(),
    );
    let end = subject.text.text.len();
    for (must, deduction) in missing.into_iter().zip(points) {
        verdict.add(
            subject,
            Note {
                score: "coverage",
                rule: "coverage.missing".into(),
                severity: Severity::Warn,
                status: None,
                span: end..end,
                fact_id: must.fact.clone(),
                deduction,
                message: describe(subject, must),
            },
        );
    }
    verdict
}

/// Rounds the parts so that they add up to their rounded sum: the largest remainders round up.
fn shares(parts: &[f64]) -> Vec<u8> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 40"
    )]
    let whole = |value: f64| value as u8;
    let mut points: Vec<u8> = parts.iter().map(|part| whole(part.floor())).collect();
    let wanted = usize::from(whole(parts.iter().sum::<f64>().round()));
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| parts[b].fract().total_cmp(&parts[a].fract()));
    let given: usize = points.iter().map(|&point| usize::from(point)).sum();
    for &index in order.iter().take(wanted.saturating_sub(given)) {
        points[index] += 1;
    }
    points
}

/// What the text tells of the facts, gathered once for all must-includes.
struct FactsInText<'a> {
    /// Ids of facts that state a number.
    numeric: BTreeSet<&'a str>,
    /// Ids of facts whose number the text tells.
    numbers: BTreeSet<&'a str>,
    /// Stems of the text.
    stems: BTreeSet<&'a str>,
}

impl<'a> FactsInText<'a> {
    fn new(subject: &'a Subject) -> Self {
        if subject.brief.must_include.is_empty() {
            return Self {
                numeric: BTreeSet::new(),
                numbers: BTreeSet::new(),
                stems: BTreeSet::new(),
            };
        }
        let facts = &subject.book.facts;
        let numeric = facts.iter().filter(|known| !known.values.is_empty());
        let is_stated = |origin: &Origin| {
            matches!(
                origin,
                Origin::Supported
                    | Origin::Unbound
                    | Origin::Rounded
                    | Origin::Derived(_)
                    | Origin::Ignored
            )
        };
        let numbers = subject
            .judged
            .iter()
            .filter(|one| is_stated(&one.origin))
            .flat_map(|one| {
                one.matching_facts
                    .iter()
                    .map(move |&index| (one, &facts[index]))
            })
            .inspect(|_| steps::count(1))
            .filter(|(one, known)| known.states(&one.mention));
        Self {
            numeric: numeric.map(Known::id).collect(),
            numbers: numbers.map(|(_, known)| known.id()).collect(),
            stems: subject
                .words
                .iter()
                .map(|word| word.stem.as_str())
                .collect(),
        }
    }
}

/// Every condition that is given has to hold.
fn is_met(subject: &Subject, in_text: &FactsInText, must: &MustInclude) -> bool {
    let text = subject.text.text;
    let fact = must.fact.as_deref().is_none_or(|id| {
        subject
            .brief
            .fact(id)
            .is_some_and(|fact| has_fact(subject, in_text, fact))
    });
    let phrase = must
        .text
        .as_deref()
        .is_none_or(|phrase| subject.folded.contains(phrase));
    let any = must.any_of.is_empty()
        || must
            .any_of
            .iter()
            .any(|phrase| subject.folded.contains(phrase));
    // The same limits as where intake refuses a pattern: a smaller one here would call it missing.
    let pattern = must
        .regex
        .as_deref()
        .is_none_or(|pattern| Regex::new(pattern).is_ok_and(|regex| regex.is_match(text)));
    fact && phrase && any && pattern
}

/// A number in any format that grounding accepts; a text by its content words or a name for it.
fn has_fact(subject: &Subject, in_text: &FactsInText, fact: &Fact) -> bool {
    if in_text.numeric.contains(fact.id.as_str()) {
        let found = in_text.numbers.contains(fact.id.as_str());
        return found || subject.folded.contains(&fact.value);
    }
    let wanted = content_stems(&fact.value);
    let present = wanted
        .iter()
        .filter(|stem| in_text.stems.contains(stem.as_str()))
        .count();
    // Four of five words leave room for "the", an inflection or a dropped second name.
    let contained = !wanted.is_empty() && present * 5 >= wanted.len() * 4;
    contained
        || fact
            .aliases
            .iter()
            .any(|alias| stands_for(alias, &fact.value) && subject.folded.contains(alias))
}

/// Whether an alias names the value ("EU" for "European Union") rather than the label ("capital
/// city" for the fact "Capital"), which would make any sentence about it count.
fn stands_for(alias: &str, value: &str) -> bool {
    let initials: String = value
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .filter(|c| c.is_uppercase())
        .collect();
    let value = content_stems(value);
    (alias.chars().count() > 1 && alias.eq_ignore_ascii_case(&initials))
        || content_stems(alias)
            .iter()
            .any(|word| value.contains(&stem(word)))
}

fn describe(subject: &Subject, must: &MustInclude) -> String {
    if let Some(fact) = must.fact.as_deref().and_then(|id| subject.brief.fact(id)) {
        return format!("missing: {} ({})", fact.label, fact.value_with_unit());
    }
    match (&must.text, must.any_of.as_slice(), &must.regex) {
        (Some(text), _, _) => format!("missing: “{text}”"),
        (None, [_, ..], _) => format!("missing: one of “{}”", must.any_of.join("”, “")),
        (None, [], Some(regex)) => format!("missing: a text that matches `{regex}`"),
        (None, [], None) => "missing: a fact that the brief does not have".to_owned(),
    }
}
