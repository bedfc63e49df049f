//! What the scores and the brief say about one entry before it may join a set.

use std::collections::BTreeSet;

use crate::channel::{Entry, Field};
use crate::domain::brief::Brief;
use crate::domain::score::ScoreCard;
use crate::engine::Candidate;
use crate::prompt::Template;
use crate::scoring;

use super::answer;
use crate::domain::draft::FinishReason;

/// Knows a brief, and turns answers into entries.
pub(super) struct EntryRules<'a> {
    brief: &'a Brief,
    /// Prompts of all parts, to notice copied instructions.
    prompt: &'a str,
    /// Folded words of everything the brief says.
    brief_words: BTreeSet<String>,
    /// Long words of what the worked examples are about: names of other products.
    others: BTreeSet<String>,
    /// Entries of the template's worked examples.
    examples: BTreeSet<String>,
    /// What an empty text lacks: the names of all must-includes.
    wanted: BTreeSet<String>,
}

/// Points of merit for an entry whose every long word stands in the brief: what a model invents, it
/// says in words of its own.
const SUPPORTED: f64 = 40.0;
/// Letters from which a word counts as saying something.
const LONG: usize = 4;

impl<'a> EntryRules<'a> {
    pub(super) fn new(brief: &'a Brief, prompt: &'a str, template: &Template) -> Self {
        let (entries, topics) = (template.example_entries(), template.example_topics());
        Self::with_examples(brief, prompt, entries, topics)
    }

    fn with_examples(
        brief: &'a Brief,
        prompt: &'a str,
        entries: &[String],
        topics: &[String],
    ) -> Self {
        let mut rules = Self {
            brief,
            prompt,
            brief_words: brief_words(brief),
            others: topics.iter().flat_map(|topic| long_words(topic)).collect(),
            examples: entries.iter().map(|entry| plain(entry)).collect(),
            wanted: BTreeSet::new(),
        };
        rules.wanted = missing(&rules.card(""));
        rules
    }

    /// The entries of an answer; at most `most` lines of it are read.
    pub(super) fn entries(&self, answer: &Candidate, most: usize, field: &Field) -> Vec<Entry> {
        let cut = answer.finish_reason == FinishReason::Length;
        answer::lines(&answer.text, most, cut, &field.forbid)
            .into_iter()
            .map(|line| self.without_label(line))
            .map(|line| answer::fitted(line, |text| field.measure(text) <= field.limit))
            .map(|line| self.entry(line))
            .collect()
    }

    /// Takes off a label of the brief's list, "What it does: …", that was copied with its value.
    fn without_label(&self, line: answer::Line) -> answer::Line {
        let Some((label, rest)) = line.text.split_once(':') else {
            return line;
        };
        let mut labels = self.brief.facts.iter().map(|fact| fact.label.as_str());
        let listed = labels.any(|known| known.eq_ignore_ascii_case(label.trim()));
        if listed || label.trim().eq_ignore_ascii_case("features") {
            answer::Line {
                text: rest.trim().to_owned(),
                ..line
            }
        } else {
            line
        }
    }

    fn entry(&self, line: answer::Line) -> Entry {
        let card = self.card(&line.text);
        let refused = if line.broken_off {
            Some("broken off")
        } else if self.is_of_the_example(&line.text) {
            Some("taken from the example")
        } else {
            refusal_reason(&card)
        };
        let points: i32 = card
            .findings
            .iter()
            // What a set has to cover it covers as a whole, and its length is the channel's matter.
            .filter(|finding| !matches!(finding.score.as_str(), "coverage" | "length"))
            .map(|finding| i32::from(finding.deduction))
            .sum();
        Entry {
            merit: self.supported(&line.text).saturating_sub(points),
            covers: self.wanted.difference(&missing(&card)).cloned().collect(),
            text: line.text,
            refused,
        }
    }

    /// Whether an entry is one of the example's, or names what the example is about.
    fn is_of_the_example(&self, text: &str) -> bool {
        let strange =
            |word: &String| self.others.contains(word) && !self.brief_words.contains(word);
        self.examples.contains(&plain(text)) || long_words(text).any(|word| strange(&word))
    }

