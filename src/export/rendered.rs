//! An export as bytes, and the texts that stay behind.

use uuid::Uuid;

use crate::domain::publication::Publication;

/// An export, ready to leave.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The whole export in one file.
    pub bytes: Vec<u8>,
    /// The whole export as one file a text, for a folder; empty for formats that are one file by nature.
    pub files: Vec<File>,
    /// The texts in it, in their order.
    pub texts: Vec<Publication>,
    /// Texts that cannot leave in this format as they are.
    pub held: Vec<Held>,
    /// Texts of channels that the format has no place for.
    pub others: usize,
    /// What a person has to do to it before it can be used; a sentence each.
    pub warnings: Vec<String>,
}

/// One text's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Letters, digits, hyphens and dots only; the same for every version of a text.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A text that stays behind.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// The review item.
    pub item_id: Uuid,
    /// The draft.
    pub draft_id: Uuid,
    /// The brief's own key at its sender.
    pub external_ref: String,
    /// Why, as half a sentence.
    pub reason: String,
}

impl Held {
    /// Keeps a text back.
    pub fn new(publication: &Publication, reason: impl Into<String>) -> Self {
        Self {
            item_id: publication.item_id,
            draft_id: publication.draft_id,
            external_ref: publication.brief.external_ref.clone(),
            reason: reason.into(),
        }
    }
}
