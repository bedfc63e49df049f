//! Briefs a page at a time, the newest first, and everything about one of them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::briefs::read_brief;
use super::{BriefSummary, Store, StoreError};
use crate::domain::brief::Brief;

/// Which page of briefs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BriefSearch {
    /// Words of the topic or of the key, capitals ignored; all of it has to stand there as it is.
    pub text: String,
    /// Only those that were first imported before this one.
    pub after: Option<Uuid>,
    /// Most rows.
    pub limit: i64,
}

/// One revision of a brief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BriefRevision {
    /// From 1.
    pub revision: i32,
    /// When it was imported.
    pub created_at: DateTime<Utc>,
    /// What it says.
    pub brief: Brief,
}

/// A draft as the page of its brief names it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are the columns of the table, explained there"
)]
pub struct DraftOfBrief {
    pub id: Uuid,
    pub campaign: String,
    pub brief_revision: i32,
    pub rank: i32,
    pub kept: bool,
    pub priority: i32,
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// A page of briefs, the newest first. By the key of the table, so that the thousandth page takes as long as
    /// the first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn search_briefs(
        &self,
        search: &BriefSearch,
    ) -> Result<Vec<BriefSummary>, StoreError> {
        Ok(sqlx::query_as!(
            BriefSummary,
            r#"select id, external_ref, revision, kind, topic, language, tags, priority, due_at,
                      embargo_until, expires_at, created_at, updated_at
               from briefs
               where ($1 = '' or position(lower($1) in lower(topic)) > 0 or position(lower($1) in lower(external_ref)) > 0)
                 and ($2::uuid is null or id < $2)
               order by id desc
               limit $3"#,
            search.text,
            search.after,
            search.limit
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Every revision of a brief, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn brief_revisions(&self, brief_id: Uuid) -> Result<Vec<BriefRevision>, StoreError> {
        let rows = sqlx::query!(
            "select revision, created_at, content from brief_revisions where brief_id = $1 order by revision desc",
            brief_id
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(BriefRevision {
                    revision: row.revision,
                    created_at: row.created_at,
                    brief: read_brief(row.content)?,
                })
            })
            .collect()
    }

    /// Drafts of a brief, those of the latest run first and the best of each before the others.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drafts_of_brief(
        &self,
        brief_id: Uuid,
        limit: i64,
    ) -> Result<Vec<DraftOfBrief>, StoreError> {
        Ok(sqlx::query_as!(
            DraftOfBrief,
            r#"select d.id, c.name as campaign, d.brief_revision, d.rank, d.kept, d.priority, d.created_at
               from drafts d join runs r on r.id = d.run_id join campaigns c on c.id = r.campaign_id
               where d.brief_id = $1
               order by d.run_id desc, d.rank, d.id
               limit $2"#,
            brief_id,
            limit
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
