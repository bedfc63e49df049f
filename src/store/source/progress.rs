//! How far each campaign's source has been read, and the pages that move it on.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::rejects::{forget, keep};
use super::{Position, SourceReject};
use crate::domain::brief::Brief;
use crate::domain::problem::Problem;
use crate::store::{Imported, Store, StoreError};

/// How a campaign's source stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceState {
    /// When the last pull began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended well; null where it failed, or still goes on.
    pub finished_at: Option<DateTime<Utc>>,
    /// Value of the cursor up to which everything has been read.
    pub cursor: Option<String>,
    /// `{"code", "message", "hint"}` of the last pull, where it failed.
    pub last_error: Option<serde_json::Value>,
    /// When it failed.
    pub failed_at: Option<DateTime<Utc>>,
    /// Rows that the last pull read.
    pub rows: i64,
    /// Briefs that it made.
    pub new: i64,
    /// Briefs that it revised.
    pub revised: i64,
    /// Rows that it refused.
    pub rejected: i64,
}

/// What one page of rows comes to.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Rows read.
    pub rows: i64,
    /// Briefs, each with what was changed in its texts.
    pub briefs: Vec<(&'a Brief, Option<serde_json::Value>)>,
    /// Rows that are no briefs.
    pub rejected: Vec<SourceReject>,
    /// Rows that are, by the key under which an earlier rejection would stand.
    pub passed: Vec<String>,
    /// The position as it was when the page was read.
    pub expected: Option<Position>,
    /// The position behind the page; `None` leaves it where it is.
    pub next: Option<Position>,
}

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageOutcome {
    /// It is imported, and the position stands behind it.
    Imported(Imported),
    /// Somebody else has moved the position, to here, since the page was read. Nothing was done, and the
    /// page is read again.
    Moved(Option<Position>),
    /// Somebody else has begun to read another `[source]` of this campaign. Nothing was done.
    Replaced,
}

impl Store {
    /// A pull begins: gives the position that is stored, and the time. With another `[source]` than last
    /// time, or with `from_start`, the position is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin_pull(
        &self,
        campaign_id: Uuid,
        spec_sha256: &str,
        from_start: bool,
    ) -> Result<(Option<Position>, DateTime<Utc>), StoreError> {
        let row = sqlx::query!(
            r#"insert into sources as s (campaign_id, spec_sha256, started_at)
               values ($1, $2, nightdesk_now())
               on conflict (campaign_id) do update
               set cursor_value = case when $3 or s.spec_sha256 <> excluded.spec_sha256 then null else s.cursor_value end,
                   cursor_ref = case when $3 or s.spec_sha256 <> excluded.spec_sha256 then null else s.cursor_ref end,
                   spec_sha256 = excluded.spec_sha256, started_at = excluded.started_at, finished_at = null,
                   row_count = 0, new_count = 0, revised_count = 0, rejected_count = 0
               returning cursor_value, cursor_ref, started_at as "started_at!""#,
            campaign_id,
            spec_sha256,
            from_start
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((position(row.cursor_value, row.cursor_ref), row.started_at))
    }

    /// The position that is stored for this `[source]`, without beginning anything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_position(
        &self,
        campaign_id: Uuid,
        spec_sha256: &str,
    ) -> Result<Option<Position>, StoreError> {
        let row = sqlx::query!(
            "select cursor_value, cursor_ref from sources where campaign_id = $1 and spec_sha256 = $2",
            campaign_id,
            spec_sha256
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.and_then(|row| position(row.cursor_value, row.cursor_ref)))
    }

    /// Imports a page and moves the position, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing was done.
    pub async fn commit_page(
        &self,
        campaign_id: Uuid,
        spec_sha256: &str,
        page: &Page<'_>,
    ) -> Result<PageOutcome, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Two processes that pull at once take turns here, a page at a time.
        let stored = sqlx::query!(
            "select spec_sha256, cursor_value, cursor_ref from sources where campaign_id = $1 for update",
            campaign_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(stored) = stored.filter(|row| row.spec_sha256 == spec_sha256) else {
            return Ok(PageOutcome::Replaced);
        };
        let stored = position(stored.cursor_value, stored.cursor_ref);
        if stored != page.expected {
            return Ok(PageOutcome::Moved(stored));
        }
        let imported = Self::import_on(&mut *tx, &page.briefs).await?;
        keep(&mut tx, campaign_id, &page.rejected).await?;
        forget(&mut tx, campaign_id, &page.passed).await?;
        let next = page.next.as_ref().or(page.expected.as_ref());
        sqlx::query!(
            r#"update sources
               set cursor_value = $2, cursor_ref = $3, row_count = row_count + $4, new_count = new_count + $5,
                   revised_count = revised_count + $6, rejected_count = rejected_count + $7
               where campaign_id = $1"#,
            campaign_id,
            next.map(|next| next.cursor.as_str()),
            next.map(|next| next.reference.as_str()),
            page.rows,
            imported.new as i64,
            imported.revised as i64,
            page.rejected.len() as i64
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(PageOutcome::Imported(imported))
    }

    /// A pull has read everything. `whole_since` is when it began, where it read every row there is: what
    /// was rejected before and did not come again is no longer in the source.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn finish_pull(
        &self,
        campaign_id: Uuid,
        whole_since: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "update sources set finished_at = nightdesk_now(), last_error = null, failed_at = null where campaign_id = $1",
            campaign_id
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "delete from source_rejects where campaign_id = $1 and last_seen_at < $2",
            campaign_id,
            whole_since
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// A pull has failed, perhaps before it began.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn fail_pull(
        &self,
        campaign_id: Uuid,
        spec_sha256: &str,
        problem: &Problem,
    ) -> Result<(), StoreError> {
        let error = serde_json::json!({
            "code": problem.code, "message": problem.message, "hint": problem.hint,
        });
        sqlx::query!(
            r#"insert into sources (campaign_id, spec_sha256, last_error, failed_at)
               values ($1, $2, $3, nightdesk_now())
               on conflict (campaign_id) do update
               set last_error = excluded.last_error, failed_at = excluded.failed_at"#,
            campaign_id,
            spec_sha256,
            error
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How a campaign's source stands; `None` where it was never pulled.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_state(&self, campaign_id: Uuid) -> Result<Option<SourceState>, StoreError> {
        Ok(sqlx::query_as!(
            SourceState,
            r#"select started_at, finished_at, cursor_value as cursor, last_error, failed_at, row_count as rows,
                      new_count as new, revised_count as revised, rejected_count as rejected
               from sources where campaign_id = $1"#,
            campaign_id
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Hashes of the current revisions of these briefs, of those that there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn brief_hashes(
        &self,
        external_refs: &[String],
    ) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query!(
            "select external_ref, sha256 from briefs where external_ref = any($1)",
            external_refs
        )
        .fetch_all(&self.pool)
        .await?;
        let pairs = rows.into_iter().map(|row| (row.external_ref, row.sha256));
        Ok(pairs.collect())
    }
}

fn position(cursor: Option<String>, reference: Option<String>) -> Option<Position> {
    Some(Position {
        cursor: cursor?,
        reference: reference?,
    })
}
