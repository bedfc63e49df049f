//! Figures that follow from two facts: differences, sums, ratios, shares, changes, durations.
//!
//! Any twenty facts have hundreds of differences, so a figure counts as derived only when the
//! sentence or the one before names both facts and a word of the sentence asks for the operation.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::quantity::{Class, Mention, Reading, close, years_of};
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

/// The formula by which `mention` follows from two facts that `stems` (of the sentence and the one
/// before) name; `sentence` is searched for the word that asks for the operation.
pub(super) fn derive(
    book: &Book,
    mention: &Mention,
    sentence: &str,
    stems: &BTreeSet<&str>,
) -> Option<String> {
    let told = mention.main()?;
    let cues: Vec<&str> = CUES
        .captures_iter(sentence)
        // In "the total dependency ratio" the word is a name, not an operation.
        .filter(|hit| {
            let word = stem(&hit[0].to_lowercase());
            !book.facts.iter().any(|known| known.names.is_label(&word))
        })
        .filter_map(|hit| {
            ["less", "sum", "times", "share"]
                .into_iter()
                .find(|name| hit.name(name).is_some())
        })
        .collect();
    let named: Vec<&Known> = book
        .facts
        .iter()
        .filter(|known| known.names.strength(stems) >= 0.4)
        .collect();
    for (index, first) in named.iter().enumerate() {
        for second in &named[index + 1..] {
            for (a, b) in [(first, second), (second, first)] {
                if let Some(formula) = operation(told, &cues, a, b) {
                    return Some(formula);
                }
            }
        }
    }
    (told.unit.class == Class::Time && close(told.unit.factor, 1.0))
        .then(|| duration(told, &named))
        .flatten()
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

fn duration(told: &Reading, named: &[&Known]) -> Option<String> {
    let years: BTreeSet<i32> = named
        .iter()
        .flat_map(|known| known.values.iter().chain(&known.asides))
        .flat_map(years_of)
        .collect();
    for &from in &years {
        for &to in years.range(from + 1..) {
            if close(f64::from(to - from), told.value) {
                return Some(format!("{to} − {from}"));
            }
        }
    }
    None
}
