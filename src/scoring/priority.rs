//! The one number an editor sorts by: 100 minus what the findings take, 0 when a gate failed.
//!
//! Caps and the floor at 0 are applied to the findings themselves, never to the sum, so that
//! adding up the deductions shown on the card always gives the priority.

use std::collections::BTreeMap;

use super::report::ScoreOutcome;
use super::weights::{FULL, cap};
use crate::domain::score::{Finding, SCORE_CARD_VERSION, ScoreCard};

/// Puts findings in order, applies the caps and adds up.
pub(super) fn card(verdict: ScoreOutcome) -> ScoreCard {
    let ScoreOutcome {
        gates,
        scores,
        mut findings,
    } = verdict;
    findings.sort_by(|a, b| {
        (a.bytes, &a.score, &a.rule, &a.message).cmp(&(b.bytes, &b.score, &b.rule, &b.message))
    });
    limit(&mut findings);
    let taken: u32 = findings
        .iter()
        .map(|finding| u32::from(finding.deduction))
        .sum();
    let left = u8::try_from(u32::from(FULL).saturating_sub(taken)).unwrap_or(FULL);
    let priority = if gates.iter().all(|gate| gate.pass) {
        left
    } else {
        0
    };
    ScoreCard {
        version: SCORE_CARD_VERSION.to_owned(),
        priority,
        gates,
        scores,
        findings,
    }
}

/// Cuts deductions, the last ones first, to each family's cap and to what there is to take.
fn limit(findings: &mut [Finding]) {
    let mut families: BTreeMap<String, u8> = BTreeMap::new();
    let mut left = FULL;
    for finding in findings {
        let room = families
            .entry(finding.score.clone())
            .or_insert_with(|| cap(&finding.score).unwrap_or(FULL));
        finding.deduction = finding.deduction.min(*room).min(left);
        *room -= finding.deduction;
        left -= finding.deduction;
    }
}
