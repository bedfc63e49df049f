//! The worked example of a template: a small brief and the copy a good writer makes of it.
//!
//! It becomes a user turn and an assistant turn before the real one. A small model copies the form
//! of what it was shown far better than it follows instructions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::Fault;
use super::part::PartSpec;
use crate::domain::brief::{Brief, BriefKind, Fact, Length, MustInclude, Quote, Risk, Source};
use crate::domain::suggest;

/// One `[[example]]` of the front matter.
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, Deserialize)]
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
    must_include: Vec<String>,
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleFact {
    label: String,
    value: String,
    unit: Option<String>,
    as_of: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleQuote {
    text: String,
    speaker: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleSource {
    text: Option<String>,
    url: Option<String>,
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
    /// As a brief of this kind, ids filled in, so that it is rendered the way real ones are.
    pub(super) fn to_brief(&self, kind: BriefKind) -> Brief {
        let this = self.clone();
        Brief {
            external_ref: "example".to_owned(),
            kind,
            topic: this.topic,
            language: this.language,
            facts: numbered("f", this.facts, |id, fact| Fact {
                id,
                label: fact.label,
                aliases: Vec::new(),
                value: fact.value,
                unit: fact.unit,
                as_of: fact.as_of,
                source: None,
                private: false,
                public_figure: false,
            }),
            quotes: numbered("q", this.quotes, |id, quote| Quote {
                id,
                text: quote.text,
                speaker: quote.speaker,
            }),
            sources: numbered("s", this.sources, |id, source| Source {
                id,
                text: source.text,
                url: source.url,
            }),
            must_include: this.must_include.into_iter().map(must_include).collect(),
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

fn must_include(text: String) -> MustInclude {
    MustInclude {
        fact: None,
        text: Some(text),
        any_of: Vec::new(),
        regex: None,
        weight: 1.0,
    }
}

fn numbered<T, U>(letter: &str, items: Vec<T>, make: impl Fn(String, T) -> U) -> Vec<U> {
    let ids = (1..).map(|number| format!("{letter}{number}"));
    ids.zip(items).map(|(id, item)| make(id, item)).collect()
}
