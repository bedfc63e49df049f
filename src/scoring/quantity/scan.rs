//! Finds every number, date and time of a text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::text::{Word, words};
use super::dates::{Found, dates};
use super::numeral::{digit, numeral, scale_at};
use super::spelled::spelled;
use super::units::{currency_before, unit_at};
use super::{Form, Hedge, Mention, Reading, Unit};

/// All mentions, in order, without overlaps. `language` is a BCP 47 tag; it decides the separators.
///
/// Letters glued before a digit make a name (`G20`, `COVID-19`), not a quantity; so do links,
/// handles and a few fixed expressions such as `24/7`.
pub(crate) fn scan(text: &str, language: &str) -> Vec<Mention> {
    let words = words(text);
    let scanner = Scanner { text, words: &words, comma_decimal: comma_decimal(language) };
    let mut taken: Vec<Range<usize>> = SKIP.find_iter(text).map(|hit| hit.range()).collect();
    let mut mentions: Vec<Mention> = Vec::new();
    for found in dates(text) {
        if free(&taken, &found.span) && !scanner.is_glued(&found.span) {
            if let Some(mention) = scanner.dated(&found) {
                taken.push(mention.span.clone());
                mentions.push(mention);
            }
        }
    }
    scanner.numerals(&mut taken, &mut mentions);
    scanner.words(&taken, &mut mentions);
    mentions.sort_by_key(|mention| (mention.span.start, mention.span.end));
    share_units(text, &mut mentions);
    mentions
}

/// Links, addresses, handles, numbering and expressions that hold digits but state nothing.
static SKIP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) https?://\S+ | \bwww\.\S+ | [\w.+-]+@[\w-]+\.[\w.]+ | [@\#]\w+
          | \b24/7\b | \b50[/-]50\b | \b9/11\b | \b360-degree
          | \b(?:19|20)\d\d\s*©|©\s*(?:19|20)\d\d(?:\s*[-–]\s*(?:19|20)\d\d)?
          | (?m:^)\s*(?:\#{1,6}\s+|[-*]\s+)?\(?\d{1,2}[.)]\s
          | \b\d{1,2}(?:st|nd|rd|th)[\s-]+centur(?:y|ies)\b",
    )
    .expect("a valid pattern")
});

fn free(taken: &[Range<usize>], span: &Range<usize>) -> bool {
    !taken.iter().any(|other| other.start < span.end && span.start < other.end)
}

