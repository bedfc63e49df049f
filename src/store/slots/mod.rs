//! Slots: fired or skipped in one transaction, and read back from their ledger.

mod firing;
mod history;

pub use firing::{Fired, NewSlot, ScheduleState, Scheduled, SlotDecision};
