//! What somebody says about an item, from a form of the desk or from a program, made into what the store records.
//!
//! Both ways lead through [`DecisionRequest`], so the same words are stored as the same bytes: a line ends with `\n`,
//! whatever the sender's system ends it with; a note and the entries of a part have no blanks around them, and one
//! that shows nothing is none.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Schema, Type};
use uuid::Uuid;

use crate::channel::{self, ChannelSpec};
use crate::diff;
use crate::domain::draft::Draft;
use crate::domain::line_ends::with_line_feeds;
use crate::domain::review::{EditedText, NewDecision, Reason, Verdict};
use crate::domain::visible::is_blank;

/// What is said about an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecisionBody)]
pub(super) struct DecisionRequest {
    /// What; `undo` is a resource of its own.
    #[schema(schema_with = verdicts)]
    pub(super) verdict: Verdict,
    /// The draft that was judged, one of the item's.
    pub(super) draft_id: Uuid,
    /// The lease's.
    pub(super) token: Uuid,
    /// The edited text, for `approve_with_edits`.
    #[serde(default)]
    pub(super) text: Option<String>,
    /// For an ad set, its edited parts instead.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parts: Option<Map<String, Value>>,
    /// Why; at least one for `reject`.
    #[serde(default)]
    pub(super) reasons: Vec<Reason>,
    /// In words; for `regenerate` what the next draft should heed.
    #[serde(default)]
    pub(super) note: Option<String>,
}

/// What can be said; taking back is a resource of its own.
fn verdicts() -> Schema {
    let said = Verdict::ALL
        .iter()
        .filter(|verdict| **verdict != Verdict::Undo);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(said.map(|verdict| verdict.as_str())))
        .build()
        .into()
}

/// Why a request is no decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoDecision {
    /// A decision is taken back elsewhere.
    Undo,
    /// An edit without an edited text.
    NoText,
}

impl DecisionRequest {
    /// The decision about an item, under a key; `draft` is the one of `draft_id`, none where the item has no such
    /// draft, which the store refuses.
    ///
    /// # Errors
    /// Where it is no decision, or only half of one.
    pub(super) fn decision(
        self,
        item_id: Uuid,
        key: Uuid,
        draft: Option<&Draft>,
    ) -> Result<NewDecision, NoDecision> {
        let edited = match self.verdict {
            Verdict::Undo => return Err(NoDecision::Undo),
            Verdict::ApproveWithEdits => {
                if self.text.is_none() && self.parts.is_none() {
                    return Err(NoDecision::NoText);
                }
                draft.map(|draft| edited(draft, self.text, self.parts))
            }
            _ => None,
        };
        Ok(NewDecision {
            item_id,
            draft_id: self.draft_id,
            token: self.token,
            key,
            verdict: self.verdict,
            edited,
            reasons: self.reasons,
            note: self.note.as_deref().and_then(without_blanks),
        })
    }
}

/// The text of an edit. That of a set follows from its parts.
fn edited(draft: &Draft, text: Option<String>, parts: Option<Map<String, Value>>) -> EditedText {
    let spec = draft.channel.as_deref().and_then(ChannelSpec::find);
    let parts = parts.map(|parts| {
        let parts = parts.into_iter().map(|(name, value)| {
            let value = values_with_line_feeds(value);
            // What the channel does not know stays as it is.
            let is_field =
                spec.is_some_and(|spec| spec.fields.iter().any(|field| field.name == name));
            let value = if is_field {
                entries_without_blanks(value)
            } else {
                value
            };
            (name, value)
        });
        Value::Object(parts.collect())
    });
    let text = match (&parts, spec) {
        (Some(parts), Some(spec)) => channel::render(spec, parts),
        _ => with_line_feeds(&text.unwrap_or_default()),
    };
    EditedText {
        ratio: diff::ratio(&draft.text, &text),
        text,
        parts,
    }
}

/// The text with the same line ends and no blanks around it; none where nothing of it can be seen.
pub(super) fn without_blanks(text: &str) -> Option<String> {
    let text = with_line_feeds(text.trim());
    (!is_blank(&text)).then_some(text)
}

/// The entry, or the entries, of a part: without blanks around them, and without those that show nothing.
fn entries_without_blanks(part: Value) -> Value {
    match part {
        Value::String(entry) => Value::String(without_blanks(&entry).unwrap_or_default()),
        Value::Array(entries) => entries
            .into_iter()
            .filter_map(|entry| match entry {
                Value::String(entry) => without_blanks(&entry).map(Value::String),
                // Refused with the limits of the channel.
                other => Some(other),
            })
            .collect(),
        other => other,
    }
}

/// Every text in it with the same line ends.
fn values_with_line_feeds(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(with_line_feeds(&text)),
        Value::Array(values) => values.into_iter().map(values_with_line_feeds).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, values_with_line_feeds(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(verdict: Verdict) -> DecisionRequest {
        DecisionRequest {
            verdict,
            draft_id: Uuid::nil(),
            token: Uuid::nil(),
            text: None,
            parts: None,
            reasons: Vec::new(),
            note: Some("one\r\ntwo".to_owned()),
        }
    }

    #[test]
    fn a_line_of_a_part_ends_as_any_other() {
        let parts = serde_json::json!({ "headlines": ["one\r\ntwo", "three"], "path": "four\rfive", "pins": [1, null] });
        assert_eq!(
            values_with_line_feeds(parts),
            serde_json::json!({ "headlines": ["one\ntwo", "three"], "path": "four\nfive", "pins": [1, null] })
        );
    }

    #[test]
    fn what_shows_nothing_is_no_entry_and_no_note() {
        let parts = serde_json::json!([" Fresh Fish\r\n", "\u{200b}", " ", null, "Daily"]);
        let tidy = serde_json::json!(["Fresh Fish", null, "Daily"]);
        assert_eq!(entries_without_blanks(parts), tidy);
        assert_eq!(entries_without_blanks(" /fish ".into()), "/fish");
        assert_eq!(entries_without_blanks(" \u{2060} ".into()), "");
        let with_note = |note: &str| {
            let request = DecisionRequest {
                note: Some(note.to_owned()),
                ..request(Verdict::Approve)
            };
            let decision = request.decision(Uuid::nil(), Uuid::nil(), None);
            decision.map(|decision| decision.note)
        };
        assert_eq!(with_note(" \r\n\u{200b} "), Ok(None));
        assert_eq!(with_note(" one\r\n"), Ok(Some("one".to_owned())));
    }

    #[test]
    fn only_a_whole_decision_is_one() {
        let decided = |request: DecisionRequest| request.decision(Uuid::nil(), Uuid::nil(), None);
        let approved = decided(request(Verdict::Approve)).unwrap();
        assert_eq!(approved.note.as_deref(), Some("one\ntwo"));
        assert_eq!(approved.edited, None);
        assert_eq!(
            decided(request(Verdict::Undo)).unwrap_err(),
            NoDecision::Undo
        );
        let edit = request(Verdict::ApproveWithEdits);
        assert_eq!(decided(edit).unwrap_err(), NoDecision::NoText);
    }
}
