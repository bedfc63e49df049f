//! What the page of an item shows.

use uuid::Uuid;

use super::tokens::Tokens;
use crate::domain::draft::DraftDetail;
use crate::domain::problem::Problem;
use crate::store::ReviewDetail;
use crate::web::desk::decide::Done;
use crate::web::desk::queue::QueueQuery;
use crate::web::guard::Viewer;

/// What an editor had typed when something was refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::web::desk) struct Typed {
    /// The whole edited text.
    pub(in crate::web::desk) text: String,
    /// The entries of each part, where the draft has parts.
    pub(in crate::web::desk) parts: Vec<(String, Vec<String>)>,
    /// The note.
    pub(in crate::web::desk) note: String,
    /// Reason codes.
    pub(in crate::web::desk) reasons: Vec<String>,
    /// Which form it was in.
    pub(in crate::web::desk) verdict: String,
}

/// All there is on it.
pub(in crate::web::desk) struct View<'a> {
    pub(in crate::web::desk) viewer: &'a Viewer,
    pub(in crate::web::desk) query: &'a QueueQuery,
    pub(in crate::web::desk) detail: &'a ReviewDetail,
    /// Place of the draft that is shown.
    pub(in crate::web::desk) shown: usize,
    /// The item after this one.
    pub(in crate::web::desk) next: Option<Uuid>,
    /// How sure the model was of it, where somebody asked.
    pub(in crate::web::desk) tokens: Option<&'a Tokens>,
    /// What was decided a moment ago.
    pub(in crate::web::desk) done: Option<Done>,
    /// Why the last form was refused.
    pub(in crate::web::desk) problem: Option<&'a Problem>,
    /// What was in it.
    pub(in crate::web::desk) typed: Option<&'a Typed>,
}

impl View<'_> {
    /// The draft that is shown.
    pub(in crate::web::desk) fn draft(&self) -> &DraftDetail {
        &self.detail.candidates[self.shown]
    }
}
