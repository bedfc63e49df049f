//! Orders the candidates of one brief, best first.

use std::cmp::Reverse;

use crate::domain::score::ScoreCard;

/// Indices of `cards`, best first: passing gates, fewer unsupported units, more coverage, higher
/// priority; equals keep their order.
///
/// Priority comes last because it mixes everything: of two candidates, the one that invents
/// nothing is the better start even if it needs more polish.
pub fn rank(cards: &[&ScoreCard]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cards.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (cards[a], cards[b]);
        let unsupported = |card: &ScoreCard| card.value("unsupported").unwrap_or(0.0);
        let coverage = |card: &ScoreCard| card.value("coverage").unwrap_or(1.0);
        (!a.passes())
            .cmp(&!b.passes())
            .then(unsupported(a).total_cmp(&unsupported(b)))
            .then(coverage(b).total_cmp(&coverage(a)))
            .then(Reverse(a.priority).cmp(&Reverse(b.priority)))
    });
    order
}
