//! Cases written by hand. Dates of the changes are those of the IANA time zone database.

use super::super::{Effect, LAST_YEAR, Schedule};
use super::{schedule, utc};
use crate::domain::campaign::{Fold, Gap};

/// The slots of an interval: what clocks show, the instant, and what the clock did.
fn told(schedule: &Schedule, after: &str, until: &str) -> String {
    let slots = schedule.between(utc(after), utc(until));
    slots
        .map(|slot| {
            let (wall, _) = schedule.wall(slot.instant);
            let note = slot.effect.map(|effect| format!("  {effect}"));
            format!(
                "{} = {}{}\n",
                wall.format("%a %m-%d %H:%M"),
                slot.instant.format("%dT%H:%MZ"),
                note.unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn a_nightly_job_fires_once_a_night_where_clocks_change() {
    let nightly = schedule("30 1 * * *", "Europe/London");
    insta::assert_snapshot!(told(&nightly, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"), @"
    Sat 03-28 01:30 = 28T01:30Z
    Sun 03-29 02:00 = 29T01:00Z  01:30 does not exist, as clocks are put forward; it fires at 02:00
    Mon 03-30 01:30 = 30T00:30Z
    ");
    insta::assert_snapshot!(told(&nightly, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"), @"
    Sat 10-24 01:30 = 24T00:30Z
    Sun 10-25 01:30 = 25T00:30Z  this time comes twice, as clocks are put back; it fires the first time
    Mon 10-26 01:30 = 26T01:30Z
    ");
    // A list of hours is as fixed as one.
    let twice = schedule("30 2,14 * * *", "America/New_York");
    insta::assert_snapshot!(told(&twice, "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"), @"
    Sun 03-08 03:00 = 08T07:00Z  02:30 does not exist, as clocks are put forward; it fires at 03:00
    Sun 03-08 14:30 = 08T18:30Z
    ");
}

#[test]
fn an_hourly_job_follows_the_clock() {
    let hourly = schedule("0 * * * *", "Europe/London");
    insta::assert_snapshot!(told(&hourly, "2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z"), @"
    Sun 03-29 00:00 = 29T00:00Z
    Sun 03-29 02:00 = 29T01:00Z  2026-03-29 01:00 did not exist, as clocks were put forward, and was left out
    Sun 03-29 03:00 = 29T02:00Z
    ");
    insta::assert_snapshot!(told(&hourly, "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z"), @"
    Sun 10-25 01:00 = 25T00:00Z  this time comes twice, as clocks are put back; the first
    Sun 10-25 01:00 = 25T01:00Z  this time comes twice, as clocks are put back; the second
    Sun 10-25 02:00 = 25T02:00Z
    ");
    let often = schedule("*/30 */2 * * *", "Europe/Berlin");
    insta::assert_snapshot!(told(&often, "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z"), @"
    Sun 03-29 04:00 = 29T02:00Z  2026-03-29 02:00 and 1 more did not exist, as clocks were put forward, and were left out
    Sun 03-29 04:30 = 29T02:30Z
    ");
}

#[test]
fn several_times_of_one_gap_are_one_slot_and_a_time_that_exists_goes_before_them() {
    let nightly = schedule("0,20,40 2 * * *", "Europe/Berlin");
    insta::assert_snapshot!(told(&nightly, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), @"Sun 03-29 03:00 = 29T01:00Z  02:00 does not exist, as clocks are put forward; it fires at 03:00");
    let both = schedule("0 2,3 * * *", "Europe/Berlin");
    insta::assert_snapshot!(told(&both, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), @"Sun 03-29 03:00 = 29T01:00Z");
}

#[test]
fn a_campaign_can_say_otherwise() {
    let other = |crontab, gap, fold| {
        Schedule::parse(crontab, "Europe/London", gap, fold).expect("a schedule")
    };
    let skip = other("30 1 * * *", Some(Gap::Skip), Some(Fold::Both));
    insta::assert_snapshot!(told(&skip, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"), @"Mon 03-30 01:30 = 30T00:30Z  2026-03-29 01:30 did not exist, as clocks were put forward, and was left out");
    insta::assert_snapshot!(told(&skip, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), @"
    Sun 10-25 01:30 = 25T00:30Z  this time comes twice, as clocks are put back; the first
    Sun 10-25 01:30 = 25T01:30Z  this time comes twice, as clocks are put back; the second
    ");
    let last = other("30 * * * *", Some(Gap::End), Some(Fold::Last));
    insta::assert_snapshot!(told(&last, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"), @"
    Sun 03-29 00:30 = 29T00:30Z
    Sun 03-29 02:00 = 29T01:00Z  01:30 does not exist, as clocks are put forward; it fires at 02:00
    Sun 03-29 02:30 = 29T01:30Z
    ");
    insta::assert_snapshot!(told(&last, "2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z"), @"
    Sun 10-25 00:30 = 24T23:30Z
    Sun 10-25 01:30 = 25T01:30Z  this time comes twice, as clocks are put back; it fires the second time
    ");
}

#[test]
fn clocks_change_in_stranger_ways_elsewhere() {
    // Half an hour.
    let lord_howe = schedule("15 2 * * *", "Australia/Lord_Howe");
    insta::assert_snapshot!(told(&lord_howe, "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z"), @"
    Sun 10-04 02:30 = 03T15:30Z  02:15 does not exist, as clocks are put forward; it fires at 02:30
    Mon 10-05 02:15 = 04T15:15Z
    ");
    let hourly = schedule("*/15 * * * *", "Australia/Lord_Howe");
    insta::assert_snapshot!(told(&hourly, "2026-04-04T14:20:00Z", "2026-04-04T15:50:00Z"), @"
    Sun 04-05 01:30 = 04T14:30Z  this time comes twice, as clocks are put back; the first
    Sun 04-05 01:45 = 04T14:45Z  this time comes twice, as clocks are put back; the first
    Sun 04-05 01:30 = 04T15:00Z  this time comes twice, as clocks are put back; the second
    Sun 04-05 01:45 = 04T15:15Z  this time comes twice, as clocks are put back; the second
    Sun 04-05 02:00 = 04T15:30Z
    Sun 04-05 02:15 = 04T15:45Z
    ");
    // A whole day.
    let apia = schedule("30 2 * * *", "Pacific/Apia");
    insta::assert_snapshot!(told(&apia, "2011-12-28T18:00:00Z", "2012-01-01T00:00:00Z"), @"
    Thu 12-29 02:30 = 29T12:30Z
    Sat 12-31 00:00 = 30T10:00Z  02:30 does not exist, as clocks are put forward; it fires at 00:00
    Sat 12-31 02:30 = 30T12:30Z
    Sun 01-01 02:30 = 31T12:30Z
    ");
    // Two hours.
    let troll = schedule("30 1,2 * * *", "Antarctica/Troll");
    insta::assert_snapshot!(told(&troll, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), @"Sun 03-29 03:00 = 29T01:00Z  01:30 does not exist, as clocks are put forward; it fires at 03:00");
    // Back for Ramadan, and forward again.
    let casablanca = schedule("30 2 * * *", "Africa/Casablanca");
    insta::assert_snapshot!(told(&casablanca, "2026-02-14T12:00:00Z", "2026-02-16T12:00:00Z"), @"
    Sun 02-15 02:30 = 15T01:30Z  this time comes twice, as clocks are put back; it fires the first time
    Mon 02-16 02:30 = 16T02:30Z
    ");
    insta::assert_snapshot!(told(&casablanca, "2026-03-21T12:00:00Z", "2026-03-23T12:00:00Z"), @"
    Sun 03-22 03:00 = 22T02:00Z  02:30 does not exist, as clocks are put forward; it fires at 03:00
    Mon 03-23 02:30 = 23T01:30Z
    ");
    // At midnight, so that a day begins at one, and another has a quarter of an hour of the day before twice.
    let cairo = schedule("0 0 * * *", "Africa/Cairo");
    insta::assert_snapshot!(told(&cairo, "2026-04-22T12:00:00Z", "2026-04-25T12:00:00Z"), @"
    Thu 04-23 00:00 = 22T22:00Z
    Fri 04-24 01:00 = 23T22:00Z  00:00 does not exist, as clocks are put forward; it fires at 01:00
    Sat 04-25 00:00 = 24T21:00Z
    ");
    let beirut = schedule("*/30 23,0 * * *", "Asia/Beirut");
    insta::assert_snapshot!(told(&beirut, "2026-10-24T19:00:00Z", "2026-10-25T00:00:00Z"), @"
    Sat 10-24 23:00 = 24T20:00Z  this time comes twice, as clocks are put back; it fires the first time
    Sat 10-24 23:30 = 24T20:30Z  this time comes twice, as clocks are put back; it fires the first time
    Sun 10-25 00:00 = 24T22:00Z
    Sun 10-25 00:30 = 24T22:30Z
    ");
}

#[test]
fn either_day_is_enough_where_both_are_restricted() {
    let days = |crontab: &str| {
        let schedule = schedule(crontab, "UTC");
        let slots = schedule.after(utc("2026-01-01T12:00:00Z")).take(5);
        let days = slots.map(|slot| slot.civil.format("%a %d").to_string());
        days.collect::<Vec<_>>().join(", ")
    };
    let told = [
        "0 0 13 * 5",
        "0 0 */10 * 5",
        "0 0 13 * */2",
        "0 0 1-7 * *",
        "0 0 * * 7",
        "0 0 * * sat-sun",
        "0 0 29 2 *",
        "@weekly",
        "@monthly",
    ];
    let told: Vec<String> = told
        .iter()
        .map(|crontab| format!("{crontab}: {}", days(crontab)))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    0 0 13 * 5: Fri 02, Fri 09, Tue 13, Fri 16, Fri 23
    0 0 */10 * 5: Fri 01, Fri 31, Fri 21, Fri 11, Fri 11
    0 0 13 * */2: Tue 13, Sat 13, Thu 13, Sun 13, Tue 13
    0 0 1-7 * *: Fri 02, Sat 03, Sun 04, Mon 05, Tue 06
    0 0 * * 7: Sun 04, Sun 11, Sun 18, Sun 25, Sun 01
    0 0 * * sat-sun: Sat 03, Sun 04, Sat 10, Sun 11, Sat 17
    0 0 29 2 *: Tue 29, Sun 29, Fri 29, Wed 29, Mon 29
    @weekly: Sun 04, Sun 11, Sun 18, Sun 25, Sun 01
    @monthly: Sun 01, Sun 01, Wed 01, Fri 01, Mon 01
    ");
}

#[test]
fn an_interval_begins_after_its_beginning_and_holds_its_end() {
    let nightly = schedule("30 2 * * *", "UTC");
    let count = |after, until| nightly.between(utc(after), utc(until)).count();
    assert_eq!(count("2026-01-01T02:30:00Z", "2026-01-02T02:30:00Z"), 1);
    assert_eq!(count("2026-01-01T02:29:59Z", "2026-01-01T02:30:00Z"), 1);
    assert_eq!(count("2026-01-01T02:30:00Z", "2026-01-02T02:29:59Z"), 0);
    // It says so at once, and does not look for a leap year first.
    let rare = schedule("0 0 29 2 *", "UTC");
    let year = rare.between(utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"));
    assert_eq!(year.count(), 0);
    assert_eq!(
        rare.after(utc("2092-03-01T00:00:00Z"))
            .next()
            .map(|slot| slot.instant),
        Some(utc("2096-02-29T00:00:00Z"))
    );
    assert_eq!(
        nightly
            .after(chrono::DateTime::<chrono::Utc>::MAX_UTC)
            .next(),
        None
    );
    assert!(
        !matches!(nightly.after(chrono::DateTime::<chrono::Utc>::MIN_UTC).next(), Some(slot) if slot.effect == Some(Effect::FirstOnly))
    );
}

#[test]
fn the_calendar_ends_with_its_last_year() {
    let instants = |crontab: &str, zone: &str, after: &str| {
        let schedule = schedule(crontab, zone);
        let slots = schedule.after(utc(after)).take(3);
        let instants = slots.map(|slot| slot.instant.format("%Y-%m-%dT%H:%MZ").to_string());
        instants.collect::<Vec<_>>().join(", ")
    };
    let end = format!("{LAST_YEAR}-12-30T12:00:00Z");
    insta::assert_snapshot!(instants("@daily", "UTC", &end), @"2100-12-31T00:00Z");
    insta::assert_snapshot!(instants("@daily", "America/New_York", &end), @"2100-12-31T05:00Z");
    // 2100 is no leap year.
    insta::assert_snapshot!(instants("0 0 29 2 *", "UTC", "2095-01-01T00:00:00Z"), @"2096-02-29T00:00Z");
    insta::assert_snapshot!(instants("0 0 29 2 *", "UTC", "2099-01-01T00:00:00Z"), @"");
    insta::assert_snapshot!(instants("@yearly", "UTC", "9999-01-01T00:00:00Z"), @"");
    // It begins in 1970; no clock of a database shows a time before.
    insta::assert_snapshot!(instants("@yearly", "UTC", "-0044-03-15T00:00:00Z"), @"1970-01-01T00:00Z, 1971-01-01T00:00Z, 1972-01-01T00:00Z");
}
