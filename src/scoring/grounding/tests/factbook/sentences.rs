//! Sentences about a brief's facts: true ones in many forms, and ways to damage a number.

use std::fmt::Write as _;

use crate::domain::brief::{Brief, Fact};
use crate::scoring::quantity::{Class, Mention, scan};

/// A xorshift generator: the same sentences on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("fewer than sides")
    }

    pub(super) fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())].clone()
    }
}

/// One fact that states one number or date.
#[derive(Clone)]
pub(super) struct Value<'a> {
    pub(super) fact: &'a Fact,
    pub(super) mention: Mention,
    pub(super) is_change: bool,
}

pub(super) fn values(brief: &Brief) -> Vec<Value<'_>> {
    let single = |fact: &'_ Fact| {
        let whole = match &fact.unit {
            Some(unit) => format!("{} {unit}", fact.value),
            None => fact.value.clone(),
        };
        let mentions = scan(&whole, "en");
        // "Mt. Fogo 2,829 m" is a name with a number, which these templates cannot say.
        let plain = !whole.starts_with(char::is_alphabetic)
            || mentions.iter().any(|mention| mention.span.start == 0);
        (plain && mentions.len() == 1 && mentions[0].clock.is_empty()).then(|| mentions[0].clone())
    };
    let facts = brief.facts.iter();
    facts
        .filter_map(|fact| {
            single(fact).map(|mention| Value {
                fact,
                is_change: fact.label.to_lowercase().contains("growth"),
                mention,
            })
        })
        .collect()
}

#[rustfmt::skip] // a list of words
pub(super) const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

pub(super) fn grouped(value: f64, decimals: usize, mark: &str) -> String {
    let fixed = format!("{value:.decimals$}");
    let (whole, rest) = fixed
        .split_once('.')
        .map_or((fixed.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::new();
    for (at, c) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push_str(mark);
        }
        out.push(c);
    }
    if let Some(rest) = rest {
        let _ = write!(out, ".{rest}");
    }
    out
}

/// A true way to write the value without its sign, exact or rounded.
pub(super) fn render(dice: &mut Dice, value: &Value) -> String {
    if let Some(date) = value.mention.dates.first() {
        let (Some(year), month, day) = (date.year, date.month, date.day) else {
            return value.fact.value.clone();
        };
        let Some(month) = month else {
            return year.to_string();
        };
        let name = MONTHS[month as usize - 1];
        return match (day, dice.roll(5)) {
            (Some(day), 0) => format!("{name} {day}, {year}"),
            (Some(day), 1) => format!("{year}-{month:02}-{day:02}"),
            (Some(_), 2) | (None, _) => format!("{name} {year}"),
            (Some(day), _) => format!("{day} {name} {year}"),
        };
    }
    let reading = value.mention.main().expect("a quantity");
    let size = reading.value.abs();
    let decimals =
        usize::try_from((-(reading.step / reading.scale).log10()).round().max(0.0) as i64)
            .unwrap_or(0);
    let scales = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];
    let number = match scales.iter().find(|(scale, _)| size >= *scale) {
        Some((scale, word)) if reading.scale > 1.0 || dice.roll(2) == 0 => {
            let exact = usize::from(reading.scale > 1.0) * decimals;
            let digits = [1, 2, exact.max(1)][dice.roll(3)];
            let short = match *word {
                "million" => "m",
                "billion" => "bn",
                _ => "tn",
            };
            let shown = format!("{:.digits$}", size / scale);
            if dice.roll(4) == 0 && matches!(reading.unit.class, Class::Money(_)) {
                format!("{shown}{short}")
            } else {
                format!("{shown} {word}")
            }
        }
        _ if reading.scale == 1.0 => {
            let mark = dice.pick(&[",", ",", ",", "\u{202f}", "\u{a0}"]);
            match dice.roll(6) {
                0 if decimals > 0 => grouped(size, decimals - 1, mark),
                1 if decimals == 0 && size >= 10_000.0 => {
                    grouped((size / 1000.0).round() * 1000.0, 0, mark)
                }
                2 if decimals == 0 && size < 13.0 && size > 10.0 => {
                    ["eleven", "twelve"][size as usize - 11].to_owned()
                }
                _ => grouped(size, decimals, mark),
            }
        }
        _ => format!(
            "{:.decimals$} {}",
            size / reading.scale,
            scales
                .iter()
                .find(|(scale, _)| (*scale - reading.scale).abs() < 1.0)
                .map_or("thousand", |(_, word)| *word)
        ),
    };
    match reading.unit.class {
        Class::Percent => format!(
            "{number}{}",
            dice.pick(&[" %", "%", " per cent", " percent"])
        ),
        Class::Money(_) if number.ends_with("illion") && dice.roll(3) == 0 => {
            format!("{number} dollars")
        }
        Class::Money(_) => format!("{}{number}", dice.pick(&["$", "$", "US$"])),
        Class::Time => format!("{number} years"),
        Class::Plain => number,
        _ => {
            let raw = format!(
                "{} {}",
                value.fact.value,
                value.fact.unit.as_deref().unwrap_or_default()
            );
            let unit = raw
                .trim_start_matches(|c: char| !c.is_alphabetic() || c == '-')
                .trim_start_matches("million ")
                .trim_start_matches("billion ");
            let unit = unit.split([' ', '(']).take(2).collect::<Vec<_>>().join(" ");
            format!("{number} {}", unit.trim())
        }
    }
}

