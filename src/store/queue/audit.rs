//! How far a run is, what it gave up, and the proof that nothing was lost and nothing drafted twice.

use serde::Serialize;
use uuid::Uuid;

use super::super::{Store, StoreError};
use crate::domain::run::ItemCounts;

/// The proof that nothing was lost and nothing drafted twice, counted from the rows themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Briefs the run took.
    pub items: i64,
    /// Items with their drafts.
    pub with_drafts: i64,
    /// Items given up, and without drafts.
    pub quarantined: i64,
    /// Items that still need work, and without drafts.
    pub pending: i64,
    /// Items that are none of these, or two at once: must be 0.
    pub inconsistent: i64,
    /// Draft rows.
    pub drafts: i64,
    /// Different (brief, candidate) among them: must equal `drafts`.
    pub distinct_drafts: i64,
    /// The run's own counter of drafts: must equal `drafts`.
    pub counted_drafts: i64,
}

/// An item that was given up, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantinedItem {
    /// The brief's own key.
    pub external_ref: String,
    /// Times it was tried.
    pub attempt: i32,
    /// Worker deaths it is blamed for.
    pub crashes: i32,
    /// The last error, as under `--json`.
    pub error: Option<serde_json::Value>,
    /// What it was given up for before somebody had it tried again, oldest first.
    pub redriven: serde_json::Value,
}

/// An item that was given up and got another try.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RedrivenItem {
    /// The brief's own key.
    pub external_ref: String,
    /// Where it stands now.
    pub state: String,
    /// Each time it was given up before: `{"at", "attempt", "failures", "crashes", "error"}`.
    pub redriven: serde_json::Value,
}

impl RedrivenItem {
    /// The codes it was given up for, oldest first.
    pub fn causes(&self) -> Vec<&str> {
        let each = self.redriven.as_array().into_iter().flatten();
        each.map(|one| one["error"]["code"].as_str().unwrap_or("unknown"))
            .collect()
    }
}

impl Store {
    /// A run's items by state.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn item_counts(&self, run_id: Uuid) -> Result<ItemCounts, StoreError> {
        Ok(sqlx::query_as!(
            ItemCounts,
            r#"select count(*) filter (where state = 'ready') as "ready!",
                      count(*) filter (where state = 'leased') as "leased!",
                      count(*) filter (where state = 'done') as "done!",
                      count(*) filter (where state = 'suspect') as "suspect!",
                      count(*) filter (where state = 'quarantined') as "quarantined!"
               from work_items where run_id = $1"#,
            run_id
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// Items of a run that were given up.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn quarantined(&self, run_id: Uuid) -> Result<Vec<QuarantinedItem>, StoreError> {
        Ok(sqlx::query_as!(
            QuarantinedItem,
            r#"select b.external_ref, w.attempt, w.crashes, w.error, w.redriven
               from work_items w join briefs b on b.id = w.brief_id
               where w.run_id = $1 and w.state = 'quarantined' order by w.position"#,
            run_id
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Items of a run that were given up and got another try.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn redriven(&self, run_id: Uuid) -> Result<Vec<RedrivenItem>, StoreError> {
        Ok(sqlx::query_as!(
            RedrivenItem,
            r#"select b.external_ref, w.state, w.redriven
               from work_items w join briefs b on b.id = w.brief_id
               where w.run_id = $1 and w.redriven <> '[]' order by w.position"#,
            run_id
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Counts a run's items and drafts from the rows themselves.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn audit(&self, run_id: Uuid) -> Result<Audit, StoreError> {
        sqlx::query_as!(
            Audit,
            r#"with items as (
                   select w.state, exists (
                       select from drafts d where d.run_id = w.run_id and d.brief_id = w.brief_id) as drafted
                   from work_items w where w.run_id = $1
               )
               select (select count(*) from items) as "items!",
                      -- Pruning deletes old drafts that nobody reviewed, and counts them.
                      (select count(*) from items where state = 'done' and (drafted or r.pruned_drafts > 0)) as "with_drafts!",
                      (select count(*) from items where state = 'quarantined' and not drafted) as "quarantined!",
                      (select count(*) from items where state in ('ready', 'leased', 'suspect') and not drafted) as "pending!",
                      -- A run that its window ended holds nothing in hand: the next run takes what is open.
                      (select count(*) from items where (state <> 'done' and drafted)
                           or (state = 'done' and not drafted and r.pruned_drafts = 0)
                           or (state = 'leased' and r.state = 'window_expired')) as "inconsistent!",
                      (select count(*) from drafts where run_id = $1) as "drafts!",
                      (select count(distinct (brief_id, candidate_no)) from drafts where run_id = $1) as "distinct_drafts!",
                      r.drafts - r.pruned_drafts as "counted_drafts!"
               from runs r where r.id = $1"#,
            run_id
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "run",
            name: run_id.to_string(),
        })
    }

    /// When the oldest running lease of a run ends, for "waiting for …" messages.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lease_remaining_s(&self, run_id: Uuid) -> Result<Option<f64>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"select extract(epoch from min(lease_until) - nightdesk_now())::float8
               from batches where run_id = $1 and ended_at is null"#,
            run_id
        )
        .fetch_one(&self.pool)
        .await?)
    }
}
