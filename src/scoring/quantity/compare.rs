//! Whether a draft's number or date says the same as a fact's.
//!
//! The draft may be rounder than the fact, never more exact: "1.2 million" agrees with 1,234,567,
//! but "1,312,000" does not follow from "1.3 million".

use super::{Class, Date, Hedge, Mention, Reading};

/// How two mentions agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// Closeness, best first.
    pub(crate) kind: Kind,
    /// Same size, opposite sign.
    pub(crate) flipped: bool,
    /// The hedge contradicts the value: "less than 3 million" for 3.4 million.
    pub(crate) wrong_side: bool,
}

/// Closeness of an agreement, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The fact's value, in its unit or in none.
    Exact,
    /// The fact's value, rounded as printed.
    Rounded,
    /// The fact's value in another unit of the same class.
    Converted,
}

/// Compares a mention of the draft with one of a fact; `percent` and `money` say that a fact
/// written without unit may be told with one.
pub(crate) fn agree(
    draft: &Mention,
    fact: &Mention,
    percent: bool,
    money: bool,
) -> Option<Agreement> {
    let exact = Agreement {
        kind: Kind::Exact,
        flipped: false,
        wrong_side: opposite(draft.hedge, fact.hedge),
    };
    let dates = draft
        .dates
        .iter()
        .any(|told| fact.dates.iter().any(|known| same_date(*told, *known)));
    let clock = draft
        .clock
        .iter()
        .any(|told| fact.clock.iter().any(|known| told % 720 == known % 720));
    if dates || clock {
        return Some(exact);
    }
    let pairs = draft
        .readings
        .iter()
        .flat_map(|told| fact.readings.iter().map(move |known| (told, known)));
    pairs
        .filter_map(|(told, known)| {
            let kind = values(told, known, draft.hedge, percent, money)?;
            // A year is not rounded, and has no unit: "2000 nm" says nothing of 2023.
            if (draft.is_date() || fact.is_date())
                && (kind != Kind::Exact || fact.is_date() && told.unit.class != Class::Plain)
            {
                return None;
            }
            let flipped = told.value * known.value < 0.0;
            let (told_size, known_size) = (told.value.abs(), base(known, told).abs());
            let wrong_side = opposite(draft.hedge, fact.hedge)
                || match draft.hedge {
                    Hedge::Over => known_size < told_size && !close(told_size, known_size),
                    Hedge::Under => known_size > told_size && !close(told_size, known_size),
                    Hedge::None | Hedge::About => false,
                };
            Some(Agreement {
                kind,
                flipped,
                wrong_side,
            })
        })
        .min_by_key(|agreement| (agreement.kind, agreement.wrong_side, agreement.flipped))
}

/// Equal but for the noise of binary fractions.
pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

/// Years that a mention names.
pub(crate) fn years_of(mention: &Mention) -> Vec<i32> {
    mention.dates.iter().filter_map(|date| date.year).collect()
}

fn opposite(told: Hedge, known: Hedge) -> bool {
    matches!(
        (told, known),
        (Hedge::Over, Hedge::Under) | (Hedge::Under, Hedge::Over)
    )
}

/// A date may be told with fewer parts than are known, never with more.
fn same_date(told: Date, known: Date) -> bool {
    if told.decade {
        return matches!((told.year, known.year), (Some(decade), Some(year)) if (decade..decade + 10).contains(&year));
    }
    let part = |told: Option<u32>, known: Option<u32>| told.is_none() || told == known;
    (told.year.is_none() || told.year == known.year)
        && part(told.month, known.month)
        && part(told.day, known.day)
        && !known.decade
}

fn values(
    told: &Reading,
    known: &Reading,
    hedge: Hedge,
    percent: bool,
    money: bool,
) -> Option<Kind> {
    let converts = units(told, known, percent, money)?;
    let (a, b) = (told.value.abs(), base(known, told).abs());
    if close(a, b) {
        return Some(if converts {
            Kind::Converted
        } else {
            Kind::Exact
        });
    }
    // A conversion prints whatever digits its writer liked; half a per cent is within all habits.
    let known_step = if converts { 0.0 } else { known.step };
    if told.step > known_step && rounds_to(a, b, told) {
        return Some(if converts {
            Kind::Converted
        } else {
            Kind::Rounded
        });
    }
    let zeros = |share: f64| {
        if told.coarse > known_step {
            (told.coarse / 2.0).min(a * share)
        } else {
            0.0
        }
    };
    let loose = match hedge {
        Hedge::None => {
            if told.coarse >= 100.0 * told.step {
                zeros(0.05)
            } else {
                0.0
            }
        }
        Hedge::About => zeros(0.125),
        Hedge::Over if b > a => told.step.max((told.coarse).min(a * 0.25)),
        Hedge::Under if b < a => told.step.max((told.coarse).min(a * 0.25)),
        Hedge::Over | Hedge::Under => zeros(0.01),
    };
    let rounder = told.step > known_step || told.coarse > known_step;
    (rounder && (a - b).abs() < loose * (1.0 + 1e-9)).then_some(if converts {
        Kind::Converted
    } else {
        Kind::Rounded
    })
}

