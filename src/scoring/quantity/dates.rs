//! Dates and times of day in the notations that copy and data files use.
//!
//! Longer notations come first, so "12 March 1968" is never read as a day and a loose year. A
//! slashed date keeps both readings, day first and month first.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Date;
use super::spans_read::SpansRead;

/// A stretch of text that is a date or a time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// Bytes in the text.
    pub(super) span: Range<usize>,
    /// Readings as a date.
    pub(super) dates: Vec<Date>,
    /// Readings as a time, in minutes after midnight.
    pub(super) clock: Vec<u16>,
}

/// All dates and times, longest notation first, not sorted by place.
pub(super) fn dates(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut taken = SpansRead::default();
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return found;
    }
    for (pattern, read) in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let Some(whole) = captures.name("all").or_else(|| captures.get(0)) else {
                continue;
            };
            let span = whole.range();
            if !taken.is_free(&span) {
                continue;
            }
            if let Some((dates, clock)) = read(&captures) {
                taken.add(&span);
                found.push(Found { span, dates, clock });
            }
        }
    }
    found
}

type Read = fn(&Captures) -> Option<(Vec<Date>, Vec<u16>)>;

const MONTH: &str = r"(?P<m>jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|février|mar(?:ch|s|zo)?|märz|apr(?:il)?|avril|abril|may|mai|mayo|june?|juni|juin|junio|july?|juli|juillet|julio|aug(?:ust)?|août|agosto|sept?(?:ember|embre|iembre)?|oct(?:ober|obre|ubre)?|okt(?:ober)?|nov(?:ember|embre|iembre)?|dec(?:ember)?|dez(?:ember)?|décembre|diciembre|enero|febrero)\.?";

static PATTERNS: LazyLock<Vec<(Regex, Read)>> = LazyLock::new(|| {
    let day = r"(?P<d>[0-3]?[0-9])(?:st|nd|rd|th|\.)?";
    let year = r"(?P<y>1[0-9]{3}|2[01][0-9]{2})";
    let list: [(String, Read); 15] = [
        (
            format!(r"\b{year}-(?P<m>[01][0-9])-(?P<d>[0-3][0-9])\b"),
            numeric,
        ),
        (
            format!(
                r"{year}\s*年(?:\s*(?P<m>[01]?[0-9])\s*月(?:\s*(?P<d>[0-3]?[0-9])\s*[日号])?)?"
            ),
            numeric,
        ),
        (
            r"(?P<m>[01]?[0-9])\s*月\s*(?P<d>[0-3]?[0-9])\s*[日号]".to_owned(),
            numeric,
        ),
        (
            format!(r"(?i)\b{day}\s+(?:of\s+|de\s+)?{MONTH}(?:,?\s+(?:de\s+)?{year})\b"),
            named,
        ),
        (format!(r"(?i)\b{MONTH}\s+{day},?\s+{year}\b"), named),
        (
            format!(r"(?i)\b{MONTH},?\s+(?:of\s+|de\s+)?{year}\b"),
            named,
        ),
        (format!(r"(?i)\b{day}\s+(?:of\s+|de\s+)?{MONTH}\b"), named),
        (format!(r"(?i)\b{MONTH}\s+{day}\b"), named),
        (
            format!(r"\b(?P<a>[0-3]?[0-9])/(?P<b>[0-3]?[0-9])/{year}\b"),
            slashed,
        ),
        (
            format!(r"\b(?P<d>[0-3]?[0-9])\.(?P<m>[01]?[0-9])\.{year}\b"),
            numeric,
        ),
        (
            r"\b(?P<all>(?P<y>1[0-9]{2}0|20[0-9]0)['’]?s)\b".to_owned(),
            decade,
        ),
        (
            r"(?i)\b(?P<h>[01]?[0-9]|2[0-3]):(?P<min>[0-5][0-9])(?:\s*(?P<half>[ap])\.?m\b\.?)?"
                .to_owned(),
            clock,
        ),
        (
            r"(?i)\b(?P<h>1[0-2]|[1-9])\s*(?P<half>[ap])\.?m\b\.?".to_owned(),
            clock,
        ),
        // The later year of a span such as 2023/24 or 2020–25 comes from the first.
        (
            format!(r"\b(?P<all>{year}[/–-](?P<z>[0-9]{{2}}))\b"),
            span_of_years,
        ),
        (format!(r"\b{year}\b"), bare_year),
    ];
    list.into_iter()
        .map(|(pattern, read)| (Regex::new(&pattern).expect("a valid pattern"), read))
        .collect()
});

fn number<T: std::str::FromStr>(captures: &Captures, name: &str) -> Option<T> {
    captures.name(name)?.as_str().parse().ok()
}

fn valid(date: Date) -> Option<Date> {
    let month = date.month.is_none_or(|month| (1..=12).contains(&month));
    let day = date.day.is_none_or(|day| (1..=31).contains(&day));
    (month && day).then_some(date)
}

