//! The clock guard: a database whose clock jumps must not fire a year of slots, or leave the cursors in
//! next year when the clock is put right.
//!
//! Three clocks are compared: the database's, this host's, and one that only counts (it stands still while
//! a host sleeps, and nobody can set it). A jump that this host's clock took too was a sleep or a
//! correction of both, and time has really passed; one that only the database took is held.

use std::fmt;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// A smaller step is not worth a hold: daylight saving does not move these clocks, and servers drift by less.
const MOST: TimeDelta = TimeDelta::hours(1);

/// What the clocks showed at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSample {
    /// The database's time.
    pub database: DateTime<Utc>,
    /// This host's time.
    pub host: DateTime<Utc>,
    /// The clock that only counts.
    pub counter: Instant,
}

/// Whether slots may fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// Time passed as it should.
    Good,
    /// All clocks but the counting one took the same jump: this host was asleep, or both were set.
    Slept(TimeDelta),
    /// The database's clock jumped by itself: nothing fires until it is back, or the scheduler is started
    /// again by somebody who has looked.
    Held(TimeDelta),
}

impl fmt::Display for ClockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("the clocks agree"),
            Self::Slept(jump) => write!(
                f,
                "time went on by {} while this process stood still",
                length(*jump)
            ),
            Self::Held(jump) => write!(
                f,
                "the database's clock has jumped by {} and this host's has not; nothing fires until it is back, or this scheduler is started again",
                length(*jump)
            ),
        }
    }
}

fn length(jump: TimeDelta) -> String {
    let sign = if jump < TimeDelta::zero() { "-" } else { "" };
    let seconds = jump.num_seconds().unsigned_abs();
    let length = std::time::Duration::from_secs(seconds);
    format!("{sign}{}", humantime::format_duration(length))
}

/// Compares readings with the first one, or with the last that was believed.
#[derive(Debug, Default)]
pub struct ClockGuard {
    believed: Option<ClockSample>,
}

impl ClockGuard {
    /// Judges a reading.
    pub fn judge(&mut self, now: ClockSample) -> ClockState {
        let Some(before) = self.believed else {
            self.believed = Some(now);
            return ClockState::Good;
        };
        let counted = now.counter.saturating_duration_since(before.counter);
        let counted = TimeDelta::from_std(counted).unwrap_or(TimeDelta::MAX);
        let database = now.database - before.database - counted;
        let host = now.host - before.host - counted;
        if database.abs() <= MOST {
            self.believed = Some(now);
            return ClockState::Good;
        }
        if (database - host).abs() <= MOST {
            self.believed = Some(now);
            return ClockState::Slept(database);
        }
        ClockState::Held(database)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A reading some seconds after the first, with database and host ahead of that by so many hours.
    fn reading(start: Instant, seconds: u64, database: i64, host: i64) -> ClockSample {
        let noon: DateTime<Utc> = "2026-01-05T12:00:00Z".parse().expect("an instant");
        let now = noon + TimeDelta::seconds(seconds as i64);
        ClockSample {
            database: now + TimeDelta::hours(database),
            host: now + TimeDelta::hours(host),
            counter: start + Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_database_that_jumps_by_itself_is_held_until_it_is_back() {
        let (mut guard, start) = (ClockGuard::default(), Instant::now());
        assert_eq!(guard.judge(reading(start, 0, 0, 0)), ClockState::Good);
        for jump in [24 * 365, -24 * 365, 2, -2] {
            let held = guard.judge(reading(start, 5, jump, 0));
            assert_eq!(held, ClockState::Held(TimeDelta::hours(jump)));
        }
        assert_eq!(guard.judge(reading(start, 7200, 0, 0)), ClockState::Good);
    }

    #[test]
    fn a_host_that_slept_goes_on() {
        let (mut guard, start) = (ClockGuard::default(), Instant::now());
        guard.judge(reading(start, 0, 0, 0));
        let slept = guard.judge(reading(start, 5, 8, 8));
        assert_eq!(slept, ClockState::Slept(TimeDelta::hours(8)));
        assert_eq!(guard.judge(reading(start, 6, 8, 8)), ClockState::Good);
    }

    #[test]
    fn a_host_whose_clock_is_wrong_does_not_matter() {
        let (mut guard, start) = (ClockGuard::default(), Instant::now());
        assert_eq!(
            guard.judge(reading(start, 0, 0, 24 * 365)),
            ClockState::Good
        );
        assert_eq!(guard.judge(reading(start, 1, 0, 0)), ClockState::Good);
    }

    #[test]
    fn a_hold_says_how_far_and_what_ends_it() {
        insta::assert_snapshot!(ClockState::Held(TimeDelta::hours(-26)), @"the database's clock has jumped by -1day 2h and this host's has not; nothing fires until it is back, or this scheduler is started again");
        insta::assert_snapshot!(ClockState::Slept(TimeDelta::minutes(95)), @"time went on by 1h 35m while this process stood still");
        insta::assert_snapshot!(ClockState::Good, @"the clocks agree");
    }
}
