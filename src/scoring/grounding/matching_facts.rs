//! Which facts hold a value, which of them the words mean, and which other fact they name instead.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::quantity::{Agreement, Class, Form, Kind, Mention, agree};
use super::super::steps;
use super::direction::side;
use super::facts::Known;
use super::sentence::Sentence;

/// How much of a fact's name has to be there to say that it is meant.
pub(super) const NAMED: f64 = 0.4;

/// A fact that holds a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct MatchingFact {
    /// Index in the book.
    pub(super) index: usize,
    /// How well the value agrees.
    pub(super) agreement: Agreement,
    /// The value is what the fact states, not a number around it such as its `as_of`.
    pub(super) stated: bool,
}

impl<'a> Sentence<'a> {
    /// Facts that hold the value, with how well it agrees.
    pub(super) fn matches(&self, mention: &Mention) -> Vec<MatchingFact> {
        let facts = self.facts().iter().enumerate();
        facts
            .filter_map(|(index, known)| {
                let best = |list: &[Mention]| {
                    steps::count(list.len());
                    list.iter()
                        .filter_map(|value| agree(mention, value, known.percent, known.money))
                        .min_by_key(|one| (one.kind, one.wrong_side, one.flipped))
                };
                let stated = best(&known.values).map(|agreement| MatchingFact {
                    index,
                    agreement,
                    stated: true,
                });
                let aside =
                    || best(&known.asides).filter(|agreement| agreement.kind == Kind::Exact);
                stated.or_else(|| {
                    aside().map(|agreement| MatchingFact {
                        index,
                        agreement,
                        stated: false,
                    })
                })
            })
            .collect()
    }

