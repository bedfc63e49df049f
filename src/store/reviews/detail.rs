//! Everything an editor reads before deciding: one item with its brief, its drafts, and what was said before.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::briefs::read_brief;
use super::super::{Store, StoreError};
use super::claim::read_word;
use crate::domain::brief::Brief;
use crate::domain::draft::DraftDetail;
use crate::domain::review::{Decision, ItemState, ReviewItem, ReviewLease, Revision};
use crate::domain::user::{Role, User};

/// An item with all there is to read about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReviewDetail {
    /// The item.
    pub item: ReviewItem,
    /// The brief as it was when it was drafted.
    pub brief: Brief,
    /// Its revision number, from 1.
    pub brief_revision: i32,
    /// Whether the brief has not been corrected since.
    pub brief_is_current: bool,
    /// All its drafts, best first, also those that do not reach the queue.
    pub candidates: Vec<DraftDetail>,
    /// What was said about it; empty for a reviewer whose own review is still to come.
    pub decisions: Vec<Decision>,
    /// The texts that stood for its drafts; hidden like the decisions.
    pub revisions: Vec<Revision>,
    /// The viewer's own lease.
    pub lease: Option<ReviewLease>,
    /// What it was drafted again for.
    pub note: Option<RegenerationNote>,
    /// Items that were drafted again from it.
    pub children: Vec<Uuid>,
    /// The run that drafts it again, until its draft is there.
    pub pending_run: Option<Uuid>,
    /// The approved text.
    pub approved: Option<Revision>,
}

