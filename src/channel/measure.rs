//! An entry as its field sees it: how long it is, what in it is no insertion, and whether it is a text at all.

use unicode_normalization::UnicodeNormalization;

use super::insertion::{Misplaced, shown};
use super::spec::{Field, Instruction};
use crate::domain::visible::without_unseen;

impl Field {
    /// Length of an entry in the field's unit, insertions as they are shown. An entry with a misplaced brace is
    /// counted as it is written.
    pub fn measure(&self, entry: &str) -> usize {
        let seen = shown(entry, &self.insertions);
        self.count.measure(seen.as_deref().unwrap_or(entry))
    }

    /// Byte offset from which on an entry is too long; its length when it is not. One with insertions is too long
    /// as a whole: which part of it a reader sees is not known.
    pub(super) fn overflow(&self, entry: &str) -> usize {
        match shown(entry, &self.insertions) {
            Ok(seen) if seen != entry && self.count.measure(&seen) > self.limit => 0,
            Ok(seen) if seen != entry => entry.len(),
            _ => self.count.overflow(entry, self.limit),
        }
    }

    /// The first brace of an entry that is no insertion of the channel.
    pub(super) fn misplaced(&self, entry: &str) -> Option<Misplaced> {
        shown(entry, &self.insertions).err()
    }

    /// What an import would take the entry for; blanks and wide forms of its characters change nothing.
    pub(super) fn instruction(&self, entry: &str) -> Option<&Instruction> {
        let bare = without_unseen(&entry.nfkc().collect::<String>());
        self.instructions.iter().find(|known| known.entry == bare)
    }
}
