//! A request on its way from the caller to the thread that writes.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::constraints::Constraints;
use super::request::{EventSender, GenerateRequest};

/// Candidates that somebody waits for.
#[derive(Clone)]
pub(super) struct Submission {
    pub(super) request: GenerateRequest,
    /// Those of the request's candidates that this is about.
    pub(super) candidates: Range<u32>,
    pub(super) constraints: Arc<Constraints>,
    pub(super) events: EventSender,
    pub(super) submitted: Instant,
}

impl Submission {
    /// Each candidate by itself, in the order of their numbers.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        let candidates = self.candidates.clone();
        candidates.map(move |candidate| Self {
            candidates: candidate..candidate + 1,
            ..self.clone()
        })
    }
}