fn numeric(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    let date = Date {
        year: number(captures, "y"),
        month: number(captures, "m"),
        day: number(captures, "d"),
        decade: false,
    };
    Some((vec![valid(date)?], Vec::new()))
}

fn named(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    let name = captures.name("m")?.as_str().trim_end_matches('.');
    // "may" and "mar" are words of their own; as months they are capitalised.
    if matches!(name, "may" | "mar" | "mars" | "march") {
        return None;
    }
    let date = Date {
        year: number(captures, "y"),
        month: Some(month(name)?),
        day: number(captures, "d"),
        decade: false,
    };
    Some((vec![valid(date)?], Vec::new()))
}

fn month(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let starts: [(u32, &[&str]); 12] = [
        (1, &["jan", "ene"]),
        (2, &["feb", "fév"]),
        (3, &["mar", "mär"]),
        (4, &["apr", "avr", "abr"]),
        (5, &["may", "mai"]),
        (6, &["jun", "juin"]),
        (7, &["jul", "juil"]),
        (8, &["aug", "aoû", "ago"]),
        (9, &["sep"]),
        (10, &["oct", "okt"]),
        (11, &["nov"]),
        (12, &["dec", "dez", "déc", "dic"]),
    ];
    starts
        .iter()
        .find(|(_, names)| names.iter().any(|start| name.starts_with(start)))
        .map(|&(month, _)| month)
}

fn slashed(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    let (a, b) = (number(captures, "a")?, number(captures, "b")?);
    let date = |month, day| {
        valid(Date {
            year: number(captures, "y"),
            month: Some(month),
            day: Some(day),
            decade: false,
        })
    };
    let dates: Vec<Date> = date(a, b).into_iter().chain(date(b, a)).collect();
    (!dates.is_empty()).then_some((dates, Vec::new()))
}

fn decade(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    Some((
        vec![Date {
            year: Some(number(captures, "y")?),
            month: None,
            day: None,
            decade: true,
        }],
        Vec::new(),
    ))
}

fn bare_year(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    Some((
        vec![Date {
            year: Some(number(captures, "y")?),
            month: None,
            day: None,
            decade: false,
        }],
        Vec::new(),
    ))
}

fn span_of_years(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    let first: i32 = number(captures, "y")?;
    let last: i32 = number(captures, "z")?;
    let later = first - first % 100 + last;
    // "1990-12" is a month of a year rather than a span.
    (later > first).then(|| {
        let year = |year| Date {
            year: Some(year),
            month: None,
            day: None,
            decade: false,
        };
        (vec![year(first), year(later)], Vec::new())
    })
}

fn clock(captures: &Captures) -> Option<(Vec<Date>, Vec<u16>)> {
    let hour: u16 = number(captures, "h")?;
    let minute: u16 = number(captures, "min").unwrap_or(0);
    let hours = match captures
        .name("half")
        .map(|half| half.as_str().eq_ignore_ascii_case("p"))
    {
        Some(true) => vec![hour % 12 + 12],
        Some(false) => vec![hour % 12],
        None => vec![hour],
    };
    Some((
        Vec::new(),
        hours.into_iter().map(|hour| hour * 60 + minute).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_common_notations() {
        let cases = [
            ("12 March 1968", (Some(1968), Some(3), Some(12))),
            ("March 12, 1968", (Some(1968), Some(3), Some(12))),
            ("1968-03-12", (Some(1968), Some(3), Some(12))),
            ("12th of March 1968", (Some(1968), Some(3), Some(12))),
            ("March 1968", (Some(1968), Some(3), None)),
            ("12 March", (None, Some(3), Some(12))),
            ("Sept. 5, 2024", (Some(2024), Some(9), Some(5))),
            ("13/10/2024", (Some(2024), Some(10), Some(13))),
            ("5. Oktober 2024", (Some(2024), Some(10), Some(5))),
            ("1968年3月12日", (Some(1968), Some(3), Some(12))),
            ("in 1968,", (Some(1968), None, None)),
            ("the 1990s", (Some(1990), None, None)),
        ];
        for (text, expected) in cases {
            let found = dates(text);
            let date = found.first().and_then(|found| found.dates.first()).copied();
            let parts = date.map(|date| (date.year, date.month, date.day));
            assert_eq!((found.len(), parts), (1, Some(expected)), "{text}");
        }
        assert_eq!(dates("10/27/2024")[0].dates.len(), 1);
        assert_eq!(dates("03/04/2024")[0].dates.len(), 2);
        assert_eq!(dates("2023/24")[0].dates.len(), 2);
        assert!(dates("you may 5 times march 3 miles").is_empty());
    }

    #[test]
    fn reads_times_on_both_clocks() {
        assert_eq!(dates("at 7:30 p.m.")[0].clock, [19 * 60 + 30]);
        assert_eq!(dates("at 19:30")[0].clock, [19 * 60 + 30]);
        assert_eq!(dates("at 7 pm")[0].clock, [19 * 60]);
    }
}