/// What an editor asked for when a draft was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegenerationNote {
    /// The item that was sent back.
    pub parent_id: Uuid,
    /// The note.
    pub note: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// An item as a reviewer may see it; also by the id of any of its drafts.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Corrupt`], or the database.
    pub async fn review_item(&self, id: &str, viewer: &User) -> Result<ReviewDetail, StoreError> {
        let missing = || StoreError::NotFound {
            what: "draft",
            name: id.to_owned(),
        };
        let draft_id: Uuid = id.parse().map_err(|_| missing())?;
        let item_id = sqlx::query_scalar!(
            r#"select i.id from review_items i where i.id = $1
               union all
               select i.id from drafts d join review_items i on i.run_id = d.run_id and i.brief_id = d.brief_id
               where d.id = $1
               limit 1"#,
            draft_id
        )
        .fetch_optional(&self.pool)
        .await?
        .flatten()
        .ok_or_else(missing)?;
        let item = self.review_row(item_id).await?.ok_or_else(missing)?;
        let ids = sqlx::query_scalar!(
            "select id from drafts where run_id = $1 and brief_id = $2",
            item.run_id,
            item.brief_id
        )
        .fetch_all(&self.pool)
        .await?;
        let candidates = self.draft_details(&ids).await?;
        let best = candidates
            .iter()
            .find(|draft| draft.draft.id == item_id)
            .ok_or_else(missing)?;
        let brief_revision = best.provenance.brief_revision;
        let brief = sqlx::query!(
            r#"select v.content, b.revision = v.revision as "current!"
               from brief_revisions v join briefs b on b.id = v.brief_id
               where v.brief_id = $1 and v.revision = $2"#,
            item.brief_id,
            brief_revision
        )
        .fetch_one(&self.pool)
        .await?;
        let revisions = self.item_revisions(item_id).await?;
        let approved = revisions
            .iter()
            .find(|(_, approved)| *approved)
            .map(|(revision, _)| revision.clone());
        let mut decisions = self.item_decisions(item_id).await?;
        let mut revisions: Vec<Revision> = revisions
            .into_iter()
            .map(|(revision, _)| revision)
            .collect();
        if is_blind(&item, &decisions, viewer) {
            // The second reviewer must not know what the first one said, nor see their text.
            decisions.clear();
            revisions.clear();
        }
        let links = sqlx::query!(
            r#"select array(select c.id from review_items c where c.parent_id = $1 order by c.id) as "children!",
                      (select g.run_id from regenerations g join runs r on r.id = g.run_id
                       where g.item_id = $1 and r.state in ('queued', 'running')
                       order by g.created_at desc limit 1) as pending_run"#,
            item_id
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(ReviewDetail {
            lease: self.own_lease(item_id, viewer.id).await?,
            note: self.regeneration_note(item.run_id).await?,
            brief: read_brief(brief.content)?,
            brief_revision,
            brief_is_current: brief.current,
            candidates,
            decisions,
            revisions,
            children: links.children,
            pending_run: links.pending_run,
            approved,
            item,
        })
    }

    /// The channel of one of an item's drafts.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database.
    pub async fn draft_channel(
        &self,
        item_id: Uuid,
        draft_id: Uuid,
    ) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar!(
            r#"select d.channel from drafts d join review_items i on i.run_id = d.run_id and i.brief_id = d.brief_id
               where i.id = $1 and d.id = $2"#,
            item_id,
            draft_id
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "draft",
            name: draft_id.to_string(),
        })
    }

    async fn own_lease(
        &self,
        item_id: Uuid,
        viewer: Uuid,
    ) -> Result<Option<ReviewLease>, StoreError> {
        let lease = sqlx::query!(
            r#"select token, lease_until from review_leases
               where item_id = $1 and reviewer_id = $2 and lease_until > nightdesk_now()"#,
            item_id,
            viewer
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(lease.map(|lease| ReviewLease {
            item_id,
            token: lease.token,
            lease_until: lease.lease_until,
            taken_from: None,
        }))
    }

    async fn regeneration_note(
        &self,
        run_id: Uuid,
    ) -> Result<Option<RegenerationNote>, StoreError> {
        Ok(sqlx::query_as!(
            RegenerationNote,
            r#"select g.item_id as parent_id, g.note, u.name as by, g.created_at as at
               from regenerations g join decisions d on d.id = g.decision_id join users u on u.id = d.reviewer_id
               where g.run_id = $1"#,
            run_id
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    async fn item_decisions(&self, item_id: Uuid) -> Result<Vec<Decision>, StoreError> {
        let rows = sqlx::query!(
            r#"select d.id, u.name, d.verdict, d.draft_id, d.revision_id, d.reasons, d.note, d.seconds, d.created_at, d.undone_at
               from decisions d join users u on u.id = d.reviewer_id
               where d.item_id = $1 order by d.created_at, d.id"#,
            item_id
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Decision {
                    id: row.id,
                    item_id,
                    reviewer: row.name,
                    verdict: read_word(&row.verdict)?,
                    draft_id: row.draft_id,
                    revision_id: row.revision_id,
                    reasons: row
                        .reasons
                        .iter()
                        .map(|word| read_word(word))
                        .collect::<Result<_, _>>()?,
                    note: row.note,
                    seconds: row.seconds,
                    created_at: row.created_at,
                    undone_at: row.undone_at,
                })
            })
            .collect()
    }

    /// The item's texts, each with whether it is the approved one.
    async fn item_revisions(&self, item_id: Uuid) -> Result<Vec<(Revision, bool)>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.id, r.draft_id, r.number, r.text, r.parts, u.name as "author?", r.created_at,
                      coalesce(i.revision_id = r.id, false) as "approved!"
               from revisions r join review_items i on i.id = r.item_id left join users u on u.id = r.author_id
               where r.item_id = $1 order by r.draft_id = $1 desc, r.draft_id, r.number"#,
            item_id
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let revision = Revision {
                    id: row.id,
                    draft_id: row.draft_id,
                    number: row.number,
                    text: row.text,
                    parts: row.parts,
                    author: row.author,
                    created_at: row.created_at,
                };
                (revision, row.approved)
            })
            .collect())
    }
}

/// Whether what was said so far stays hidden: more reviews are to come, and the viewer may give one of them.
fn is_blind(item: &ReviewItem, decisions: &[Decision], viewer: &User) -> bool {
    let reviewed = decisions.iter().any(|decision| {
        decision.undone_at.is_none()
            && decision.verdict.counts()
            && decision.reviewer == viewer.name
    });
    let settles = item.adjudicating && viewer.role >= Role::Supervisor;
    item.state == ItemState::Open && item.reviews_required > 1 && !reviewed && !settles
}
