//! Campaigns that a wrong clock has silenced: their cursor lies ahead of the database's clock.
//!
//! A cursor never goes back by itself. Whether the clock was wrong then or is wrong now cannot be known from the
//! database: a machine that starts in 1970 until its time comes from the network would make up for fifty years. So
//! it is told, again and again, until a person who has looked resumes the campaign or edits its schedule.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::slot;
use crate::store::Scheduled;

/// A campaign that is still silent is told of again after this long.
const AGAIN: Duration = Duration::from_hours(1);

/// What has been told, and when.
#[derive(Debug, Default)]
pub(super) struct CursorAhead {
    told: HashMap<Uuid, (DateTime<Utc>, Instant)>,
}

impl CursorAhead {
    /// Whether nothing of the campaign fires because its cursor lies ahead of the clock; warns of it.
    pub(super) fn is_silent(&mut self, campaign: &Scheduled, now: DateTime<Utc>) -> bool {
        let until = slot::silent_until(campaign.cursor, now).filter(|_| !campaign.paused);
        let Some(until) = until else {
            self.told.remove(&campaign.id);
            return false;
        };
        let known = self.told.get(&campaign.id);
        let is_known = known.is_some_and(|(cursor, at)| *cursor == until && at.elapsed() < AGAIN);
        if !is_known {
            self.told.insert(campaign.id, (until, Instant::now()));
            let name = &campaign.name;
            tracing::warn!(campaign = name, cursor = %until, "{}", warning(name, until, now));
        }
        true
    }
}

fn warning(name: &str, until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    format!(
        "nothing of {name} fires before {}: its cursor lies ahead of the database's clock ({}), which was wrong when a scheduler started or is wrong now; once the clock is right, `nightdesk campaigns resume {name}` lets it go on",
        time(until),
        time(now)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn campaign(cursor: &str) -> Scheduled {
        Scheduled {
            id: Uuid::nil(),
            name: "nightly".to_owned(),
            spec: Err("not needed".to_owned()),
            cursor: at(cursor),
            schedule_version: 1,
            paused: false,
            trouble: None,
        }
    }

    #[test]
    fn a_cursor_ahead_of_the_clock_is_told_and_a_corrected_second_is_not() {
        let mut ahead = CursorAhead::default();
        let now = at("2026-01-05T12:00:00Z");
        assert!(!ahead.is_silent(&campaign("2026-01-05T11:00:00Z"), now));
        assert!(!ahead.is_silent(&campaign("2026-01-05T12:00:30Z"), now));
        assert!(ahead.is_silent(&campaign("2027-01-05T12:00:00Z"), now));
        assert!(ahead.is_silent(&campaign("2027-01-05T12:00:00Z"), now));
        let paused = Scheduled {
            paused: true,
            ..campaign("2027-01-05T12:00:00Z")
        };
        assert!(!ahead.is_silent(&paused, now), "that is what silences it");
    }

    #[test]
    fn the_warning_says_until_when_and_what_ends_it() {
        let told = warning(
            "nightly",
            at("2027-01-05T12:00:00Z"),
            at("2026-01-05T12:00:00Z"),
        );
        insta::assert_snapshot!(told, @"nothing of nightly fires before 2027-01-05 12:00 UTC: its cursor lies ahead of the database's clock (2026-01-05 12:00 UTC), which was wrong when a scheduler started or is wrong now; once the clock is right, `nightdesk campaigns resume nightly` lets it go on");
    }
}
