//! What a batch holds: the answer to a claim whose reply was lost.

use uuid::Uuid;

use super::super::{Store, StoreError};
use super::claim::{ClaimedRow, leased};
use super::leases::Lease;

impl Store {
    /// What a claim gave out under this batch's id, if it went through and its lease has not ended.
    ///
    /// The batch's id is made by the claimer. A claim whose reply was lost is asked after here before
    /// it is tried again: its items would otherwise wait until the lease runs out, and then be taken
    /// for suspects.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn lease(&self, batch_id: Uuid) -> Result<Option<Lease>, StoreError> {
        let isolated = sqlx::query_scalar!(
            r#"select alone from batches
               where id = $1 and ended_at is null and lease_until > nightdesk_now()"#,
            batch_id
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(isolated) = isolated else {
            return Ok(None);
        };
        let rows = sqlx::query_as!(
            ClaimedRow,
            r#"select w.brief_id, w.brief_revision, w.epoch, w.position, b.sha256, b.content,
                      (select g.note from regenerations g where g.run_id = w.run_id and g.brief_id = w.brief_id) as note
               from batches join work_items w on w.run_id = batches.run_id and w.batch_id = batches.id
               join brief_revisions b on b.brief_id = w.brief_id and b.revision = w.brief_revision
               where batches.id = $1 and w.state = 'leased'"#,
            batch_id
        )
        .fetch_all(&self.pool)
        .await?;
        leased(batch_id, isolated, rows)
    }
}
