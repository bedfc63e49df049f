//! Alerts: what somebody has to hear of before they ask.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::words::words;

words! {
    /// What an alert is about.
    AlertKind {
        /// A run gave up more than its share of briefs.
        RunFailed = "run_failed";
        /// Everything failed for a run, and it waits before it is tried again.
        RunParked = "run_parked";
        /// A run was made for its slot, and nobody has claimed anything of it.
        RunLate = "run_late";
        /// A campaign was due, and no scheduler has decided whether it fires.
        SlotLate = "slot_late";
        /// A run's window closed before its last brief.
        WindowExpired = "window_expired";
        /// The morning report.
        Report = "report";
    } else "unknown kind of alert `{}`"
}

/// What an alert says; the `alert` object of a webhook's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// Run id, campaign and instant, or day: together with the kind, what makes it one alert.
    pub subject: String,
    /// Campaign name; `None` for the report.
    pub campaign: Option<String>,
    /// The run.
    pub run_id: Option<Uuid>,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Beginning of the period of a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// End of the period of a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back() {
        for kind in AlertKind::ALL {
            assert_eq!(kind.as_str().parse::<AlertKind>(), Ok(kind));
        }
        assert_eq!(
            "flood".parse::<AlertKind>(),
            Err("unknown kind of alert `flood`".to_owned())
        );
    }
}
