//! The words that name a fact, and how strongly a stretch of text names it.
//!
//! A fact is named by its label, by a short form of it, or by an alias. Words that many facts of a
//! brief share ("population") or that say little ("rate") weigh less than words of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::steps;
use super::super::text::{content_stems, stem};
use super::direction::side;
use crate::domain::brief::Fact;

/// Stems of a stretch of text, or of two together.
pub(super) trait Stems {
    /// Whether a stem is among them.
    fn has(&self, stem: &str) -> bool;
}

impl Stems for BTreeSet<&str> {
    fn has(&self, stem: &str) -> bool {
        self.contains(stem)
    }
}

impl Stems for (&BTreeSet<&str>, &BTreeSet<&str>) {
    fn has(&self, stem: &str) -> bool {
        self.0.contains(stem) || self.1.contains(stem)
    }
}

/// Names of one fact.
#[derive(Debug, Clone)]
pub(super) struct Names {
    variants: Vec<Variant>,
    /// Stems of label and aliases together.
    vocabulary: BTreeSet<String>,
    /// Stems of the label alone.
    label: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Variant {
    stems: BTreeMap<String, f64>,
    /// What it takes to put this name in the place of another fact's.
    kind: Kind,
}

/// What a name is good for besides binding a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Names the fact.
    Full,
    /// Short for a longer label; names the fact unless another shares it.
    Short,
    /// A verb of change, such as the alias "fell", or a short form that others share: never enough
    /// to name a fact.
    Weak,
}

impl Names {
    pub(super) fn new(fact: &Fact, topic: &BTreeSet<String>) -> Self {
        let mut names = Self {
            variants: Vec::new(),
            vocabulary: BTreeSet::new(),
            label: without(content_stems(&fact.label), topic),
        };
        for label in std::iter::once(&fact.label).chain(&fact.aliases) {
            for (variant, kind) in [
                (label.clone(), Kind::Full),
                (split_brackets(label).0, Kind::Full),
                (head(label), Kind::Short),
            ] {
                let stems = content_stems(&variant);
                let verb = variant
                    .split_whitespace()
                    .all(|word| is_verb(&word.to_lowercase()));
                let kind = if verb { Kind::Weak } else { kind };
                let own = without(stems.clone(), topic);
                names.vocabulary.extend(own.iter().cloned());
                names.add(own, kind);
                // "Economic growth" under the topic "the economy" is still told from other growth.
                names.add(stems, kind);
            }
        }
        names
    }

    /// Names of one entry of this fact's list; the label binds it, only the entry's words name it.
    pub(super) fn item(&self, stems: BTreeSet<String>, topic: &BTreeSet<String>) -> Self {
        let mut names = Self {
            variants: Vec::new(),
            vocabulary: self.vocabulary.clone(),
            label: self.label.clone(),
        };
        names.vocabulary.extend(stems.iter().cloned());
        // The entry "Guernsey 53 %" among the people of Guernsey is in every sentence.
        let kind = if stems.is_subset(topic) {
            Kind::Weak
        } else {
            Kind::Full
        };
        names.add(stems, kind);
        names
    }

    fn add(&mut self, stems: BTreeSet<String>, kind: Kind) {
        let specific: BTreeSet<String> = stems
            .iter()
            .filter(|stem| !is_generic(stem))
            .cloned()
            .collect();
        if specific.len() < stems.len() {
            self.add(
                specific,
                if kind == Kind::Full {
                    Kind::Short
                } else {
                    kind
                },
            );
        }
        if stems.is_empty()
            || self
                .variants
                .iter()
                .any(|variant| variant.stems.keys().eq(stems.iter()))
        {
            return;
        }
        self.variants.push(Variant {
            stems: stems.into_iter().map(|stem| (stem, 1.0)).collect(),
            kind,
        });
    }

    /// Those of its words that are among `stems`.
    pub(super) fn present<'s>(&'s self, stems: &impl Stems) -> BTreeSet<&'s str> {
        self.vocabulary
            .iter()
            .map(String::as_str)
            .filter(|stem| stems.has(stem))
            .collect()
    }

    /// Whether all of `name` are words of this fact too.
    pub(super) fn includes(&self, name: &BTreeSet<&str>) -> bool {
        name.iter().all(|stem| self.vocabulary.contains(*stem))
    }

    /// Whether some word of label or alias is among `stems`.
    pub(super) fn touch(&self, stems: &impl Stems) -> bool {
        self.vocabulary.iter().any(|stem| stems.has(stem))
    }

    /// Stems of the label.
    pub(super) fn label(&self) -> &BTreeSet<String> {
        &self.label
    }

    /// Whether a word belongs to the label itself.
    pub(super) fn is_label(&self, stem: &str) -> bool {
        self.label.contains(stem)
    }

    /// Weighted share of the best name that is among `stems`, 0–1.
    pub(super) fn strength(&self, stems: &impl Stems) -> f64 {
        steps::count(self.variants.len());
        self.variants
            .iter()
            .map(|variant| variant.strength(stems))
            .fold(0.0, f64::max)
    }

    /// Complete names among `stems`, without mere verbs of change.
    pub(super) fn complete<'s>(&'s self, stems: &impl Stems) -> Vec<BTreeSet<&'s str>> {
        steps::count(self.variants.len());
        let complete = |variant: &&Variant| {
            variant.kind != Kind::Weak && variant.stems.keys().all(|stem| stems.has(stem))
        };
        self.variants
            .iter()
            .filter(complete)
            .map(|variant| variant.stems.keys().map(String::as_str).collect())
            .collect()
    }
}