/// A sentence with the place of each value in it.
pub(super) struct Sentence {
    pub(super) text: String,
    /// Span of each written value, and the index of its fact among the values.
    pub(super) spans: Vec<(std::ops::Range<usize>, usize)>,
    /// Span of the year, where one is told.
    pub(super) year: Option<std::ops::Range<usize>>,
}

/// Fills `{0}`, `{1}` with values, `{a}`, `{b}` with names, `{y}` with the first fact's year.
pub(super) fn fill(
    template: &str,
    written: &[(String, usize)],
    names: &[String],
    topic: &str,
    year: &str,
) -> Sentence {
    let mut sentence = Sentence {
        text: String::new(),
        spans: Vec::new(),
        year: None,
    };
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        sentence.text.push_str(&rest[..at]);
        let start = sentence.text.len();
        match &rest[at + 1..at + 2] {
            "0" | "1" => {
                let (text, index) = &written[usize::from(&rest[at + 1..at + 2] == "1")];
                sentence.text.push_str(text);
                sentence.spans.push((start..sentence.text.len(), *index));
            }
            "a" => sentence.text.push_str(&names[0]),
            "b" => sentence.text.push_str(&names[1]),
            "y" => {
                sentence.text.push_str(year);
                sentence.year = Some(start..sentence.text.len());
            }
            _ => sentence.text.push_str(topic),
        }
        rest = &rest[at + 3..];
    }
    sentence.text.push_str(rest);
    sentence
}

pub(super) fn name(dice: &mut Dice, fact: &Fact) -> String {
    #[rustfmt::skip] // a list of words
    const VERBS: [&str; 14] = ["grew", "rose", "fell", "declined", "live", "speak", "since", "took office", "in office", "takes in", "owes", "spends", "expected to live", "half the people"];
    let nouns: Vec<&String> = fact
        .aliases
        .iter()
        .filter(|alias| !VERBS.contains(&alias.as_str()))
        .collect();
    // A third of the names are aliases; of two growth rates only the label says which is meant.
    let alias =
        nouns.is_empty() || dice.roll(3) > 0 || fact.label.to_lowercase().contains("growth");
    if alias {
        fact.label.to_lowercase()
    } else {
        nouns[dice.roll(nouns.len())].to_lowercase()
    }
}

pub(super) const SINGLE: [&str; 8] = [
    "The {a} of {t} is {0}.",
    "{t} reported a {a} of {0} in {y}.",
    "In {y}, the {a} stood at {0}.",
    "With a {a} of {0}, {t} is an interesting case.",
    "Officials put the {a} at {0}, according to the latest figures.",
    "At {0}, the {a} drew attention in {y}.",
    "{0} is the latest figure for the {a}.",
    "The {a} ({0}) has been much discussed.",
];
pub(super) const PAIRS: [&str; 7] = [
    "The {a} is {0} and the {b} is {1}.",
    "The {a} stands at {0}, while the {b} is {1}.",
    "With a {a} of {0} and a {b} of {1}, {t} stands out.",
    "{t} has a {a} of {0}, and its {b} comes to {1}.",
    "The {a} ({0}) and the {b} ({1}) tell the story.",
    "The {a} is {0}; the {b} is {1}.",
    "Besides a {a} of {0}, the figures show a {b} of {1}.",
];
pub(super) const DATED: [&str; 3] = [
    "The {a} of {t} dates from {0}.",
    "{t}: {a}, {0}.",
    "For its {a}, {t} looks back to {0}.",
];