    /// The matching fact that the words name best.
    pub(super) fn best(
        &self,
        matches: &[MatchingFact],
        near: &BTreeSet<&str>,
        sentence: &BTreeSet<&str>,
    ) -> MatchingFact {
        let rank = |matching: &MatchingFact| {
            let names = &self.facts()[matching.index].names;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share between 0 and 1"
            )]
            let permille = |strength: f64| std::cmp::Reverse((strength * 1000.0).round() as u32);
            let agreement = matching.agreement;
            (
                permille(names.strength(near)),
                !self.is_bound(matching.index, near),
                permille(names.strength(sentence)),
                (
                    !matching.stated,
                    agreement.kind,
                    agreement.wrong_side,
                    agreement.flipped,
                ),
            )
        };
        let mut ranked = matches.to_vec();
        ranked.sort_by_key(rank);
        ranked[0]
    }

    pub(super) fn is_bound(&self, index: usize, stems: &BTreeSet<&str>) -> bool {
        let known = &self.facts()[index];
        known.names.touch(stems) || known.weak.iter().any(|stem| stems.contains(stem.as_str()))
    }

    /// Another fact, of the same kind, whose complete name stands here in place of the owner's.
    pub(super) fn rival(
        &self,
        matches: &[MatchingFact],
        near: &BTreeSet<&'a str>,
        mention: &Mention,
        scope: &Range<usize>,
    ) -> Option<usize> {
        // The "1,000" of "per 1,000 people" is nobody's value.
        if matches.iter().all(|matching| !matching.stated) {
            return None;
        }
        // They are in the order of the book.
        let held = |index: usize| {
            matches
                .binary_search_by_key(&index, |matching| matching.index)
                .is_ok()
        };
        // In "75.8 years for men and 82.1 for women" the second half borrows its subject.
        let none = BTreeSet::new();
        let borrows = self
            .facts()
            .iter()
            .all(|known| known.names.complete(near).is_empty());
        let words = (near, if borrows { self.head_stems() } else { &none });
        let own = matches
            .iter()
            .map(|matching| self.facts()[matching.index].names.strength(&words))
            .fold(0.0, f64::max);
        let owned: Vec<BTreeSet<&str>> = matches
            .iter()
            .flat_map(|matching| self.facts()[matching.index].names.complete(&words))
            .collect();
        let lead = self.lead(mention, scope);
        self.facts()
            .iter()
            .enumerate()
            .filter(|&(index, _)| !held(index))
            .find_map(|(index, known)| {
                let same = self.is_same_kind(known, mention)?;
                let mut names = known
                    .names
                    .complete(&words)
                    .into_iter()
                    .filter(|name| name.iter().any(|stem| near.contains(stem)));
                names
                    .any(|name| {
                        let said = same
                            || lead
                                .as_ref()
                                .is_some_and(|lead| name.iter().all(|stem| lead.contains(stem)));
                        let wider = !owned.is_empty()
                            && owned
                                .iter()
                                .all(|other| other.is_subset(&name) && *other != name);
                        // All that is there of the owner's words is part of the other's name.
                        let borrowed = owned.is_empty()
                            && matches.iter().all(|matching| {
                                let owner = &self.facts()[matching.index].names;
                                owner.present(&words).is_subset(&name) && !owner.includes(&name)
                            });
                        said && (own < NAMED || wider || borrowed)
                    })
                    .then_some(index)
            })
    }

    /// Whether a fact states the kind of thing that `mention` is; `None` when it states no number.
    pub(super) fn is_same_kind(&self, known: &Known, mention: &Mention) -> Option<bool> {
        if mention.is_date() {
            return known.values.iter().any(Mention::is_date).then_some(true);
        }
        let class = known.class()?;
        let told = mention
            .main()
            .map_or(Class::Plain, |reading| reading.unit.class);
        Some(class == told || matches!((class, told), (Class::Money(_), Class::Money(_))))
    }

    /// The few words right before a number: its subject, where the sentence says "X is 5", and
    /// `None` where it says "X grew by 5".
    pub(super) fn lead(
        &self,
        mention: &Mention,
        scope: &Range<usize>,
    ) -> Option<BTreeSet<&'a str>> {
        let words = self.reading.words;
        let end = words.partition_point(|word| word.span.end <= mention.span.start);
        let from = words
            .partition_point(|word| word.span.start < scope.start)
            .min(end);
        let before = &words[from.max(end.saturating_sub(6))..end];
        before
            .iter()
            .all(|word| side(&word.folded).is_none() || word.folded == "growth")
            .then(|| before.iter().map(|word| word.stem.as_str()).collect())
    }

    /// The fact that the words around an unsupported number name.
    pub(super) fn meant(&self, near: &BTreeSet<&str>, mention: &Mention) -> Option<usize> {
        let named = |known: &(usize, &Known)| {
            self.is_same_kind(known.1, mention) == Some(true)
                && !known.1.names.complete(near).is_empty()
        };
        steps::count(self.facts().len());
        self.facts()
            .iter()
            .enumerate()
            .find(named)
            .map(|(index, _)| index)
    }

    /// "three children per woman" when the brief counts two: the words behind name a counted fact.
    pub(super) fn miscounts(&self, mention: &Mention, behind: usize) -> bool {
        let stems: BTreeSet<&str> = self.reading.words[behind..]
            .iter()
            .take(4)
            .take_while(|word| word.span.start < self.span.end)
            .map(|word| word.stem.as_str())
            .collect();
        mention.form == Form::Words
            && self.facts().iter().any(|known| {
                known.class() == Some(Class::Plain)
                    && known.values.len() == 1
                    && known
                        .names
                        .complete(&stems)
                        .iter()
                        .any(|name| name.len() >= 2)
            })
    }

    /// Whether topic, quotes or sources say the same in enough of the same words.
    pub(super) fn is_background(&self, mention: &Mention) -> bool {
        self.background().iter().any(|passage| {
            steps::count(passage.mentions.len());
            passage.mentions.iter().any(|known| {
                agree(mention, known, false, false)
                    .is_some_and(|one| one.kind != Kind::Converted && !one.flipped)
            })
        })
    }
}
