//! What is drafted: a brief, which revision of it, and an editor's note.

use uuid::Uuid;

use crate::domain::brief::Brief;

/// A brief that is to be drafted.
#[derive(Debug, Clone, Copy)]
pub struct BriefInput<'a> {
    /// The brief's id in the database.
    pub id: Uuid,
    /// Number of the revision that `brief` is.
    pub revision: i32,
    /// Its content.
    pub brief: &'a Brief,
    /// What an editor who sent an earlier draft back wants of the next one.
    pub note: Option<&'a str>,
}

impl<'a> BriefInput<'a> {
    /// A brief that is in no database: what is drafted of it is shown and not stored.
    pub fn preview(brief: &'a Brief) -> Self {
        Self {
            id: Uuid::nil(),
            revision: 1,
            brief,
            note: None,
        }
    }
}
