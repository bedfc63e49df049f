//! Correcting and killing: what is asked before the store changes anything.

use uuid::Uuid;

use super::PublishError;
use crate::channel::{self, ChannelSpec};
use crate::domain::line_ends::with_line_feeds;
use crate::domain::review::{MAX_NOTE_CHARS, MAX_TEXT_BYTES};
use crate::domain::visible::is_blank;
use crate::store::{Amended, Store};

/// What an approved text is corrected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction<'a> {
    /// The draft, or its review item.
    pub draft_id: Uuid,
    /// Channel that it was checked against.
    pub channel: Option<&'a str>,
    /// Whether it consists of parts: then `text` is a JSON object of them.
    pub has_parts: bool,
    /// The whole corrected text.
    pub text: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Puts a corrected text in the place of an approved one, in the name of `actor`.
///
/// Blank lines at both ends are taken off. The text has to keep the limits of its channel, as at the desk.
///
/// # Errors
/// [`PublishError`]; then nothing is changed.
pub async fn correct(
    store: &Store,
    correction: &Correction<'_>,
    actor: &str,
) -> Result<Amended, PublishError> {
    let reason = checked_reason(correction.reason)?;
    let (text, parts) = read(correction)?;
    if let Some(spec) = correction.channel.and_then(ChannelSpec::find) {
        let violations = channel::check(spec, &text, parts.as_ref()).violations;
        if !violations.is_empty() {
            return Err(PublishError::Limits {
                channel: spec.name.clone(),
                violations,
            });
        }
    }
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
    let chars = reason.chars().count();
    match chars {
        _ if is_blank(&reason) => Err(PublishError::NoReason),
        _ if chars > MAX_NOTE_CHARS => Err(PublishError::ReasonTooLong {
            chars,
            most: MAX_NOTE_CHARS,
        }),
        _ if reason.contains('\0') => Err(PublishError::Nul),
        _ => Ok(reason),
    }
}

/// The text, and the parts that it was rendered from.
fn read(correction: &Correction<'_>) -> Result<(String, Option<serde_json::Value>), PublishError> {
    let draft = correction.draft_id;
    let text = correction
        .text
        .strip_prefix('\u{feff}')
        .unwrap_or(correction.text);
    // Editors on other systems end lines otherwise, and a correction must not differ in that alone.
    let text = with_line_feeds(text);
    let text = text.trim_matches('\n').trim_end();
    if is_blank(text) {
        return Err(PublishError::NoText { draft });
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(PublishError::TooLong {
            most: MAX_TEXT_BYTES,
        });
    }
    if text.contains('\0') {
        return Err(PublishError::Nul);
    }
    if !correction.has_parts {
        return Ok((text.to_owned(), None));
    }
    let not_parts = |reason: String| PublishError::NotParts { draft, reason };
    let parts: serde_json::Value =
        serde_json::from_str(text).map_err(|error| not_parts(error.to_string()))?;
    if !parts.is_object() {
        return Err(not_parts("it is another kind of value".to_owned()));
    }
    let spec = correction.channel.and_then(ChannelSpec::find);
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
