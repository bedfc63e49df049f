//! A brief's facts, read once: their values, the words that name them, and what they may be told as.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::super::quantity::{Class, Mention, Unit, agree, scan, years_of};
use super::super::steps;
use super::super::text::{Folded, content_stems, sentences};
use super::direction::{Polarity, polarity};
use super::labels::{Names, split_brackets, weigh};
use super::scope::has_border;
use crate::domain::brief::{Brief, Fact};

/// Everything in a brief that a number can come from.
pub(crate) struct Book<'a> {
    /// The facts, in the order of the brief.
    pub(crate) facts: Vec<Known<'a>>,
    /// Sentences of topic, quotes and sources, with their numbers.
    pub(super) passages: Vec<Passage>,
    /// Texts whose digits are part of a name: topic, labels, aliases, textual values.
    pub(super) names: Folded,
    /// Stems of all labels.
    labels: BTreeSet<String>,
}

/// One fact, read.
#[derive(Clone)]
pub(crate) struct Known<'a> {
    /// The fact.
    pub(super) fact: &'a Fact,
    /// What it states.
    pub(crate) values: Vec<Mention>,
    /// Numbers around the value: `as_of`, brackets, the unit's "per 1,000", the label's "15–64".
    pub(super) asides: Vec<Mention>,
    /// The words that name it.
    pub(super) names: Names,
    /// Stems of the words beside the value ("births", "GDP"); they bind, but never make a swap.
    pub(super) weak: Arc<BTreeSet<String>>,
    /// Whether a value without unit may be told as per cent.
    pub(super) percent: bool,
    /// Whether a value without unit may be told as money.
    pub(super) money: bool,
    /// Whether the value is a rise, a fall or a level.
    pub(super) polarity: Polarity,
}

/// A sentence of background.
pub(super) struct Passage {
    /// Its content words.
    pub(super) stems: BTreeSet<String>,
    /// Its numbers.
    pub(super) mentions: Vec<Mention>,
    /// How many of its words a draft's sentence has to share before a number of it is taken as read.
    pub(super) needed: usize,
}

impl<'a> Book<'a> {
    pub(crate) fn new(brief: &'a Brief) -> Self {
        let topic = content_stems(&brief.topic);
        let mut facts: Vec<Known> = brief
            .facts
            .iter()
            .flat_map(|fact| Known::of(fact, &brief.language, &topic))
            .collect();
        weigh(facts.iter_mut().map(|known| &mut known.names).collect());
        let mut passages = Vec::new();
        let mut add = |text: &str, needed: usize| {
            for span in sentences(text) {
                let mentions = scan(&text[span.clone()], &brief.language);
                if !mentions.is_empty() {
                    passages.push(Passage {
                        stems: content_stems(&text[span]),
                        mentions,
                        needed,
                    });
                }
            }
        };
        // What the sender wrote as a line to use may be used anywhere; a source only where it speaks.
        add(&brief.topic, 0);
        brief.cta.iter().for_each(|cta| add(cta, 0));
        for must in &brief.must_include {
            must.text
                .iter()
                .chain(&must.any_of)
                .for_each(|text| add(text, 0));
        }
        brief.quotes.iter().for_each(|quote| add(&quote.text, 1));
        brief
            .sources
            .iter()
            .filter_map(|source| source.text.as_deref())
            .for_each(|text| add(text, 2));
        let labels = facts.iter().flat_map(|known| known.names.label());
        Self {
            labels: labels.cloned().collect(),
            facts,
            passages,
            names: Folded::new(&names(brief)),
        }
    }

    /// Whether a word belongs to the label of some fact.
    pub(super) fn is_label(&self, stem: &str) -> bool {
        self.labels.contains(stem)
    }

    /// Where labels and aliases stand in a text that hold a border of their own, such as a comma,
    /// or digits, such as "per 100 people".
    pub(crate) fn bordered_labels(&self, folded: &Folded) -> Vec<Range<usize>> {
        let labels = self
            .facts
            .iter()
            .flat_map(|known| std::iter::once(&known.fact.label).chain(&known.fact.aliases));
        let mut bordered: Vec<&String> = labels
            .filter(|label| has_border(label) || label.contains(|c: char| c.is_ascii_digit()))
            .collect();
        bordered.dedup();
        bordered
            .into_iter()
            .flat_map(|label| folded.find(label))
            .collect()
    }

    /// Whether a text stands in the brief's topic, labels, values or must-includes.
    pub(crate) fn uses(&self, text: &str) -> bool {
        self.names.contains(text)
    }
}

fn names(brief: &Brief) -> String {
    let mut names = vec![brief.topic.as_str()];
    names.extend(brief.cta.as_deref());
    for fact in &brief.facts {
        names.push(&fact.label);
        names.extend(fact.aliases.iter().map(String::as_str));
        names.push(&fact.value);
    }
    for must in &brief.must_include {
        names.extend(must.text.iter().chain(&must.any_of).map(String::as_str));
    }
    // A character that no text holds keeps two neighbours from reading as one phrase.
    names.join(" \u{1} ")
}

