//! After approval: a text is corrected, or killed.
//!
//! Neither touches what reviewers decided or what the model wrote: a correction is one more revision, and a kill
//! takes the draft out of every later export. What had left in a format is told in its next export.

use utoipa::ToSchema;
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::stored_values::read_word;
use super::super::{Store, StoreError, events};
use crate::domain::export::Format;
use crate::domain::problem::Problem;
use crate::domain::review::UNDO_SECONDS;

/// Why a text was not corrected or killed. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// It was never approved, or is not any more.
    #[error("draft {draft} is {state}, not approved, so there is nothing to {wanted}")]
    NotApproved {
        /// The draft.
        draft: Uuid,
        /// Its state, in words.
        state: String,
        /// `correct` or `kill`.
        wanted: &'static str,
    },
    /// It was killed.
    #[error("draft {draft} was killed, and what was killed stays killed")]
    Killed {
        /// The draft.
        draft: Uuid,
    },
    /// Its approval can still be taken back.
    #[error(
        "draft {draft} was approved less than {UNDO_SECONDS} seconds ago, and its approval can still be taken back"
    )]
    Fresh {
        /// The draft.
        draft: Uuid,
    },
    /// Nothing would change.
    #[error("the text is the one that stands already, revision {revision} of draft {draft}")]
    Same {
        /// The draft.
        draft: Uuid,
        /// The revision that stands.
        revision: i32,
    },
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AmendError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::NotApproved { .. } => Problem::new("draft.not_approved", self.to_string())
                .hint("only an approved text can leave"),
            Self::Killed { .. } => Problem::new("draft.killed", self.to_string())
                .hint("approve another draft of its brief, or draft the brief again"),
            Self::Fresh { .. } => Problem::new("draft.fresh", self.to_string())
                .hint("take the approval back at the desk, or try again in a moment"),
            Self::Same { .. } => Problem::new("draft.same_text", self.to_string())
                .hint("nothing was changed; give the corrected text"),
            Self::Store(error) => error.problem(),
        }
    }
}

impl From<sqlx::Error> for AmendError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(StoreError::from(error))
    }
}

/// What a correction or a kill did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct Amended {
    /// The review item: the text's id in every export.
    pub item_id: Uuid,
    /// The draft that was approved.
    pub draft_id: Uuid,
    /// Number of the revision that stands now; of a kill, of the one that stood.
    pub revision: i32,
    /// Whether it was this call that did it.
    pub now: bool,
    /// Formats that the text has left in, whose next export tells it.
    pub left_in: Vec<Format>,
}

/// A text that stands, locked.
struct LockedText {
    item_id: Uuid,
    revision_id: Uuid,
    revision: i32,
    sha256: String,
    draft_id: Uuid,
    killed: bool,
    fresh: bool,
}

impl Store {
    /// Takes an approved text out of every later export, and has what left of it taken down. A second kill
    /// changes nothing.
    ///
    /// # Errors
    /// [`AmendError::NotApproved`] or the database.
    pub async fn kill_draft(
        &self,
        draft_id: Uuid,
        reason: &str,
        actor: &str,
    ) -> Result<Amended, AmendError> {
        let mut tx = self.pool.begin().await?;
        let stands = lock_approved_text(&mut tx, draft_id, "kill").await?;
        if !stands.killed {
            sqlx::query!(
                "insert into amendments (id, item_id, kind, before_id, reason, made_by) values ($1, $2, 'kill', $3, $4, $5)",
                Uuid::now_v7(),
                stands.item_id,
                stands.revision_id,
                reason,
                actor
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "update drafts set state = 'killed' where id = $1",
                stands.draft_id
            )
            .execute(&mut *tx)
            .await?;
            let details = serde_json::json!({"reason": reason, "revision": stands.revision});
            let subject = stands.draft_id.to_string();
            events::record(&mut tx, actor, "draft.killed", &subject, &details).await?;
        }
        let left_in = left_in(&mut tx, stands.item_id).await?;
        tx.commit().await?;
        Ok(Amended {
            item_id: stands.item_id,
            draft_id: stands.draft_id,
            revision: stands.revision,
            now: !stands.killed,
            left_in,
        })
    }

