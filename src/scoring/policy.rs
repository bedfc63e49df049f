//! `gate.policy`: nothing is said that must not be said.
//!
//! So far the words and phrases of the brief's `must_avoid`, compared as whole words without regard
//! to case, accents and spacing.

use super::report::ScoreOutcome;
use super::subject::Subject;

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    for term in &subject.brief.must_avoid {
        for span in subject.folded.find(term) {
            let message = format!("“{}” is on the brief's list of words to avoid", term.trim());
            verdict.block(subject, "gate.policy", "policy.must_avoid", span, message);
        }
    }
    verdict.gate("gate.policy");
    verdict
}
