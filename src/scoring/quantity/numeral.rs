//! One numeral in digits: separators, decimals, scale words.
//!
//! Which sign groups thousands depends on the language: `1.234` is 1.234 in English and 1,234 in
//! German. Where the digits leave both open, both are kept, the language's own first.

use super::super::steps;
use super::units::prefix;

/// Groups of digits that are read as one numeral at most; no number has so many, a loop of a model may.
const MOST_GROUPS: usize = 64;

/// A numeral as read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numeral {
    /// Bytes it takes.
    pub(super) len: usize,
    /// Value and number of decimals, likeliest first; empty for a dotted code such as `1.2.3`.
    pub(super) values: Vec<(f64, i32)>,
    /// The digits alone form a year: four of them, ungrouped.
    pub(super) year_like: bool,
}

/// Reads the numeral at the start of `text`, which starts with a digit.
pub(super) fn numeral(text: &str, comma_decimal: bool) -> Numeral {
    let mut groups = vec![digits(text)];
    let mut marks: Vec<char> = Vec::new();
    let mut len = groups[0].len();
    while groups.len() < MOST_GROUPS
        && let Some(mark) = text[len..].chars().next().filter(|&c| is_mark(c))
    {
        steps::count(groups.len());
        let group = digits(&text[len + mark.len_utf8()..]);
        if group.is_empty() || !continues(&groups, &marks, mark, group, comma_decimal) {
            break;
        }
        len += mark.len_utf8() + group.len();
        marks.push(mark);
        groups.push(group);
    }
    let groups: Vec<String> = groups.iter().map(|group| ascii(group)).collect();
    let year_like = marks.is_empty() && groups[0].len() == 4;
    Numeral {
        len,
        values: values(&groups, &marks, comma_decimal),
        year_like,
    }
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '，' | '．'
    )
}

fn same_kind(a: char, b: char) -> bool {
    let plain = |c| match c {
        '，' => ',',
        '．' => '.',
        '’' => '\'',
        '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
        c => c,
    };
    plain(a) == plain(b)
}

/// Whether the next mark and group belong to this numeral rather than to the sentence.
fn continues(
    groups: &[&str],
    marks: &[char],
    mark: char,
    group: &str,
    comma_decimal: bool,
) -> bool {
    let grouping = few(group) == 3 && few(groups[0]) <= 3;
    let pure = marks.iter().all(|&earlier| same_kind(earlier, mark));
    match mark {
        '.' | '．' => pure || marks.iter().all(|&earlier| !same_kind(earlier, '.')),
        ',' | '，' if marks.is_empty() => grouping || (comma_decimal && few(group) != 3),
        ',' | '，' if !pure => !marks.contains(&','),
        // A space groups only in full threes, else "in 2019 300 people" would be one number.
        _ => grouping && pure,
    }
}

fn values(groups: &[String], marks: &[char], comma_decimal: bool) -> Vec<(f64, i32)> {
    let whole = |parts: &[String]| parts.concat().parse::<f64>().unwrap_or(f64::MAX);
    let split = || {
        let (last, head) = groups.split_last()?;
        let value = format!("{}.{last}", head.concat()).parse::<f64>().ok()?;
        Some((value, i32::try_from(last.len()).unwrap_or(i32::MAX)))
    };
    let Some(&last) = marks.last() else {
        return vec![(whole(groups), 0)];
    };
    let threes = groups[1..].iter().all(|group| group.len() == 3) && groups[0].len() <= 3;
    let mixed = marks.iter().any(|&mark| !same_kind(mark, last));
    let (point, comma) = (same_kind(last, '.'), same_kind(last, ','));
    if mixed {
        return split().into_iter().collect();
    }
    if marks.len() > 1 {
        return if threes {
            vec![(whole(groups), 0)]
        } else {
            Vec::new()
        };
    }
    let grouped = threes.then(|| (whole(groups), 0));
    let decimal = (point || comma).then(split).flatten();
    if (point && !comma_decimal) || (comma && comma_decimal) {
        // "0.125" is never a thousand, and an English reader takes "1.234" for a decimal.
        decimal
            .into_iter()
            .chain(grouped.filter(|_| comma_decimal))
            .collect()
    } else {
        grouped
            .into_iter()
            .chain(decimal.filter(|_| !threes || comma_decimal))
            .collect()
    }
}

