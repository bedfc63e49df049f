//! Whether a brief may be written about now: embargoes and expiry, the same rule as in the store's SQL.

use chrono::{DateTime, Utc};

use super::brief::Brief;

/// Whether a brief may be written about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Now.
    Available,
    /// Not before this instant; at it, it may.
    Embargoed(DateTime<Utc>),
    /// Not from this instant on, whatever its embargo.
    Expired(DateTime<Utc>),
}

impl Availability {
    /// By its two instants, at `now`.
    pub fn at(
        now: DateTime<Utc>,
        embargo_until: Option<DateTime<Utc>>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Self {
        match (embargo_until, expires_at) {
            (_, Some(at)) if at <= now => Self::Expired(at),
            (Some(until), _) if until > now => Self::Embargoed(until),
            _ => Self::Available,
        }
    }

    /// Of a brief at `now`.
    pub fn of(brief: &Brief, now: DateTime<Utc>) -> Self {
        Self::at(now, brief.embargo_until, brief.expires_at)
    }
}

/// `embargoed until 2026-03-01 06:00 UTC`; empty for what is available.
impl std::fmt::Display for Availability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let format = "%Y-%m-%d %H:%M UTC";
        match self {
            Self::Available => Ok(()),
            Self::Embargoed(until) => write!(f, "embargoed until {}", until.format(format)),
            Self::Expired(at) => write!(f, "expired {}", at.format(format)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(now: &str, embargo: Option<&str>, expiry: Option<&str>) -> String {
        let instant = |hour: &str| {
            format!("2026-03-01T{hour}:00Z")
                .parse()
                .expect("an instant")
        };
        Availability::at(instant(now), embargo.map(instant), expiry.map(instant)).to_string()
    }

    #[test]
    fn the_very_instant_ends_an_embargo_and_begins_an_expiry() {
        assert_eq!(said("06:00", None, None), "");
        assert_eq!(
            said("05:59", Some("06:00"), None),
            "embargoed until 2026-03-01 06:00 UTC"
        );
        assert_eq!(said("06:00", Some("06:00"), None), "");
        assert_eq!(said("05:59", None, Some("06:00")), "");
        assert_eq!(
            said("06:00", None, Some("06:00")),
            "expired 2026-03-01 06:00 UTC"
        );
        assert_eq!(
            said("07:00", Some("08:00"), Some("06:00")),
            "expired 2026-03-01 06:00 UTC"
        );
    }
}
