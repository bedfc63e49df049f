//! The one reader of numbers in values: signs, digits, separators, and what stands around them.
//!
//! Facts are written by people and by spreadsheets: a minus is a hyphen, U+2212 or one of its full-width forms, or
//! an accountant's brackets; thousands are parted by commas, points, blanks or apostrophes. Where a text leaves two
//! readings open there is none: no word is better than a wrong one.

use icu_decimal::input::Decimal;

/// Longer ones are keys and codes.
pub(super) const MOST_DIGITS: usize = 30;

/// A number written plainly: an optional sign, digits, and a decimal point with digits behind it.
///
/// One with zeros in front, such as `00017`, is the name of something and no quantity.
pub(super) fn plain(text: &str) -> Option<Decimal> {
    let (sign, digits) = match text.chars().next()? {
        c if is_minus(c) => ("-", &text[c.len_utf8()..]),
        c if is_plus(c) => ("+", &text[c.len_utf8()..]),
        _ => ("", text),
    };
    let digits = narrow(digits);
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let counts = whole == "0" || !whole.starts_with('0');
    let fits = digits.len() <= MOST_DIGITS && all(whole) && all(fraction) && counts;
    fits.then(|| Decimal::try_from_str(&format!("{sign}{digits}")).ok())
        .flatten()
}

/// One number and what it counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    /// The number, below zero where it is told so.
    pub(super) number: f64,
    /// What stands before it, such as a currency, its sign taken off.
    pub(super) before: String,
    /// What stands behind it, such as a unit.
    pub(super) after: String,
}

impl Quantity {
    /// Reads a text that holds exactly one number, in any of the notations above.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = narrow(text);
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let end = start + digits_of(&text[start..]);
        let digits = text[start..end].trim_end_matches(is_separator);
        let (mut before, after) = (&text[..start], &text[start + digits.len()..]);
        if after.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut value = grouped(digits)?;
        if let Some(rest) = before.strip_suffix('.') {
            // `.5` is a half.
            value = format!("0.{digits}").parse().ok()?;
            before = rest;
        }
        if is_name(before) {
            return None;
        }
        let (negative, before, after) = signed(before, after)?;
        Some(Self {
            number: if negative { -value } else { value },
            before,
            after,
        })
    }
}

/// A minus, as keyboards, typesetters and East Asian input write it.
fn is_minus(c: char) -> bool {
    matches!(c, '-' | '−' | '－' | '﹣' | '‐' | '‑' | '‒' | '–')
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '＋' | '﹢')
}

/// Full-width digits, points, brackets and percent signs as their ASCII forms, and every blank as a space.
fn narrow(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '．' => '.',
        '，' => ',',
        '’' => '\'',
        '（' => '(',
        '）' => ')',
        '％' | '﹪' | '٪' => '%',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    text.chars().map(narrow).collect()
}

fn is_separator(c: char) -> bool {
    matches!(c, ',' | '.' | '\'' | ' ')
}

/// Bytes of the digits and separators at the start of a text; a blank belongs to them between digits only.
fn digits_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let inside = |at: usize| match bytes[at] {
        b' ' | b'\'' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        byte => byte.is_ascii_digit() || matches!(byte, b',' | b'.'),
    };
    (0..bytes.len())
        .find(|at| !inside(*at))
        .unwrap_or(bytes.len())
}

/// The value of digits with one kind of separator between thousands, or between lakhs, and a decimal point.
fn grouped(digits: &str) -> Option<f64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mark = whole.chars().find(|c| is_separator(*c));
    let groups: Vec<&str> = whole.split(|c| Some(c) == mark).collect();
    let (last, head) = groups.split_last()?;
    let lengths = |middle: usize| {
        let first = head
            .first()
            .is_none_or(|first| (1..=middle).contains(&first.len()));
        first && head.iter().skip(1).all(|group| group.len() == middle)
    };
    let parted = head.is_empty() || last.len() == 3 && (lengths(3) || lengths(2));
    // `1.250` is a thousand and a quarter in half of Europe; `0.125` is never a thousand.
    let ambiguous = head.is_empty() && fraction.len() == 3 && whole != "0";
    let pure = !fraction.contains(is_separator)
        && groups.iter().all(|group| !group.contains(is_separator));
    (parted && pure && !ambiguous)
        .then(|| digits.replace([',', '\'', ' '], "").parse().ok())
        .flatten()
}

