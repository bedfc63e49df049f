//! Five fields as crontab(5) has them: which minutes of which days.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};

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

/// Days after which the calendar of weekdays repeats itself.
const GREGORIAN_CYCLE: u64 = 146_097;

/// A schedule in civil time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crontab {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
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
        let crontab = Self {
            minute: field(0)?,
            hour: field(1)?,
            day: field(2)?,
            month: field(3)?,
            weekday: field(4)?,
        };
        let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
        let mut days = (0..GREGORIAN_CYCLE).map(|day| first + Days::new(day));
        match days.any(|day| crontab.has_day(day)) {
            true => Ok(crontab),
            false => Err(ScheduleError::Never {
                text: text.to_owned(),
            }),
        }
    }

    /// Whether it is a schedule of every hour, whatever its minutes: the clock, not a time of the day.
    pub(super) fn is_hourly(&self) -> bool {
        self.hour.star
    }

    /// When both day fields are restricted, either is enough; otherwise both have to hold.
    pub(super) fn has_day(&self, day: NaiveDate) -> bool {
        let of_month = self.day.has(day.day());
        let of_week = self.weekday.has(day.weekday().num_days_from_sunday());
        let fits = match self.day.star || self.weekday.star {
            true => of_month && of_week,
            false => of_month || of_week,
        };
        fits && self.month.has(day.month())
    }

    /// The times of a day that it has, in their order.
    pub(super) fn times(&self) -> impl Iterator<Item = NaiveTime> {
        let minutes = self.minute.values();
        self.hour.values().flat_map(move |hour| {
            let times = minutes.clone();
            times.filter_map(move |minute| NaiveTime::from_hms_opt(hour, minute, 0))
        })
    }
}
