//! Decides for every number and date of a text where it comes from.
//!
//! The order of the questions matters: a value has to be in the brief at all, then it has to stand
//! with words of the fact that owns it, and only then is its direction asked. Each question is
//! answered for the stretch of the sentence that speaks about the number, see `scope`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::quantity::{Kind, Mention, years_of};
use super::direction::{FactStatement, contradicts, is_reversed};
use super::facts::Known;
use super::matching_facts::{MatchingFact, NAMED};
use super::names::{is_list_count, is_name, is_proper_name};
use super::scope::scopes;
use super::sentence::{Once, Reading, Sentence};

/// A number or date of the text with its origin.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    /// The number or date.
    pub(crate) mention: Mention,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// Index in the book of the fact it is about, where one is known.
    pub(crate) known: Option<usize>,
    /// Indices of all facts that hold its value.
    pub(crate) matching_facts: Vec<usize>,
}

impl Judged {
    fn of(
        mention: &Mention,
        matches: &[MatchingFact],
        origin: Origin,
        known: Option<usize>,
    ) -> Self {
        Self {
            mention: mention.clone(),
            origin,
            known,
            matching_facts: matches.iter().map(|matching| matching.index).collect(),
        }
    }
}

/// Where a number comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// A fact, a quote or a source whose words stand beside it.
    Supported,
    /// A fact, but no word of its label is near.
    Unbound,
    /// A fact, rounded as printed.
    Rounded,
    /// Computed; the formula.
    Derived(String),
    /// One fact's value with the words of another, whose index is `known`.
    Swapped,
    /// A fact's value told the wrong way round.
    Reversed,
    /// Nothing in the brief.
    Unsupported,
    /// States nothing: a name, a list count.
    Ignored,
}

/// Numbers joined by dashes that are one statement at most: a range has two ends, and a loop of a model thousands.
const MOST_JOINED: usize = 8;

/// Judges every mention, in the order of the text.
pub(crate) fn judge(reading: &Reading, mentions: &[Mention]) -> Vec<Judged> {
    let mut judged = Vec::with_capacity(mentions.len());
    let mut previous = 0..0;
    for sentence in reading.sentences {
        let from = mentions.partition_point(|mention| mention.span.start < sentence.start);
        let to = mentions.partition_point(|mention| mention.span.start < sentence.end);
        if from < to {
            let paragraph = previous.start..sentence.end;
            Sentence {
                reading,
                span: sentence.clone(),
                paragraph,
                mentions: &mentions[from..to],
                once: Once::default(),
            }
            .judge(&mut judged);
        }
        previous = sentence.clone();
    }
    judged
}

impl<'a> Sentence<'a> {
    fn judge(&self, judged: &mut Vec<Judged>) {
        let start = judged.len();
        let (named, stated): (Vec<&Mention>, Vec<&Mention>) = self
            .mentions
            .iter()
            .partition(|mention| self.is_in_name(mention));
        let (dates, quantities): (Vec<&Mention>, Vec<&Mention>) =
            stated.into_iter().partition(|mention| mention.is_date());
        let named = named.into_iter();
        judged.extend(named.map(|mention| Judged::of(mention, &[], Origin::Ignored, None)));
        for (mention, scope) in quantities.iter().zip(self.scopes(&quantities)) {
            judged.push(self.quantity(mention, &scope));
        }
        self.compare_neighbours(&mut judged[start..]);
        let bound: Vec<(Range<usize>, usize)> = judged[start..]
            .iter()
            .filter(|one| {
                matches!(
                    one.origin,
                    Origin::Supported | Origin::Rounded | Origin::Reversed
                )
            })
            .filter_map(|one| one.known.map(|known| (one.mention.span.clone(), known)))
            .collect();
        let bound = Bound::new(bound);
        for (mention, scope) in dates.iter().zip(self.scopes(&dates)) {
            judged.push(self.date(mention, &scope, &bound));
        }
        judged[start..].sort_by_key(|one| one.mention.span.start);
    }

