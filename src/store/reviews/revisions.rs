//! The texts that stood for a draft: written once, never changed.

use uuid::Uuid;

use super::super::StoreError;
use super::super::connection::Transaction;
use super::ReviewError;
use super::claim::LockedItem;
use crate::domain::review::{CopyCheck, EditedText, Refusal};

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

    /// Asks whether the text that is approved, the draft's own or an edit of it, may be.
    pub(super) fn check_approved(
        &self,
        edited: Option<&EditedText>,
        check_copy: CopyCheck,
    ) -> Result<(), Refusal> {
        let (text, parts) = self.approved(edited);
        check_copy(self.channel.as_deref(), text, parts)?;
        Ok(())
    }

    fn approved<'a>(
        &'a self,
        edited: Option<&'a EditedText>,
    ) -> (&'a str, Option<&'a serde_json::Value>) {
        match edited {
            Some(edited) => (&edited.text, edited.parts.as_ref()),
            None => (&self.text, self.parts.as_ref()),
        }
    }

    /// The revision of the draft's own text, or of an edit of it; made where there is none yet.
    pub(super) async fn revision(
        &self,
        tx: &mut Transaction,
        item: &LockedItem,
        edited: Option<&EditedText>,
        author: Uuid,
    ) -> Result<Uuid, ReviewError> {
        let own = insert_revision(tx, item, self, (&self.text, self.parts.as_ref()), None).await?;
        match edited {
            None => Ok(own),
            Some(_) => {
                let copy = self.approved(edited);
                Ok(insert_revision(tx, item, self, copy, Some(author)).await?)
            }
        }
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
