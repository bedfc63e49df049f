//! Quantities, dates and times as people write them, read into values that can be compared.
//!
//! One reader is used for the facts of a brief and for the draft, so whatever notation it
//! understands on one side it understands on the other. Where a notation is ambiguous (`1.2m` is
//! metres or millions, `1.234` is German for a thousand) a [`Mention`] keeps every reading, and
//! two mentions agree when any pair of readings does.

mod compare;
mod context;
mod dates;
mod mention;
mod numeral;
mod scan;
mod spans_read;
mod spelled;
mod suffix;
mod units;

pub(crate) use compare::{Agreement, Kind, agree, close, years_of};
pub(crate) use mention::{Date, Form, Hedge, Mention, Reading};
pub(crate) use scan::scan;
pub(crate) use units::{Class, Unit};

#[cfg(test)]
mod tests;