    /// Whether a number is part of a label that stands here in full ("phones per 100 people").
    fn is_in_name(&self, mention: &Mention) -> bool {
        self.reading.labels.hold(&mention.span)
    }

    fn scopes(&self, mentions: &[&Mention]) -> Vec<Range<usize>> {
        let text = self.reading.text;
        // The two ends of a range are one statement.
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut member: Vec<usize> = Vec::new();
        let mut joined_so_far = 1;
        for mention in mentions {
            let joined = joined_so_far < MOST_JOINED
                && groups.last().is_some_and(|group| {
                    matches!(
                        text.get(group.end..mention.span.start).map(str::trim),
                        Some("-" | "–" | "to" | "and" | "‑")
                    ) && (text[self.span.start..group.start]
                        .trim_end()
                        .ends_with("between")
                        || !text[group.end..mention.span.start].contains("and"))
                });
            joined_so_far = if joined { joined_so_far + 1 } else { 1 };
            match groups.last_mut() {
                Some(group) if joined => group.end = mention.span.end,
                _ => groups.push(mention.span.clone()),
            }
            member.push(groups.len() - 1);
        }
        let before = groups.first().map_or(self.span.start, |first| first.start);
        let head = self.stems(&(self.span.start..before));
        let label_first = self
            .facts()
            .iter()
            .any(|known| known.names.strength(&head) >= NAMED);
        let scopes = scopes(text, &self.span, &groups, label_first, self.reading.labels);
        member
            .into_iter()
            .map(|group| scopes[group].clone())
            .collect()
    }