    /// Puts another text in the place of an approved one. Whether it keeps the limits of its channel was asked
    /// before; a text that stood for the draft earlier is that revision again.
    ///
    /// # Errors
    /// [`AmendError`].
    pub async fn correct_draft(
        &self,
        draft_id: Uuid,
        (text, parts): (&str, Option<&serde_json::Value>),
        reason: &str,
        actor: &str,
    ) -> Result<Amended, AmendError> {
        let mut tx = self.pool.begin().await?;
        let stands = lock_approved_text(&mut tx, draft_id, "correct").await?;
        let draft = stands.draft_id;
        if stands.killed {
            return Err(AmendError::Killed { draft });
        }
        if stands.fresh {
            return Err(AmendError::Fresh { draft });
        }
        let sha256 = sqlx::query_scalar!(
            r#"select revision_sha256($1, $2) as "sha256!""#,
            text,
            parts
        )
        .fetch_one(&mut *tx)
        .await?;
        if sha256 == stands.sha256 {
            let revision = stands.revision;
            return Err(AmendError::Same { draft, revision });
        }
        sqlx::query!(
            r#"insert into revisions (id, item_id, draft_id, number, text, parts, sha256, author_kind)
               select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, 'human' from revisions where draft_id = $3
               on conflict (draft_id, sha256) do nothing"#,
            Uuid::now_v7(),
            stands.item_id,
            draft,
            text,
            parts,
            sha256
        )
        .execute(&mut *tx)
        .await?;
        let revision = sqlx::query!(
            "select id, number from revisions where draft_id = $1 and sha256 = $2",
            draft,
            sha256
        )
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query!(
            "update review_items set revision_id = $2 where id = $1",
            stands.item_id,
            revision.id
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            r#"insert into amendments (id, item_id, kind, before_id, revision_id, reason, made_by)
               values ($1, $2, 'correct', $3, $4, $5, $6)"#,
            Uuid::now_v7(),
            stands.item_id,
            stands.revision_id,
            revision.id,
            reason,
            actor
        )
        .execute(&mut *tx)
        .await?;
        let details = serde_json::json!({
            "reason": reason, "before": stands.revision, "revision": revision.number, "sha256": sha256,
        });
        events::record(
            &mut tx,
            actor,
            "draft.corrected",
            &draft.to_string(),
            &details,
        )
        .await?;
        let left_in = left_in(&mut tx, stands.item_id).await?;
        tx.commit().await?;
        Ok(Amended {
            item_id: stands.item_id,
            draft_id: draft,
            revision: revision.number,
            now: true,
            left_in,
        })
    }
}

/// Locks the item of an approved draft, given by the draft's id or by the item's.
async fn lock_approved_text(
    tx: &mut Transaction,
    id: Uuid,
    wanted: &'static str,
) -> Result<LockedText, AmendError> {
    let stands = sqlx::query_as!(
        LockedText,
        r#"select i.id as item_id, r.id as revision_id, r.number as revision, r.sha256, r.draft_id,
                  d.state = 'killed' as "killed!",
                  i.decided_at + make_interval(secs => $2) >= nightdesk_now() as "fresh!"
           from review_items i
           join revisions r on r.id = i.revision_id
           join drafts d on d.id = r.draft_id
           where i.outcome = 'approved' and (r.draft_id = $1 or i.id = $1)
             and d.state in ('approved', 'exported', 'killed')
           for update of i"#,
        id,
        UNDO_SECONDS as f64
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(stands) = stands {
        return Ok(stands);
    }
    let state = sqlx::query_scalar!("select state from drafts where id = $1", id)
        .fetch_optional(&mut **tx)
        .await?;
    Err(match state {
        Some(state) => AmendError::NotApproved {
            draft: id,
            state: state.replace('_', " "),
            wanted,
        },
        None => StoreError::NotFound {
            what: "draft",
            name: id.to_string(),
        }
        .into(),
    })
}

async fn left_in(tx: &mut Transaction, item_id: Uuid) -> Result<Vec<Format>, StoreError> {
    let formats = sqlx::query_scalar!(
        "select distinct format from export_items where item_id = $1",
        item_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut formats: Vec<Format> = formats
        .iter()
        .map(|word| read_word("export", word))
        .collect::<Result<_, _>>()?;
    formats.sort();
    Ok(formats)
}
