//! From a civil time to instants, where clocks are put forward and back.

use std::fmt;

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use crate::domain::campaign::{Fold, Gap};

/// What becomes of times that a day does not have, or has twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) gap: Gap,
    pub(super) fold: Fold,
}

/// What a change of the clock did to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Its time does not exist that day; it fires at the end of the gap.
    Moved {
        /// The time that does not exist.
        from: NaiveDateTime,
        /// The first time that does.
        to: NaiveDateTime,
    },
    /// Its time comes twice that day; it fires only the first time.
    FirstOnly,
    /// Its time comes twice that day; it fires only the second time.
    LastOnly,
    /// Its time comes twice that day; this is the first.
    FirstOfBoth,
    /// Its time comes twice that day; this is the second.
    SecondOfBoth,
    /// Earlier slots were left out, because their times do not exist that day.
    LeftOut {
        /// The first of them.
        first: NaiveDateTime,
        /// How many.
        count: u32,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { from, to } => write!(
                f,
                "{} does not exist, as clocks are put forward; it fires at {}",
                from.format("%H:%M"),
                to.format("%H:%M")
            ),
            Self::FirstOnly => f.write_str(
                "this time comes twice, as clocks are put back; it fires the first time",
            ),
            Self::LastOnly => f.write_str(
                "this time comes twice, as clocks are put back; it fires the second time",
            ),
            Self::FirstOfBoth => {
                f.write_str("this time comes twice, as clocks are put back; the first")
            }
            Self::SecondOfBoth => {
                f.write_str("this time comes twice, as clocks are put back; the second")
            }
            Self::LeftOut { first, count } => {
                let (more, were) = match count {
                    1 => (String::new(), "was"),
                    more => (format!(" and {} more", more - 1), "were"),
                };
                write!(
                    f,
                    "{}{more} did not exist, as clocks were put forward, and {were} left out",
                    first.format("%Y-%m-%d %H:%M")
                )
            }
        }
    }
}

/// One civil time on the line of instants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It happens once.
    Once(DateTime<Utc>),
    /// It happens twice; what fires.
    Fold(Vec<(DateTime<Utc>, Effect)>),
    /// It does not happen; it fires here instead.
    Moved(DateTime<Utc>, Effect),
    /// It does not happen, and what it would have been is over at this instant.
    LeftOut(DateTime<Utc>),
    /// It lies beyond what the zone's data covers.
    Unknown,
}

/// Where a civil time of a zone lies.
pub(super) fn place(zone: Tz, civil: NaiveDateTime, rules: Rules) -> Placed {
    match zone.from_local_datetime(&civil) {
        MappedLocalTime::Single(once) => Placed::Once(once.to_utc()),
        MappedLocalTime::Ambiguous(first, second) => {
            let (first, second) = (first.to_utc(), second.to_utc());
            Placed::Fold(match rules.fold {
                Fold::First => vec![(first, Effect::FirstOnly)],
                Fold::Last => vec![(second, Effect::LastOnly)],
                Fold::Both => vec![(first, Effect::FirstOfBoth), (second, Effect::SecondOfBoth)],
            })
        }
        MappedLocalTime::None => {
            let Some(end) = GapInfo::new(&civil, &zone).and_then(|gap| gap.end) else {
                return Placed::Unknown;
            };
            let effect = Effect::Moved {
                from: civil,
                to: end.naive_local(),
            };
            match rules.gap {
                Gap::End => Placed::Moved(end.to_utc(), effect),
                Gap::Skip => Placed::LeftOut(end.to_utc()),
            }
        }
    }
}
