//! The texts that stood for a draft: written once, never changed.

use uuid::Uuid;

use super::super::StoreError;
use super::super::session::Transaction;
use super::ReviewError;
use super::claim::LockedItem;
use crate::channel::{ChannelSpec, check};
use crate::domain::review::{EditedText, Refusal};
use crate::domain::visible::is_blank;

/// A draft under judgement.
pub(super) struct JudgedDraft {
    pub(super) id: Uuid,
    text: String,
    parts: Option<serde_json::Value>,
    channel: Option<String>,
}

/// Reads the judged draft; it has to be one of the item's.
pub(super) async fn judged_draft(
    tx: &mut Transaction,
    item: &LockedItem,
    draft_id: Uuid,
) -> Result<JudgedDraft, ReviewError> {
    let draft = sqlx::query_as!(
        JudgedDraft,
        "select id, text, parts, channel from drafts where id = $1 and run_id = $2 and brief_id = $3",
        draft_id,
        item.run_id,
        item.brief_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    draft.ok_or_else(|| Refusal::ForeignDraft.into())
}

impl JudgedDraft {
    /// Whether an edit left everything as it was.
    pub(super) fn is_same(&self, edited: &EditedText) -> bool {
        self.text == edited.text && self.parts == edited.parts
    }

    /// The revision of the draft's own text, or of an edit of it; made where there is none yet. Nothing that
    /// breaks a limit of its channel becomes one.
    pub(super) async fn revision(
        &self,
        tx: &mut Transaction,
        item: &LockedItem,
        edited: Option<&EditedText>,
        author: Uuid,
    ) -> Result<Uuid, ReviewError> {
        let (text, parts) = match edited {
            Some(edited) => (&edited.text, edited.parts.as_ref()),
            None => (&self.text, self.parts.as_ref()),
        };
        check_copy(self.channel.as_deref(), text, parts)?;
        let own = insert_revision(tx, item, self, (&self.text, self.parts.as_ref()), None).await?;
        match edited {
            None => Ok(own),
            Some(_) => Ok(insert_revision(tx, item, self, (text, parts), Some(author)).await?),
        }
    }
}

/// Whether a text may be approved for its channel, as the channel is now: a draft of an earlier release was held
/// against other rules.
///
/// # Errors
/// [`Refusal::EmptyText`] where nothing of it can be seen, or [`Refusal::OverLimit`].
pub(super) fn check_copy(
    channel: Option<&str>,
    text: &str,
    parts: Option<&serde_json::Value>,
) -> Result<(), Refusal> {
    if is_blank(text) {
        return Err(Refusal::EmptyText);
    }
    let Some(spec) = channel.and_then(ChannelSpec::find) else {
        return Ok(());
    };
    let violations = check(spec, text, parts).violations;
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Refusal::OverLimit {
            channel: spec.name.clone(),
            violations,
        })
    }
}

/// Writes a text as the draft's next revision, or finds the one that says the same.
async fn insert_revision(
    tx: &mut Transaction,
    item: &LockedItem,
    draft: &JudgedDraft,
    (text, parts): (&str, Option<&serde_json::Value>),
    author: Option<Uuid>,
) -> Result<Uuid, StoreError> {
    let there = sqlx::query_scalar!(
        "select id from revisions where draft_id = $1 and sha256 = revision_sha256($2, $3)",
        draft.id,
        text,
        parts
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(there) = there {
        return Ok(there);
    }
    Ok(sqlx::query_scalar!(
        r#"insert into revisions (id, item_id, draft_id, number, text, parts, sha256, author_kind, author_id)
           select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, revision_sha256($4, $5),
                  case when $6::uuid is null then 'model' else 'human' end, $6
           from revisions where draft_id = $3
           returning id"#,
        Uuid::now_v7(),
        item.id,
        draft.id,
        text,
        parts,
        author
    )
    .fetch_one(&mut **tx)
    .await?)
}
