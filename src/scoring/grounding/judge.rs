//! Decides for every number and date of a text where it comes from.
//!
//! The order of the questions matters: a value has to be in the brief at all, then it has to stand
//! with words of the fact that owns it, and only then is its direction asked. Each question is
//! answered for the stretch of the sentence that speaks about the number, see `scope`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::quantity::{Agreement, Class, Form, Kind, Mention, agree, years_of};
use super::super::text::Word;
use super::derive::derive;
use super::direction::{Told, contradicts, is_reversed, side};
use super::facts::{Book, Known};
use super::names::{is_list_count, is_name, is_proper_name};
use super::scope::scopes;

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
    pub(crate) holders: Vec<usize>,
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

/// How much of a fact's name has to be there to say that it is meant.
const NAMED: f64 = 0.4;

/// A fact that holds a value.
#[derive(Debug, Clone, Copy)]
struct Holder {
    index: usize,
    agreement: Agreement,
    /// The value is what the fact states, not a number around it such as its `as_of`.
    stated: bool,
}

/// A text, read as far as judging needs it.
pub(crate) struct Reading<'a> {
    pub(crate) text: &'a str,
    pub(crate) words: &'a [Word],
    pub(crate) sentences: &'a [Range<usize>],
    pub(crate) book: &'a Book<'a>,
    /// Where a label that holds a comma or an "and" stands; no statement ends inside it.
    pub(crate) labels: &'a [Range<usize>],
}

/// Judges every mention, in the order of the text.
pub(crate) fn judge(reading: &Reading, mentions: &[Mention]) -> Vec<Judged> {
    let mut judged = Vec::with_capacity(mentions.len());
    let mut previous = 0..0;
    for sentence in reading.sentences {
        let from = mentions.partition_point(|mention| mention.span.start < sentence.start);
        let to = mentions.partition_point(|mention| mention.span.start < sentence.end);
        if from < to {
            let paragraph = previous.start..sentence.end;
            Sentence { reading, span: sentence.clone(), paragraph, mentions: &mentions[from..to] }.judge(&mut judged);
        }
        previous = sentence.clone();
    }
    judged
}

struct Sentence<'a> {
    reading: &'a Reading<'a>,
    span: Range<usize>,
    /// This sentence and the one before.
    paragraph: Range<usize>,
    mentions: &'a [Mention],
}

impl<'a> Sentence<'a> {
    fn judge(&self, judged: &mut Vec<Judged>) {
        let start = judged.len();
        let quantities: Vec<&Mention> = self.mentions.iter().filter(|mention| !mention.is_date()).collect();
        let dates: Vec<&Mention> = self.mentions.iter().filter(|mention| mention.is_date()).collect();
        for (mention, scope) in quantities.iter().zip(self.scopes(&quantities)) {
            judged.push(self.quantity(mention, &scope));
        }
        self.compare_neighbours(&mut judged[start..]);
        let bound: Vec<(Range<usize>, usize)> = judged[start..]
            .iter()
            .filter(|one| matches!(one.origin, Origin::Supported | Origin::Rounded | Origin::Reversed))
            .filter_map(|one| one.known.map(|known| (one.mention.span.clone(), known)))
            .collect();
        for (mention, scope) in dates.iter().zip(self.scopes(&dates)) {
            judged.push(self.date(mention, &scope, &bound));
        }
        judged[start..].sort_by_key(|one| one.mention.span.start);
    }

    fn scopes(&self, mentions: &[&Mention]) -> Vec<Range<usize>> {
        let text = self.reading.text;
        // The two ends of a range are one statement.
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut member: Vec<usize> = Vec::new();
        for mention in mentions {
            let joined = groups.last().is_some_and(|group| {
                matches!(text.get(group.end..mention.span.start).map(str::trim), Some("-" | "–" | "to" | "and" | "‑"))
                    && (text[self.span.start..group.start].trim_end().ends_with("between") || !text[group.end..mention.span.start].contains("and"))
            });
            match groups.last_mut() {
                Some(group) if joined => group.end = mention.span.end,
                _ => groups.push(mention.span.clone()),
            }
            member.push(groups.len() - 1);
        }
        let before = groups.first().map_or(self.span.start, |first| first.start);
        let head = self.stems(&(self.span.start..before));
        let label_first = self.facts().iter().any(|known| known.names.strength(&head) >= NAMED);
        let scopes = scopes(text, &self.span, &groups, label_first, self.reading.labels);
        member.into_iter().map(|group| scopes[group].clone()).collect()
    }

