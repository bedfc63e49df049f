//! Leases: heartbeat, release, take over. What is leased is chosen in `claim`, and ends in `commit`.
//!
//! A worker claims a batch of one run's items under a lease, drafts without any open transaction, and
//! commits what is finished. Every write is fenced by (batch, epoch): the batch is a random id, the
//! epoch is raised by every claim and never lowered, so a worker that lost its lease cannot write.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::super::{Store, StoreError};
use crate::domain::brief::Brief;
use crate::domain::run::MAX_CRASHES;

/// Items that one worker holds until the lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The batch.
    pub batch_id: Uuid,
    /// Whether the worker must have nothing else in hand while it works on it.
    pub isolated: bool,
    /// The items.
    pub items: Vec<LeasedItem>,
}

/// One leased item.
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedItem {
    /// The brief.
    pub brief_id: Uuid,
    /// Its revision.
    pub brief_revision: i32,
    /// Hash of that revision.
    pub brief_sha256: String,
    /// Its content.
    pub brief: Brief,
    /// Fencing token of this claim.
    pub epoch: i64,
    /// What an editor who sent an earlier draft back wants of the next one.
    pub note: Option<String>,
}

impl Store {
    /// Marks the items of every expired lease as suspect, or as quarantined when they were alone in a
    /// worker that died too often; of one run, or of all. Gives the number of leases.
    ///
    /// `mine` are the caller's own batches, which it is plainly alive to finish: after an outage that
    /// outlasted them it would otherwise blame itself for a crash that never was.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn expire_leases(
        &self,
        run_id: Option<Uuid>,
        mine: &[Uuid],
    ) -> Result<usize, StoreError> {
        let expired = sqlx::query_scalar!(
            r#"with ahead as (
                   -- No lease is longer than an hour: one that is was given while the clock ran ahead. Its holder may
                   -- be alive, so it gets its length from now on, to be extended or to run out.
                   update batches set lease_until = nightdesk_now() + least(lease_until - created_at, interval '1 hour')
                   where ($1::uuid is null or run_id = $1) and ended_at is null
                     and lease_until > nightdesk_now() + interval '2 hours'
               ), dead as (
                   update batches set ended_at = nightdesk_now()
                   where ($1::uuid is null or run_id = $1) and ended_at is null and lease_until < nightdesk_now()
                     and id <> all($3)
                   returning id, run_id, alone
               ), suspects as (
                   update work_items w
                   set crashes = w.crashes + dead.alone::integer,
                       state = case when dead.alone and w.crashes + 1 >= $2 then 'quarantined' else 'suspect' end,
                       finished_at = case when dead.alone and w.crashes + 1 >= $2 then nightdesk_now() end,
                       error = case when dead.alone then jsonb_build_object(
                           'code', 'worker.died', 'message', 'the worker died while it drafted only this brief') end
                   from dead
                   where w.run_id = dead.run_id and w.batch_id = dead.id and w.state = 'leased'
               )
               select run_id from dead"#,
            run_id,
            MAX_CRASHES,
            mine
        )
        .fetch_all(&self.pool)
        .await?;
        let runs: BTreeSet<Uuid> = expired.iter().copied().collect();
        for run_id in runs {
            self.finish_run(run_id).await?;
            let leases = expired.iter().filter(|of| **of == run_id).count() as i64;
            // For monitoring alone: in the statement above it would hold the run's row while it waits for others'.
            sqlx::query!(
                "update runs set takeovers = takeovers + $2 where id = $1",
                run_id,
                leases
            )
            .execute(&self.pool)
            .await?;
        }
        Ok(expired.len())
    }

    /// Extends leases; gives those that are still held.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn heartbeat(
        &self,
        batches: &[Uuid],
        lease: Duration,
    ) -> Result<Vec<Uuid>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"update batches set lease_until = nightdesk_now() + make_interval(secs => $2)
               -- Also one that has run out, as long as nobody has taken it: after an outage that outlasted it,
               -- its worker is plainly alive.
               where id = any($1) and ended_at is null
               returning id"#,
            batches,
            lease.as_secs_f64()
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Gives unfinished items of a batch back, as if they had never been claimed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release(&self, batch_id: Uuid) -> Result<u64, StoreError> {
        let released = sqlx::query!(
            r#"with ended as (
                   update batches set ended_at = nightdesk_now() where id = $1 and ended_at is null
                   returning run_id, alone
               )
               update work_items set state = case when (select alone from ended) then 'suspect' else 'ready' end,
                   attempt = attempt - 1
               where run_id = (select run_id from ended) and batch_id = $1 and state = 'leased'"#,
            batch_id
        )
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected())
    }
}
