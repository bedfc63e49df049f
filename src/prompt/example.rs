//! The worked example of a template: a small brief and the copy a good writer makes of it.
//!
//! It becomes a user turn and an assistant turn before the real one. A small model copies the form
//! of what it was shown far better than it follows instructions.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::error::Fault;
use super::part::PartSpec;
use crate::domain::brief::{Brief, BriefKind, Fact, Length, MustInclude, Quote, Risk, Source};
use crate::domain::{entry_ids, suggest};

/// One `[[example]]` of the front matter.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    pub brief: ExampleBrief,
    /// The copy, of a template without parts.
    pub output: Option<String>,
    /// Entries by the name of their part, of a template with parts.
    #[serde(default)]
    pub parts: BTreeMap<String, Vec<String>>,
}

/// The writing part of a brief; keys that only matter to a queue are left out.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleBrief {
    topic: String,
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    facts: Vec<ExampleFact>,
    #[serde(default)]
    quotes: Vec<ExampleQuote>,
    #[serde(default)]
    sources: Vec<ExampleSource>,
    #[serde(default)]
    must_include: Vec<Wanted>,
    #[serde(default)]
    must_avoid: Vec<String>,
    audience: Option<String>,
    tone: Option<String>,
    cta: Option<String>,
    channel: Option<String>,
    length: Option<Length>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleFact {
    id: Option<String>,
    label: String,
    #[serde(default)]
    aliases: Vec<String>,
    value: String,
    unit: Option<String>,
    as_of: Option<String>,
    source: Option<String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    public_figure: bool,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleQuote {
    id: Option<String>,
    text: String,
    speaker: Option<String>,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleSource {
    id: Option<String>,
    text: Option<String>,
    url: Option<String>,
}

/// A must-include: a text alone, or a table as in a brief.
#[derive(Debug, Clone)]
struct Wanted(MustInclude);

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = MustInclude;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a table")
            }

            fn visit_str<E>(self, text: &str) -> Result<MustInclude, E> {
                Ok(MustInclude {
                    fact: None,
                    text: Some(text.to_owned()),
                    any_of: Vec::new(),
                    regex: None,
                    weight: 1.0,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<MustInclude, A::Error> {
                MustInclude::deserialize(MapAccessDeserializer::new(table))
            }
        }
        deserializer.deserialize_any(Either).map(Self)
    }
}

fn english() -> String {
    "en".to_owned()
}

impl Example {
    /// Holds the answer against the parts the template asks for; the fault and its key.
    pub(super) fn check(&self, parts: &[PartSpec]) -> Result<(), (Fault, String)> {
        let value =
            |expected, given: String, key: String| Err((Fault::Value { expected, given }, key));
        let missing = |key: &str| {
            let message = "required, but missing".to_owned();
            let hint = "see the templates that ship with Nightdesk for an example".to_owned();
            Err((Fault::FrontMatter { message, hint }, key.to_owned()))
        };
        self.brief.check()?;
        let blank = |text: &String| text.trim().is_empty();
        if parts.is_empty() {
            if let Some(name) = self.parts.keys().next() {
                let expected = "an `output`, because the template has no `[[parts]]`";
                return value(expected, format!("`{name}`"), "parts".to_owned());
            }
            return match &self.output {
                None => missing("output"),
                Some(output) if blank(output) => value(
                    "text that is not blank",
                    "none".to_owned(),
                    "output".to_owned(),
                ),
                Some(_) => Ok(()),
            };
        }
        if self.output.is_some() {
            let expected = "entries in `parts`, because the template has `[[parts]]`";
            return value(expected, "an `output`".to_owned(), "output".to_owned());
        }
        if let Some(name) = self
            .parts
            .keys()
            .find(|name| parts.iter().all(|part| part.name != **name))
        {
            let names = parts.iter().map(|part| part.name.as_str());
            let hint = suggest::hint(name, names);
            let message = "no `[[parts]]` has this name".to_owned();
            return Err((
                Fault::FrontMatter { message, hint },
                format!("parts.{name}"),
            ));
        }
        for part in parts {
            let key = format!("parts.{}", part.name);
            match self.parts.get(&part.name) {
                None => return missing(&key),
                Some(entries) if entries.is_empty() || entries.iter().any(blank) => {
                    let expected = "a list of entries that are not blank";
                    return value(expected, "none or a blank one".to_owned(), key);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl ExampleBrief {
    /// Ids are used once in their list, and a must-include names a fact that is there, as in any brief.
    fn check(&self) -> Result<(), (Fault, String)> {
        let lists = [
            ("facts", given(&self.facts, |fact| &fact.id)),
            ("quotes", given(&self.quotes, |quote| &quote.id)),
            ("sources", given(&self.sources, |source| &source.id)),
        ];
        for (list, ids) in &lists {
            for (at, id) in ids.iter().enumerate() {
                if id.is_some() && ids[..at].contains(id) {
                    let expected = "an id that no other entry of the list has";
                    let given = format!("`{}`", id.unwrap_or_default());
                    return Err((
                        Fault::Value { expected, given },
                        format!("brief.{list}[{at}].id"),
                    ));
                }
            }
        }
        let facts = ids('f', &self.facts, |fact| &fact.id);
        for (at, Wanted(wanted)) in self.must_include.iter().enumerate() {
            if let Some(id) = wanted.fact.as_ref().filter(|id| !facts.contains(id)) {
                let message = format!("no fact of the example has the id `{id}`");
                let hint = suggest::hint(id, facts.iter().map(String::as_str));
                let key = format!("brief.must_include[{at}].fact");
                return Err((Fault::FrontMatter { message, hint }, key));
            }
        }
        Ok(())
    }

    /// As a brief of this kind, ids filled in, so that it is rendered the way real ones are.
    pub(super) fn to_brief(&self, kind: BriefKind) -> Brief {
        let this = self.clone();
        let fact_ids = ids('f', &this.facts, |fact| &fact.id);
        let quote_ids = ids('q', &this.quotes, |quote| &quote.id);
        let source_ids = ids('s', &this.sources, |source| &source.id);
        let facts = fact_ids.into_iter().zip(this.facts);
        let quotes = quote_ids.into_iter().zip(this.quotes);
        let sources = source_ids.into_iter().zip(this.sources);
        Brief {
            external_ref: "example".to_owned(),
            kind,
            topic: this.topic,
            language: this.language,
            facts: facts
                .map(|(id, fact)| Fact {
                    id,
                    label: fact.label,
                    aliases: fact.aliases,
                    value: fact.value,
                    unit: fact.unit,
                    as_of: fact.as_of,
                    source: fact.source,
                    private: fact.private,
                    public_figure: fact.public_figure,
                })
                .collect(),
            quotes: quotes
                .map(|(id, quote)| Quote {
                    id,
                    text: quote.text,
                    speaker: quote.speaker,
                })
                .collect(),
            sources: sources
                .map(|(id, source)| Source {
                    id,
                    text: source.text,
                    url: source.url,
                })
                .collect(),
            must_include: this
                .must_include
                .into_iter()
                .map(|Wanted(wanted)| wanted)
                .collect(),
            must_avoid: this.must_avoid,
            audience: this.audience,
            tone: this.tone,
            channel: this.channel,
            cta: this.cta,
            length: this.length,
            tags: this.tags,
            priority: 0,
            risk: Risk::Low,
            due_at: None,
            embargo_until: None,
            expires_at: None,
            jurisdictions: Vec::new(),
            meta: Default::default(),
        }
    }
}

fn given<T>(entries: &[T], id: impl Fn(&T) -> &Option<String>) -> Vec<Option<&str>> {
    entries.iter().map(|entry| id(entry).as_deref()).collect()
}

/// The ids of a list, made where the example gives none.
fn ids<T>(letter: char, entries: &[T], id: impl Fn(&T) -> &Option<String>) -> Vec<String> {
    let numbered: Vec<(Option<&str>, usize)> = given(entries, id).into_iter().zip(1..).collect();
    entry_ids::complete(letter, &numbered)
}