impl Variant {
    fn strength(&self, stems: &impl Stems) -> f64 {
        let all: f64 = self.stems.values().sum();
        let present: f64 = self
            .stems
            .iter()
            .filter(|(stem, _)| stems.has(stem))
            .map(|(_, weight)| weight)
            .sum();
        if all > 0.0 { present / all } else { 0.0 }
    }
}

/// Sets the weight of every name's words by how many facts of the brief use them.
pub(super) fn weigh(mut all: Vec<&mut Names>) {
    let mut users: BTreeMap<String, f64> = BTreeMap::new();
    for names in &all {
        for stem in &names.vocabulary {
            *users.entry(stem.clone()).or_default() += 1.0;
        }
    }
    let vocabularies: Vec<BTreeSet<String>> =
        all.iter().map(|names| names.vocabulary.clone()).collect();
    let mut names_with: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, words) in vocabularies.iter().enumerate() {
        for word in words {
            names_with.entry(word).or_default().push(index);
        }
    }
    for (index, names) in all.iter_mut().enumerate() {
        let shared = |variant: &Variant| {
            // Whoever has all of its words has the rarest.
            let having = variant
                .stems
                .keys()
                .filter_map(|stem| names_with.get(stem.as_str()));
            let rarest = having.min_by_key(|having| having.len());
            let mut others = rarest
                .into_iter()
                .flatten()
                .filter(|other| **other != index);
            others.any(|other| {
                steps::count(1);
                let words = &vocabularies[*other];
                variant.stems.keys().all(|stem| words.contains(stem))
            })
        };
        // "GDP" is no name for "GDP: share of farming" where other facts speak of GDP too.
        for variant in names
            .variants
            .iter_mut()
            .filter(|variant| variant.kind == Kind::Short)
        {
            variant.kind = if shared(variant) {
                Kind::Weak
            } else {
                Kind::Full
            };
        }
    }
    for variant in all.iter_mut().flat_map(|names| names.variants.iter_mut()) {
        for (stem, weight) in &mut variant.stems {
            let shared = users.get(stem).copied().unwrap_or(1.0).max(1.0);
            *weight = if is_generic(stem) { 0.3 } else { 1.0 } / shared;
        }
    }
}

/// A verb of change, used as an alias; nouns such as "deficit" name a fact.
fn is_verb(folded: &str) -> bool {
    side(folded).is_some()
        && !matches!(
            folded,
            "growth"
                | "surplus"
                | "deficit"
                | "loss"
                | "losses"
                | "shortfall"
                | "decline"
                | "increase"
        )
}

/// Words that many labels carry and that a writer may drop: "unemployment" is the unemployment rate.
fn is_generic(stemmed: &str) -> bool {
    [
        "rate", "level", "share", "main", "average", "amount", "size", "figure", "total",
        "overall", "number", "annual", "value", "estimate",
    ]
    .iter()
    .any(|word| stem(word) == stemmed)
}

/// The text outside round and square brackets, and the text inside.
pub(super) fn split_brackets(text: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_usize);
    for c in text.chars() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            c => inside.push(c),
        }
        if matches!(c, '(' | ')' | '[' | ']' | '（' | '）') {
            outside.push(' ');
            inside.push(' ');
        }
    }
    (outside, inside)
}

/// The part of a label that stands alone: "Life expectancy" of "Life expectancy: male".
fn head(label: &str) -> String {
    label
        .split([':', ',', ';', '–', '—'])
        .next()
        .unwrap_or_default()
        .split(" - ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A topic's words are in every sentence, so they name no fact of it, unless a label has no others.
fn without(stems: BTreeSet<String>, topic: &BTreeSet<String>) -> BTreeSet<String> {
    let own: BTreeSet<String> = stems.difference(topic).cloned().collect();
    if own.is_empty() { stems } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(label: &str, aliases: &[&str]) -> Names {
        let fact = serde_json::json!({"id": "f", "label": label, "aliases": aliases, "value": "1"});
        Names::new(
            &serde_json::from_value(fact).expect("a fact"),
            &BTreeSet::new(),
        )
    }

    #[test]
    fn a_name_is_as_strong_as_the_share_of_its_own_words() {
        let (mut rate, mut age) = (
            names("Unemployment rate", &["jobless"]),
            names("Median age (years)", &["half the people"]),
        );
        weigh(vec![&mut rate, &mut age]);
        let strength = |names: &Names, text: &str| {
            let stems = content_stems(text);
            names.strength(&stems.iter().map(String::as_str).collect::<BTreeSet<_>>())
        };
        assert!(strength(&rate, "unemployment stood") > 0.7);
        assert!((strength(&rate, "the jobless") - 1.0).abs() < 1e-9);
        assert!(
            (strength(&age, "the median age was") - 1.0).abs() < 1e-9,
            "brackets may be left out"
        );
        assert!(strength(&rate, "the median age") < 0.1);
    }

    #[test]
    fn verbs_of_change_never_name_a_fact_completely() {
        let names = names("Economic growth", &["fell", "growth"]);
        let stems = content_stems("growth fell");
        let stems: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
        let complete = names.complete(&stems);
        assert_eq!(complete.len(), 1);
    }
}
