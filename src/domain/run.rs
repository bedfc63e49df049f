//! Runs and work items: their states, and which state may follow which.
//!
//! The drawings and what a crash in each state leads to are in docs/ARCHITECTURE.md.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::words;

/// One execution of a campaign, as `run`, `runs list` and `runs show` print it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// UUIDv7, so ordered by time.
    pub id: Uuid,
    /// Campaign name.
    pub campaign: String,
    /// Where it stands.
    pub state: RunState,
    /// The scheduled instant it belongs to; `None` for a run started by hand.
    pub slot: Option<DateTime<Utc>>,
    /// Work items by state.
    pub counts: ItemCounts,
    /// Drafts committed so far.
    pub drafts: i64,
    /// Tokens generated for them.
    pub output_tokens: i64,
    /// Output tokens per second of working time, idle and interrupted time left out.
    pub tok_s: Option<f64>,
    /// When its first batch was claimed.
    pub started_at: Option<DateTime<Utc>>,
    /// When its last item ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it failed as a whole.
    pub error: Option<String>,
    /// When it stops, or stopped, claiming; `None` for a campaign without a window.
    pub window_ends_at: Option<DateTime<Utc>>,
    /// When its items were pruned; what is counted of them was counted then.
    pub pruned_at: Option<DateTime<Utc>>,
}

impl Run {
    /// Whether what it gave up can get another try in it: a run that was cancelled or ended by its window is over, and of
    /// a pruned one there is nothing left.
    pub fn can_be_redriven(&self) -> bool {
        self.state.can_be_redriven() && self.pruned_at.is_none()
    }

    /// Why nothing of the run is being drafted, as far as its items say; `None` while something is, and once it has
    /// ended.
    pub fn idle(&self) -> Option<&'static str> {
        match self.state {
            RunState::Queued => Some("no worker has taken it yet"),
            RunState::Running if self.counts.leased == 0 && self.counts.open() > 0 => {
                Some("no worker has any of it in hand")
            }
            _ => None,
        }
    }
}

/// The day a run was made, in UTC: what its prompts take for today, however long it goes on. It stands in the run's
/// id, so that a draft can be made again from its run alone.
pub fn run_date(run_id: Uuid) -> NaiveDate {
    let (seconds, _) = run_id.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let made = i64::try_from(seconds)
        .ok()
        .and_then(|at| DateTime::from_timestamp(at, 0));
    made.unwrap_or_default().date_naive()
}

/// The speed of a run, in tokens per second of the time in which some worker was drafting; `None` before that.
pub fn tokens_per_second(output_tokens: i64, busy_ms: i64) -> Option<f64> {
    (busy_ms > 0).then(|| output_tokens as f64 * 1e3 / busy_ms as f64)
}

/// Work items of a run by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ItemCounts {
    /// Waiting for a worker.
    pub ready: i64,
    /// Being worked on under a lease.
    pub leased: i64,
    /// Drafts committed.
    pub done: i64,
    /// Their worker died; they are tried alone.
    pub suspect: i64,
    /// Given up, with the reason kept.
    pub quarantined: i64,
}

impl ItemCounts {
    /// Items of the run.
    pub fn total(&self) -> i64 {
        self.ready + self.leased + self.done + self.suspect + self.quarantined
    }

    /// Items that have ended, with drafts or in quarantine.
    pub fn ended(&self) -> i64 {
        self.done + self.quarantined
    }

    /// Items that still need work.
    pub fn open(&self) -> i64 {
        self.ready + self.leased + self.suspect
    }
}

words! {
    /// Where a run stands.
    #[derive(ToSchema)]
    RunState {
        /// Made, nothing claimed yet.
        Queued = "queued";
        /// At least one batch was claimed.
        Running = "running";
        /// Every item is done.
        Completed = "completed";
        /// Every item ended, at least one in quarantine.
        CompletedWithErrors = "completed_with_errors";
        /// The campaign's window closed first; what is done is kept.
        WindowExpired = "window_expired";
        /// Stopped by a person.
        Cancelled = "cancelled";
    } else "unknown run state `{}`"
}

impl RunState {
    /// Whether nothing more will happen to the run.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// Whether a run in this state may go on with what it gave up.
    pub fn can_be_redriven(self) -> bool {
        !matches!(self, Self::Cancelled | Self::WindowExpired)
    }
}

/// Whether a failure of one work item may go away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Comes again with the same input: template error, over-long prompt. Quarantined at once.
    Permanent,
    /// May go away: tried again after a pause, at most [`MAX_FAILURES`] times.
    Transient,
}

/// Transient failures of one item before it is quarantined.
pub const MAX_FAILURES: i32 = 3;

/// Deaths of a worker that had nothing else in hand before an item is quarantined.
///
/// The first death, in a batch, blames nobody; so one brief costs at most three processes.
pub const MAX_CRASHES: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back() {
        for state in RunState::ALL {
            assert_eq!(state.as_str().parse::<RunState>(), Ok(state));
        }
        assert_eq!(
            "paused".parse::<RunState>(),
            Err("unknown run state `paused`".to_owned())
        );
    }

    #[test]
    fn a_run_that_is_over_is_not_redriven() {
        let can = RunState::ALL
            .into_iter()
            .filter(|state| state.can_be_redriven());
        assert_eq!(
            can.map(RunState::as_str).collect::<Vec<_>>(),
            ["queued", "running", "completed", "completed_with_errors"]
        );
    }

    #[test]
    fn open_and_total_leave_nothing_out() {
        let counts = ItemCounts {
            ready: 1,
            leased: 2,
            done: 4,
            suspect: 8,
            quarantined: 16,
        };
        assert_eq!((counts.open(), counts.total()), (11, 31));
    }
}
