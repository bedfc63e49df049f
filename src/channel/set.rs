//! Chooses a set: the entries of one field that go together, out of everything that was drafted.
//!
//! A pure function of the pool. Entries that say the same (letter case, accents, punctuation, word
//! order and articles aside) form a group, and a set takes one of each group, so a larger pool never
//! gives a smaller set. Which groups, and in which order, is decided one after the other: merit, what
//! of the brief's must-includes an entry brings that the set lacks, and how little it repeats.

use std::collections::{BTreeMap, BTreeSet};

use super::Field;
use super::similarity::{similarity, words_of};
use super::standalone::leans;
use crate::domain::visible::is_blank;

/// One drafted entry of a field, with what others have to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The entry as it would be published.
    pub text: String,
    /// Why it may not be taken, in the words of [`Refusal::reason`]; `None` when only the field decides.
    pub refused: Option<&'static str>,
    /// More is better; entries of equal merit are taken in the order of the pool.
    pub merit: i32,
    /// Names of the must-includes that it mentions.
    pub covers: BTreeSet<String>,
}

/// An entry that cannot be in the set, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the pool.
    pub index: usize,
    /// A few words that counts can be printed with, such as `too long`.
    pub reason: &'static str,
}

/// A set, and what stood in the way of a larger one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Places in the pool, in the order of the set.
    pub entries: Vec<usize>,
    /// Entries that could not be taken, in the order of the pool. What could have been and was not
    /// wanted is in neither list.
    pub refused: Vec<Refusal>,
}

/// What an entry has to bring beyond its merit to be preferred: points for a must-include that the
/// set lacks, and points lost for saying only what another says.
const COVERS: i32 = 25;
const REPEATS: f64 = 60.0;
/// Points lost by an entry that is cut off where readers see only the beginning.
const HIDDEN: i32 = 30;

/// Chooses up to `wanted` entries for `field`, never more than it takes.
///
/// `covered` are must-includes that other fields of the same draft mention already; `language` is the
/// brief's, a BCP 47 tag.
pub fn choose(
    field: &Field,
    pool: &[Entry],
    wanted: usize,
    covered: &BTreeSet<String>,
    language: &str,
) -> Chosen {
    let mut refused: BTreeMap<usize, &'static str> = BTreeMap::new();
    let mut groups: BTreeMap<BTreeSet<String>, usize> = BTreeMap::new();
    let merit = |index: usize| {
        let entry = &pool[index];
        let hidden = field
            .shown
            .is_some_and(|shown| field.measure(&entry.text) > shown);
        entry.merit.saturating_sub(if hidden { HIDDEN } else { 0 })
    };
    for (index, entry) in pool.iter().enumerate() {
        if let Some(reason) = against(field, entry, language) {
            refused.insert(index, reason);
            continue;
        }
        match groups.get_mut(&words_of(&entry.text)) {
            None => {
                groups.insert(words_of(&entry.text), index);
            }
            Some(best) => {
                let loser = if merit(index) > merit(*best) {
                    std::mem::replace(best, index)
                } else {
                    index
                };
                refused.insert(loser, "said already");
            }
        }
    }
    // In the order of the pool, so that ties go to what came first.
    let mut free: Vec<(usize, &BTreeSet<String>)> = groups
        .iter()
        .map(|(words, index)| (*index, words))
        .collect();
    free.sort_by_key(|(index, _)| *index);
    let mut chosen: Vec<(usize, &BTreeSet<String>)> = Vec::new();
    let mut covered = covered.clone();
    while chosen.len() < wanted.min(field.max_items) && !free.is_empty() {
        let value = |&(index, words): &(usize, &BTreeSet<String>)| {
            let new = pool[index].covers.difference(&covered).count();
            let alike = chosen
                .iter()
                .map(|(_, other)| similarity(words, other))
                .fold(0.0, f64::max);
            #[expect(clippy::cast_possible_truncation, reason = "between 0 and 60")]
            let repeats = (REPEATS * alike).round() as i32;
            let new = i32::try_from(new)
                .unwrap_or(i32::MAX)
                .saturating_mul(COVERS);
            merit(index).saturating_add(new).saturating_sub(repeats)
        };
        let best = (0..free.len())
            .reduce(|best, next| {
                if value(&free[next]) > value(&free[best]) {
                    next
                } else {
                    best
                }
            })
            .unwrap_or(0);
        let taken = free.remove(best);
        covered.extend(pool[taken.0].covers.iter().cloned());
        chosen.push(taken);
    }
    Chosen {
        entries: chosen.into_iter().map(|(index, _)| index).collect(),
        refused: refused
            .into_iter()
            .map(|(index, reason)| Refusal { index, reason })
            .collect(),
    }
}

/// Why an entry can be in no set of this field.
fn against(field: &Field, entry: &Entry, language: &str) -> Option<&'static str> {
    let text = entry.text.as_str();
    let given = field.measure(text);
    if is_blank(text) {
        Some("blank")
    } else if field.misplaced(text).is_some() || field.instruction(text).is_some() {
        Some("not clean")
    } else if given > field.limit {
        Some("too long")
    } else if given < field.at_least {
        Some("too short")
    } else if field.forbid.iter().any(|mark| text.contains(mark.as_str())) {
        Some("forbidden punctuation")
    } else if entry.refused.is_some() {
        entry.refused
    } else {
        leans(text, language).then_some("not standing alone")
    }
}

#[cfg(test)]
mod tests {
    use super::super::ChannelSpec;
    use super::*;
    use proptest::prelude::*;

