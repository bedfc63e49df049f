//! Figures that follow from two facts: differences, sums, ratios, shares, changes, durations.
//!
//! Any twenty facts have hundreds of differences, so a figure counts as derived only when the
//! sentence or the one before names both facts and a word of the sentence asks for the operation.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::quantity::{Class, Mention, Reading, close, years_of};
use super::super::steps;
use super::super::text::stem;
use super::facts::{Book, Known};

static CUES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?: (?P<less> differ\w* | gap | more | less | fewer | higher | lower | exceed\w* | surplus | deficit | ahead | behind | margin | above | below | longer | shorter | older | younger | rose | grew | fell | up | down | increase\w* | decrease\w* | risen | change\w* )
          | (?P<sum> total\w* | combined | together | altogether | sum | both )
          | (?P<times> times | ratio | fold | per | double | triple | average )
          | (?P<share> share | account\w* | make[s]?\s+up | made\s+up | represent\w* | proportion | of ) )\b",
    )
    .expect("a valid pattern")
});

/// Facts that are combined two by two at most; a sentence that names more of them is a list.
const MOST_NAMED: usize = 64;

/// What figures of a sentence may be computed from.
pub(super) struct Grounds<'a> {
    /// Operations that words of the sentence ask for.
    cues: Vec<&'static str>,
    /// Facts with a value that the sentence, or the one before, names.
    named: Vec<&'a Known<'a>>,
    /// Years of all facts that they name.
    years: BTreeSet<i32>,
}

impl<'a> Grounds<'a> {
    /// `stems` are of the sentence and the one before; `sentence` is searched for words that ask for an operation.
    pub(super) fn new(book: &'a Book<'a>, sentence: &str, stems: &BTreeSet<&str>) -> Self {
        let mut cues: Vec<&str> = CUES
            .captures_iter(sentence)
            // In "the total dependency ratio" the word is a name, not an operation.
            .filter(|hit| !book.is_label(&stem(&hit[0].to_lowercase())))
            .filter_map(|hit| {
                ["less", "sum", "times", "share"]
                    .into_iter()
                    .find(|name| hit.name(name).is_some())
            })
            .collect();
        cues.sort_unstable();
        cues.dedup();
        let named: Vec<&Known> = book
            .facts
            .iter()
            .filter(|known| known.names.strength(stems) >= 0.4)
            .collect();
        let years = named
            .iter()
            .flat_map(|known| known.values.iter().chain(&known.asides))
            .flat_map(years_of)
            .collect();
        let valued = named.into_iter().filter(|known| value(known).is_some());
        Self {
            cues,
            named: valued.take(MOST_NAMED).collect(),
            years,
        }
    }

    /// The formula by which `mention` follows from two of the facts.
    pub(super) fn derive(&self, mention: &Mention) -> Option<String> {
        let told = mention.main()?;
        for (index, first) in self.named.iter().enumerate() {
            steps::count(self.named.len() - index);
            for second in &self.named[index + 1..] {
                for (a, b) in [(first, second), (second, first)] {
                    if let Some(formula) = operation(told, &self.cues, a, b) {
                        return Some(formula);
                    }
                }
            }
        }
        (told.unit.class == Class::Time && close(told.unit.factor, 1.0))
            .then(|| duration(told, &self.years))
            .flatten()
    }
}

fn operation(told: &Reading, cues: &[&str], a: &Known, b: &Known) -> Option<String> {
    let (x, y) = (value(a)?, value(b)?);
    if x.unit != y.unit {
        return None;
    }
    let same = told.unit.class == x.unit.class || told.unit.class == Class::Plain;
    let points = told.unit.class == Class::Points && x.unit.class == Class::Percent;
    let asked = |cue: &str| cues.contains(&cue);
    let percent = told.unit.class == Class::Percent;
    let tries = [
        (
            asked("less") && (same || points) && x.value > y.value,
            x.value - y.value,
            "−",
            "",
        ),
        (asked("sum") && same, x.value + y.value, "+", ""),
        (
            asked("times") && told.unit.class == Class::Plain && y.value != 0.0,
            x.value / y.value,
            "÷",
            "",
        ),
        (
            asked("share") && percent && y.value != 0.0,
            100.0 * x.value / y.value,
            "÷",
            "",
        ),
        (
            asked("less") && percent && y.value != 0.0,
            100.0 * (x.value - y.value) / y.value,
            "compared with",
            " in per cent",
        ),
    ];
    tries
        .into_iter()
        .find(|&(possible, result, _, _)| possible && fits(told, result.abs()))
        .map(|(_, _, sign, unit)| {
            format!(
                "{} ({}) {sign} {} ({}){unit}",
                a.fact.label, a.fact.value, b.fact.label, b.fact.value
            )
        })
}

fn value<'k>(known: &'k Known) -> Option<&'k Reading> {
    known.values.iter().find_map(Mention::main)
}

/// Whether the figure is the result, as rounded; one loose digit would fit too many results.
fn fits(told: &Reading, result: f64) -> bool {
    let size = told.value.abs();
    let half = (told.step / 2.0).min(size * 0.025);
    (size - result).abs() <= half * (1.0 + 1e-9)
        || ((size - result).abs() / size.max(f64::MIN_POSITIVE)) < 1e-9
}

fn duration(told: &Reading, years: &BTreeSet<i32>) -> Option<String> {
    let span = told.value.round();
    if !(1.0..=4000.0).contains(&span) || !close(span, told.value) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number up to 4000")]
    let span = span as i32;
    steps::count(years.len());
    let from = years.iter().find(|from| years.contains(&(**from + span)))?;
    Some(format!("{} − {from}", from + span))
}
