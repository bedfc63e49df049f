//! Finds every number, date and time of a text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::text::{Word, words};
use super::context::{hedge, share_units};
use super::dates::{Found, dates};
use super::numeral::{digit, numeral};
use super::spans_read::SpansRead;
use super::spelled::spelled;
use super::suffix::{gap, ordinal, reading, suffix};
use super::units::{currency_before, unit_at};
use super::{Form, Hedge, Mention, Reading, Unit};

/// All mentions, in order, without overlaps. `language` is a BCP 47 tag; it decides the separators.
///
/// Letters glued before a digit make a name (`G20`, `COVID-19`), not a quantity; so do links,
/// handles and a few fixed expressions such as `24/7`.
pub(crate) fn scan(text: &str, language: &str) -> Vec<Mention> {
    let words = words(text);
    let scanner = Scanner {
        text,
        words: &words,
        comma_decimal: comma_decimal(language),
    };
    // Labels and aliases mostly hold no digit, and a brief has many of them.
    let has_digits = text.contains(|c| digit(c).is_some());
    let mut taken = SpansRead::default();
    if has_digits {
        let skipped = SKIP.find_iter(text).chain(ADDRESS.find_iter(text));
        skipped.for_each(|hit| taken.add(&hit.range()));
    }
    let mut mentions: Vec<Mention> = Vec::new();
    for found in dates(text) {
        if taken.is_free(&found.span)
            && !scanner.is_glued(&found.span)
            && let Some(mention) = scanner.dated(&found)
        {
            taken.add(&mention.span);
            mentions.push(mention);
        }
    }
    scanner.numerals(&mut taken, &mut mentions);
    scanner.words(&taken, &mut mentions);
    mentions.sort_by_key(|mention| (mention.span.start, mention.span.end));
    share_units(text, &mut mentions);
    mentions
}

/// Links, handles, numbering and expressions that hold digits but state nothing.
static SKIP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) https?://\S+ | \bwww\.\S+ | [@\#]\w+
          | \b24/7\b | \b50[/-]50\b | \b9/11\b | \b360-degree
          | \b(?:19|20)\d\d\s*©|©\s*(?:19|20)\d\d(?:\s*[-–]\s*(?:19|20)\d\d)?
          | (?m:^)\s*(?:\#{1,6}\s+|[-*]\s+)?\(?\d{1,2}[.)]\s
          | \b\d{1,2}(?:st|nd|rd|th)[\s-]+centur(?:y|ies)\b",
    )
    .expect("a valid pattern")
});

/// Mail addresses. By themselves: among the others, every `50-50` would be looked at as far as the next `@`.
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)[\w.+-]+@[\w-]+\.[\w.]+").expect("a valid pattern"));

/// Languages that write `1.234,5`.
fn comma_decimal(language: &str) -> bool {
    let primary = language
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    matches!(
        primary.as_str(),
        "de" | "fr"
            | "es"
            | "it"
            | "pt"
            | "nl"
            | "pl"
            | "sv"
            | "da"
            | "nb"
            | "no"
            | "nn"
            | "fi"
            | "cs"
            | "sk"
            | "ru"
            | "uk"
            | "tr"
            | "id"
            | "ro"
            | "hu"
            | "el"
            | "hr"
            | "sl"
            | "sr"
            | "bg"
            | "vi"
            | "ca"
            | "et"
            | "lv"
            | "lt"
    )
}

struct Scanner<'a> {
    text: &'a str,
    words: &'a [Word],
    comma_decimal: bool,
}

