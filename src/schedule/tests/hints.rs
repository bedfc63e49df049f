//! A hint that offers an expression offers one that is understood, and means what was meant.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::error::ScheduleError;
use super::super::field::{Field, KINDS};

/// Least value of each field, and how many values it has: 7 is Sunday once more.
const RINGS: [(u32, u32); 5] = [(0, 60), (0, 24), (1, 31), (1, 12), (0, 7)];

/// The values of a range that goes round its field, found by walking from value to value.
fn walked(which: usize, from: u32, to: u32, step: u32) -> BTreeSet<u32> {
    let (least, size) = RINGS[which];
    let end = (to - least) % size;
    let mut place = (from - least) % size;
    let mut values = BTreeSet::new();
    for walked in 0..size {
        if walked % step == 0 {
            values.insert(least + place);
        }
        if place == end {
            break;
        }
        place = (place + 1) % size;
    }
    values
}

fn read(which: usize, text: &str) -> Result<BTreeSet<u32>, ScheduleError> {
    Field::parse(&KINDS[which], text).map(|field| field.values().collect())
}

/// Every number that a field may be written with.
fn numbers(which: usize) -> std::ops::RangeInclusive<u32> {
    let (least, size) = RINGS[which];
    least..=(least + size - u32::from(which < 4))
}

#[test]
fn every_range_is_understood_or_told_as_one_that_is() {
    for which in 0..5 {
        for from in numbers(which) {
            for to in numbers(which) {
                for step in [1, 2, 3, 5, 6] {
                    let meant = walked(which, from, to, step);
                    let text = match step {
                        1 => format!("{from}-{to}"),
                        step => format!("{from}-{to}/{step}"),
                    };
                    let understood = match read(which, &text) {
                        Ok(values) => values,
                        Err(ScheduleError::Backwards { instead, .. }) => read(which, &instead)
                            .unwrap_or_else(|error| panic!("{text}: {instead}: {error}")),
                        Err(error) => panic!("{text}: {error}"),
                    };
                    // `0-7` walks the whole week, though it ends where it begins.
                    let whole_week = which == 4 && from == 0 && to == 7;
                    if !whole_week {
                        assert_eq!(understood, meant, "field {which}: {text}");
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn what_a_hint_offers_is_understood(which in 0usize..5, text in "[0-9*?LW#a-z,/-]{1,8}") {
        match read(which, &text) {
            Err(ScheduleError::Backwards { instead, .. }) => prop_assert!(read(which, &instead).is_ok(), "{text}: {instead}"),
            Err(ScheduleError::StepOfOne { given, range }) => {
                let offered = read(which, &range);
                prop_assert!(offered.is_ok(), "{text}: {range}");
                let from: u32 = match given.split('/').next().unwrap_or_default().parse() {
                    Ok(from) => from,
                    Err(_) => return Ok(()),
                };
                let (least, size) = RINGS[which];
                let first = least + (from - least) % size;
                prop_assert!(offered.is_ok_and(|values| values.contains(&first)), "{text}: {range}");
            }
            // The examples of the hint, each in its field.
            Err(error @ ScheduleError::Malformed { .. }) => {
                let hint = error.hint();
                for example in hint.split('`').skip(1).step_by(2).filter(|example| !"LW#".contains(example)) {
                    let good = if example.contains(' ') {
                        super::super::Crontab::parse(example).is_ok()
                    } else {
                        read(which, example).is_ok()
                    };
                    prop_assert!(good, "{text}: {example}");
                }
            }
            Err(_) | Ok(_) => {}
        }
    }
}
