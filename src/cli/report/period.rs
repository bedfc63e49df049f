//! The period of a report, as people say it.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::problem::Problem;
use crate::schedule::Zone;

/// What was asked for; what was not is the report's to choose.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) until: Option<DateTime<Utc>>,
}

/// Reads both ends.
pub(super) fn read(
    since: Option<&str>,
    until: Option<&str>,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<Period, Problem> {
    let until = until
        .map(|word| moment(word, "--until", zone, now))
        .transpose()?;
    let since = since
        .map(|word| moment(word, "--since", zone, now))
        .transpose()?;
    if let Some(since) = since
        && since >= until.unwrap_or(now)
    {
        let said = |at: DateTime<Utc>| zone.wall(at).format("%Y-%m-%d %H:%M").to_string();
        let message = format!(
            "the period ends at {} and would begin at {}",
            said(until.unwrap_or(now)),
            said(since)
        );
        return Err(Problem::new("report.period", message)
            .key("--since")
            .hint("`--since` is the earlier one; times of day are the last before now"));
    }
    Ok(Period { since, until })
}

fn moment(
    word: &str,
    flag: &str,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Problem> {
    let word = word.trim();
    let ago = || {
        let ago = humantime::parse_duration(word).ok()?;
        now.checked_sub_signed(TimeDelta::from_std(ago).ok()?)
    };
    let instant = || {
        let instant = DateTime::parse_from_rfc3339(word).ok()?;
        Some(instant.to_utc())
    };
    let found = time_of_day(word, zone, now)
        .or_else(instant)
        .or_else(|| wall(word).map(|wall| zone.instant(wall)))
        .or_else(ago);
    found.ok_or_else(|| {
        Problem::new(
            "report.time",
            format!("`{word}` is no time that is understood"),
        )
        .key(flag)
        .hint("such as `18:00`, `12h`, `2026-01-05`, `2026-01-05 18:00` or `2026-01-05T18:00:00Z`")
    })
}

/// The last time before now at which clocks showed this.
fn time_of_day(word: &str, zone: Zone, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let time = NaiveTime::parse_from_str(word, "%H:%M").ok()?;
    let today = zone.wall(now).date();
    let at = |day: NaiveDate| zone.instant(day.and_time(time));
    match at(today) {
        past if past < now => Some(past),
        _ => Some(at(today.checked_sub_days(Days::new(1))?)),
    }
}

fn wall(word: &str) -> Option<NaiveDateTime> {
    let day = NaiveDate::parse_from_str(word, "%Y-%m-%d");
    let midnight = day.map(|day| day.and_time(NaiveTime::MIN));
    ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(word, form).ok())
        .or(midnight.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(since: Option<&str>, until: Option<&str>) -> String {
        let now = "2026-03-29T12:00:00Z".parse().expect("an instant");
        let zone = Zone::parse("Europe/London").expect("a zone");
        match read(since, until, zone, now) {
            Err(problem) => problem.to_string(),
            Ok(period) => [period.since, period.until]
                .map(|end| end.map_or("-".to_owned(), |end| end.to_rfc3339()))
                .join(" "),
        }
    }

    #[test]
    fn people_say_times_in_many_ways() {
        // Clocks in London were put forward at 01:00 that day.
        let read = [
            "18:00",
            "12:30",
            "13:00",
            "12h",
            "7days",
            "2026-03-29",
            "2026-03-28 18:00",
            "2026-03-29 01:30",
            "2026-03-28T18:00:00+02:00",
        ]
        .map(|word| said(Some(word), None));
        insta::assert_snapshot!(read.join("\n"), @r"
        2026-03-28T18:00:00+00:00 -
        2026-03-29T11:30:00+00:00 -
        2026-03-28T13:00:00+00:00 -
        2026-03-29T00:00:00+00:00 -
        2026-03-22T12:00:00+00:00 -
        2026-03-29T00:00:00+00:00 -
        2026-03-28T18:00:00+00:00 -
        2026-03-29T01:30:00+00:00 -
        2026-03-28T16:00:00+00:00 -
        ");
    }

    #[test]
    fn what_is_no_period_is_refused_with_its_words() {
        let refused = [
            said(Some("yesterday"), None),
            said(None, Some("25:00")),
            said(Some("2026-03-29 14:00"), None),
            said(Some("06:00"), Some("2026-03-28")),
            said(Some("1000000000y"), None),
        ];
        insta::assert_snapshot!(refused.join("\n"), @r"
        `--since`: `yesterday` is no time that is understood

        hint: such as `18:00`, `12h`, `2026-01-05`, `2026-01-05 18:00` or `2026-01-05T18:00:00Z`
        `--until`: `25:00` is no time that is understood

        hint: such as `18:00`, `12h`, `2026-01-05`, `2026-01-05 18:00` or `2026-01-05T18:00:00Z`
        `--since`: the period ends at 2026-03-29 13:00 and would begin at 2026-03-29 14:00

        hint: `--since` is the earlier one; times of day are the last before now
        `--since`: the period ends at 2026-03-28 00:00 and would begin at 2026-03-29 06:00

        hint: `--since` is the earlier one; times of day are the last before now
        `--since`: `1000000000y` is no time that is understood

        hint: such as `18:00`, `12h`, `2026-01-05`, `2026-01-05 18:00` or `2026-01-05T18:00:00Z`
        ");
    }
}
