//! Scores: what an editor has to know about a draft before opening it.
//!
//! [`Scorer`] judges texts against a brief and returns a card of gates, values and located
//! findings; [`rank()`] puts the cards of one brief in order. Everything here is a pure function:
//! the same input gives the same bytes. Formulas, weights and limits are in docs/SCORES.md.
//!
//! A scorer is a function from a `Subject` to a `ScoreOutcome`, one file each; `SCORERS` lists them.
//! To add one, write the file, list it, and give its points a line in `weights`.

mod clean;
mod coverage;
mod echo;
mod fit;
mod grounding;
mod judged_text;
mod language;
mod length;
mod policy;
mod priority;
mod quantity;
mod rank;
mod repetition;
mod report;
mod steps;
mod stretches;
mod style;
mod subject;
mod text;
mod weights;

pub use judged_text::{Context, Text};
pub use rank::rank;

use grounding::Book;
use report::ScoreOutcome;
use subject::Subject;

use crate::domain::brief::Brief;
use crate::domain::score::ScoreCard;

/// The registered scorers, in the order in which their gates and values are listed.
const SCORERS: [fn(&Subject) -> ScoreOutcome; 8] = [
    clean::score,
    fit::score,
    policy::score,
    grounding::score,
    coverage::score,
    repetition::score,
    length::score,
    style::score,
];

/// A brief, read once: all its candidates are scored against the same reading of its facts, which
/// takes longer than most of the scorers.
pub struct Scorer<'a> {
    brief: &'a Brief,
    book: Book<'a>,
}

impl<'a> Scorer<'a> {
    /// Reads a brief.
    pub fn new(brief: &'a Brief) -> Self {
        Self {
            brief,
            book: Book::new(brief),
        }
    }

    /// Judges `text` against the brief.
    ///
    /// The card's priority is 0 when a gate failed, otherwise 100 minus the sum of its findings'
    /// deductions; findings are in the order of the text and quote it exactly.
    pub fn score(&self, text: &Text, context: &Context) -> ScoreCard {
        whole(&Subject::new(self.brief, &self.book, text, context))
    }
}

/// Judges one text against `brief`; for several, [`Scorer`] reads the brief only once.
pub fn score(brief: &Brief, text: &Text, context: &Context) -> ScoreCard {
    Scorer::new(brief).score(text, context)
}

fn whole(subject: &Subject) -> ScoreCard {
    let mut whole = ScoreOutcome::default();
    for scorer in SCORERS {
        let part = scorer(subject);
        whole.gates.extend(part.gates);
        whole.scores.extend(part.scores);
        whole.findings.extend(part.findings);
    }
    priority::card(whole)
}

#[cfg(test)]
mod tests;
