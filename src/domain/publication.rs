//! What leaves: approved texts as an export sees them, and what an export says about each.
//!
//! A format is a snapshot of what is approved, and every text keeps its id and counts its versions in each
//! format: what was corrected after it had left comes as a correction, what was killed as a cancellation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::brief::Brief;
use super::export::Format;
use super::words::words;

words! {
    /// What an export says about a text.
    Action {
        /// It may be published.
        Publish = "publish";
        /// It replaces what left before under the same id.
        Correct = "correct";
        /// What left before under the same id has to be taken down.
        Cancel = "cancel";
    } else "unknown action `{}`"
}

/// One version of a text that has left in some format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// From 1, without gaps.
    pub version: i32,
    /// What was said about it.
    pub action: Action,
    /// The text that left; of a cancellation, the one that is taken down.
    pub revision_id: Uuid,
}

/// What the next export in a format says about a text, given what has left in that format, in order.
///
/// Equal facts give an equal answer, so an export made twice is the same export. `None` for a text that
/// was killed before it ever left.
pub fn next(left: &[Departure], stands: Uuid, killed: bool) -> Option<Departure> {
    let Some(last) = left.last() else {
        return (!killed).then_some(Departure {
            version: 1,
            action: Action::Publish,
            revision_id: stands,
        });
    };
    let said_already = if killed {
        last.action == Action::Cancel
    } else {
        last.action != Action::Cancel && last.revision_id == stands
    };
    if said_already {
        return Some(last.clone());
    }
    Some(Departure {
        version: last.version + 1,
        action: if killed {
            Action::Cancel
        } else {
            Action::Correct
        },
        revision_id: if killed { last.revision_id } else { stands },
    })
}

/// One text in an export, with all that formats have a place for.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// What is said about it.
    pub action: Action,
    /// From 1, counted for each format.
    pub version: i32,
    /// Whether this version has left in this format before.
    pub left: bool,
    /// The review item: the text's identity in every format.
    pub item_id: Uuid,
    /// The draft that was approved.
    pub draft_id: Uuid,
    /// The run that drafted it.
    pub run_id: Uuid,
    /// The text.
    pub revision_id: Uuid,
    /// Its number among the draft's, from 1, which is the model's own.
    pub revision: i32,
    /// The text itself; of a cancellation, what is taken down.
    pub copy: CopyText,
    /// The text of the version before this one.
    pub before: Option<CopyText>,
    /// What the model wrote.
    pub drafted: String,
    /// Whether a person changed it.
    pub edited: bool,
    /// Channel it was checked against.
    pub channel: Option<String>,
    /// Campaign name.
    pub campaign: String,
    /// The brief it was written from, without its private facts.
    pub brief: Brief,
    /// When the model wrote it.
    pub drafted_at: DateTime<Utc>,
    /// When it was approved.
    pub approved_at: DateTime<Utc>,
    /// Who approved it: names, in alphabetical order.
    pub approved_by: Vec<String>,
    /// When this version came about: approved, corrected or killed.
    pub changed_at: DateTime<Utc>,
    /// Why it was corrected or killed.
    pub reason: Option<String>,
    /// The model.
    pub model: String,
    /// Hash of its files.
    pub model_sha256: String,
    /// The prompt template.
    pub template: String,
    /// Hash of its file.
    pub template_sha256: String,
}

/// A text and, for a draft of several parts, its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyText {
    /// The whole copy; for several parts their plain rendering.
    pub text: String,
    /// Entries by field, such as `headlines`.
    pub parts: Option<serde_json::Value>,
}