/// Whether `exact` rounds to `printed`. Half a step goes up or to the even digit; behind a decimal
/// point also down, because 2.675 is stored as a little less and prints as 2.67.
fn rounds_to(printed: f64, exact: f64, told: &Reading) -> bool {
    let off = (printed - exact).abs() / told.step;
    if off < 0.5 - 1e-9 {
        return true;
    }
    let even = (printed / told.step).round() % 2.0 == 0.0;
    off <= 0.5 + 1e-9 && (printed > exact || even || told.step < told.scale)
}

/// The fact's value in the unit of the draft.
fn base(known: &Reading, told: &Reading) -> f64 {
    if known.unit.class != told.unit.class || known.unit == told.unit {
        return known.value;
    }
    (known.value * known.unit.factor + known.unit.offset - told.unit.offset) / told.unit.factor
}

/// Whether the units can be compared, and if so whether the value has to be converted.
fn units(told: &Reading, known: &Reading, percent: bool, money: bool) -> Option<bool> {
    use Class::{Money, Percent, Plain, Points};
    match (told.unit.class, known.unit.class) {
        (Plain, _) => Some(false),
        (Money(a), Money(b)) => {
            let dollar =
                |code: &str| matches!(code, "$" | "USD" | "AUD" | "CAD" | "NZD" | "HKD" | "SGD");
            (a == b || ((a == "$" || b == "$") && dollar(a) && dollar(b))).then_some(false)
        }
        (Percent, Plain) => percent.then_some(false),
        (Money(_), Plain) => money.then_some(false),
        (Points, Plain) => None,
        (_, Plain) => Some(false),
        (a, b) if a == b => Some(told.unit != known.unit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan;
    use super::*;

    fn kind(told: &str, known: &str) -> Option<Kind> {
        let (told, known) = (scan(told, "en"), scan(known, "en"));
        agree(&told[0], &known[0], false, false).map(|agreement| agreement.kind)
    }

    #[test]
    fn a_draft_may_be_rounder_than_its_fact_but_not_more_exact() {
        let cases = [
            ("1.2 million", "1,234,567", Some(Kind::Rounded)),
            ("1.3 million", "1,234,567", None),
            ("1,312,000", "1.3 million", None),
            ("1,300,000", "1.3 million", Some(Kind::Exact)),
            ("176,000", "176,215", Some(Kind::Rounded)),
            ("3,449,445", "3,449,444", None),
            ("20", "19", None),
            ("about 20", "19", Some(Kind::Rounded)),
            ("more than 3 million", "3,449,444", Some(Kind::Rounded)),
            ("nearly 3.5 million", "3,449,444", Some(Kind::Rounded)),
            ("nearly 3.4 million", "3,449,444", Some(Kind::Rounded)),
            ("38 %", "37.6 %", Some(Kind::Rounded)),
            ("37 %", "37.6 %", None),
            ("5 km", "5 miles", None),
            ("8 km", "5 miles", Some(Kind::Converted)),
            ("68 °F", "20 °C", Some(Kind::Converted)),
            ("5 %", "5 percentage points", None),
            ("€5", "$5", None),
            ("US$5", "$5", Some(Kind::Exact)),
            ("100,000", "52,000", None),
            ("March 1968", "12 March 1968", Some(Kind::Exact)),
            ("12 March 1968", "March 1968", None),
            ("the 1960s", "1968", Some(Kind::Exact)),
            ("7:30 pm", "19:30", Some(Kind::Exact)),
            ("345万", "3,449,444", Some(Kind::Rounded)),
            ("2000 km", "2023", None),
            ("2000", "2,023 seats", None),
            ("2023", "2,023 seats", Some(Kind::Exact)),
            ("3 %", "3.5 %", None),
            ("3.81 million", "3.815 million", Some(Kind::Rounded)),
            ("4 %", "3.5 %", Some(Kind::Rounded)),
        ];
        for (told, known, expected) in cases {
            assert_eq!(kind(told, known), expected, "{told} for {known}");
        }
    }
}
