//! When a campaign fires: from a crontab, a time zone and an interval to slots. No clock and no database.
//!
//! A crontab names civil times, which the `cron` crate finds (`crontab`, `field`); a civil time becomes instants
//! where clocks are put forward and back (`civil`), and `slots` puts them in order. Syntax and day rules are those of
//! crontab(5) as Vixie cron has them; time zones are the IANA database that is built in, so that every
//! host agrees.

mod civil;
mod crontab;
mod error;
mod field;
mod slots;
mod zone;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use crate::domain::campaign::{CampaignSpec, Fold, Gap};
use civil::Rules;
use crontab::Crontab;

pub use civil::Effect;
pub use error::ScheduleError;
pub use slots::{Slot, Slots};
pub use zone::Zone;

/// The last year that has slots: the `cron` crate's calendar ends with it.
pub const LAST_YEAR: u16 = 2100;

/// A schedule that can fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    crontab: Crontab,
    zone: Tz,
    rules: Rules,
}

impl Schedule {
    /// Reads a five-field crontab, or `@daily` and the like, in a zone of the IANA database.
    ///
    /// Where `gap` and `fold` are not given, a crontab whose hour begins with `*` follows the clock: it fires
    /// in both passes of an hour that comes twice, and leaves out what does not exist. Any other fires once
    /// each day: at the end of the gap, and the first time.
    ///
    /// # Errors
    /// [`ScheduleError`]: a field that cannot be read, a schedule that never comes, an unknown zone.
    pub fn parse(
        crontab: &str,
        zone: &str,
        gap: Option<Gap>,
        fold: Option<Fold>,
    ) -> Result<Self, ScheduleError> {
        let crontab = Crontab::parse(crontab)?;
        let (by_gap, by_fold) = if crontab.is_hourly() {
            (Gap::Skip, Fold::Both)
        } else {
            (Gap::End, Fold::First)
        };
        Ok(Self {
            zone: zone::parse(zone)?,
            rules: Rules {
                gap: gap.unwrap_or(by_gap),
                fold: fold.unwrap_or(by_fold),
            },
            crontab,
        })
    }

    /// The schedule of a campaign; none where it only runs by hand.
    ///
    /// # Errors
    /// As [`Self::parse`]; a zone is refused where there is no schedule too.
    pub fn of(spec: &CampaignSpec) -> Result<Option<Self>, ScheduleError> {
        zone::parse(&spec.timezone)?;
        let crontab = spec.schedule.as_deref();
        crontab
            .map(|crontab| Self::parse(crontab, &spec.timezone, spec.gap, spec.fold))
            .transpose()
    }

    /// The slots after an instant, up to the end of [`LAST_YEAR`].
    pub fn after(&self, instant: DateTime<Utc>) -> Slots<'_> {
        Slots::new(&self.crontab, self.zone, self.rules, instant, None)
    }

    /// The slots of an interval: after its beginning, up to and with its end.
    pub fn between(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Slots<'_> {
        Slots::new(&self.crontab, self.zone, self.rules, after, Some(until))
    }

    /// The slot that fires next by itself: the first after both the clock and the campaign's cursor; none while the
    /// campaign is paused.
    pub fn next_firing(
        &self,
        cursor: DateTime<Utc>,
        now: DateTime<Utc>,
        is_paused: bool,
    ) -> Option<Slot> {
        if is_paused {
            return None;
        }
        self.after(now.max(cursor)).next()
    }

    /// What clocks show at an instant, and how far ahead of UTC they are, in seconds.
    pub fn wall(&self, instant: DateTime<Utc>) -> (NaiveDateTime, i32) {
        let local = self.zone.from_utc_datetime(&instant.naive_utc());
        (local.naive_local(), local.offset().fix().local_minus_utc())
    }
}

#[cfg(test)]
mod tests;
