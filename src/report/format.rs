//! How the report says numbers, times and other people's text.

use chrono::{DateTime, TimeDelta, Utc};

pub use crate::domain::counted::{count, duration, number};
use crate::schedule::Zone;

/// Instants in a place's own time, as short as the period allows.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    zone: Zone,
    /// Weekdays tell the days of the period apart.
    weekdays: bool,
}

impl Times {
    /// Of a period, read in a zone.
    pub fn new(zone: Zone, since: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self {
            zone,
            weekdays: until - since <= TimeDelta::days(5),
        }
    }

    /// `Tue 02:30`, or `6 Jan 02:30` in a long period.
    pub fn at(self, instant: DateTime<Utc>) -> String {
        let wall = self.zone.wall(instant);
        let form = if self.weekdays {
            "%a %H:%M"
        } else {
            "%-d %b %H:%M"
        };
        wall.format(form).to_string()
    }

    /// `Tue 02:30 to 04:12`, or with both days where they differ.
    pub fn span(self, first: DateTime<Utc>, last: DateTime<Utc>) -> String {
        let end = self.zone.wall(last);
        if self.zone.wall(first).date() == end.date() {
            format!("{} to {}", self.at(first), end.format("%H:%M"))
        } else {
            format!("{} to {}", self.at(first), self.at(last))
        }
    }

    /// `Tue 6 Jan 2026 02:30`.
    pub fn in_full(self, instant: DateTime<Utc>) -> String {
        let wall = self.zone.wall(instant);
        wall.format("%a %-d %b %Y %H:%M").to_string()
    }

    /// Name of the zone.
    pub fn zone(self) -> &'static str {
        self.zone.name()
    }
}

/// Somebody else's text in one line that can do nothing: no control characters, which a terminal would
/// obey and a mail header would end at, and none that turn the direction of what follows.
pub fn clean(text: &str) -> String {
    let unsafe_char = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let spaced: String = text
        .chars()
        .map(|c| if unsafe_char(c) { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of such a text, at most so many characters.
pub fn cut(text: &str, most: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= most {
        return text;
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_can_do_nothing() {
        assert_eq!(
            clean("a\r\nBcc: x@y\u{1b}[31m\u{202e}b\u{0}\u{85}c"),
            "a Bcc: x@y [31m b c"
        );
        assert_eq!(cut("one two three", 8), "one two…");
        assert_eq!(cut("one", 8), "one");
    }

    #[test]
    fn times_name_the_day_as_long_as_weekdays_can() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let (since, until) = (at("2026-01-05T12:00:00Z"), at("2026-01-06T12:00:00Z"));
        let zone = Zone::parse("America/New_York").expect("a zone");
        let times = Times::new(zone, since, until);
        assert_eq!(times.at(until), "Tue 07:00");
        assert_eq!(times.in_full(until), "Tue 6 Jan 2026 07:00");
        assert_eq!(times.span(since, until), "Mon 07:00 to Tue 07:00");
        assert_eq!(times.span(until, until), "Tue 07:00 to 07:00");
        let long = Times::new(zone, since, at("2026-02-06T12:00:00Z"));
        assert_eq!(long.at(until), "6 Jan 07:00");
    }
}
