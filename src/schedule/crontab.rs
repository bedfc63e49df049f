//! Five fields as crontab(5) has them, given to the `cron` crate: which minutes of which days.

use chrono::{DateTime, NaiveDateTime};

use super::error::ScheduleError;
use super::field::{Field, KINDS};

/// Words for whole schedules, as crontab(5) lists them.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The second before 1970, with which the calendar of the `cron` crate begins: it is asked for what comes after a time.
const BEFORE_THE_CALENDAR: NaiveDateTime = match DateTime::from_timestamp(-1, 0) {
    Some(second) => second.naive_utc(),
    None => NaiveDateTime::MIN,
};

/// A schedule in civil time.
///
/// The `cron` crate finds its times. It gets the fields as lists of numbers, because it knows no weekday 0, reads no
/// range that wraps, and joins the two day fields by *and*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crontab {
    /// One; two where both day fields are restricted and either is enough.
    schedules: Vec<cron::Schedule>,
    hourly: bool,
}

impl Crontab {
    pub(super) fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        if text.starts_with('@') {
            let known = NICKNAMES
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(text));
            let (_, fields) = known.ok_or_else(|| ScheduleError::Nickname {
                given: text.to_owned(),
            })?;
            return Self::parse(fields);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != KINDS.len() {
            return Err(ScheduleError::Fields {
                given: fields.len(),
                text: text.to_owned(),
            });
        }
        let field = |which: usize| Field::parse(&KINDS[which], fields[which]);
        let (minute, hour, day) = (field(0)?, field(1)?, field(2)?);
        let (month, weekday) = (field(3)?, field(4)?);
        let never = || ScheduleError::Never {
            text: text.to_owned(),
        };
        let schedule = |day: String, weekday: String| {
            // Seconds first; and Sunday, our 0, is 1.
            let (minute, hour, month) = (minute.list(0), hour.list(0), month.list(0));
            cron::Schedule::try_from(format!("0 {minute} {hour} {day} {month} {weekday}"))
                .map_err(|_| never())
        };
        let any = || "*".to_owned();
        let schedules = if day.star || weekday.star {
            vec![schedule(day.list(0), weekday.list(1))?]
        } else {
            vec![
                schedule(day.list(0), any())?,
                schedule(any(), weekday.list(1))?,
            ]
        };
        let crontab = Self {
            schedules,
            hourly: hour.star,
        };
        match crontab.next_after(BEFORE_THE_CALENDAR) {
            Some(_) => Ok(crontab),
            None => Err(never()),
        }
    }

    /// Whether it is a schedule of every hour, whatever its minutes: the clock, not a time of the day.
    pub(super) fn is_hourly(&self) -> bool {
        self.hourly
    }

    /// The first civil time after another; none before 1970 and after 2100, where the crate's calendar ends.
    ///
    /// Civil time has no zone: the crate is asked as if it were UTC, which has every time once.
    pub(super) fn next_after(&self, civil: NaiveDateTime) -> Option<NaiveDateTime> {
        let civil = civil.max(BEFORE_THE_CALENDAR).and_utc();
        let times = self.schedules.iter();
        let times = times.filter_map(|schedule| schedule.after(&civil).next());
        times.min().map(|time| time.naive_utc())
    }

    /// Whether a civil time is one of it.
    #[cfg(test)]
    pub(super) fn has(&self, civil: NaiveDateTime) -> bool {
        let mut schedules = self.schedules.iter();
        schedules.any(|schedule| schedule.includes(civil.and_utc()))
    }
}