impl Scanner<'_> {
    /// Whether letters stand right before: `FY2024` is a name.
    fn is_glued(&self, span: &Range<usize>) -> bool {
        let mut before = self.text[..span.start].chars().rev();
        match before.next() {
            Some(c) if c.is_ascii_alphanumeric() => true,
            Some('.' | ',') => before.next().is_some_and(|c| c.is_ascii_digit()),
            _ => false,
        }
    }

    fn dated(&self, found: &Found) -> Option<Mention> {
        let bare = matches!(found.dates.as_slice(), [date] if date.month.is_none() && !date.decade);
        let mut mention = Mention {
            span: found.span.clone(),
            readings: Vec::new(),
            dates: found.dates.clone(),
            clock: found.clock.clone(),
            hedge: Hedge::None,
            form: Form::Digits,
        };
        if bare && found.span.len() == 4 {
            // `1968` may be a count; with a unit, a currency or a group behind it, it must be one.
            let quantity = self.numeral_at(found.span.start)?;
            let plain = quantity.span == found.span;
            let own = quantity
                .readings
                .iter()
                .all(|reading| reading.unit == Unit::PLAIN);
            if !plain || !own {
                return None;
            }
            mention.readings = quantity.readings;
        }
        Some(mention)
    }

    fn numerals(&self, taken: &mut SpansRead, mentions: &mut Vec<Mention>) {
        let mut at = 0;
        while let Some(next) = self.text[at..].find(|c| digit(c).is_some()) {
            let start = at + next;
            if let Some(block) = taken.at(start) {
                at = block.end.max(start + 1);
                continue;
            }
            match self.numeral_at(start) {
                Some(mention) if taken.is_free(&mention.span) => {
                    at = mention.span.end;
                    taken.add(&mention.span);
                    mentions.push(mention);
                }
                _ => at = start + self.token_len(start),
            }
            while !self.text.is_char_boundary(at) {
                at += 1;
            }
        }
    }

    /// Length of the run of letters and digits at `start`, which was read as a name.
    fn token_len(&self, start: usize) -> usize {
        let rest = &self.text[start..];
        let inside = |at: usize, c: char| {
            (c.is_alphanumeric() && u32::from(c) < 0x2E80)
                || digit(c).is_some()
                || (c == '.' && rest[at + 1..].starts_with(|next: char| next.is_ascii_digit()))
        };
        rest.char_indices()
            .find(|&(at, c)| !inside(at, c))
            .map_or(rest.len(), |(at, _)| at)
            .max(1)
    }

    /// The quantity whose digits start at `start`; `None` when they belong to a name.
    fn numeral_at(&self, start: usize) -> Option<Mention> {
        let text = self.text;
        let before = &text[..start];
        let (mut begin, currency) = match currency_before(before) {
            Some((unit, len)) => (start - len, Some(unit)),
            None => (start, None),
        };
        let mut previous = text[..begin].chars().rev();
        let (last, second) = (previous.next(), previous.next());
        let lead_point =
            currency.is_none() && last == Some('.') && second.is_none_or(char::is_whitespace);
        let mut negative = false;
        match last {
            Some(c) if c.is_alphanumeric() && u32::from(c) < 0x2E80 => return None,
            Some('.') if second.is_some_and(char::is_alphabetic) => return None,
            Some('-' | '−' | '–' | '‑') => {
                let dash = last.map_or(0, char::len_utf8);
                if second.is_some_and(char::is_alphabetic) {
                    return None;
                }
                if second
                    .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '“' | ':' | '='))
                {
                    negative = true;
                    begin -= dash;
                }
            }
            _ => {}
        }
        if text[..begin].trim_end().ends_with("minus") && text[..begin].ends_with(' ') {
            begin = text[..begin].trim_end().len() - "minus".len();
            negative = true;
        }
        let read = numeral(&text[start..], self.comma_decimal);
        let mut end = start + read.len;
        if read.values.is_empty() {
            return Some(Mention {
                span: begin..end,
                readings: vec![],
                dates: vec![],
                clock: vec![],
                hedge: Hedge::None,
                form: Form::Dotted,
            });
        }
        let mut form = Form::Digits;
        if let Some(len) = ordinal(&text[end..]) {
            form = Form::Ordinal;
            end += len;
        }
        let suffix = suffix(text, end)?;
        end = suffix.end;
        let unit = currency.or(suffix.unit);
        let sign = if negative { -1.0 } else { 1.0 };
        let mut readings: Vec<Reading> = Vec::new();
        for &(value, decimals) in &read.values {
            let decimals = if lead_point {
                i32::try_from(read.len).unwrap_or(i32::MAX)
            } else {
                decimals
            };
            let value = if lead_point {
                value / 10f64.powi(decimals)
            } else {
                value
            };
            for (factor, unit) in suffix.choices(currency, unit) {
                readings.push(reading(sign * value, decimals, factor, unit));
            }
        }
        if read.year_like && readings.len() > 1 {
            readings.truncate(1);
        }
        Some(Mention {
            span: begin - usize::from(lead_point)..end,
            readings,
            dates: vec![],
            clock: vec![],
            hedge: hedge(&text[..begin]),
            form,
        })
    }

    fn words(&self, taken: &SpansRead, mentions: &mut Vec<Mention>) {
        let mut at = 0;
        while at < self.words.len() {
            let word = &self.words[at];
            let Some(read) =
                spelled(self.text, &self.words[at..]).filter(|_| taken.is_free(&word.span))
            else {
                at += 1;
                continue;
            };
            let last = &self.words[at + read.words - 1];
            let (mut start, mut end) = (word.span.start, last.span.end);
            let before = at
                .checked_sub(1)
                .map(|index| self.words[index].folded.as_str());
            let after = self
                .words
                .get(at + read.words)
                .map(|word| word.folded.as_str());
            at += read.words;
            // "two-thirds", "a quarter of a million": a share, which is not compared.
            if after.is_some_and(is_fraction)
                || (before == Some("of") && self.text[start..].starts_with("a "))
            {
                continue;
            }
            let mut sign = 1.0;
            if before == Some("minus") {
                start = self.words[at - read.words - 1].span.start;
                sign = -1.0;
            }
            let rest = &self.text[end..];
            let gap = gap(rest);
            let unit = unit_at(&rest[gap..]).map(|(unit, len)| {
                end += gap + len;
                unit
            });
            let readings = vec![Reading {
                value: sign * read.value,
                step: read.step,
                coarse: read.step,
                scale: 1.0,
                unit: unit.unwrap_or(Unit::PLAIN),
            }];
            mentions.push(Mention {
                span: start..end,
                readings,
                dates: vec![],
                clock: vec![],
                hedge: hedge(&self.text[..start]),
                form: Form::Words,
            });
        }
    }
}

fn is_fraction(word: &str) -> bool {
    matches!(
        word,
        "half"
            | "halves"
            | "third"
            | "thirds"
            | "quarter"
            | "quarters"
            | "fifth"
            | "fifths"
            | "sixth"
            | "sixths"
            | "eighth"
            | "eighths"
            | "tenth"
            | "tenths"
            | "hundredth"
            | "hundredths"
    )
}
