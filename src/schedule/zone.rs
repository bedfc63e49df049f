//! Time zones by their IANA names; those that people write instead get a hint.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::error::ScheduleError;
use crate::domain::suggest;

/// Names of Windows and the zone of each one's main place, after the Unicode CLDR's table of Windows
/// zones; only the common ones, as they are for a hint.
const WINDOWS: [(&str, &str); 28] = [
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Arab Standard Time", "Asia/Riyadh"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("Argentina Standard Time", "America/Buenos_Aires"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. Africa Standard Time", "Africa/Nairobi"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("Egypt Standard Time", "Africa/Cairo"),
    ("FLE Standard Time", "Europe/Kiev"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("SA Pacific Standard Time", "America/Bogota"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// Short names that the IANA database does not have, with the zone that is mostly meant.
const SHORT: [(&str, &str); 10] = [
    ("AEST", "Australia/Sydney"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CST", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
];

/// A place's clock: instants as people there read them, and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of that name, in any case.
    ///
    /// # Errors
    /// [`ScheduleError::Zone`].
    pub fn parse(name: &str) -> Result<Self, ScheduleError> {
        parse(name).map(Self)
    }

    /// Its IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What clocks there show.
    pub fn wall(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// When clocks there show this: the first time of two, and an hour later where that time does not exist.
    pub fn instant(self, wall: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&wall) {
            MappedLocalTime::Single(once) => once.to_utc(),
            MappedLocalTime::Ambiguous(first, _) => first.to_utc(),
            // A gap is an hour nearly everywhere; beyond the zone's data its time is as good as UTC.
            MappedLocalTime::None => (self.0.from_local_datetime(&(wall + TimeDelta::hours(1))))
                .earliest()
                .map_or(wall.and_utc(), |later| later.to_utc()),
        }
    }
}

/// The zone of that name, in any case.
pub(super) fn parse(name: &str) -> Result<Tz, ScheduleError> {
    let name = name.trim();
    name.parse()
        .or_else(|_| Tz::from_str_insensitive(name))
        .map_err(|_| ScheduleError::Zone {
            given: name.to_owned(),
            instead: meant(name),
        })
}

fn meant(name: &str) -> Option<String> {
    let mut known = WINDOWS.iter().chain(&SHORT);
    if let Some((_, zone)) = known.find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        return Some((*zone).to_owned());
    }
    let spaced = name.replace(' ', "_");
    let zones = || TZ_VARIANTS.iter().map(|zone| zone.name());
    // `Berlin` alone is the end of a name.
    let end = format!("/{}", spaced.to_ascii_lowercase());
    let city = zones().find(|zone| zone.to_ascii_lowercase().ends_with(&end));
    let near = city.or_else(|| suggest::nearest(&spaced, zones()));
    near.map(str::to_owned)
}
