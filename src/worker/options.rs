//! How a worker behaves, and what it works on.

use std::time::Duration;

use uuid::Uuid;

/// How a worker behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerOptions {
    /// Who it is, for people who look at leases: `host:pid`.
    pub name: String,
    /// After this much silence its items go to another worker; it speaks three times as often.
    pub lease: Duration,
    /// Most texts that are drafted together.
    pub max_rows: usize,
    /// How long a lost database is waited for.
    pub retry_for: Duration,
    /// A step of the model that takes longer is not going to end.
    pub step_deadline: Duration,
    /// How often it looks for work when there is none.
    pub poll: Duration,
    /// A suspect, or a run of another model, waits at most this long for it to finish what it has.
    pub turn: Duration,
}

/// What a worker works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// One run, until it has ended.
    Run(Uuid),
    /// Whatever is due, until there is nothing.
    Once,
    /// Whatever is due, for ever.
    Always,
}

impl Assignment {
    /// The only run, where it is one.
    pub(super) fn run_id(self) -> Option<Uuid> {
        match self {
            Self::Run(run_id) => Some(run_id),
            Self::Once | Self::Always => None,
        }
    }
}
