//! How long finished work is kept: `90days`, `1year`. Nothing is deleted unless one of these is set.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Shorter is a typing mistake, and would delete the night that an editor is reading.
const LEAST: Duration = Duration::from_hours(24);

/// Longer is outside of what a date can say.
const MOST: Duration = Duration::from_hours(24 * 36_525);

/// A span of time to keep something for. Written as numbers with units: `90days`, `6months`, `1year`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep(Duration);

impl Keep {
    /// The span.
    pub fn span(self) -> Duration {
        self.0
    }
}

/// What `nightdesk prune` may delete; `None` keeps it for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Work items and batches of finished runs.
    pub keep_runs: Option<Keep>,
    /// Drafts that nobody has reviewed.
    pub keep_drafts: Option<Keep>,
}

impl std::str::FromStr for Keep {
    type Err = String;

    /// Reads `90days`; the error says what was given and what is accepted.
    fn from_str(word: &str) -> Result<Self, String> {
        let span = humantime::parse_duration(word.trim()).map_err(|_| {
            format!("expected a number and a unit, such as `90days` or `1year`, given `{word}`")
        })?;
        if span < LEAST || span > MOST {
            return Err(format!("must be from 1day to 100years, given `{word}`"));
        }
        Ok(Self(Duration::from_secs(span.as_secs())))
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: u64 = 24 * 60 * 60;
        match (self.0.as_secs() / DAY, self.0.as_secs() % DAY) {
            (1, 0) => f.write_str("1day"),
            // Not "2months 29days 3h 36s": a month is 30.44 days in this notation.
            (days, 0) => write!(f, "{days}days"),
            _ => humantime::format_duration(self.0).fmt(f),
        }
    }
}

impl Serialize for Keep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Keep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_and_written_as_people_write_it() {
        for (word, days) in [("90days", 90), ("1day", 1), (" 2 weeks ", 14)] {
            let keep: Keep = word.parse().expect("a span");
            assert_eq!(keep.span(), Duration::from_hours(24 * days), "{word}");
        }
        for (word, shown) in [("90d", "90days"), ("1 day", "1day"), ("1y", "1year")] {
            let keep: Keep = word.parse().expect("a span");
            assert_eq!(keep.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_span_says_what_one_looks_like() {
        let told = |word: &str| word.parse::<Keep>().expect_err("refused");
        insta::assert_snapshot!(told("90"), @"expected a number and a unit, such as `90days` or `1year`, given `90`");
        insta::assert_snapshot!(told("3h"), @"must be from 1day to 100years, given `3h`");
        insta::assert_snapshot!(told("1000years"), @"must be from 1day to 100years, given `1000years`");
    }
}
