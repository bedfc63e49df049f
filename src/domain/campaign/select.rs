//! Which briefs a run takes.

use serde::{Deserialize, Serialize};

use crate::domain::brief::BriefKind;

/// Which briefs a run takes; embargoed and expired ones are never taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Only this kind.
    #[serde(default)]
    pub kind: Option<BriefKind>,
    /// Only briefs that carry all of these tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Only this language.
    #[serde(default)]
    pub language: Option<String>,
    /// Only briefs of at least this priority.
    #[serde(default)]
    pub priority: Option<i32>,
    /// Only keys that match: `*` stands for anything.
    #[serde(default)]
    pub external_ref: Option<String>,
    /// Most briefs in one run; the order is priority, due time, age.
    #[serde(default)]
    pub limit: Option<i64>,
    /// Whether briefs this campaign has drafted are taken again.
    #[serde(default)]
    pub redraft: Redraft,
}

/// Whether briefs that a campaign has drafted are taken again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Redraft {
    /// When the brief has a revision that this campaign has not drafted.
    #[default]
    Changed,
    /// Never.
    Never,
    /// In every run.
    Always,
}

impl Select {
    /// Rules beyond types: the key and a message with the limit and the given value.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        match self.limit.filter(|limit| *limit < 1) {
            Some(limit) => Err(("select.limit", format!("must be at least 1, given {limit}"))),
            None => Ok(()),
        }
    }
}
