//! What stands behind the digits: an ordinal ending, a scale word, a unit, or letters of a name.

use super::numeral::scale_at;
use super::units::unit_at;
use super::{Reading, Unit};

/// What follows the digits: scale, unit, or letters that make the whole a name.
pub(super) fn suffix(text: &str, end: usize) -> Option<Suffix> {
    let rest = &text[end..];
    let mut suffix = Suffix {
        end,
        scale: 1.0,
        unit: None,
        maybe_million: None,
    };
    let attached = rest.chars().next().is_some_and(char::is_alphabetic);
    if attached && let Some((factor, len)) = million_letter(rest) {
        match factor {
            Some(factor) => (suffix.scale, suffix.end) = (factor, end + len),
            None => suffix.maybe_million = Some(end + len),
        }
    }
    if suffix.end == end && suffix.maybe_million.is_none() {
        for gap in [0, gap(rest)] {
            if let Some((factor, len)) = scale_at(&rest[gap..], gap == 0) {
                (suffix.scale, suffix.end) = (factor, end + gap + len);
                break;
            }
        }
    }
    let rest = &text[suffix.end..];
    for gap in [0, gap(rest)] {
        if let Some((unit, len)) = unit_at(&rest[gap..]) {
            suffix.unit = Some(unit);
            suffix.end += gap + len;
            return Some(suffix);
        }
    }
    if let Some(million) = suffix.maybe_million {
        suffix.end = million;
        return Some(suffix);
    }
    let scaled = suffix.scale != 1.0;
    let name = attached
        && !scaled
        && rest
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() && u32::from(c) < 0x2E80 && c != 'x' && c != 'X');
    (!name).then_some(suffix)
}

/// What a numeral is followed by.
pub(super) struct Suffix {
    /// End of what belongs to the number.
    pub(super) end: usize,
    scale: f64,
    pub(super) unit: Option<Unit>,
    /// End behind an attached `m`, which may be metres or millions.
    maybe_million: Option<usize>,
}

impl Suffix {
    /// Ways to read scale and unit.
    pub(super) fn choices(&self, currency: Option<Unit>, unit: Option<Unit>) -> Vec<(f64, Unit)> {
        match (self.maybe_million, currency) {
            (Some(_), Some(currency)) => vec![(1e6, currency)],
            (Some(_), None) => vec![
                (1e6, Unit::PLAIN),
                (self.scale, unit.unwrap_or(Unit::PLAIN)),
            ],
            _ => vec![(self.scale, unit.unwrap_or(Unit::PLAIN))],
        }
    }
}

/// An attached letter that can mean a million or a billion: a capital surely, a small `m` perhaps.
fn million_letter(rest: &str) -> Option<(Option<f64>, usize)> {
    let mut chars = rest.chars();
    let first = chars.next()?;
    if chars.next().is_some_and(char::is_alphanumeric) {
        return None;
    }
    match first {
        'M' => Some((Some(1e6), 1)),
        'B' => Some((Some(1e9), 1)),
        'm' => Some((None, 1)),
        _ => None,
    }
}

pub(super) fn reading(value: f64, decimals: i32, factor: f64, unit: Unit) -> Reading {
    let step = factor / 10f64.powi(decimals);
    let value = value * factor;
    let mut coarse = step;
    while decimals == 0 && value != 0.0 && value % (coarse * 10.0) == 0.0 {
        coarse *= 10.0;
    }
    Reading {
        value,
        step,
        coarse,
        scale: factor,
        unit,
    }
}

/// Bytes of the space or hyphen between a number and its unit.
pub(super) fn gap(rest: &str) -> usize {
    rest.chars()
        .next()
        .filter(|&c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '‑'))
        .map_or(0, char::len_utf8)
}

pub(super) fn ordinal(rest: &str) -> Option<usize> {
    let ending = rest.get(..2)?;
    let ends = !rest[2..].starts_with(|c: char| c.is_alphanumeric());
    (matches!(ending, "st" | "nd" | "rd" | "th") && ends).then_some(2)
}
