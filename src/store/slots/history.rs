//! The slot ledger as it is read: what became of every instant at which a campaign was due.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::stored_values::read_word;
use super::super::{Store, StoreError};
use crate::domain::slot::{SkipReason, SlotRecord, SlotStatus};

impl Store {
    /// The ledger, latest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn slots(
        &self,
        campaign: Option<&str>,
        limit: i64,
    ) -> Result<Vec<SlotRecord>, StoreError> {
        let rows = sqlx::query_as!(
            SlotRow,
            r#"select c.name as campaign, s.instant, s.slot_key, s.reason, s.run_id, s.created_at,
                      s.status = 'skipped' and s.created_at > nightdesk_now() as "void!"
               from slots s join campaigns c on c.id = s.campaign_id
               where ($1::text is null or c.name = $1)
               order by s.instant desc, c.name limit $2"#,
            campaign,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(SlotRow::read).collect()
    }

    /// What the ledger says of instants between two, both included, by instant; those that are decided anew when
    /// they come are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn decided_slots(
        &self,
        campaigns: &[String],
        first: DateTime<Utc>,
        last: DateTime<Utc>,
    ) -> Result<Vec<SlotRecord>, StoreError> {
        let rows = sqlx::query_as!(
            SlotRow,
            r#"select c.name as campaign, s.instant, s.slot_key, s.reason, s.run_id, s.created_at, false as "void!"
               from slots s join campaigns c on c.id = s.campaign_id
               where c.name = any($1) and s.instant between $2 and $3
                 and (s.status = 'fired' or s.created_at <= nightdesk_now())
               order by s.instant, c.name"#,
            campaigns,
            first,
            last
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(SlotRow::read).collect()
    }
}

struct SlotRow {
    campaign: String,
    instant: DateTime<Utc>,
    slot_key: String,
    reason: Option<String>,
    run_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    void: bool,
}

impl SlotRow {
    fn read(self) -> Result<SlotRecord, StoreError> {
        let reason = self.reason.as_deref();
        let reason: Option<SkipReason> = reason.map(|word| read_word("slot", word)).transpose()?;
        Ok(SlotRecord {
            campaign: self.campaign,
            instant: self.instant,
            slot_key: self.slot_key,
            status: match reason {
                None => SlotStatus::Fired,
                Some(_) => SlotStatus::Skipped,
            },
            reason,
            run_id: self.run_id,
            created_at: self.created_at,
            void: self.void,
        })
    }
}