impl CopyText {
    /// The entries of one part; empty where there are none.
    pub fn entries(&self, part: &str) -> Vec<&str> {
        let value = self.parts.as_ref().and_then(|parts| parts.get(part));
        match value {
            Some(serde_json::Value::String(text)) => vec![text],
            Some(serde_json::Value::Array(entries)) => {
                entries.iter().filter_map(|entry| entry.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Every part with its entries, headlines first and the others by name: Postgres orders the keys of an
    /// object by their length, and people read headlines first.
    pub fn parts(&self) -> Vec<(&str, Vec<&str>)> {
        let parts = self.parts.as_ref().and_then(|parts| parts.as_object());
        let mut names: Vec<&str> = parts
            .map(|parts| parts.keys().map(String::as_str).collect())
            .unwrap_or_default();
        names.sort_by_key(|name| (!matches!(*name, "headlines" | "title"), *name));
        names
            .into_iter()
            .map(|name| (name, self.entries(name)))
            .collect()
    }

    /// The first headline or the title, where a channel has one.
    pub fn headline(&self) -> Option<&str> {
        let headlines = self.entries("headlines").into_iter();
        headlines.chain(self.entries("title")).next()
    }
}

impl Publication {
    /// Its identity in every format.
    pub fn urn(&self) -> String {
        format!("urn:uuid:{}", self.item_id)
    }

    /// The copy to publish; none where it has to be taken down, because a text that was killed must not
    /// leave once more inside its own cancellation.
    pub fn published(&self) -> Option<&CopyText> {
        (self.action != Action::Cancel).then_some(&self.copy)
    }

    /// Where the brief's facts were published: addresses of the web only.
    pub fn sources(&self) -> Vec<&str> {
        let urls = self.brief.sources.iter();
        urls.filter_map(|source| source.url.as_deref())
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .collect()
    }
}

/// Which approved texts leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Selection {
    /// Only this campaign's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Only this run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// Only what has not left in this format yet.
    #[serde(default, skip_serializing_if = "is_false")]
    pub new: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

/// One export as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExportRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// How it left.
    pub format: Format,
    /// What was asked for.
    pub selection: Selection,
    /// Hash of the bytes.
    pub sha256: String,
    /// How many there are.
    pub bytes: i64,
    /// Texts in it.
    pub texts: i32,
    /// Who made it first.
    pub made_by: String,
    /// When.
    pub made_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_counts_its_versions_in_a_format() {
        let [first, second] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let mut left = Vec::new();
        let mut leaves = |stands, killed| {
            let now = next(&left, stands, killed)?;
            let told = (now.version, now.action, now.revision_id);
            if left.last() != Some(&now) {
                left.push(now);
            }
            Some(told)
        };
        let told = [
            leaves(first, false),
            leaves(first, false),
            leaves(second, false),
            leaves(second, false),
            // The correction is taken back.
            leaves(first, false),
            // Corrected and killed before the next export: what is out there is taken down.
            leaves(second, true),
            leaves(second, true),
        ];
        let expected = [
            Some((1, Action::Publish, first)),
            Some((1, Action::Publish, first)),
            Some((2, Action::Correct, second)),
            Some((2, Action::Correct, second)),
            Some((3, Action::Correct, first)),
            Some((4, Action::Cancel, first)),
            Some((4, Action::Cancel, first)),
        ];
        assert_eq!(told, expected);
        assert_eq!(next(&[], first, true), None, "it never left");
    }

    #[test]
    fn every_word_is_read_back() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            assert_eq!(serde_json::json!(format), format.as_str());
        }
        for action in [Action::Publish, Action::Correct, Action::Cancel] {
            assert_eq!(action.as_str().parse(), Ok(action));
            assert_eq!(serde_json::json!(action), action.as_str());
        }
        let refused = "xlsx".parse::<Format>().expect_err("no format");
        assert_eq!(
            refused,
            "unknown format `xlsx`; there are jsonl, csv, markdown, ninjs, json-ld, google-ads-editor"
        );
    }

    #[test]
    fn parts_come_headlines_first_and_sources_from_the_web_only() {
        let copy = CopyText {
            text: "A\n\nB".to_owned(),
            parts: Some(
                serde_json::json!({"descriptions": ["B"], "bodies": "C", "headlines": ["A"]}),
            ),
        };
        let names: Vec<&str> = copy.parts().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["headlines", "bodies", "descriptions"]);
        assert_eq!(
            (copy.entries("bodies"), copy.headline()),
            (vec!["C"], Some("A"))
        );
    }
}
