//! Time zones by their IANA names; those that people write instead get a hint.

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
