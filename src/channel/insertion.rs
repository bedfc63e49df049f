//! Insertions: what a platform puts something else in the place of when it shows an entry.
//!
//! `{KeyWord:Fresh bread}` is shown as the words somebody searched for, or as `Fresh bread` where those are too long.
//! It is counted as it is shown at its longest for sure: by its default. Which insertions a channel has stands in its
//! file, and in a channel that has some any other brace is a mistake: the platform refuses the whole ad for it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One kind of insertion, as `[[insertions]]` of a channel's file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insertion {
    /// What stands right behind the brace, letter case aside, such as `keyword`.
    pub name: String,
    /// What follows the name.
    #[serde(default)]
    pub argument: Argument,
    /// What of it is counted.
    #[serde(default)]
    pub shown: Shown,
}

/// What follows the name of an insertion, before the colon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Argument {
    /// Nothing: `{KeyWord:…}`.
    #[default]
    Nothing,
    /// A point and a name: `{CUSTOMIZER.Price:…}`.
    Dotted,
    /// Values in parentheses: `{LOCATION(City):…}`.
    Parentheses,
}

/// What is counted of an insertion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The default: the text behind the colon, which has to be there.
    #[default]
    Default,
    /// The longer of the default and of the text behind the first comma in the parentheses.
    Longest,
    /// So many characters, because there is no default.
    Characters(usize),
}

/// A brace that is no insertion of the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misplaced {
    /// Byte offset of the brace.
    pub(super) at: usize,
    /// What is wrong with it.
    pub(super) why: &'static str,
}

/// An entry as its readers may see it, the defaults in the place of their insertions.
///
/// # Errors
/// The first brace that is no insertion.
pub(super) fn shown<'a>(entry: &'a str, known: &[Insertion]) -> Result<Cow<'a, str>, Misplaced> {
    if known.is_empty() || !entry.contains(['{', '}']) {
        return Ok(Cow::Borrowed(entry));
    }
    let (mut text, mut at) = (String::new(), 0);
    while let Some(found) = entry[at..].find(['{', '}']) {
        let open = at + found;
        let misplaced = |why| Misplaced { at: open, why };
        if entry[open..].starts_with('}') {
            return Err(misplaced("closes nothing"));
        }
        let inside = &entry[open + 1..];
        let close = match inside.find(['{', '}']) {
            Some(close) if inside[close..].starts_with('}') => close,
            _ => return Err(misplaced("is not closed")),
        };
        let read = known.iter().find_map(|one| one.read(&inside[..close]));
        let Some(read) = read else {
            return Err(misplaced("begins no insertion that the channel has"));
        };
        text.push_str(&entry[at..open]);
        text.push_str(&read.map_err(misplaced)?);
        at = open + 1 + close + 1;
    }
    text.push_str(&entry[at..]);
    Ok(Cow::Owned(text))
}

