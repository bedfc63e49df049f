//! One number, date or time in a text, with every way to read it.

use std::ops::Range;

use super::units::Unit;

/// One number, date or time in a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mention {
    /// Bytes in the text, with sign, currency and unit.
    pub(crate) span: Range<usize>,
    /// Ways to read it as a quantity; empty for a full date.
    pub(crate) readings: Vec<Reading>,
    /// Ways to read it as a date; a bare `1968` is a date and a count.
    pub(crate) dates: Vec<Date>,
    /// Ways to read it as a time of day, in minutes after midnight.
    pub(crate) clock: Vec<u16>,
    /// "about", "more than", "under" before it.
    pub(crate) hedge: Hedge,
    /// How it is written.
    pub(crate) form: Form,
}

impl Mention {
    /// Whether a reader takes it for a date first.
    pub(crate) fn is_date(&self) -> bool {
        !self.dates.is_empty()
    }

    /// The reading that is most likely, if it is a quantity.
    pub(crate) fn main(&self) -> Option<&Reading> {
        self.readings.first()
    }
}

/// One way to read a quantity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// Value in the written unit, scale words multiplied in.
    pub(crate) value: f64,
    /// Distance between neighbouring values at the printed precision: 0.1 million for "1.2 million".
    pub(crate) step: f64,
    /// The last digit's worth where closing zeros are taken for rounding: 1,000 for "12,000".
    pub(crate) coarse: f64,
    /// What the scale word multiplies by; 1 without one.
    pub(crate) scale: f64,
    /// Unit that is written beside it.
    pub(crate) unit: Unit,
}

/// A date with whatever parts are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// Year of the common era.
    pub(crate) year: Option<i32>,
    /// 1–12.
    pub(crate) month: Option<u32>,
    /// 1–31.
    pub(crate) day: Option<u32>,
    /// Whether the whole decade is meant, as in `1990s`.
    pub(crate) decade: bool,
}

/// A word that loosens a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hedge {
    /// Stated as exact.
    None,
    /// "about", "roughly".
    About,
    /// "more than", "over", "at least": the true value is no smaller.
    Over,
    /// "less than", "nearly", "up to": the true value is no larger.
    Under,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With digits.
    Digits,
    /// With digits and an ordinal ending, such as `3rd`.
    Ordinal,
    /// In words, such as "forty-two".
    Words,
    /// Dotted, such as `1.2.3`: equal only to the same characters.
    Dotted,
}
