//! Measures a text against a channel and says what breaks it, and where.
//!
//! Violations point into the draft's text: for multi-part drafts each entry is looked up in the
//! plain rendering, in order, so that a review page can mark the headline that is too long.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::{ChannelSpec, Field};
use crate::domain::score::{ChannelFit, ChannelViolation};
use crate::domain::visible::is_blank;

/// How `text` (and `parts`, for a multi-part draft) fits the channel.
///
/// The margin is the room left in the tightest entry, in that field's unit, negative when over.
pub fn check(spec: &ChannelSpec, text: &str, parts: Option<&Value>) -> ChannelFit {
    let mut checker = Checker {
        text,
        from: 0,
        violations: Vec::new(),
        margin: None,
        field: None,
    };
    if spec.is_multi_part() {
        checker.parts(spec, parts);
    } else if let [field] = spec.fields.as_slice() {
        checker.entry(field, text, 0..text.len());
    }
    ChannelFit {
        channel: spec.id(),
        violations: checker.violations,
        margin: checker.margin,
    }
}

/// What breaks a rule of the field in one entry of it, as it is written.
pub fn check_entry(field: &Field, entry: &str) -> Vec<ChannelViolation> {
    let mut checker = Checker {
        text: entry,
        from: 0,
        violations: Vec::new(),
        margin: None,
        field: None,
    };
    checker.entry(field, entry, 0..entry.len());
    checker.violations
}

/// What breaks a rule in the `meta` of a brief, as far as the channel knows its keys; each message names the key.
pub fn check_meta(spec: &ChannelSpec, meta: &BTreeMap<String, Value>) -> Vec<ChannelViolation> {
    let given = spec.meta.iter().filter_map(|field| {
        let entry = meta.get(&field.name)?.as_str()?;
        Some(check_entry(field, entry))
    });
    given.flatten().collect()
}

struct Checker<'a> {
    text: &'a str,
    /// Entries are rendered in order, so each is searched behind the one before.
    from: usize,
    violations: Vec<ChannelViolation>,
    margin: Option<i64>,
    /// The part that is checked now.
    field: Option<String>,
}