impl<'a> Known<'a> {
    /// The fact as a whole, and each entry of a list such as "USA 16%, France 15%" on its own.
    fn of(fact: &'a Fact, language: &str, topic: &BTreeSet<String>) -> Vec<Self> {
        let whole = Self::new(fact, language, topic);
        // Numbers are an entry's own; copied with each, those of a long list would be there for each of its entries.
        let bare = Self {
            values: Vec::new(),
            asides: Vec::new(),
            ..whole.clone()
        };
        let mut items: Vec<Self> = Vec::new();
        for piece in fact
            .value
            .split([',', ';'])
            .filter(|piece| !piece.trim().starts_with(|c: char| c.is_ascii_digit()))
        {
            let values = scan(piece, language);
            let stems = content_stems(&split_brackets(piece).0);
            if let ([value], true) = (values.as_slice(), piece.contains(char::is_alphabetic))
                && !value.readings.is_empty()
            {
                items.push(Self {
                    values,
                    names: whole.names.item(stems, topic),
                    polarity: Polarity::Level,
                    ..bare.clone()
                });
            }
        }
        // A single entry is no list: "9.4 % of GDP" is named by its label.
        if items.len() < 2 {
            return vec![whole];
        }
        let first = |mention: &Mention| {
            mention
                .main()
                .map(|reading| (reading.value + 0.0).to_bits())
        };
        let mut listed: BTreeMap<Option<u64>, Vec<&Mention>> = BTreeMap::new();
        for item in &items {
            listed
                .entry(first(&item.values[0]))
                .or_default()
                .push(&item.values[0]);
        }
        let rest = |value: &Mention| {
            let alike = listed.get(&first(value)).into_iter().flatten();
            !alike
                .inspect(|_| steps::count(1))
                .any(|item| item.readings == value.readings)
        };
        let rest = Self {
            values: whole
                .values
                .iter()
                .filter(|value| rest(value))
                .cloned()
                .collect(),
            ..whole.clone()
        };
        std::iter::once(rest).chain(items).collect()
    }

    fn new(fact: &'a Fact, language: &str, topic: &BTreeSet<String>) -> Self {
        let (mut stated, bracketed) = split_brackets(&fact.value);
        let mut values = scan(&stated, language);
        let mut asides = scan(&bracketed, language);
        if values.is_empty() {
            // "(5)" states its bracket.
            values = std::mem::take(&mut asides);
            stated = bracketed;
        }
        // The "1,000" of "births/1,000 population" is no value of its own.
        let counts = |value: &Mention| {
            !stated[..value.span.start].ends_with('/')
                && !stated[..value.span.start].ends_with("per ")
        };
        asides.extend(values.iter().filter(|value| !counts(value)).cloned());
        values.retain(counts);
        if let Some(unit) = &fact.unit {
            with_unit(&mut values, &stated, unit, language);
            asides.extend(scan(unit, language));
        }
        asides.extend(fact.as_of.iter().flat_map(|as_of| scan(as_of, language)));
        asides.extend(
            std::iter::once(&fact.label)
                .chain(&fact.aliases)
                .flat_map(|label| scan(label, language)),
        );
        let beside = format!(
            "{} {}",
            fact.value,
            fact.unit.as_deref().unwrap_or_default()
        );
        let named = format!("{} {} {beside}", fact.label, fact.aliases.join(" ")).to_lowercase();
        Self {
            fact,
            polarity: polarity(&fact.label, &values),
            values,
            asides,
            names: Names::new(fact, topic),
            weak: Arc::new(
                content_stems(&beside)
                    .difference(topic)
                    .filter(|stem| !stem.starts_with(|c: char| c.is_ascii_digit()))
                    .cloned()
                    .collect(),
            ),
            percent: [
                "rate",
                "share",
                "percent",
                "%",
                "proportion",
                "ratio",
                "growth",
                "change",
            ]
            .iter()
            .any(|word| named.contains(word)),
            money: MONEY.is_match(&named),
        }
    }

    /// The fact's id, which its entries share.
    pub(crate) fn id(&self) -> &'a str {
        &self.fact.id
    }

    /// Whether `mention` tells the value itself, not a number around it.
    pub(crate) fn states(&self, mention: &Mention) -> bool {
        self.values
            .iter()
            .any(|value| agree(mention, value, self.percent, self.money).is_some())
    }

    /// Years that the value or its `as_of` names.
    pub(super) fn years(&self) -> BTreeSet<i32> {
        self.values
            .iter()
            .chain(&self.asides)
            .flat_map(years_of)
            .collect()
    }

    /// What kind of quantity it states first.
    pub(super) fn class(&self) -> Option<Class> {
        self.values
            .iter()
            .find_map(Mention::main)
            .map(|reading| reading.unit.class)
    }
}

static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(gdp|price|prices|cost|costs|revenue|revenues|budget|income|exports|imports|debt|spending|sales|turnover|salary|wage|wages|fee|funding|investment|reserves|profit|loss|usd|eur|gbp|dollars?|euros?|product|balance)\b")
        .expect("a valid pattern")
});

/// Gives a unit that is kept beside the value to the numbers that have none of their own.
fn with_unit(values: &mut [Mention], stated: &str, unit: &str, language: &str) {
    for value in values.iter_mut().filter(|value| {
        value
            .readings
            .iter()
            .all(|reading| reading.unit == Unit::PLAIN)
    }) {
        let joined = format!("{} {unit}", &stated[value.span.clone()]);
        if let Some(whole) = scan(&joined, language)
            .into_iter()
            .next()
            .filter(|whole| whole.span.end > value.span.len())
        {
            value.readings = whole.readings;
            // "1968" with a unit is a count.
            value.dates.clear();
        } else if let Some(lead) =
            scan(&format!("{unit} {}", &stated[value.span.clone()]), language)
                .into_iter()
                .next_back()
            && lead.span.start == 0
        {
            value.readings = lead.readings;
        }
    }
}