pub(super) fn sign(value: &Value) -> &'static str {
    if value
        .mention
        .main()
        .is_some_and(|reading| reading.value < 0.0)
    {
        "-"
    } else {
        ""
    }
}

pub(super) fn sentence(dice: &mut Dice, brief: &Brief, values: &[Value], pair: bool) -> Sentence {
    let topic = brief.topic.split(':').next().unwrap_or_default();
    let quantities: Vec<usize> = (0..values.len())
        .filter(|&at| !values[at].mention.is_date())
        .collect();
    let first = dice.roll(values.len());
    let year = values[first].fact.as_of.clone();
    let written = |dice: &mut Dice, at: usize| {
        let minus = if sign(&values[at]).is_empty() {
            ""
        } else {
            dice.pick(&["-", "−", "minus "])
        };
        (format!("{minus}{}", render(dice, &values[at])), at)
    };
    if values[first].mention.is_date() {
        let value = written(dice, first);
        let (template, name) = (dice.pick(&DATED), name(dice, values[first].fact));
        return fill(template, &[value], &[name], topic, "");
    }
    if pair && quantities.len() > 1 {
        let second = dice.pick(&quantities);
        if second != first {
            let both = [written(dice, first), written(dice, second)];
            let names = [
                name(dice, values[first].fact),
                name(dice, values[second].fact),
            ];
            let template = dice.pick(&PAIRS);
            return fill(template, &both, &names, topic, "");
        }
    }
    let fitting: Vec<&str> = SINGLE
        .into_iter()
        .filter(|template| {
            year.as_ref().is_some_and(|year| year.len() == 4) || !template.contains("{y}")
        })
        .collect();
    let value = written(dice, first);
    let (template, name) = (dice.pick(&fitting), name(dice, values[first].fact));
    fill(
        template,
        &[value],
        &[name],
        topic,
        &year.unwrap_or_default(),
    )
}

/// Changes one written number; `None` where this kind of damage does not apply or changes nothing.
pub(super) fn damage(dice: &mut Dice, kind: &str, text: &str) -> Option<String> {
    let digits: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    let digit = |at: usize| text.as_bytes()[at] - b'0';
    let put = |at: usize, value: u8| format!("{}{value}{}", &text[..at], &text[at + 1..]);
    match kind {
        "digit" => {
            let at = *digits.get(dice.roll(digits.len().max(1)))?;
            let value = (digit(at) + 1 + u8::try_from(dice.roll(9)).ok()?) % 10;
            (at != digits[0] || value > 0).then(|| put(at, value))
        }
        "one" => {
            let at = *digits.last()?;
            let up = dice.roll(2) == 0;
            match digit(at) {
                9 if up => None,
                0 if !up => None,
                value => Some(put(at, if up { value + 1 } else { value - 1 })),
            }
        }
        "ten" => {
            let end = digits.last()? + 1;
            (!text.contains('.') && !text.contains('-') && digits.iter().any(|&at| digit(at) > 0))
                .then(|| {
                    format!("{}0{}", &text[..end], &text[end..])
                        .replace([',', '\u{a0}', '\u{202f}'], "")
                })
        }
        "transposed" => {
            let pair = digits
                .windows(2)
                .filter(|pair| digit(pair[0]) != digit(pair[1]) && digit(pair[1]) > 0)
                .collect::<Vec<_>>();
            let pair = *pair.get(dice.roll(pair.len().max(1)))?;
            Some(put(pair[0], digit(pair[1]))).map(|once| {
                format!(
                    "{}{}{}",
                    &once[..pair[1]],
                    digit(pair[0]),
                    &once[pair[1] + 1..]
                )
            })
        }
        "unit" => {
            let swaps = [
                (" percent", " percentage points"),
                (" per cent", " percentage points"),
                ("US$", "€"),
                ("$", "€"),
                (" dollars", " euros"),
                (" years", " months"),
                ("trillion", "billion"),
                ("billion", "million"),
                ("million", "billion"),
                ("km", "miles"),
            ];
            swaps
                .iter()
                .find(|(from, _)| text.contains(from))
                .map(|(from, to)| text.replacen(from, to, 1))
        }
        _ => {
            let year = scan(text, "en")
                .iter()
                .find_map(|mention| mention.dates.first()?.year)?;
            let off = [-2, -1, 1, 2, 10, -10][dice.roll(6)];
            Some(text.replace(&year.to_string(), &(year + off).to_string()))
        }
    }
}
