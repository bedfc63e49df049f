//! Ids of the facts, quotes and sources of a brief, made where whoever sent it gave none.
//!
//! A brief always gets the same ids, so that importing it again changes nothing, and a must-include
//! that names `f2` means the second fact.

use std::collections::HashSet;

/// Lists of a brief whose entries have an id, and the letter that a made one begins with.
pub const LISTS: [(&str, char); 3] = [("facts", 'f'), ("quotes", 'q'), ("sources", 's')];

/// The ids of a list's entries, from what was given and the 1-based number of each entry.
///
/// A given id stays as it is. An entry without one is called by the letter and its number; where another
/// entry was given that id, by the lowest number that is free.
pub fn complete(letter: char, entries: &[(Option<&str>, usize)]) -> Vec<String> {
    let mut taken: HashSet<String> = entries
        .iter()
        .filter_map(|(given, _)| given.map(str::to_owned))
        .collect();
    let ids: Vec<Option<String>> = entries
        .iter()
        .map(|(given, number)| match given {
            Some(given) => Some((*given).to_owned()),
            None => {
                let own = format!("{letter}{number}");
                taken.insert(own.clone()).then_some(own)
            }
        })
        .collect();
    // Only when every number that is free belongs to its own entry are others given away.
    let mut free = (1_usize..)
        .map(|number| format!("{letter}{number}"))
        .filter(|id| !taken.contains(id));
    ids.into_iter()
        .map(|id| id.unwrap_or_else(|| free.next().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(given: &[&str]) -> String {
        let entries: Vec<_> = given
            .iter()
            .enumerate()
            .map(|(at, id)| ((!id.is_empty()).then_some(*id), at + 1))
            .collect();
        complete('f', &entries).join(" ")
    }

    #[test]
    fn an_entry_is_called_by_its_number_unless_another_has_that_id() {
        assert_eq!(ids(&["", "", ""]), "f1 f2 f3");
        assert_eq!(ids(&["price", "", "f1"]), "price f2 f1");
        assert_eq!(ids(&["", "", "f1"]), "f3 f2 f1");
        assert_eq!(ids(&["f2", "", "", "f3"]), "f2 f1 f4 f3");
        assert_eq!(ids(&[]), "");
    }

    proptest! {
        #[test]
        fn made_ids_differ_from_each_other_and_from_those_given(
            given in prop::collection::vec(prop::option::of("f?[0-9]{1,2}"), 0..20),
        ) {
            let entries: Vec<_> = given.iter().enumerate().map(|(at, id)| (id.as_deref(), at + 1)).collect();
            let ids = complete('f', &entries);
            for (at, (id, given)) in ids.iter().zip(&given).enumerate() {
                match given {
                    Some(given) => prop_assert_eq!(id, given),
                    None => prop_assert!(ids.iter().enumerate().all(|(other, same)| other == at || same != id)),
                }
            }
        }
    }
}
