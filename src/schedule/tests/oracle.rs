//! Every change of the clock against an oracle that knows nothing of gaps and folds: it asks what clocks
//! show at each minute, and remembers what they showed before.

use std::collections::HashSet;

use chrono::{DateTime, Duration, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::crontab::Crontab;
use super::super::{Schedule, Slot};
use super::{crontabs, utc};
use crate::domain::campaign::{Fold, Gap};

/// Zones of every kind of rule there has been since 2000.
const ZONES: [&str; 64] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Johannesburg",
    "Africa/Juba",
    "Africa/Lagos",
    "Africa/Sao_Tome",
    "Africa/Tripoli",
    "Africa/Windhoek",
    "America/Araguaina",
    "America/Asuncion",
    "America/Bogota",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Godthab",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Montevideo",
    "America/New_York",
    "America/Phoenix",
    "America/Port-au-Prince",
    "America/Punta_Arenas",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Macquarie",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Baku",
    "Asia/Beirut",
    "Asia/Colombo",
    "Asia/Damascus",
    "Asia/Dhaka",
    "Asia/Gaza",
    "Asia/Hovd",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Volgograd",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Fiji",
    "UTC",
];

fn wall(zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
    zone.from_utc_datetime(&instant.naive_utc()).naive_local()
}

/// Instants at which a zone's offset changes in these years, to the minute, by looking at every 6 hours.
fn changes(zone: Tz, from: i32, to: i32) -> Vec<DateTime<Utc>> {
    let year = |year: i32| utc(&format!("{year}-01-01T00:00:00Z"));
    let offset = |instant: DateTime<Utc>| wall(zone, instant) - instant.naive_utc();
    let (mut found, mut at) = (Vec::new(), year(from));
    while at < year(to) {
        let next = at + Duration::hours(6);
        if offset(at) != offset(next) {
            let (mut before, mut after) = (at, next);
            while after - before > Duration::minutes(1) {
                let middle = before + Duration::minutes((after - before).num_minutes() / 2);
                if offset(middle) == offset(at) {
                    before = middle;
                } else {
                    after = middle;
                }
            }
            found.push(after);
        }
        at = next;
    }
    found
}

/// What fires, minute by minute.
fn oracle(
    crontab: &str,
    zone: Tz,
    rules: (Gap, Fold),
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let crontab = Crontab::parse(crontab).expect("a crontab");
    let named = |civil: NaiveDateTime| crontab.has(civil);
    let minute = Duration::minutes(1);
    let (gap, fold) = rules;
    let mut fired = Vec::new();
    let mut seen = HashSet::new();
    let mut at = after - Duration::hours(30);
    let mut previous = wall(zone, at - minute);
    // Beyond the end, for what fires only the second time.
    let all: Vec<_> = std::iter::successors(Some(at), |at| Some(*at + minute))
        .take_while(|at| *at <= until + Duration::hours(30))
        .map(|at| wall(zone, at))
        .collect();
    let mut later: std::collections::HashMap<NaiveDateTime, u32> = std::collections::HashMap::new();
    for civil in &all {
        *later.entry(*civil).or_default() += 1;
    }
    for civil in all {
        *later.get_mut(&civil).expect("counted") -= 1;
        let mut fires = named(civil)
            && match fold {
                Fold::Both => true,
                Fold::First => !seen.contains(&civil),
                Fold::Last => later[&civil] == 0,
            };
        let mut missing = previous + minute;
        while gap == Gap::End && missing < civil {
            fires |= named(missing);
            missing += minute;
        }
        seen.insert(civil);
        if fires && at > after && at <= until {
            fired.push(at);
        }
        previous = civil;
        at += minute;
    }
    fired
}

fn compare(
    crontab: &str,
    zone: Tz,
    gap: Option<Gap>,
    fold: Option<Fold>,
    change: DateTime<Utc>,
) -> Result<(), TestCaseError> {
    let schedule = Schedule::parse(crontab, zone.name(), gap, fold).expect("a schedule");
    let (after, until) = (change - Duration::hours(27), change + Duration::hours(27));
    let slots: Vec<Slot> = schedule.between(after, until).collect();
    let instants: Vec<_> = slots.iter().map(|slot| slot.instant).collect();
    prop_assert!(
        instants.is_sorted_by(|a, b| a < b),
        "{crontab} in {zone} at {change}: {instants:?}"
    );
    let rules = (schedule.rules.gap, schedule.rules.fold);
    let expected = oracle(crontab, zone, rules, after, until);
    prop_assert_eq!(instants, expected, "{} in {} at {}", crontab, zone, change);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_crontab_fires_at_each_change_as_the_clock_says(
        crontab in crontabs(),
        zone in proptest::sample::select(&ZONES[..]),
        year in 2000i32..2037,
        gap in proptest::sample::select(&[None, Some(Gap::End), Some(Gap::Skip)][..]),
        fold in proptest::sample::select(&[None, Some(Fold::First), Some(Fold::Last), Some(Fold::Both)][..]),
    ) {
        let zone: Tz = zone.parse().expect("a zone");
        let mut changes = changes(zone, year, year + 1);
        changes.push(utc(&format!("{year}-06-15T12:00:00Z")));
        for change in changes {
            compare(&crontab, zone, gap, fold, change)?;
        }
    }

    #[test]
    fn a_nightly_job_fires_once_on_every_day_that_there_is(
        hour in 0u32..24,
        minute in 0u32..60,
        zone in proptest::sample::select(&ZONES[..]),
        year in 2000i32..2037,
    ) {
        // Samoa had no 30 December that year: midnight of that day is midnight of the next.
        prop_assume!(!(zone == "Pacific/Apia" && year == 2011));
        let zone: Tz = zone.parse().expect("a zone");
        let schedule = Schedule::parse(&format!("{minute} {hour} * * *"), zone.name(), None, None).expect("a schedule");
        let from = utc(&format!("{year}-01-01T00:00:00Z"));
        let days: Vec<_> = schedule.after(from).take(366).map(|slot| slot.civil.date()).collect();
        for pair in days.windows(2) {
            prop_assert_eq!(pair[1] - pair[0], Duration::days(1), "{} {}", zone, pair[0]);
        }
        prop_assert_eq!(schedule.after(from).next().expect("a slot").instant.second(), 0);
    }
}

#[test]
fn every_zone_of_the_list_is_known_and_most_of_them_change() {
    let zones = ZONES.map(|zone| zone.parse::<Tz>().expect(zone));
    let changing = zones
        .iter()
        .filter(|zone| !changes(**zone, 2000, 2003).is_empty())
        .count();
    assert!(changing > 40, "{changing}");
}
