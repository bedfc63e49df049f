//! Alerts: what somebody has to hear of before they ask.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A run gave up more than its share of briefs.
    RunFailed,
    /// Everything failed for a run, and it waits before it is tried again.
    RunParked,
    /// A run was made for its slot, and nobody has claimed anything of it.
    RunLate,
    /// A campaign was due, and no scheduler has decided whether it fires.
    SlotLate,
    /// A run's window closed before its last brief.
    WindowExpired,
    /// The morning report.
    Report,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::RunFailed,
        Self::RunParked,
        Self::RunLate,
        Self::SlotLate,
        Self::WindowExpired,
        Self::Report,
    ];

    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunFailed => "run_failed",
            Self::RunParked => "run_parked",
            Self::RunLate => "run_late",
            Self::SlotLate => "slot_late",
            Self::WindowExpired => "window_expired",
            Self::Report => "report",
        }
    }
}

impl std::str::FromStr for AlertKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| format!("unknown kind of alert `{word}`"))
    }
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