/// Words and letters that multiply, in folded spelling; the flag marks those that must be attached.
const SCALES: [(&str, f64, bool); 34] = [
    ("hundred", 1e2, false),
    ("thousand", 1e3, false),
    ("thousands", 1e3, false),
    ("million", 1e6, false),
    ("millions", 1e6, false),
    ("billion", 1e9, false),
    ("billions", 1e9, false),
    ("trillion", 1e12, false),
    ("trillions", 1e12, false),
    ("mn", 1e6, false),
    ("mln", 1e6, false),
    ("mio.", 1e6, false),
    ("mio", 1e6, false),
    ("bn", 1e9, false),
    ("tn", 1e12, false),
    ("trn", 1e12, false),
    ("mrd.", 1e9, false),
    ("mrd", 1e9, false),
    ("millionen", 1e6, false),
    ("milliarden", 1e9, false),
    ("milliards", 1e9, false),
    ("millones", 1e6, false),
    ("lakh", 1e5, false),
    ("crore", 1e7, false),
    ("万亿", 1e12, false),
    ("亿", 1e8, false),
    ("億", 1e8, false),
    ("千万", 1e7, false),
    ("百万", 1e6, false),
    ("万", 1e4, false),
    ("萬", 1e4, false),
    ("千", 1e3, false),
    ("k", 1e3, true),
    ("K", 1e3, true),
];

/// Reads a scale at the start of `rest`: the factor and the bytes it takes.
pub(super) fn scale_at(rest: &str, attached: bool) -> Option<(f64, usize)> {
    SCALES
        .iter()
        .filter(|(_, _, glued)| attached || !glued)
        // 千克 and 千米 are units, and the unit table reads them.
        .filter(|_| !rest.starts_with("千克") && !rest.starts_with("千米"))
        .filter_map(|&(word, factor, _)| prefix(rest, word).map(|len| (factor, len)))
        .max_by_key(|&(_, len)| len)
}

fn digits(text: &str) -> &str {
    let end = text
        .find(|c: char| digit(c).is_none())
        .unwrap_or(text.len());
    &text[..end]
}

/// The value of a digit, full-width ones included.
pub(super) fn digit(c: char) -> Option<u32> {
    c.to_digit(10).or_else(|| match u32::from(c) {
        wide @ 0xFF10..=0xFF19 => Some(wide - 0xFF10),
        _ => None,
    })
}

fn ascii(digits: &str) -> String {
    digits
        .chars()
        .filter_map(digit)
        .filter_map(|value| char::from_digit(value, 10))
        .collect()
}

/// Characters of a text, where more than four are as good as four.
fn few(text: &str) -> usize {
    text.chars().take(4).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_separators_by_language() {
        let cases = [
            ("1,234,567 people", false, 9, vec![(1_234_567.0, 0)]),
            ("1.2 million", false, 3, vec![(1.2, 1)]),
            ("1.234", false, 5, vec![(1.234, 3)]),
            ("1.234", true, 5, vec![(1.234, 3), (1234.0, 0)]),
            ("1.234.567", true, 9, vec![(1_234_567.0, 0)]),
            ("1.234,5", true, 7, vec![(1234.5, 1)]),
            ("12,5", true, 4, vec![(12.5, 1)]),
            ("12,5", false, 2, vec![(12.0, 0)]),
            ("1,234.56", false, 8, vec![(1234.56, 2)]),
            ("3 449 444", false, 9, vec![(3_449_444.0, 0)]),
            ("2019 300", false, 4, vec![(2019.0, 0)]),
            ("5, 6", false, 1, vec![(5.0, 0)]),
            ("1'234", false, 5, vec![(1234.0, 0)]),
            ("1.2.3", false, 5, vec![]),
            ("４２", false, 6, vec![(42.0, 0)]),
            ("7.", false, 1, vec![(7.0, 0)]),
        ];
        for (text, comma_decimal, len, expected) in cases {
            let mut got = numeral(text, comma_decimal);
            // In a comma-decimal language the order only says which reading is shown.
            got.values.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert_eq!((got.len, got.values), (len, expected), "{text}");
        }
    }
}