impl Checker<'_> {
    fn parts(&mut self, spec: &ChannelSpec, parts: Option<&Value>) {
        let Some(parts) = parts.and_then(Value::as_object) else {
            let expected: Vec<String> = spec.fields.iter().map(expectation).collect();
            let message = format!(
                "`{}` needs the parts {}, the draft is plain text",
                spec.name,
                expected.join(" and ")
            );
            return self.add(0..self.text.len(), "channel.parts", message);
        };
        for key in parts
            .keys()
            .filter(|key| !spec.fields.iter().any(|field| field.name == **key))
        {
            let known: Vec<String> = spec
                .fields
                .iter()
                .map(|field| format!("`{}`", field.name))
                .collect();
            self.add(
                self.end(),
                "channel.unknown_part",
                format!("unknown part `{key}`, expected {}", known.join(" and ")),
            );
        }
        for field in &spec.fields {
            self.field = Some(field.name.clone());
            match entries(parts.get(&field.name)) {
                Some(entries) => self.field(field, &entries),
                None => self.add(
                    self.end(),
                    "channel.parts",
                    format!("`{}` has to be a list of texts", field.name),
                ),
            }
        }
    }

    fn field(&mut self, field: &Field, entries: &[&str]) {
        let (given, name) = (entries.len(), &field.name);
        if given < field.min_items {
            self.add(
                self.end(),
                "channel.too_few",
                format!("{given} {name}, at least {} are needed", field.min_items),
            );
        }
        if given > field.max_items {
            self.add(
                self.end(),
                "channel.too_many",
                format!("{given} {name}, at most {} are allowed", field.max_items),
            );
        }
        for (index, entry) in entries.iter().enumerate() {
            let span = self.locate(entry);
            if is_blank(entry) {
                let message = format!("entry {} of {name} has nothing that can be seen", index + 1);
                self.add(span, "channel.blank", message);
                continue;
            }
            self.entry(field, entry, span.clone());
            let folded = entry.trim().to_lowercase();
            if field.distinct
                && entries[..index]
                    .iter()
                    .any(|earlier| earlier.trim().to_lowercase() == folded)
            {
                self.add(
                    span,
                    "channel.duplicate",
                    format!("“{}” is there twice among the {name}", entry.trim()),
                );
            }
        }
    }

    fn entry(&mut self, field: &Field, entry: &str, span: Range<usize>) {
        let (given, unit) = (field.measure(entry), field.count.unit());
        let room = i64::try_from(field.limit).unwrap_or(i64::MAX)
            - i64::try_from(given).unwrap_or(i64::MAX);
        self.margin = Some(self.margin.map_or(room, |margin| margin.min(room)));
        if given > field.limit {
            let over = span.start + field.overflow(entry);
            let message = format!(
                "{given} {unit} in {}, at most {} are allowed",
                field.name, field.limit
            );
            self.add(over.min(span.end)..span.end, "channel.too_long", message);
        }
        if given < field.at_least {
            let message = format!(
                "{given} {unit} in {}, at least {} are needed",
                field.name, field.at_least
            );
            self.add(span.clone(), "channel.too_short", message);
        }
        if let Some(instruction) = field.instruction(entry) {
            let message = format!(
                "`{}` in {} is no text: an import takes it for “{}”",
                entry.trim(),
                field.name,
                instruction.means
            );
            self.add(span.clone(), "channel.instruction", message);
        }
        if let Some(misplaced) = field.misplaced(entry) {
            let at = (span.start + misplaced.at).min(span.end);
            let brace = &entry[misplaced.at..=misplaced.at];
            let message = format!("`{brace}` in {} {}", field.name, misplaced.why);
            self.add(at..(at + 1).min(span.end), "channel.insertion", message);
        }
        for mark in &field.forbid {
            if let Some(at) = entry.find(mark.as_str()) {
                let at = (span.start + at).min(span.end);
                let message = format!("`{mark}` is not allowed in {}", field.name);
                self.add(
                    at..(at + mark.len()).min(span.end),
                    "channel.forbidden",
                    message,
                );
            }
        }
    }

    /// Where an entry stands in the rendering; the empty end when it is not there.
    fn locate(&mut self, entry: &str) -> Range<usize> {
        match self.text.get(self.from..).and_then(|rest| rest.find(entry)) {
            Some(at) => {
                let start = self.from + at;
                self.from = start + entry.len();
                start..self.from
            }
            None => self.end(),
        }
    }

    fn end(&self) -> Range<usize> {
        self.text.len()..self.text.len()
    }

    fn add(&mut self, span: Range<usize>, rule: &str, message: String) {
        self.violations.push(ChannelViolation {
            bytes: [span.start, span.end],
            rule: rule.to_owned(),
            message,
            field: self.field.clone(),
        });
    }
}

fn expectation(field: &Field) -> String {
    format!(
        "`{}` ({}–{} of up to {} {})",
        field.name,
        field.min_items,
        field.max_items,
        field.limit,
        field.count.unit()
    )
}

