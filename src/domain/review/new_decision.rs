//! A decision as a reviewer sends it, and what can be refused of it without looking anything up.

use uuid::Uuid;

use super::super::visible::is_blank;
use super::copy_fault::{CopyFault, check_text, too_many_chars};
use super::{Reason, Refusal, Verdict};

/// What a reviewer says about an item.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDecision {
    /// The item.
    pub item_id: Uuid,
    /// The draft that was judged, one of the item's.
    pub draft_id: Uuid,
    /// The lease.
    pub token: Uuid,
    /// Made with the form: the same key twice is one decision.
    pub key: Uuid,
    /// What.
    pub verdict: Verdict,
    /// The edited text, for [`Verdict::ApproveWithEdits`].
    pub edited: Option<EditedText>,
    /// Why, for a rejection.
    pub reasons: Vec<Reason>,
    /// In words; for [`Verdict::Regenerate`] what the next draft should heed.
    pub note: Option<String>,
}

/// A text as an editor left it.
#[derive(Debug, Clone, PartialEq)]
pub struct EditedText {
    /// The whole copy; for a multi-part draft the rendering of its parts.
    pub text: String,
    /// The fields of a multi-part draft.
    pub parts: Option<serde_json::Value>,
    /// Characters that were put in and taken out, over those of both texts.
    pub ratio: f32,
}

/// Whether a text with its parts may be approved for a channel; handed to whoever reads the text under a lock.
pub type CopyCheck = fn(
    channel: Option<&str>,
    text: &str,
    parts: Option<&serde_json::Value>,
) -> Result<(), CopyFault>;

impl NewDecision {
    /// Asks whether its note, its reasons and its edited text are what its verdict takes.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), Refusal> {
        let note = self.note.as_deref().unwrap_or_default();
        if let Some(chars) = too_many_chars(note) {
            return Err(Refusal::NoteTooLong { chars });
        }
        let silent = is_blank(note);
        match self.verdict {
            Verdict::Regenerate if silent => return Err(Refusal::NoNote),
            Verdict::Reject | Verdict::Escalate | Verdict::Decline
                if silent && self.reasons.is_empty() =>
            {
                return Err(Refusal::NoReason);
            }
            _ => {}
        }
        if let Some(edited) = &self.edited {
            check_text(&edited.text)?;
        }
        Ok(())
    }
}
