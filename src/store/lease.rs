//! What a batch holds: the answer to a claim whose reply was lost.

use uuid::Uuid;

use super::briefs::read_brief;
use super::{Lease, LeasedItem, Store, StoreError};

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
        let rows = sqlx::query!(
            r#"select batches.alone, w.brief_id, w.brief_revision, w.epoch, b.sha256, b.content
               from batches join work_items w on w.run_id = batches.run_id and w.batch_id = batches.id
               join brief_revisions b on b.brief_id = w.brief_id and b.revision = w.brief_revision
               where batches.id = $1 and batches.ended_at is null
                 and batches.lease_until > nightdesk_now() and w.state = 'leased'
               order by w.position"#,
            batch_id
        )
        .fetch_all(&self.pool)
        .await?;
        let Some(alone) = rows.first().map(|row| row.alone) else {
            return Ok(None);
        };
        let items = rows
            .into_iter()
            .map(|row| {
                Ok(LeasedItem {
                    brief_id: row.brief_id,
                    brief_revision: row.brief_revision,
                    brief_sha256: row.sha256,
                    brief: read_brief(row.content)?,
                    epoch: row.epoch,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(Lease {
            batch_id,
            alone,
            items,
        }))
    }
}
