//! A content brief: what to write, and from which facts.
//!
//! The shape is fixed by the JSON Schema beside this file (`brief.schema.json`, printed by
//! `nightdesk briefs schema`). `intake/` parses and validates; a `Brief` that exists has passed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::words::words;

/// JSON Schema (draft 2020-12) that every brief satisfies.
pub const BRIEF_SCHEMA: &str = include_str!("brief.schema.json");

/// One immutable brief revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Brief {
    /// The sender's own key; importing the same key again makes a revision, not a second brief.
    pub external_ref: String,
    /// Which family of templates can draft it.
    pub kind: BriefKind,
    /// One line: what the copy is about.
    pub topic: String,
    /// BCP 47 tag of the language to write in, such as `en`.
    pub language: String,
    /// Facts the copy may state; nothing else may be stated as fact.
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// Quotes that may be used verbatim.
    #[serde(default)]
    pub quotes: Vec<Quote>,
    /// Background texts the facts come from.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// What the copy has to mention.
    #[serde(default)]
    pub must_include: Vec<MustInclude>,
    /// Words and phrases that must not appear.
    #[serde(default)]
    pub must_avoid: Vec<String>,
    /// Who reads it.
    #[serde(default)]
    pub audience: Option<String>,
    /// How it should sound.
    #[serde(default)]
    pub tone: Option<String>,
    /// Channel the copy goes to; overrides the campaign's.
    #[serde(default)]
    pub channel: Option<String>,
    /// Call to action, for ads.
    #[serde(default)]
    pub cta: Option<String>,
    /// Wanted length.
    #[serde(default)]
    pub length: Option<Length>,
    /// Labels that campaigns select by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Higher goes first.
    #[serde(default)]
    pub priority: i32,
    /// How much harm a mistake would do.
    #[serde(default)]
    pub risk: Risk,
    /// When the copy is needed.
    #[serde(default)]
    pub due_at: Option<DateTime<Utc>>,
    /// Not drafted before this instant.
    #[serde(default)]
    pub embargo_until: Option<DateTime<Utc>>,
    /// Not drafted from this instant on.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Where the copy is published, for labels and policy.
    #[serde(default)]
    pub jurisdictions: Vec<String>,
    /// The sender's own data, carried along unread.
    #[serde(default)]
    pub meta: BTreeMap<String, serde_json::Value>,
}

words! {
    /// Family of copy.
    #[derive(ToSchema)]
    BriefKind {
        /// News and explainers from facts.
        News = "news";
        /// Something that happened or will happen.
        Event = "event";
        /// Advertising copy.
        Ad = "ad";
        /// A post for a social channel.
        Social = "social";
        /// Scenes, poems, dialogue.
        Fiction = "fiction";
    }
}

/// One thing that may be stated, with the words a writer would use for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Key inside this brief, such as `f1`; findings and must-includes refer to it.
    pub id: String,
    /// Plain name of what the value is, such as `Population`.
    pub label: String,
    /// Other words for the label; a number is bound to its fact by label or alias.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The value as text, such as `1.3 million`, `-0.3 %` or `12 March 1968`.
    pub value: String,
    /// Unit, where it is not part of the value.
    #[serde(default)]
    pub unit: Option<String>,
    /// When the value held, such as `2024`.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Id of the source it comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// Must not be published.
    #[serde(default)]
    pub private: bool,
    /// Names a person in public life, whom copy may name.
    #[serde(default)]
    pub public_figure: bool,
}

impl Fact {
    /// Its value with its unit, as people read it.
    pub fn value_with_unit(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} {unit}", self.value),
            None => self.value.clone(),
        }
    }
}

/// Words somebody said, usable only verbatim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// Key inside this brief.
    pub id: String,
    /// The words.
    pub text: String,
    /// Who said them.
    #[serde(default)]
    pub speaker: Option<String>,
}

/// Background text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Key inside this brief.
    pub id: String,
    /// The text.
    #[serde(default)]
    pub text: Option<String>,
    /// Where it was published.
    #[serde(default)]
    pub url: Option<String>,
}

/// Something the copy has to mention: a fact, a text, one of several texts, or a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MustInclude {
    /// Id of a fact whose value has to appear, in any common format.
    #[serde(default)]
    pub fact: Option<String>,
    /// Text that has to appear, letter case aside.
    #[serde(default)]
    pub text: Option<String>,
    /// Any one of these has to appear.
    #[serde(default)]
    pub any_of: Vec<String>,
    /// A regular expression that has to match (syntax of the `regex` crate: linear time).
    #[serde(default)]
    pub regex: Option<String>,
    /// Share in coverage, relative to the others.
    #[serde(default = "default_weight")]
    pub weight: f64,
}

fn default_weight() -> f64 {
    1.0
}

/// Wanted length in words, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// Fewest words.
    #[serde(default)]
    pub min_words: Option<u32>,
    /// Most words.
    #[serde(default)]
    pub max_words: Option<u32>,
}

words! {
    /// How much harm a mistake would do; decides how many reviews a draft needs.
    #[derive(Default, ToSchema)]
    Risk {
        /// Ordinary copy.
        #[default]
        Low = "low";
        /// A second look is worth it.
        Medium = "medium";
        /// Health, money, elections, people.
        High = "high";
    }
}

impl Brief {
    /// SHA-256 over the canonical JSON (fields in schema order, `meta` keys sorted), in hex.
    ///
    /// Equal content gives equal hashes, so importing a file twice changes nothing.
    pub fn sha256(&self) -> String {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(canonical))
    }

    /// The fact with this id.
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(json: &str) -> Brief {
        serde_json::from_str(json).expect("a valid brief")
    }

    #[test]
    fn hash_ignores_key_order_and_spelled_out_defaults() {
        let short = brief(
            r#"{"external_ref":"a","kind":"social","topic":"t","language":"en","meta":{"x":1,"y":2}}"#,
        );
        let long = brief(
            r#"{"meta":{"y":2,"x":1},"tags":[],"priority":0,"language":"en","topic":"t","kind":"social","external_ref":"a"}"#,
        );
        assert_eq!(short.sha256(), long.sha256());
        let other = Brief {
            topic: "u".into(),
            ..short.clone()
        };
        assert_ne!(short.sha256(), other.sha256());
    }

    #[test]
    fn every_kind_has_the_word_that_json_uses() {
        for kind in BriefKind::ALL {
            assert_eq!(
                serde_json::to_value(kind).expect("a word"),
                serde_json::Value::from(kind.as_str())
            );
        }
    }
}