/// Whether letters touch the digits and are no currency's code: `Q4`, `FY2024`.
fn is_name(before: &str) -> bool {
    let letters = before.len() - before.trim_end_matches(char::is_alphabetic).len();
    let letters = &before[before.len() - letters..];
    let code = letters.len() == 3 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let hyphened = before
        .strip_suffix(is_minus)
        .is_some_and(|head| head.ends_with(char::is_alphabetic));
    (!letters.is_empty() && !code) || (hyphened && !ends_in_currency(before))
}

fn ends_in_currency(before: &str) -> bool {
    let head = before.trim_end_matches(is_minus);
    let letters: Vec<char> = head
        .chars()
        .rev()
        .take_while(|c| c.is_alphabetic())
        .collect();
    letters.len() == 3 && letters.iter().all(char::is_ascii_uppercase)
}

/// Whether a word tells a fall that the sign of its number may not: `down 4 %`, `4 % lower`.
pub(super) fn falls(around: &str) -> bool {
    const FALLING: [&str; 20] = [
        "below",
        "contracted",
        "decline",
        "declined",
        "decrease",
        "decreased",
        "deficit",
        "down",
        "drop",
        "dropped",
        "fall",
        "fell",
        "fewer",
        "less",
        "loss",
        "lost",
        "lower",
        "reduction",
        "shrank",
        "under",
    ];
    let mut words = around.split(|c: char| !c.is_alphabetic());
    words.any(|word| FALLING.contains(&word.to_lowercase().as_str()))
}

/// Whether the number is below zero, and what stands around it without its sign; nothing where there are two signs.
fn signed(before: &str, after: &str) -> Option<(bool, String, String)> {
    if before.contains(['±', '∓', '—']) {
        return None;
    }
    let (mut before, mut after) = (before.trim().to_owned(), after.to_owned());
    let mut signs = 0;
    // An accountant's brackets: they open before anything but a currency, and close behind the number or its unit.
    let opened = before
        .find('(')
        .filter(|at| !has_words(&before[..*at]) && !has_words(&before[at + 1..]));
    if let (Some(open), Some(close)) = (opened, after.find(')')) {
        before.remove(open);
        after.remove(close);
        signs += 1;
    }
    // `-$5` and `$-5`: a sign right before the number or its currency, and not the hyphen of a word.
    if let Some(at) = sign_in(&before) {
        before.remove(at);
        signs += 1;
    }
    if let Some(at) = before.find(is_plus) {
        before.remove(at);
        if signs > 0 {
            return None;
        }
    }
    for word in ["minus", "negative"] {
        let rest = before.len().saturating_sub(word.len());
        if before
            .get(rest..)
            .is_some_and(|end| end.eq_ignore_ascii_case(word))
        {
            before.truncate(rest);
            signs += 1;
        }
    }
    // A sign behind the number, as ledgers print it.
    if let Some(rest) = after.strip_prefix(is_minus)
        && !rest.starts_with(char::is_alphanumeric)
    {
        after = rest.to_owned();
        signs += 1;
    }
    let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    (signs < 2 && sign_in(&before).is_none()).then(|| (signs == 1, tidy(&before), tidy(&after)))
}

/// Where a minus stands that is not the hyphen of a word, such as that of `pre-tax`.
fn sign_in(text: &str) -> Option<usize> {
    let free = |at: &usize, c: &char| {
        let glued = text[..*at].ends_with(char::is_alphanumeric)
            && text[at + c.len_utf8()..].starts_with(char::is_alphanumeric);
        is_minus(*c) && !glued
    };
    let mut signs = text.char_indices().filter(|(at, c)| free(at, c));
    signs.next().map(|(at, _)| at)
}

/// Whether a text says more than a currency.
fn has_words(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphabetic());
    words.any(|word| word.len() > 3 || word.chars().any(char::is_lowercase))
}
