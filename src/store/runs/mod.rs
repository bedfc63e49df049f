//! Runs: made of the briefs that a campaign selects, cancelled, ended, and opened again for what they gave up.

mod cancel;
mod finish;
mod last_runs;
mod open;
mod quarantined;
mod redrive;
mod selection;

pub use cancel::Cancelled;
pub use last_runs::LastRun;
pub use open::{OpenedRun, PinnedRun, RunRequest};
pub use quarantined::QuarantineReason;
pub use redrive::{Redrive, RedriveFilter, RedriveReason};
pub use selection::Selected;