    fn facts(&self) -> &'a [Known<'a>] {
        &self.reading.book.facts
    }

    fn stems(&self, span: &Range<usize>) -> BTreeSet<&'a str> {
        let words = self.reading.words;
        let from = words.partition_point(|word| word.span.start < span.start);
        words[from..].iter().take_while(|word| word.span.start < span.end).map(|word| word.stem.as_str()).collect()
    }

    fn quantity(&self, mention: &Mention, scope: &Range<usize>) -> Judged {
        let matches = self.matches(mention);
        let found = |origin, known| Judged {
            mention: mention.clone(),
            origin,
            known,
            holders: matches.iter().map(|holder| holder.index).collect(),
        };
        if is_proper_name(self.reading.text, mention, &self.reading.book.names) {
            return found(Origin::Ignored, None);
        }
        let near = self.stems(scope);
        let sentence = self.stems(&self.span);
        let behind = self.reading.words.partition_point(|word| word.span.start < mention.span.end);
        let everyday = is_list_count(mention, &self.reading.words[behind..]);
        if matches.is_empty() {
            if is_name(self.reading.text, mention, &self.reading.book.names) || (everyday && !self.miscounts(mention, behind)) {
                return found(Origin::Ignored, None);
            }
            if self.is_background(mention, &sentence) {
                return found(Origin::Supported, None);
            }
            let paragraph = self.stems(&self.paragraph);
            if let Some(formula) = derive(self.reading.book, mention, &self.reading.text[self.span.clone()], &paragraph) {
                return found(Origin::Derived(formula), None);
            }
            return found(Origin::Unsupported, self.meant(&near, mention));
        }
        let best = self.best(&matches, &near, &sentence);
        let bound = self.is_bound(best.index, &sentence);
        if everyday && !self.is_bound(best.index, &near) {
            return found(Origin::Ignored, None);
        }
        if !everyday && let Some(rival) = self.rival(&matches, &near, mention, scope) {
            if !self.is_background(mention, &sentence) {
                return found(Origin::Swapped, Some(rival));
            }
            return found(Origin::Supported, None);
        }
        let strength = |holder: &Holder| self.facts()[holder.index].names.strength(&near);
        let right = matches.iter().any(|holder| strength(holder) >= strength(&best) && !self.is_reversed(mention, scope, holder));
        if !right && self.is_reversed(mention, scope, &best) {
            return found(Origin::Reversed, Some(best.index));
        }
        found(
            match best.agreement.kind {
                _ if !bound => Origin::Unbound,
                Kind::Exact => Origin::Supported,
                Kind::Rounded => Origin::Rounded,
                Kind::Converted => Origin::Derived(format!("{} in another unit", self.facts()[best.index].fact.value)),
            },
            Some(best.index),
        )
    }

    fn date(&self, mention: &Mention, scope: &Range<usize>, bound: &[(Range<usize>, usize)]) -> Judged {
        let matches = self.matches(mention);
        let found = |origin, known| Judged {
            mention: mention.clone(),
            origin,
            known,
            holders: matches.iter().map(|holder| holder.index).collect(),
        };
        let near = self.stems(scope);
        let sentence = self.stems(&self.span);
        let inside: Vec<usize> = bound.iter().filter(|(span, _)| scope.start <= span.start && span.end <= scope.end).map(|&(_, known)| known).collect();
        let years = years_of(mention);
        let elsewhere = |index: &usize| {
            let known = self.facts()[*index].years();
            !known.is_empty() && years.iter().all(|year| !known.contains(year))
        };
        // A figure with its own year beside this date leaves no room for another fact's `as_of`.
        let claimed = !inside.is_empty() && inside.iter().all(elsewhere);
        let told: Vec<usize> = if inside.is_empty() { bound.iter().map(|&(_, known)| known).collect() } else { inside };
        if matches.is_empty() {
            if self.is_background(mention, &sentence) || is_name(self.reading.text, mention, &self.reading.book.names) {
                return found(Origin::Supported, None);
            }
            let meant = told.first().copied().or_else(|| self.meant(&near, mention));
            return found(Origin::Unsupported, meant);
        }
        let best = self.best(&matches, &near, &sentence);
        let owned = matches.iter().find(|holder| {
            let named = self.facts()[holder.index].names.strength(&near) >= NAMED;
            told.contains(&holder.index) || (named && (holder.stated || !claimed))
        });
        if let Some(owner) = owned {
            return found(Origin::Supported, Some(owner.index));
        }
        if self.is_background(mention, &sentence) {
            return found(Origin::Supported, None);
        }
        if !told.is_empty() && told.iter().all(elsewhere) {
            return found(Origin::Swapped, told.first().copied());
        }
        if told.is_empty() && let Some(rival) = self.rival(&matches, &near, mention, scope) {
            return found(Origin::Swapped, Some(rival));
        }
        let origin = if self.is_bound(best.index, &sentence) { Origin::Supported } else { Origin::Unbound };
        found(origin, Some(best.index))
    }

    /// Facts that hold the value, with how well it agrees.
    fn matches(&self, mention: &Mention) -> Vec<Holder> {
        let facts = self.facts().iter().enumerate();
        facts
            .filter_map(|(index, known)| {
                let best = |list: &[Mention]| list.iter().filter_map(|value| agree(mention, value, known.percent, known.money)).min_by_key(|one| (one.kind, one.wrong_side, one.flipped));
                let stated = best(&known.values).map(|agreement| Holder { index, agreement, stated: true });
                let aside = || best(&known.asides).filter(|agreement| agreement.kind == Kind::Exact);
                stated.or_else(|| aside().map(|agreement| Holder { index, agreement, stated: false }))
            })
            .collect()
    }

    /// The holder that the words name best.
    fn best(&self, matches: &[Holder], near: &BTreeSet<&str>, sentence: &BTreeSet<&str>) -> Holder {
        let rank = |holder: &Holder| {
            let names = &self.facts()[holder.index].names;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share between 0 and 1")]
            let permille = |strength: f64| std::cmp::Reverse((strength * 1000.0).round() as u32);
            let agreement = holder.agreement;
            (
                permille(names.strength(near)),
                !self.is_bound(holder.index, near),
                permille(names.strength(sentence)),
                (!holder.stated, agreement.kind, agreement.wrong_side, agreement.flipped),
            )
        };
        let mut ranked = matches.to_vec();
        ranked.sort_by_key(rank);
        ranked[0]
    }

    fn is_bound(&self, index: usize, stems: &BTreeSet<&str>) -> bool {
        let known = &self.facts()[index];
        known.names.touch(stems) || known.weak.iter().any(|stem| stems.contains(stem.as_str()))
    }

    /// Another fact, of the same kind, whose complete name stands here in place of the owner's.
    fn rival(&self, matches: &[Holder], near: &BTreeSet<&'a str>, mention: &Mention, scope: &Range<usize>) -> Option<usize> {
        // The "1,000" of "per 1,000 people" is nobody's value.
        if matches.iter().all(|holder| !holder.stated) {
            return None;
        }
        let held = |index: usize| matches.iter().any(|holder| holder.index == index);
        // In "75.8 years for men and 82.1 for women" the second half borrows its subject.
        let mut words = near.clone();
        if self.facts().iter().all(|known| known.names.complete(near).is_empty()) {
            let first = self.mentions.first().map_or(self.span.start, |first| first.span.start);
            words.extend(self.stems(&(self.span.start..first)));
        }
        let own = matches.iter().map(|holder| self.facts()[holder.index].names.strength(&words)).fold(0.0, f64::max);
        let owned: Vec<BTreeSet<&str>> = matches.iter().flat_map(|holder| self.facts()[holder.index].names.complete(&words)).collect();
        let lead = self.lead(mention, scope);
        self.facts().iter().enumerate().filter(|&(index, _)| !held(index)).find_map(|(index, known)| {
            let same = self.is_same_kind(known, mention)?;
            let mut names = known.names.complete(&words).into_iter().filter(|name| name.iter().any(|stem| near.contains(stem)));
            names
                .any(|name| {
                    let said = same || lead.as_ref().is_some_and(|lead| name.iter().all(|stem| lead.contains(stem)));
                    let wider = !owned.is_empty() && owned.iter().all(|other| other.is_subset(&name) && *other != name);
                    // All that is there of the owner's words is part of the other's name.
                    let borrowed = owned.is_empty()
                        && matches.iter().all(|holder| {
                            let owner = &self.facts()[holder.index].names;
                            owner.present(&words).is_subset(&name) && !owner.includes(&name)
                        });
                    said && (own < NAMED || wider || borrowed)
                })
                .then_some(index)
        })
    }

    /// Whether a fact states the kind of thing that `mention` is; `None` when it states no number.
    fn is_same_kind(&self, known: &Known, mention: &Mention) -> Option<bool> {
        if mention.is_date() {
            return known.values.iter().any(Mention::is_date).then_some(true);
        }
        let class = known.class()?;
        let told = mention.main().map_or(Class::Plain, |reading| reading.unit.class);
        Some(class == told || matches!((class, told), (Class::Money(_), Class::Money(_))))
    }

    /// The few words right before a number: its subject, where the sentence says "X is 5", and
    /// `None` where it says "X grew by 5".
    fn lead(&self, mention: &Mention, scope: &Range<usize>) -> Option<BTreeSet<&'a str>> {
        let words = self.reading.words;
        let end = words.partition_point(|word| word.span.end <= mention.span.start);
        let from = words.partition_point(|word| word.span.start < scope.start).min(end);
        let before = &words[from.max(end.saturating_sub(6))..end];
        before.iter().all(|word| side(&word.folded).is_none() || word.folded == "growth").then(|| before.iter().map(|word| word.stem.as_str()).collect())
    }

    /// The fact that the words around an unsupported number name.
    fn meant(&self, near: &BTreeSet<&str>, mention: &Mention) -> Option<usize> {
        let named = |known: &&(usize, &Known)| self.is_same_kind(known.1, mention) == Some(true) && !known.1.names.complete(near).is_empty();
        self.facts().iter().enumerate().collect::<Vec<_>>().iter().find(named).map(|&(index, _)| index)
    }

    /// "three children per woman" when the brief counts two: the words behind name a counted fact.
    fn miscounts(&self, mention: &Mention, behind: usize) -> bool {
        let stems: BTreeSet<&str> = self.reading.words[behind..].iter().take(4).take_while(|word| word.span.start < self.span.end).map(|word| word.stem.as_str()).collect();
        mention.form == Form::Words
            && self.facts().iter().any(|known| {
                known.class() == Some(Class::Plain) && known.values.len() == 1 && known.names.complete(&stems).iter().any(|name| name.len() >= 2)
            })
    }

    /// Whether topic, quotes or sources say the same in enough of the same words.
    fn is_background(&self, mention: &Mention, sentence: &BTreeSet<&str>) -> bool {
        self.reading.book.passages.iter().any(|passage| {
            let shared = passage.stems.iter().filter(|stem| sentence.contains(stem.as_str())).count();
            shared >= passage.needed.min(passage.stems.len())
                && passage.mentions.iter().any(|known| agree(mention, known, false, false).is_some_and(|one| one.kind != Kind::Converted && !one.flipped))
        })
    }

    fn is_reversed(&self, mention: &Mention, scope: &Range<usize>, holder: &Holder) -> bool {
        let known = &self.facts()[holder.index];
        let words = self.reading.words;
        let from = words.partition_point(|word| word.span.start < self.span.start);
        let to = words.partition_point(|word| word.span.start < self.span.end);
        // A number from the label or from `as_of` has no direction.
        holder.stated
            && (holder.agreement.wrong_side
                || is_reversed(&Told {
                    words: &words[from..to],
                    scope: scope.clone(),
                    mention,
                    is_label: &|word| known.names.is_label(&word.stem),
                    polarity: known.polarity,
                    flipped: holder.agreement.flipped,
                }))
    }

    /// Two figures with "exceeds" or "from … to" between them have to be in that order.
    fn compare_neighbours(&self, judged: &mut [Judged]) {
        for at in 1..judged.len() {
            let (first, second) = (&judged[at - 1], &judged[at]);
            let known = |one: &Judged| matches!(one.origin, Origin::Supported | Origin::Rounded);
            let (Some(a), Some(b)) = (first.mention.main(), second.mention.main()) else { continue };
            if !known(first) || !known(second) || a.unit != b.unit || first.mention.span.end > second.mention.span.start {
                continue;
            }
            let text = self.reading.text;
            let before = &text[self.span.start..first.mention.span.start];
            let between = &text[first.mention.span.end..second.mention.span.start];
            if contradicts(before, between, a.value, b.value) {
                judged[at].origin = Origin::Reversed;
            }
        }
    }
}