impl Insertion {
    /// What is shown for the inside of a pair of braces; none where it is another insertion.
    fn read(&self, inside: &str) -> Option<Result<String, &'static str>> {
        let inside = match self.argument {
            // Functions may be written with the sign that they had when they came.
            Argument::Parentheses => inside.strip_prefix('=').unwrap_or(inside),
            _ => inside,
        };
        let named = inside.get(..self.name.len())?;
        if !named.eq_ignore_ascii_case(&self.name) {
            return None;
        }
        let rest = &inside[self.name.len()..];
        let (argument, rest) = match self.argument {
            Argument::Nothing => ("", rest),
            Argument::Dotted => {
                let name = rest.strip_prefix('.')?;
                let end = name.find(':').unwrap_or(name.len());
                if name[..end].trim().is_empty() {
                    return Some(Err("names no attribute"));
                } else {
                    name.split_at(end)
                }
            }
            Argument::Parentheses => {
                let inside = rest.strip_prefix('(')?;
                // A default may have parentheses of its own.
                let end = inside.find("):").or_else(|| inside.rfind(')'));
                let Some(end) = end else {
                    return Some(Err("has a parenthesis that is not closed"));
                };
                (&inside[..end], &inside[end + 1..])
            }
        };
        let default = match rest.strip_prefix(':') {
            Some(default) => default,
            None if rest.trim().is_empty() => "",
            // A longer name that begins alike.
            None => return None,
        };
        let without = default.trim().is_empty();
        Some(match self.shown {
            Shown::Characters(many) => Ok("x".repeat(many)),
            Shown::Default | Shown::Longest if without => {
                Err("has no default behind a colon, which is what is shown where nothing fits")
            }
            Shown::Default => Ok(default.to_owned()),
            Shown::Longest => {
                let inserted = argument.split_once(',').map_or("", |(_, text)| text);
                let longer = [inserted, default]
                    .into_iter()
                    .max_by_key(|text| text.chars().count());
                Ok(longer.unwrap_or_default().to_owned())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ChannelSpec;
    use super::*;
    use proptest::prelude::*;

    fn known() -> &'static [Insertion] {
        &ChannelSpec::find("google-rsa")
            .expect("built in")
            .insertions
    }

    fn braces(text: &str) -> Option<usize> {
        text.find(['{', '}'])
    }

    fn read(entry: &str) -> String {
        match shown(entry, known()) {
            Ok(text) => text.into_owned(),
            Err(Misplaced { at, why }) => format!("{at}: {why}"),
        }
    }

    #[test]
    fn an_insertion_counts_as_what_is_shown() {
        for (entry, seen) in [
            ("Fresh bread", "Fresh bread"),
            ("Buy {KeyWord:Fresh bread} now", "Buy Fresh bread now"),
            ("{keyword:面包} {KEYWORD:Rolls}", "面包 Rolls"),
            ("From {CUSTOMIZER.Price:5 €}", "From 5 €"),
            ("Bread in {LOCATION(City):your town}", "Bread in your town"),
            ("{LOCATION(City):town (any)}", "town (any)"),
            (
                "Ends in {COUNTDOWN(2026-12-24 18:00:00,en-US,5)}",
                "Ends in xxxxxxxxxx",
            ),
            (
                "Ends in {=GLOBAL_COUNTDOWN(\"2026/12/24 18:00:00\",\"en-US\",5)}",
                "Ends in xxxxxxxxxx",
            ),
            (
                "{=IF(device=mobile,Order by telephone):Order}",
                "Order by telephone",
            ),
            ("{=IF(device=mobile,Call):Order online}", "Order online"),
            ("{KeyWord:a (b): c}", "a (b): c"),
        ] {
            assert_eq!(read(entry), seen);
        }
    }

    #[test]
    fn another_brace_is_a_mistake_that_has_a_place() {
        for (entry, told) in [
            ("Buy {KeyWord:bread", "4: is not closed"),
            ("Buy KeyWord:bread}", "17: closes nothing"),
            ("{KeyWord:{KeyWord:bread}}", "0: is not closed"),
            ("{name}", "0: begins no insertion that the channel has"),
            (
                "{KeyWords:bread}",
                "0: begins no insertion that the channel has",
            ),
            (
                "{KeyWord}",
                "0: has no default behind a colon, which is what is shown where nothing fits",
            ),
            (
                "{KeyWord: }",
                "0: has no default behind a colon, which is what is shown where nothing fits",
            ),
            ("{CUSTOMIZER.:5}", "0: names no attribute"),
            (
                "{LOCATION(City:x}",
                "0: has a parenthesis that is not closed",
            ),
            ("面{", "3: is not closed"),
        ] {
            assert_eq!(read(entry), told, "{entry}");
        }
    }

    proptest! {
        /// No text makes it fail, a text without braces is itself, and what is shown has none.
        #[test]
        fn every_text_is_read(entry in r"([a-zé面(){}:,.= ]|\{KeyWord:|\{LOCATION\(City\):|\{=IF\(a,b\):){0,12}") {
            match shown(&entry, known()) {
                Ok(text) if braces(&entry).is_some() => prop_assert_eq!(braces(&text), None),
                Ok(text) => prop_assert_eq!(text, entry.as_str()),
                Err(misplaced) => prop_assert_eq!(braces(&entry[misplaced.at..]), Some(0)),
            }
            prop_assert_eq!(shown(&entry, &[]), Ok(Cow::Borrowed(entry.as_str())));
        }
    }
}