    fn field() -> &'static Field {
        let spec = ChannelSpec::find("google-rsa").expect("built in");
        &spec.fields[0]
    }

    fn entry(text: &str) -> Entry {
        Entry {
            text: text.to_owned(),
            ..Entry::default()
        }
    }

    fn chosen(pool: &[Entry], wanted: usize) -> Chosen {
        choose(field(), pool, wanted, &BTreeSet::new(), "en")
    }

    fn texts<'a>(pool: &'a [Entry], chosen: &Chosen) -> Vec<&'a str> {
        chosen
            .entries
            .iter()
            .map(|index| pool[*index].text.as_str())
            .collect()
    }

    #[test]
    fn a_set_is_what_fits_stands_alone_and_differs() {
        let pool = [
            entry("Fresh bread daily"),
            entry("fresh BREAD, daily."),
            entry("Daily: the fresh bread"),
            entry("A headline that is longer than thirty"),
            entry("Order now!"),
            entry("And it is good"),
            entry("Baked before you wake"),
            Entry {
                refused: Some("words to avoid"),
                ..entry("The best bread")
            },
            entry("  "),
            entry("新鲜面包每天早上五点出炉等你来买"),
        ];
        let chosen = chosen(&pool, 15);
        assert_eq!(
            texts(&pool, &chosen),
            ["Fresh bread daily", "Baked before you wake"]
        );
        let reasons: Vec<(usize, &str)> = chosen
            .refused
            .iter()
            .map(|refusal| (refusal.index, refusal.reason))
            .collect();
        assert_eq!(
            reasons,
            [
                (1, "said already"),
                (2, "said already"),
                (3, "too long"),
                (4, "forbidden punctuation"),
                (5, "not standing alone"),
                (7, "words to avoid"),
                (8, "blank"),
                (9, "too long"),
            ]
        );
    }

    #[test]
    fn what_the_brief_wants_comes_in_and_repeats_come_last() {
        let covers = |name: &str| BTreeSet::from([name.to_owned()]);
        let pool = [
            entry("Plays films and music"),
            entry("Plays films and music files"),
            Entry {
                covers: covers("name"),
                ..entry("Get VLC today")
            },
            entry("Shows subtitles"),
        ];
        let three = chosen(&pool, 3);
        assert_eq!(
            texts(&pool, &three),
            ["Get VLC today", "Plays films and music", "Shows subtitles"]
        );
        let covered = choose(field(), &pool, 1, &covers("name"), "en");
        assert_eq!(texts(&pool, &covered), ["Plays films and music"]);
    }

    #[test]
    fn what_readers_see_whole_is_preferred() {
        let spec = ChannelSpec::find("meta-feed").expect("built in");
        let headline = spec
            .fields
            .iter()
            .find(|field| field.name == "headlines")
            .expect("a field");
        let pool = [
            entry("Bread for everyone from six in the morning"),
            entry("Bread from six each morning, warm"),
            entry("Bread from six"),
        ];
        let one = choose(headline, &pool, 1, &BTreeSet::new(), "en");
        assert_eq!(texts(&pool, &one), ["Bread from six"]);
    }

    fn pools() -> impl Strategy<Value = Vec<Entry>> {
        let text = prop_oneof![
            "(fresh|bread|daily|the|and|Warm|新鲜|[a-z]{1,9})( (fresh|bread|daily|now|!|面包|[a-z]{1,9})){0,6}",
            "\\PC{0,36}",
        ];
        let entry = (
            text,
            prop::option::weighted(0.1, Just("words to avoid")),
            -40..40i32,
            prop::collection::btree_set("[abc]", 0..2),
        )
            .prop_map(|(text, refused, merit, covers)| Entry {
                text,
                refused,
                merit,
                covers,
            });
        prop::collection::vec(entry, 0..24)
    }

    proptest! {
        #[test]
        fn a_set_keeps_every_rule(pool in pools(), wanted in 0usize..20) {
            let chosen = chosen(&pool, wanted);
            prop_assert!(chosen.entries.len() <= wanted.min(field().max_items));
            let mut groups = BTreeSet::new();
            for index in &chosen.entries {
                let entry = &pool[*index];
                let width = field().count.measure(&entry.text);
                prop_assert!(width <= field().limit && width >= field().at_least);
                prop_assert!(entry.refused.is_none() && !entry.text.contains('!') && !entry.text.trim().is_empty());
                prop_assert!(!leans(&entry.text, "en"));
                prop_assert!(groups.insert(words_of(&entry.text)), "{} is there twice", entry.text);
                prop_assert!(chosen.refused.iter().all(|refusal| refusal.index != *index));
            }
            // Everything is accounted for: a set that is too small refused all the rest.
            if chosen.entries.len() < wanted.min(field().max_items) {
                prop_assert_eq!(chosen.entries.len() + chosen.refused.len(), pool.len());
            }
        }

        #[test]
        fn the_same_pool_gives_the_same_set(pool in pools(), wanted in 0usize..20) {
            prop_assert_eq!(chosen(&pool, wanted), chosen(&pool, wanted));
        }

        #[test]
        fn a_larger_pool_never_gives_a_smaller_set(pool in pools(), more in pools(), wanted in 0usize..20, at in 0usize..24) {
            let before = chosen(&pool, wanted).entries.len();
            let mut larger = pool.clone();
            let at = at.min(pool.len());
            larger.splice(at..at, more);
            prop_assert!(chosen(&larger, wanted).entries.len() >= before);
        }

        #[test]
        fn a_smaller_wish_is_the_beginning_of_a_larger_one(pool in pools(), wanted in 0usize..20) {
            let (less, more) = (chosen(&pool, wanted), chosen(&pool, wanted + 1));
            prop_assert!(more.entries.starts_with(&less.entries));
        }
    }
}
