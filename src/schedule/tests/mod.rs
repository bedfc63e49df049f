//! What fires when: cases written by hand, every change of the clock against an oracle that asks the
//! clock each minute, and another crate's reading of the same crontabs.

mod differential;
mod golden;
mod hints;
mod messages;
mod oracle;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::Schedule;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn schedule(crontab: &str, zone: &str) -> Schedule {
    Schedule::parse(crontab, zone, None, None).expect("a schedule")
}

/// Crontabs of the kinds people write, and some that nobody would.
fn crontabs() -> impl Strategy<Value = String> {
    let field = |least: u32, most: u32| {
        let range = (least..=most, least..=most).prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop_oneof![
            3 => Just("*".to_owned()),
            3 => (least..=most).prop_map(|value| value.to_string()),
            1 => (2u32..=5).prop_map(|step| format!("*/{step}")),
            1 => range.clone().prop_map(|(a, b)| format!("{a}-{b}")),
            1 => (range, 2u32..=3).prop_map(|((a, b), step)| format!("{a}-{b}/{step}")),
            1 => (least..=most, least..=most).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    };
    // Days up to 28, so that none of them never comes.
    (
        field(0, 59),
        field(0, 23),
        field(1, 28),
        field(1, 12),
        field(0, 7),
    )
        .prop_map(|(minute, hour, day, month, weekday)| {
            format!("{minute} {hour} {day} {month} {weekday}")
        })
}