/// Languages that write `1.234,5`.
fn comma_decimal(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    matches!(
        primary.as_str(),
        "de" | "fr" | "es" | "it" | "pt" | "nl" | "pl" | "sv" | "da" | "nb" | "no" | "nn" | "fi" | "cs" | "sk" | "ru"
            | "uk" | "tr" | "id" | "ro" | "hu" | "el" | "hr" | "sl" | "sr" | "bg" | "vi" | "ca" | "et" | "lv" | "lt"
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
            let own = quantity.readings.iter().all(|reading| reading.unit == Unit::PLAIN);
            if !plain || !own {
                return None;
            }
            mention.readings = quantity.readings;
        }
        Some(mention)
    }

    fn numerals(&self, taken: &mut Vec<Range<usize>>, mentions: &mut Vec<Mention>) {
        let mut at = 0;
        while let Some(next) = self.text[at..].find(|c| digit(c).is_some()) {
            let start = at + next;
            if let Some(block) = taken.iter().find(|span| span.contains(&start)) {
                at = block.end.max(start + 1);
                continue;
            }
            match self.numeral_at(start) {
                Some(mention) if free(taken, &mention.span) => {
                    at = mention.span.end;
                    taken.push(mention.span.clone());
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
        rest.char_indices().find(|&(at, c)| !inside(at, c)).map_or(rest.len(), |(at, _)| at).max(1)
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
        let lead_point = currency.is_none() && last == Some('.') && second.is_none_or(char::is_whitespace);
        let mut negative = false;
        match last {
            Some(c) if c.is_alphanumeric() && u32::from(c) < 0x2E80 => return None,
            Some('.') if second.is_some_and(char::is_alphabetic) => return None,
            Some('-' | '−' | '–' | '‑') => {
                let dash = last.map_or(0, char::len_utf8);
                if second.is_some_and(char::is_alphabetic) {
                    return None;
                }
                if second.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '“' | ':' | '=')) {
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
            return Some(Mention { span: begin..end, readings: vec![], dates: vec![], clock: vec![], hedge: Hedge::None, form: Form::Dotted });
        }
        let mut form = Form::Digits;
        if let Some(len) = ordinal(&text[end..]) {
            form = Form::Ordinal;
            end += len;
        }
        let tail = self.tail(end)?;
        end = tail.end;
        let unit = currency.or(tail.unit);
        let sign = if negative { -1.0 } else { 1.0 };
        let mut readings: Vec<Reading> = Vec::new();
        for &(value, decimals) in &read.values {
            let decimals = if lead_point { i32::try_from(read.len).unwrap_or(i32::MAX) } else { decimals };
            let value = if lead_point { value / 10f64.powi(decimals) } else { value };
            for (factor, unit) in tail.choices(currency, unit) {
                readings.push(reading(sign * value, decimals, factor, unit));
            }
        }
        if read.year_like && readings.len() > 1 {
            readings.truncate(1);
        }
        Some(Mention { span: begin - usize::from(lead_point)..end, readings, dates: vec![], clock: vec![], hedge: hedge(&text[..begin]), form })
    }

    /// What follows the digits: scale, unit, or letters that make the whole a name.
    fn tail(&self, end: usize) -> Option<Tail> {
        let rest = &self.text[end..];
        let mut tail = Tail { end, scale: 1.0, unit: None, maybe_million: None };
        let attached = rest.chars().next().is_some_and(char::is_alphabetic);
        if attached && let Some((factor, len)) = million_letter(rest) {
            match factor {
                Some(factor) => (tail.scale, tail.end) = (factor, end + len),
                None => tail.maybe_million = Some(end + len),
            }
        }
        if tail.end == end && tail.maybe_million.is_none() {
            for gap in [0, gap(rest)] {
                if let Some((factor, len)) = scale_at(&rest[gap..], gap == 0) {
                    (tail.scale, tail.end) = (factor, end + gap + len);
                    break;
                }
            }
        }
        let rest = &self.text[tail.end..];
        for gap in [0, gap(rest)] {
            if let Some((unit, len)) = unit_at(&rest[gap..]) {
                tail.unit = Some(unit);
                tail.end += gap + len;
                return Some(tail);
            }
        }
        if let Some(million) = tail.maybe_million {
            tail.end = million;
            return Some(tail);
        }
        let scaled = tail.scale != 1.0;
        let name = attached && !scaled && rest.chars().next().is_some_and(|c| c.is_alphabetic() && u32::from(c) < 0x2E80 && c != 'x' && c != 'X');
        (!name).then_some(tail)
    }

    fn words(&self, taken: &[Range<usize>], mentions: &mut Vec<Mention>) {
        let mut at = 0;
        while at < self.words.len() {
            let word = &self.words[at];
            let Some(read) = spelled(self.text, &self.words[at..]).filter(|_| free(taken, &word.span)) else {
                at += 1;
                continue;
            };
            let last = &self.words[at + read.words - 1];
            let (mut start, mut end) = (word.span.start, last.span.end);
            let before = at.checked_sub(1).map(|index| self.words[index].folded.as_str());
            let after = self.words.get(at + read.words).map(|word| word.folded.as_str());
            at += read.words;
            // "two-thirds", "a quarter of a million": a share, which is not compared.
            if after.is_some_and(is_fraction) || (before == Some("of") && self.text[start..].starts_with("a ")) {
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
            let readings = vec![Reading { value: sign * read.value, step: read.step, coarse: read.step, scale: 1.0, unit: unit.unwrap_or(Unit::PLAIN) }];
            mentions.push(Mention { span: start..end, readings, dates: vec![], clock: vec![], hedge: hedge(&self.text[..start]), form: Form::Words });
        }
    }
}

struct Tail {
    end: usize,
    scale: f64,
    unit: Option<Unit>,
    /// End behind an attached `m`, which may be metres or millions.
    maybe_million: Option<usize>,
}

impl Tail {
    fn choices(&self, currency: Option<Unit>, unit: Option<Unit>) -> Vec<(f64, Unit)> {
        match (self.maybe_million, currency) {
            (Some(_), Some(currency)) => vec![(1e6, currency)],
            (Some(_), None) => vec![(1e6, Unit::PLAIN), (self.scale, unit.unwrap_or(Unit::PLAIN))],
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

fn reading(value: f64, decimals: i32, factor: f64, unit: Unit) -> Reading {
    let step = factor / 10f64.powi(decimals);
    let value = value * factor;
    let mut coarse = step;
    while decimals == 0 && value != 0.0 && value % (coarse * 10.0) == 0.0 {
        coarse *= 10.0;
    }
    Reading { value, step, coarse, scale: factor, unit }
}

/// Bytes of the space or hyphen between a number and its unit.
fn gap(rest: &str) -> usize {
    rest.chars().next().filter(|&c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '‑')).map_or(0, char::len_utf8)
}

fn ordinal(rest: &str) -> Option<usize> {
    let ending = rest.get(..2)?;
    let ends = !rest[2..].starts_with(|c: char| c.is_alphanumeric());
    (matches!(ending, "st" | "nd" | "rd" | "th") && ends).then_some(2)
}

fn is_fraction(word: &str) -> bool {
    matches!(
        word,
        "half" | "halves" | "third" | "thirds" | "quarter" | "quarters" | "fifth" | "fifths" | "sixth" | "sixths"
            | "eighth" | "eighths" | "tenth" | "tenths" | "hundredth" | "hundredths"
    )
}

/// What the words right before a number say about its exactness.
fn hedge(before: &str) -> Hedge {
    static HEDGE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix) (?: (?P<over> more\s+than | over | above | exceed(?:s|ed|ing)? | at\s+least | upwards\s+of | in\s+excess\s+of | just\s+over | greater\s+than | surpass(?:es|ed|ing)? | topp(?:ed|ing) | no\s+(?:less|fewer)\s+than | > )
              | (?P<under> less\s+than | fewer\s+than | under | below | nearly | almost | up\s+to | at\s+most | just\s+under | no\s+more\s+than | close\s+to | not\s+quite | < )
              | (?P<about> about | around | roughly | approximately | some | an\s+estimated | estimated | circa | c\. | ca\. | ~ | ≈ | approx\. ) ) \s* $",
        )
        .expect("a valid pattern")
    });
    let mut from = before.len().saturating_sub(24);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    match HEDGE.captures(&before[from..]) {
        Some(hit) if hit.name("over").is_some() => Hedge::Over,
        Some(hit) if hit.name("under").is_some() => Hedge::Under,
        Some(_) => Hedge::About,
        None => Hedge::None,
    }
}

/// In "60–70 per cent" and "$3–5 million" what is written once is meant for both ends.
fn share_units(text: &str, mentions: &mut [Mention]) {
    for at in 1..mentions.len() {
        let (head, tail) = mentions.split_at_mut(at);
        let (Some(first), Some(second)) = (head.last_mut(), tail.first_mut()) else { continue };
        let between = text.get(first.span.end..second.span.start).unwrap_or("?").trim();
        if first.is_date() || second.is_date() || !matches!(between, "-" | "–" | "—" | "‑" | "to" | "and" | "or" | "bis") {
            continue;
        }
        let (Some(a), Some(b)) = (first.main().cloned(), second.main().cloned()) else { continue };
        let unit = if a.unit == Unit::PLAIN { b.unit } else { a.unit };
        let factor = if a.scale == 1.0 { b.scale } else { 1.0 };
        if unit != a.unit || factor != 1.0 {
            first.readings.push(Reading { value: a.value * factor, step: a.step * factor, coarse: a.coarse * factor, scale: a.scale * factor, unit });
        }
        if b.unit == Unit::PLAIN && unit != b.unit {
            second.readings.push(Reading { unit, ..b });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::*;

    #[test]
    fn reads_quantities_with_their_units() {
        let cases = [
            ("3,449,444 people", 3_449_444.0, Class::Plain, "3,449,444"),
            ("1.2 million", 1_200_000.0, Class::Plain, "1.2 million"),
            ("$108.502 billion", 108.502e9, Class::Money("$"), "$108.502 billion"),
            ("USD 5bn", 5e9, Class::Money("USD"), "USD 5bn"),
            ("5 million dollars", 5e6, Class::Money("$"), "5 million dollars"),
            ("€1.2m", 1.2e6, Class::Money("EUR"), "€1.2m"),
            ("-0.3 %", -0.3, Class::Percent, "-0.3 %"),
            ("−0.3 per cent", -0.3, Class::Percent, "−0.3 per cent"),
            ("minus 4 °C", -4.0, Class::Temperature, "minus 4 °C"),
            ("176,215 sq km", 176_215.0, Class::Area, "176,215 sq km"),
            ("10-year plan", 10.0, Class::Time, "10-year"),
            ("five percent", 5.0, Class::Percent, "five percent"),
            ("345万人", 3_450_000.0, Class::Plain, "345万"),
            ("1.3亿美元", 1.3e8, Class::Money("USD"), "1.3亿美元"),
            ("the 3rd largest", 3.0, Class::Plain, "3rd"),
            (".5 %", 0.5, Class::Percent, ".5 %"),
            ("180 km/h", 180.0, Class::Speed, "180 km/h"),
            ("20k", 20_000.0, Class::Plain, "20k"),
            ("5M", 5e6, Class::Plain, "5M"),
            ("births/1,000 population", 1000.0, Class::Plain, "1,000"),
        ];
        for (text, value, class, quote) in cases {
            let mentions = scan(text, "en");
            let mention = mentions.first().expect(text);
            let reading = mention.main().expect(text);
            assert_eq!((mentions.len(), &text[mention.span.clone()]), (1, quote), "{text}");
            assert!((reading.value - value).abs() <= value.abs() * 1e-12, "{text}: {}", reading.value);
            assert_eq!(reading.unit.class, class, "{text}");
        }
    }

    #[test]
    fn names_links_and_fixed_expressions_are_no_quantities() {
        for text in [
            "G20", "COVID-19", "MP3 files", "H.264", "CO2", "PM2.5", "3D", "open 24/7", "see https://a.org/2024/12",
            "#100days", "© 2024", "the 21st century", "1. First item", "a@b1.org", "Boeing-747", "two-thirds of it",
        ] {
            assert_eq!(scan(text, "en"), [], "{text}");
        }
    }

    #[test]
    fn ranges_share_unit_and_scale() {
        for text in ["60–70 %", "60 to 70 per cent", "between 60 and 70 percent"] {
            let mentions = scan(text, "en");
            assert_eq!(mentions.len(), 2, "{text}");
            assert!(mentions[0].readings.iter().any(|reading| reading.unit.class == Class::Percent), "{text}");
        }
        let money = scan("$3–5 million", "en");
        assert!(money[0].readings.iter().any(|reading| reading.value == 3e6));
        assert!(money[1].readings.iter().any(|reading| reading.value == 5e6 && reading.unit.class == Class::Money("$")));
    }

    #[test]
    fn years_dates_and_hedges() {
        let mentions = scan("In 1968 about 1968 seats, 12 March 1968, over 5 km", "en");
        let kinds: Vec<(bool, usize)> = mentions.iter().map(|mention| (mention.is_date(), mention.readings.len())).collect();
        assert_eq!(kinds, [(true, 1), (true, 1), (true, 0), (false, 1)]);
        assert_eq!(mentions[3].hedge, Hedge::Over);
        assert_eq!(scan("nearly 4 million", "en")[0].hedge, Hedge::Under);
    }
}