    fn supported(&self, text: &str) -> i32 {
        let words: Vec<String> = long_words(text).collect();
        if words.is_empty() {
            return 0;
        }
        let known = words
            .iter()
            .filter(|word| self.brief_words.contains(*word))
            .count();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "between 0 and 40"
        )]
        let points = (SUPPORTED * known as f64 / words.len() as f64).round() as i32;
        points
    }

    fn card(&self, text: &str) -> ScoreCard {
        let text = scoring::Text {
            text,
            parts: None,
            finish: None,
        };
        let context = scoring::Context {
            prompt: Some(self.prompt),
            ..scoring::Context::default()
        };
        scoring::score(self.brief, &text, &context)
    }
}

/// Why a card keeps its text out of every set.
fn refusal_reason(card: &ScoreCard) -> Option<&'static str> {
    let failed = |name: &str| {
        card.gates
            .iter()
            .any(|gate| gate.name == name && !gate.pass)
    };
    if failed("gate.policy") {
        Some("with words to avoid")
    } else if !card.passes() {
        Some("not clean")
    } else {
        card.findings
            .iter()
            .any(|finding| finding.score == "grounding" && finding.deduction > 0)
            .then_some("with numbers that are not in the brief")
    }
}

/// Names of the must-includes that a card misses.
fn missing(card: &ScoreCard) -> BTreeSet<String> {
    card.findings
        .iter()
        .filter(|finding| finding.rule == "coverage.missing")
        .map(|finding| finding.message.clone())
        .collect()
}

/// Long words of everything the brief says that may be published.
fn brief_words(brief: &Brief) -> BTreeSet<String> {
    let facts = brief.facts.iter().filter(|fact| !fact.private);
    let texts = facts
        .flat_map(|fact| [&fact.label, &fact.value].into_iter().chain(&fact.aliases))
        .chain(brief.quotes.iter().map(|quote| &quote.text))
        .chain(
            brief
                .sources
                .iter()
                .filter_map(|source| source.text.as_ref()),
        )
        .chain(
            brief
                .must_include
                .iter()
                .flat_map(|must| must.text.iter().chain(&must.any_of)),
        )
        .chain([&brief.topic])
        .chain(&brief.cta);
    texts
        .flat_map(|text| long_words(text).collect::<Vec<_>>())
        .collect()
}

/// Words that say something, without a plural's ending.
fn long_words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= LONG)
        .map(|word| word.strip_suffix('s').unwrap_or(&word).to_owned())
}

/// Letters and digits alone, for comparing with the examples.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn brief() -> Brief {
        let brief = json!({
            "external_ref": "a", "kind": "ad", "topic": "Corner Bakery", "language": "en",
            "facts": [{"id": "f1", "label": "Opens", "value": "6 am"}, {"id": "f2", "label": "Bread", "value": "sourdough"}],
            "must_include": [{"text": "Corner Bakery"}, {"fact": "f2"}], "must_avoid": ["best"],
        });
        serde_json::from_value(brief).expect("a brief")
    }

    fn judged(text: &str) -> Entry {
        let brief = brief();
        let rules = EntryRules::with_examples(
            &brief,
            "Write one headline.",
            &["Warm rolls".to_owned()],
            &["Brookfield Mill".to_owned()],
        );
        rules.entry(answer::Line {
            text: text.to_owned(),
            broken_off: false,
        })
    }

    #[test]
    fn an_entry_is_refused_for_what_no_editor_would_keep() {
        for (text, reason) in [
            ("The best sourdough", Some("with words to avoid")),
            (
                "50 % off all bread",
                Some("with numbers that are not in the brief"),
            ),
            ("Bread from [COMPANY NAME]", Some("not clean")),
            ("Warm Rolls!", Some("taken from the example")),
            ("Flour of Brookfield", Some("taken from the example")),
            ("Sourdough from Corner Bakery", None),
            ("Opens at 6 am", None),
        ] {
            assert_eq!(judged(text).refused, reason, "{text}");
        }
    }

    #[test]
    fn words_of_the_brief_are_merit_and_must_includes_are_named() {
        let (ours, theirs) = (
            judged("Sourdough at Corner Bakery"),
            judged("Heavenly taste experience"),
        );
        assert!(ours.merit > theirs.merit, "{ours:?} {theirs:?}");
        assert_eq!((ours.covers.len(), theirs.covers.len()), (2, 0));
    }
}