/// A list of texts, a single text, or nothing where the part is absent; `None` for anything else.
pub(super) fn entries(value: Option<&Value>) -> Option<Vec<&str>> {
    match value {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.as_str()]),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(fit: &ChannelFit) -> Vec<&str> {
        fit.violations
            .iter()
            .map(|violation| violation.rule.as_str())
            .collect()
    }

    fn spec(name: &str) -> &'static ChannelSpec {
        ChannelSpec::find(name).expect("a built-in channel")
    }

    #[test]
    fn an_ad_is_measured_part_by_part() {
        let parts = json!({
            "headlines": ["Fresh bread daily", "Baked before you wake", "新鲜面包每天早上五点出炉等你来"],
            "descriptions": ["Sourdough from stone-ground flour.", "Order by eight, collect at seven."],
        });
        let text = "Fresh bread daily\nBaked before you wake\n新鲜面包每天早上五点出炉等你来\nSourdough from stone-ground flour.\nOrder by eight, collect at seven.";
        let fit = check(spec("google-rsa"), text, Some(&parts));
        assert_eq!((rules(&fit), fit.margin), (vec![], Some(0)));

        let parts = json!({"headlines": ["Fresh bread!", "fresh bread!", "A headline that is longer than thirty"], "descriptions": "One"});
        let text = "Fresh bread!\nfresh bread!\nA headline that is longer than thirty\nOne";
        let fit = check(spec("google-rsa"), text, Some(&parts));
        assert_eq!(
            rules(&fit),
            [
                "channel.forbidden",
                "channel.forbidden",
                "channel.duplicate",
                "channel.too_long",
                "channel.too_few"
            ]
        );
        let [start, end] = fit.violations[3].bytes;
        assert_eq!((&text[start..end], fit.margin), (" thirty", Some(-7)));
    }

    #[test]
    fn an_insertion_is_counted_as_it_is_shown_and_an_instruction_is_no_text() {
        let spec = spec("google-rsa");
        let headlines = &spec.fields[0];
        let told = |entry: &str| -> Vec<String> {
            let broken = check_entry(headlines, entry).into_iter();
            broken
                .map(|one| format!("{:?} {}", one.bytes, one.message))
                .collect()
        };
        // Thirty columns as it is shown, and many more as it is written.
        assert_eq!(
            headlines.measure("Buy {KeyWord:Fresh Sourdough Breads} now"),
            30
        );
        assert_eq!(told("Buy {KeyWord:Fresh Sourdough Breads} now"), [""; 0]);
        insta::assert_snapshot!(told("Buy {KeyWord:Fresh Sourdough Breads} today").join("\n"), @"[0, 42] 32 columns in headlines, at most 30 are allowed");
        insta::assert_snapshot!(told("Buy {KeyWord:bread").join("\n"), @"[4, 5] `{` in headlines is not closed");
        for entry in ["[]", " [ ] ", "［］", "[\u{200b}]"] {
            assert!(
                told(entry)[0]
                    .contains("is no text: an import takes it for “erase what the account has”"),
                "{entry}"
            );
        }
        assert_eq!(told("Bread [fresh]"), [""; 0]);
        // A channel without insertions takes a brace for what it is.
        assert_eq!(
            check_entry(&ChannelSpec::find("x-post").unwrap().fields[0], "{a"),
            []
        );
        let meta = |path: &str| {
            let meta = [
                ("path1".to_owned(), json!(path)),
                ("colour".to_owned(), json!("[]")),
            ]
            .into();
            check_meta(spec, &meta)
                .into_iter()
                .map(|one| one.message)
                .collect::<Vec<_>>()
        };
        assert_eq!(meta("{KeyWord:fresh-bread}"), [""; 0]);
        insta::assert_snapshot!(meta("fresh-bread-daily").join("\n"), @"17 columns in path1, at most 15 are allowed");
        let parts = json!({"headlines": ["Bread", "Rolls", "\u{200b}\u{2060}"], "descriptions": ["One", ""]});
        let fit = check(
            spec,
            "Bread\nRolls\n\u{200b}\u{2060}\n\nOne\n",
            Some(&parts),
        );
        let blank: Vec<&str> = fit
            .violations
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        insta::assert_snapshot!(blank.join("\n"), @r"
        entry 3 of headlines has nothing that can be seen
        entry 2 of descriptions has nothing that can be seen
        ");
    }

    #[test]
    fn a_plain_text_on_a_multi_part_channel_says_which_parts_are_expected() {
        let fit = check(spec("google-rsa"), "Just some text", None);
        assert_eq!(rules(&fit), ["channel.parts"]);
        assert!(
            fit.violations[0]
                .message
                .contains("`headlines` (3–15 of up to 30 columns) and `descriptions` (2–4")
        );
        assert_eq!(fit.margin, None);
        let odd = json!({"headlines": 3, "extra": []});
        assert_eq!(
            rules(&check(spec("google-rsa"), "", Some(&odd))),
            ["channel.unknown_part", "channel.parts", "channel.too_few"]
        );
    }

    #[test]
    fn running_text_has_a_margin_and_a_place_where_it_is_too_long() {
        let text = format!("{}. Tail", "a".repeat(278));
        let fit = check(spec("x-post"), &text, None);
        assert_eq!(
            (rules(&fit), fit.margin),
            (vec!["channel.too_long"], Some(-4))
        );
        let [start, end] = fit.violations[0].bytes;
        assert_eq!(&text[start..end], "Tail");
        assert_eq!(
            rules(&check(spec("web-article"), "Far too short", None)),
            ["channel.too_short"]
        );
    }
}
