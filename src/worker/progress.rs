//! What a worker tells while it works, and how it ends.

use crate::domain::run::ItemCounts;
use crate::store::StoreError;

/// What a worker has to tell while it works.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It is alive: its loop has gone round.
    Alive,
    /// Something was committed, or time has passed.
    Working {
        /// Items of the run by state.
        counts: ItemCounts,
        /// Drafts this worker committed.
        drafts: u64,
        /// Tokens the engine generated so far, those of unfinished texts included.
        tokens: u64,
    },
    /// Others hold what is left, or a pause before another try is not over.
    Waiting {
        /// Items of the run by state.
        counts: ItemCounts,
        /// Seconds until the oldest lease ends.
        lease_s: Option<f64>,
    },
    /// The database does not answer; it is tried again.
    DatabaseLost {
        /// What it said.
        message: String,
        /// Whether it does answer, and only takes no writes.
        read_only: bool,
    },
    /// The call that the database did not take has succeeded.
    DatabaseBack,
}

impl Progress {
    /// What a database that fails for the moment comes to.
    pub(super) fn lost(error: &StoreError) -> Self {
        Self::DatabaseLost {
            message: error.problem().message,
            read_only: error.is_read_only(),
        }
    }
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The run has ended, or there is nothing left to do.
    Finished,
    /// Somebody said stop; what was finished is committed, the rest is given back.
    Stopped,
    /// The engine's thread has died; what was finished is committed, the rest is given back.
    EngineLost,
    /// A step of the model does not return. What was finished is committed; the process has to end, as
    /// nothing else ends the step, and its leases run out.
    Hung,
}
