//! What of a campaign's drafts reaches the review queue.

use serde::{Deserialize, Serialize};

use super::range::in_range;

/// What reaches the review queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Approvals a draft needs.
    #[serde(default = "default_one")]
    pub reviews_required: u32,
    /// Best candidates of a brief that reach the queue; all of them are stored.
    #[serde(default = "default_one")]
    pub keep: u32,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            reviews_required: 1,
            keep: 1,
        }
    }
}

impl Review {
    /// Rules beyond types: the key and a message with the limit and the given value.
    pub(super) fn check(&self, candidates: u32) -> Result<(), (&'static str, String)> {
        in_range("review.keep", self.keep, 1, candidates)?;
        in_range("review.reviews_required", self.reviews_required, 0, 5)
    }
}

fn default_one() -> u32 {
    1
}
