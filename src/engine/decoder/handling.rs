//! How the states of a model are kept from step to step, and what holds when they are kept so.

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// Where the numbers are that a step takes from the one before.
    CacheKind {
        /// Written where they lie, as fused attention does it.
        InPlace = "in_place", "in place";
        /// Given back by each step, longer by its tokens.
        Append = "append", "appended";
        /// Given back by each step, always of one size.
        Recurrent = "recurrent", "recurrent";
        /// Nowhere: every step reads the whole text.
        None = "none", "none";
    }
}

/// What was measured of a model on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// How states are kept.
    pub kind: CacheKind,
    /// Whether sequences of different length may share a step; else each runs alone.
    pub together: bool,
    /// Whether a prompt may run in pieces.
    pub pieces: bool,
    /// Whether a sequence's numbers are the same to the last bit whatever runs beside it.
    pub identical: bool,
}

impl Default for Handling {
    /// What is right for every graph, and slow.
    fn default() -> Self {
        Self {
            kind: CacheKind::None,
            together: false,
            pieces: false,
            identical: true,
        }
    }
}