    pub(super) fn facts(&self) -> &'a [Known<'a>] {
        &self.reading.book.facts
    }

    fn quantity(&self, mention: &Mention, scope: &Range<usize>) -> Judged {
        let matches = self.matches(mention);
        let found = |origin, known| Judged::of(mention, &matches, origin, known);
        if is_proper_name(self.reading.text, mention, &self.reading.book.names) {
            return found(Origin::Ignored, None);
        }
        let near = self.stems(scope);
        let sentence = self.all_stems();
        let behind = self
            .reading
            .words
            .partition_point(|word| word.span.start < mention.span.end);
        let everyday = is_list_count(mention, &self.reading.words[behind..]);
        if matches.is_empty() {
            if is_name(self.reading.text, mention, &self.reading.book.names)
                || (everyday && !self.miscounts(mention, behind))
            {
                return found(Origin::Ignored, None);
            }
            if self.is_background(mention) {
                return found(Origin::Supported, None);
            }
            if let Some(formula) = self.grounds().derive(mention) {
                return found(Origin::Derived(formula), None);
            }
            return found(Origin::Unsupported, self.meant(&near, mention));
        }
        let best = self.best(&matches, &near, sentence);
        let bound = self.is_bound(best.index, sentence);
        if everyday && !self.is_bound(best.index, &near) {
            return found(Origin::Ignored, None);
        }
        if !everyday && let Some(rival) = self.rival(&matches, &near, mention, scope) {
            if !self.is_background(mention) {
                return found(Origin::Swapped, Some(rival));
            }
            return found(Origin::Supported, None);
        }
        let strength = |matching: &MatchingFact| self.facts()[matching.index].names.strength(&near);
        let right = matches.iter().any(|matching| {
            strength(matching) >= strength(&best) && !self.is_reversed(mention, scope, matching)
        });
        if !right && self.is_reversed(mention, scope, &best) {
            return found(Origin::Reversed, Some(best.index));
        }
        found(
            match best.agreement.kind {
                _ if !bound => Origin::Unbound,
                Kind::Exact => Origin::Supported,
                Kind::Rounded => Origin::Rounded,
                Kind::Converted => Origin::Derived(format!(
                    "{} in another unit",
                    self.facts()[best.index].fact.value
                )),
            },
            Some(best.index),
        )
    }

    fn date(&self, mention: &Mention, scope: &Range<usize>, bound: &Bound) -> Judged {
        let matches = self.matches(mention);
        let found = |origin, known| Judged::of(mention, &matches, origin, known);
        let near = self.stems(scope);
        let sentence = self.all_stems();
        let inside = bound.inside(scope);
        let years = years_of(mention);
        let elsewhere = |index: &usize| {
            let known = self.facts()[*index].years();
            !known.is_empty() && years.iter().all(|year| !known.contains(year))
        };
        // A figure with its own year beside this date leaves no room for another fact's `as_of`.
        let claimed = !inside.is_empty() && inside.iter().all(elsewhere);
        let told: &[usize] = if inside.is_empty() {
            &bound.all
        } else {
            &inside
        };
        if matches.is_empty() {
            if self.is_background(mention)
                || is_name(self.reading.text, mention, &self.reading.book.names)
            {
                return found(Origin::Supported, None);
            }
            let meant = told.first().copied().or_else(|| self.meant(&near, mention));
            return found(Origin::Unsupported, meant);
        }
        let best = self.best(&matches, &near, sentence);
        let owned = matches.iter().find(|matching| {
            let named = self.facts()[matching.index].names.strength(&near) >= NAMED;
            told.contains(&matching.index) || (named && (matching.stated || !claimed))
        });
        if let Some(owner) = owned {
            return found(Origin::Supported, Some(owner.index));
        }
        if self.is_background(mention) {
            return found(Origin::Supported, None);
        }
        if !told.is_empty() && told.iter().all(elsewhere) {
            return found(Origin::Swapped, told.first().copied());
        }
        if told.is_empty()
            && let Some(rival) = self.rival(&matches, &near, mention, scope)
        {
            return found(Origin::Swapped, Some(rival));
        }
        let origin = if self.is_bound(best.index, sentence) {
            Origin::Supported
        } else {
            Origin::Unbound
        };
        found(origin, Some(best.index))
    }

    fn is_reversed(
        &self,
        mention: &Mention,
        scope: &Range<usize>,
        matching: &MatchingFact,
    ) -> bool {
        let known = &self.facts()[matching.index];
        // A number from the label or from `as_of` has no direction.
        matching.stated
            && (matching.agreement.wrong_side
                || is_reversed(&FactStatement {
                    words: self.words_in(scope),
                    tells_a_fall: &|| self.tells_a_fall(),
                    mention,
                    is_label: &|word| known.names.is_label(&word.stem),
                    polarity: known.polarity,
                    flipped: matching.agreement.flipped,
                }))
    }

    /// Two figures with "exceeds" or "from … to" between them have to be in that order.
    fn compare_neighbours(&self, judged: &mut [Judged]) {
        for at in 1..judged.len() {
            let (first, second) = (&judged[at - 1], &judged[at]);
            let known = |one: &Judged| matches!(one.origin, Origin::Supported | Origin::Rounded);
            let (Some(a), Some(b)) = (first.mention.main(), second.mention.main()) else {
                continue;
            };
            if !known(first)
                || !known(second)
                || a.unit != b.unit
                || first.mention.span.end > second.mention.span.start
            {
                continue;
            }
            let before = self.before(first.mention.span.start);
            let between = first.mention.span.end..second.mention.span.start;
            if contradicts(&before, self.words_in(&between), a.value, b.value) {
                judged[at].origin = Origin::Reversed;
            }
        }
    }
}

/// Numbers of a sentence that are told of a fact, which its dates belong to.
struct Bound {
    /// Bytes and fact of each, in the order of the text.
    each: Vec<(Range<usize>, usize)>,
    /// The facts, each where it is told first.
    all: Vec<usize>,
}

impl Bound {
    fn new(each: Vec<(Range<usize>, usize)>) -> Self {
        let mut seen = BTreeSet::new();
        let facts = each.iter().map(|(_, known)| *known);
        let all = facts.filter(|known| seen.insert(*known)).collect();
        Self { each, all }
    }

    /// Facts of the numbers that lie in a scope.
    fn inside(&self, scope: &Range<usize>) -> Vec<usize> {
        let from = self
            .each
            .partition_point(|(span, _)| span.start < scope.start);
        let inside = self.each[from..]
            .iter()
            .take_while(|(span, _)| span.end <= scope.end);
        inside.map(|(_, known)| *known).collect()
    }
}
