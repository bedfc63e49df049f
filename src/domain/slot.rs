//! Slots: the instants at which campaigns are due, and what became of each.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::words::words;

/// A cursor that lies further ahead of the clock than this was put there by a clock that was wrong. Less is what
/// clocks are corrected by while all is well.
pub const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);

/// Until when nothing of a campaign fires, because its cursor lies ahead of the clock; `None` where it does not.
pub fn silent_until(cursor: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (cursor - now > CLOCKS_DIFFER).then_some(cursor)
}

/// One instant of a campaign in the ledger, as `campaigns slots` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotRecord {
    /// Campaign name.
    pub campaign: String,
    /// When it was due.
    pub instant: DateTime<Utc>,
    /// Civil time and pass: `2026-10-25T02:30/1` is the second 02:30 of that day.
    pub slot_key: String,
    /// `fired` or `skipped`.
    pub status: SlotStatus,
    /// Why it was skipped.
    pub reason: Option<SkipReason>,
    /// The run it made.
    pub run_id: Option<Uuid>,
    /// When that was decided.
    pub created_at: DateTime<Utc>,
    /// Whether a clock that ran ahead has skipped it: it is decided anew when its instant comes.
    pub void: bool,
}

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotStatus {
    /// It made a run.
    Fired,
    /// It did not, and there is a reason.
    Skipped,
}

words! {
    /// Why a slot did not fire.
    SkipReason {
        /// Nothing was running when it was due, and `catch_up` does not make up for it.
        CatchUp = "catch_up", "missed: nothing was running, or it could not fire in time";
        /// The run before was still going, and `overlap` does not let it in.
        Overlap = "overlap", "the run before was still going";
        /// The campaign was paused.
        Paused = "paused", "the campaign was paused";
        /// Its window had closed before it could fire.
        Window = "window", "its window had closed";
    } else "unknown reason `{}`"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_and_serializes_as_its_word() {
        for reason in SkipReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
            assert_eq!(serde_json::json!(reason), reason.as_str());
        }
        assert_eq!(
            "weather".parse::<SkipReason>(),
            Err("unknown reason `weather`".to_owned())
        );
    }
}
