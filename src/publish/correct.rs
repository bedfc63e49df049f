//! Correcting and killing: what is asked before the store changes anything.

use uuid::Uuid;

use super::PublishError;
use crate::channel::{self, ChannelSpec};
use crate::domain::draft::Draft;
use crate::domain::line_ends::with_line_feeds;
use crate::domain::review::{MAX_NOTE_CHARS, check_text, too_many_chars};
use crate::domain::visible::is_blank;
use crate::store::{Amended, Store};

/// What an approved text is corrected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction<'a> {
    /// The draft, or its review item.
    pub draft_id: Uuid,
    /// The whole corrected text; for a draft of parts a JSON object of them.
    pub text: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Puts a corrected text in the place of an approved one, in the name of `actor`.
///
/// Blank lines at both ends are taken off. The text has to keep the limits of the channel that the draft was written
/// for, as at the desk.
///
/// # Errors
/// [`PublishError`]; then nothing is changed.
pub async fn correct(
    store: &Store,
    correction: &Correction<'_>,
    actor: &str,
) -> Result<Amended, PublishError> {
    let draft = store.draft(&correction.draft_id.to_string()).await?.draft;
    let reason = checked_reason(correction.reason)?;
    let (text, parts) = read(&draft, correction.text)?;
    channel::check_limits(draft.channel.as_deref(), &text, parts.as_ref())
        .map_err(|fault| PublishError::of_copy(draft.id, fault))?;
    let copy = (text.as_str(), parts.as_ref());
    Ok(store
        .correct_draft(correction.draft_id, copy, &reason, actor)
        .await?)
}

/// Has an approved text taken down wherever it left to, in the name of `actor`. A second kill changes nothing.
///
/// # Errors
/// [`PublishError`]; then nothing is changed.
pub async fn kill(
    store: &Store,
    draft_id: Uuid,
    reason: &str,
    actor: &str,
) -> Result<Amended, PublishError> {
    let reason = checked_reason(reason)?;
    Ok(store.kill_draft(draft_id, &reason, actor).await?)
}

fn checked_reason(reason: &str) -> Result<String, PublishError> {
    let reason = with_line_feeds(reason.trim());
    if is_blank(&reason) {
        return Err(PublishError::NoReason);
    }
    if let Some(chars) = too_many_chars(&reason) {
        return Err(PublishError::ReasonTooLong {
            chars,
            most: MAX_NOTE_CHARS,
        });
    }
    if reason.contains('\0') {
        return Err(PublishError::Nul);
    }
    Ok(reason)
}

/// The text, and the parts that it was rendered from.
fn read(draft: &Draft, given: &str) -> Result<(String, Option<serde_json::Value>), PublishError> {
    let text = given.strip_prefix('\u{feff}').unwrap_or(given);
    // Editors on other systems end lines otherwise, and a correction must not differ in that alone.
    let text = with_line_feeds(text);
    let text = text.trim_matches('\n').trim_end();
    check_text(text).map_err(|fault| PublishError::of_copy(draft.id, fault))?;
    if text.contains('\0') {
        return Err(PublishError::Nul);
    }
    if draft.parts.is_none() {
        return Ok((text.to_owned(), None));
    }
    let not_parts = |reason: String| PublishError::NotParts {
        draft: draft.id,
        reason,
    };
    let parts: serde_json::Value =
        serde_json::from_str(text).map_err(|error| not_parts(error.to_string()))?;
    if !parts.is_object() {
        return Err(not_parts("it is another kind of value".to_owned()));
    }
    let spec = draft.channel.as_deref().and_then(ChannelSpec::find);
    let text = match spec {
        Some(spec) => channel::render(spec, &parts),
        None => return Err(not_parts("its channel is not known any more".to_owned())),
    };
    // Parts that the channel does not have are refused with its limits.
    if text.contains('\0') {
        Err(PublishError::Nul)
    } else {
        Ok((text, Some(parts)))
    }
}
