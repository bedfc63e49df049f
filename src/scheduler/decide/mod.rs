//! Which slots of a campaign fire, and why the others do not: catch-up, window, overlap. No clock and no
//! database: the same state gives the same decision on every host.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::campaign::{CampaignSpec, CatchUp, Overlap};
use crate::domain::slot::SkipReason;
use crate::schedule::{Schedule, Slot};
use crate::store::{NewSlot, ScheduleState, SlotDecision};

/// A slot that is decided within this time was not missed: a scheduler had to be started again, say.
const ON_TIME: TimeDelta = TimeDelta::minutes(1);

/// Instants made up for with `catch_up = "all"` where the campaign does not say how many.
const DEFAULT_CATCH_UP: usize = 24;

/// Slots decided in one transaction. A minutely campaign after a month of downtime has 43,200.
const AT_ONCE: usize = 10_000;

/// Decides what is due. Without `can_fire`, slots that would fire are left for later, and only what
/// cannot fire any more is written down. `seen` is when a scheduler first saw that something is due: a slot
/// that has waited since then, for its source say, was not missed.
pub fn decide(state: &ScheduleState, can_fire: bool, seen: Option<DateTime<Utc>>) -> SlotDecision {
    let Ok(spec) = &state.campaign.spec else {
        return SlotDecision::default();
    };
    let Ok(Some(schedule)) = Schedule::of(spec) else {
        return SlotDecision::default();
    };
    let now = state.now;
    let seen = seen.map_or(now, |seen| seen.min(now));
    let made_up = made_up_for(spec);
    let mut due: Vec<Slot> = schedule
        .between(state.campaign.cursor, now)
        .take(AT_ONCE + made_up.unwrap_or(0) + 1)
        .collect();
    if due.is_empty() {
        return SlotDecision::default();
    }
    // Too many for one transaction: the oldest are missed whatever the policy is.
    let mut cursor = now;
    if due.len() > AT_ONCE && due.len() > made_up.unwrap_or(0) + 1 {
        due.truncate(AT_ONCE.min(due.len() - made_up.unwrap_or(0)));
        cursor = due.last().map_or(now, |slot| slot.instant);
        let missed = due.iter().map(|slot| new(slot, Some(SkipReason::CatchUp)));
        return SlotDecision {
            slots: missed.collect(),
            cursor: Some(cursor),
        };
    }
    let mut room = match spec.overlap {
        Overlap::Allow => usize::MAX,
        // One goes, one waits.
        Overlap::Buffer => 2_usize.saturating_sub(state.open_runs as usize),
        // What is made up for comes together: its runs do not keep each other out.
        Overlap::Skip if state.open_runs == 0 => usize::MAX,
        Overlap::Skip => 0,
    };
    let all = due.len();
    let mut slots = Vec::with_capacity(all);
    for (index, slot) in due.iter().enumerate() {
        let missed = match made_up {
            Some(count) => all - index > count,
            None => seen - slot.instant > ON_TIME,
        };
        let skipped = if state.campaign.paused {
            Some(SkipReason::Paused)
        } else if missed {
            Some(SkipReason::CatchUp)
        } else if window_over(spec, slot, now) {
            Some(SkipReason::Window)
        } else if room == 0 {
            Some(SkipReason::Overlap)
        } else {
            None
        };
        if skipped.is_none() {
            if !can_fire {
                // Later: this one and all after it.
                cursor = slot.instant - TimeDelta::microseconds(1);
                break;
            }
            room = room.saturating_sub(1);
        }
        slots.push(new(slot, skipped));
    }
    SlotDecision {
        slots,
        cursor: Some(cursor),
    }
}

/// The latest slots that may fire however late; `None` where only those on time do.
fn made_up_for(spec: &CampaignSpec) -> Option<usize> {
    match spec.catch_up {
        CatchUp::Skip => None,
        CatchUp::Latest => Some(1),
        CatchUp::All => Some(
            spec.max_catch_up
                .map_or(DEFAULT_CATCH_UP, |most| most as usize),
        ),
    }
}

fn window_over(spec: &CampaignSpec, slot: &Slot, now: DateTime<Utc>) -> bool {
    let length = spec
        .window
        .and_then(|window| TimeDelta::from_std(window.length()).ok());
    length.is_some_and(|length| slot.instant + length <= now)
}

fn new(slot: &Slot, skipped: Option<SkipReason>) -> NewSlot {
    NewSlot {
        slot_key: slot.key(),
        instant: slot.instant,
        skipped,
    }
}

#[cfg(test)]
mod tests;
