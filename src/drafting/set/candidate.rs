//! One candidate of a multi-part draft: the answers to each of its parts, and the choice among them.

use std::collections::BTreeSet;

use super::entries::{Entries, WantedPart};

/// One candidate: the answers to each part.
pub(super) struct Set<'a> {
    pub(super) number: u32,
    pub(super) parts: Vec<Entries<'a>>,
}

impl<'a> Set<'a> {
    pub(super) fn new(number: u32, fields: &'a [WantedPart<'a>]) -> Self {
        Self {
            number,
            parts: fields.iter().map(Entries::new).collect(),
        }
    }

    /// Chooses the fields in the channel's order: what a headline mentions, a description need not.
    pub(super) fn choose(&mut self, language: &str) {
        let mut covered = BTreeSet::new();
        for entries in &mut self.parts {
            entries.choose(&covered, language);
            covered.extend(entries.covered());
        }
    }
}
