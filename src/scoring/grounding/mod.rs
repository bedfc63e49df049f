//! Grounding: every number and date of the draft, traced to the fact it comes from.
//!
//! The value is the share of checkable units that the brief supports. What counts as support, and
//! why a value alone is not enough, is in docs/SCORES.md; the parts are: `facts` and `labels` (the
//! brief, read), `scope` (which words speak about which number), `judge` (the decision),
//! `direction`, `derive` and `names`.

mod derive;
mod direction;
mod facts;
mod judge;
mod labels;
mod matching_facts;
mod names;
mod once;
mod scope;
mod sentence;

pub(crate) use facts::{Book, Known};
pub(crate) use judge::{Judged, Origin, judge};
pub(crate) use sentence::Reading;

use super::report::{Note, ScoreOutcome};
use super::subject::Subject;
use super::weights;
use crate::domain::brief::BriefKind;
use crate::domain::score::Severity;

/// Scores `grounding` (0–1, higher is better) and `unsupported` (a weighted count, lower is better).
///
/// Fiction states nothing, so both are null there.
pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    if subject.brief.kind == BriefKind::Fiction {
        verdict.score("grounding", 1, None);
        verdict.score("unsupported", 1, None);
        return verdict;
    }
    let checkable = subject
        .judged
        .iter()
        .filter(|one| one.origin != Origin::Ignored);
    let (mut all, mut good) = (0_u32, 0_u32);
    for one in checkable {
        all += 1;
        let note = note(subject, one);
        good += u32::from(note.deduction == 0);
        verdict.add(subject, note);
    }
    let value = (all > 0).then(|| f64::from(good) / f64::from(all));
    verdict.score("grounding", 1, value);
    verdict.score(
        "unsupported",
        1,
        Some(f64::from((all - good) * weights::UNSUPPORTED_NUMBER_COUNT)),
    );
    verdict
}

fn note(subject: &Subject, one: &Judged) -> Note {
    let kind = if one.mention.is_date() {
        "date"
    } else {
        "number"
    };
    let quote = &subject.text.text[one.mention.span.clone()];
    let known = one.known.and_then(|index| subject.book.facts.get(index));
    let label = known
        .map(|known| known.fact.label.as_str())
        .unwrap_or_default();
    let value = known
        .map(|known| known.fact.value.as_str())
        .unwrap_or_default();
    let of = |verb: &str| {
        if known.is_some() {
            format!("“{quote}” {verb} {label} ({value})")
        } else {
            format!("“{quote}” stands in the brief's own text")
        }
    };
    let (rule, status, deduction, message) = match &one.origin {
        Origin::Supported | Origin::Ignored => ("supported", "supported", 0, of("is")),
        Origin::Unbound => (
            "unbound",
            "supported",
            0,
            format!(
                "{}, but the sentence does not name it",
                of("is the value of")
            ),
        ),
        Origin::Rounded => ("rounded", "rounded", 0, of("rounds")),
        Origin::Derived(formula) => (
            "derived",
            "derived",
            0,
            format!("“{quote}” follows from the brief: {formula}"),
        ),
        Origin::Swapped => {
            let owner = one
                .matching_facts
                .first()
                .and_then(|&index| subject.book.facts.get(index))
                .map(|known| known.fact);
            let owner = owner.map(|fact| {
                format!(
                    "“{quote}” belongs to {} ({}), not to {label}",
                    fact.label,
                    described(fact)
                )
            });
            (
                "swapped",
                "supported_other_fact",
                weights::SWAPPED,
                owner.unwrap_or_else(|| of("does not belong to")),
            )
        }
        Origin::Reversed => (
            "direction",
            "direction",
            weights::DIRECTION,
            format!("“{quote}” is told the wrong way round: the brief says {label} {value}"),
        ),
        Origin::Unsupported if known.is_some() => (
            "unsupported",
            "unsupported",
            weights::UNSUPPORTED_NUMBER,
            format!(
                "“{quote}” is not in the brief; {label} is {}",
                known.map(|known| described(known.fact)).unwrap_or_default()
            ),
        ),
        Origin::Unsupported => (
            "unsupported",
            "unsupported",
            weights::UNSUPPORTED_NUMBER,
            format!("“{quote}” is not in the brief"),
        ),
    };
    Note {
        score: "grounding",
        rule: format!("{kind}.{rule}"),
        severity: if deduction > 0 {
            Severity::Warn
        } else {
            Severity::Info
        },
        status: Some(status),
        span: one.mention.span.clone(),
        fact_id: known.map(|known| known.fact.id.clone()),
        deduction,
        message,
    }
}

/// A fact's value with its unit and date, as an editor would look it up.
fn described(fact: &crate::domain::brief::Fact) -> String {
    let as_of = fact
        .as_of
        .as_deref()
        .map(|as_of| format!(", as of {as_of}"))
        .unwrap_or_default();
    format!("{}{as_of}", fact.value_with_unit())
}

#[cfg(test)]
mod tests;
