//! Dates as copy writes them, from the forms in which facts carry them.

use chrono::format::{Fixed, Item, Numeric, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value;

use super::values::{is_english, text, unchanged};

/// `12 March 1968`.
const LONG: &str = "%-d %B %Y";

/// `date value ["format"]`: `1968-03-12` → `12 March 1968`, or as the strftime format says.
///
/// Read are ISO 8601 dates and times, `12 March 1968`, `12 Mar 1968`, `March 12, 1968`; a month
/// (`1968-03`) becomes `March 1968`. Everything else stays: a year, `Monday`, a date without a time
/// where the format wants one, and month names in a brief that is not in English.
pub(in crate::prompt) fn date(arguments: &[&Value], brief: &Value) -> Value {
    let value = text(arguments.first());
    let format = match text(arguments.get(1)) {
        format if format.is_empty() => LONG.into(),
        format => format,
    };
    formatted(value.trim(), &format, brief)
        .map_or_else(|| unchanged(arguments.first()), Value::from)
}

/// The long form of a date, else the text as it is.
pub(super) fn long(value: &str, brief: &Value) -> String {
    formatted(value, LONG, brief).unwrap_or_else(|| value.to_owned())
}

/// Whether chrono knows every part of a strftime format and it needs no time zone.
pub(in crate::prompt) fn is_format(format: &str) -> bool {
    !format.is_empty()
        && StrftimeItems::new(format).all(|item| {
            let zone = matches!(
                item,
                Item::Numeric(Numeric::Timestamp, _)
                    | Item::Fixed(
                        Fixed::TimezoneName
                            | Fixed::TimezoneOffset
                            | Fixed::TimezoneOffsetColon
                            | Fixed::TimezoneOffsetDoubleColon
                            | Fixed::TimezoneOffsetTripleColon
                            | Fixed::TimezoneOffsetColonZ
                            | Fixed::TimezoneOffsetZ
                            | Fixed::RFC2822
                            | Fixed::RFC3339
                    )
            );
            !zone && item != Item::Error
        })
}

fn formatted(value: &str, format: &str, brief: &Value) -> Option<String> {
    let named = StrftimeItems::new(format).any(|item| {
        matches!(
            item,
            Item::Fixed(
                Fixed::ShortMonthName
                    | Fixed::LongMonthName
                    | Fixed::ShortWeekdayName
                    | Fixed::LongWeekdayName
            )
        )
    });
    if !is_format(format) || named && !is_english(brief) {
        return None;
    }
    if let Some(at) = instant(value) {
        return Some(at.format(format).to_string());
    }
    if let Some(day) = day(value) {
        let text = |items: StrftimeItems<'_>| {
            use std::fmt::Write;
            let mut text = String::new();
            // A format with hours does not fit a day; chrono then says so instead of writing.
            write!(text, "{}", day.format_with_items(items))
                .ok()
                .map(|()| text)
        };
        return text(StrftimeItems::new(format));
    }
    let month = NaiveDate::parse_from_str(&format!("{value}-01"), "%Y-%m-%d").ok()?;
    let shown = value.len() == 7 && named;
    shown.then(|| month.format("%B %Y").to_string())
}

fn instant(value: &str) -> Option<NaiveDateTime> {
    let with_zone = DateTime::parse_from_rfc3339(value).ok();
    let plain = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ];
    with_zone.map(|at| at.naive_local()).or_else(|| {
        plain
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(value, format).ok())
    })
}

fn day(value: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d %B %Y", "%B %d, %Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(value, format).ok())
}
