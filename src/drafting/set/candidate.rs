//! One candidate of a multi-part draft: the answers for each of its fields, and the choice among them.

use std::collections::BTreeSet;

use super::field_answers::{FieldAnswers, FieldPlan};

/// One candidate: the answers for each field.
pub(super) struct SetCandidate<'a> {
    pub(super) number: u32,
    pub(super) fields: Vec<FieldAnswers<'a>>,
}

impl<'a> SetCandidate<'a> {
    pub(super) fn new(number: u32, plans: &'a [FieldPlan<'a>]) -> Self {
        Self {
            number,
            fields: plans.iter().map(FieldAnswers::new).collect(),
        }
    }

    /// Chooses the fields in the channel's order: what a headline mentions, a description need not.
    pub(super) fn choose(&mut self, language: &str) {
        let mut covered = BTreeSet::new();
        for answers in &mut self.fields {
            answers.choose(&covered, language);
            covered.extend(answers.covered());
        }
    }
}
