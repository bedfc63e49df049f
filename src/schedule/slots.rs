//! The slots of a schedule, one after the other.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::civil::{Effect, Placed, Rules, place};
use super::crontab::Crontab;

/// How far an instant can lie from its civil time read as UTC: 14 hours of offset and a gap of a whole
/// day, as Samoa had when it crossed the date line, with room.
const REACH: TimeDelta = TimeDelta::hours(50);

/// One time at which a campaign is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it fires.
    pub instant: DateTime<Utc>,
    /// The time that the crontab names; where that does not exist, it fires at another.
    pub civil: NaiveDateTime,
    /// What a change of the clock did to it.
    pub effect: Option<Effect>,
}

impl Slot {
    /// What names it in the ledger: civil time, and `/1` for the second pass of an hour that comes twice. Not the
    /// instant: hosts with other versions of the time zone database would fire the same night twice.
    pub fn key(&self) -> String {
        let second = matches!(self.effect, Some(Effect::LastOnly | Effect::SecondOfBoth));
        let civil = self.civil.format("%Y-%m-%dT%H:%M");
        format!("{civil}{}", if second { "/1" } else { "" })
    }
}

/// The slots after an instant, in strictly increasing order; see [`super::Schedule::after`].
#[derive(Debug)]
pub struct Slots<'a> {
    crontab: &'a Crontab,
    zone: Tz,
    rules: Rules,
    after: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    /// The next civil time that has not been placed; none after the last of the calendar.
    civil: Option<NaiveDateTime>,
    /// Slots that have been placed. A clock that goes back mixes the order of civil times.
    placed: BTreeMap<DateTime<Utc>, Slot>,
    /// Ends of gaps in which times were left out: the first of them, and how many.
    left_out: BTreeMap<DateTime<Utc>, (NaiveDateTime, u32)>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(
        crontab: &'a Crontab,
        zone: Tz,
        rules: Rules,
        after: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            crontab,
            zone,
            rules,
            after,
            until,
            civil: after
                .checked_sub_signed(REACH)
                .and_then(|start| crontab.next_after(start.naive_utc())),
            placed: BTreeMap::new(),
            left_out: BTreeMap::new(),
        }
    }

    /// Up to where no slot can come any more.
    fn settled(&self) -> Option<DateTime<Utc>> {
        self.civil?.and_utc().checked_sub_signed(REACH)
    }

    fn place(&mut self, civil: NaiveDateTime) {
        self.civil = self.crontab.next_after(civil);
        match place(self.zone, civil, self.rules) {
            Placed::Once(instant) => self.put(instant, civil, None),
            Placed::Fold(instants) => {
                for (instant, effect) in instants {
                    self.put(instant, civil, Some(effect));
                }
            }
            Placed::Moved(instant, effect) => self.put(instant, civil, Some(effect)),
            Placed::LeftOut(end) => {
                self.left_out.entry(end).or_insert((civil, 0)).1 += 1;
            }
            Placed::Unknown => {}
        }
    }

    /// Several times of one gap are one slot, its first; a time that exists goes before them.
    fn put(&mut self, instant: DateTime<Utc>, civil: NaiveDateTime, effect: Option<Effect>) {
        if instant <= self.after {
            return;
        }
        let slot = Slot {
            instant,
            civil,
            effect,
        };
        let moved = |slot: &Slot| matches!(slot.effect, Some(Effect::Moved { .. }));
        let there = self.placed.entry(instant).or_insert(slot);
        if moved(there) && !moved(&slot) {
            *there = slot;
        }
    }

    /// The slot, with what was left out between it and the one before.
    fn told(&mut self, mut slot: Slot) -> Slot {
        let later = self
            .left_out
            .split_off(&(slot.instant + TimeDelta::nanoseconds(1)));
        let before = std::mem::replace(&mut self.left_out, later);
        let seen = before.into_iter().filter(|(end, _)| *end > self.after);
        let all = seen
            .map(|(_, left)| left)
            .reduce(|all, more| (all.0, all.1 + more.1));
        if let (None, Some((first, count))) = (slot.effect, all) {
            slot.effect = Some(Effect::LeftOut { first, count });
        }
        slot
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        loop {
            let settled = self.settled();
            let ready = self.placed.first_key_value().map(|(instant, _)| *instant);
            if let Some(instant) = ready
                && settled.is_none_or(|settled| instant < settled)
            {
                if self.until.is_some_and(|until| instant > until) {
                    return None;
                }
                let slot = self.placed.remove(&instant)?;
                return Some(self.told(slot));
            }
            let over = |settled| self.until.is_some_and(|until| settled > until);
            if ready.is_none() && settled.is_none_or(over) {
                return None;
            }
            let civil = self.civil?;
            self.place(civil);
        }
    }
}
