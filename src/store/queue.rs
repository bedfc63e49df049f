//! The queue: claim, heartbeat, release, take over. Its other half, the fenced commit, is in `commit`.
//!
//! A worker claims a batch of one run's items under a lease, drafts without any open transaction, and
//! commits what is finished. Every write is fenced by (batch, epoch): the batch is a random id, the
//! epoch is raised by every claim and never lowered, so a worker that lost its lease cannot write.

use std::time::Duration;

use uuid::Uuid;

use super::briefs::read_brief;
use super::{Store, StoreError};
use crate::domain::brief::Brief;
use crate::domain::run::MAX_CRASHES;

/// Items that one worker holds until the lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The batch.
    pub batch_id: Uuid,
    /// Whether the worker must have nothing else in hand while it works on it.
    pub alone: bool,
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
}

impl Store {
    /// Marks the items of every expired lease of a run as suspect, or as quarantined when they were
    /// alone in a worker that died too often. Gives the number of leases.
    ///
    /// `mine` are the caller's own batches, which it is plainly alive to finish: after an outage that
    /// outlasted them it would otherwise blame itself for a crash that never was.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn expire_leases(&self, run_id: Uuid, mine: &[Uuid]) -> Result<i64, StoreError> {
        let expired = sqlx::query_scalar!(
            r#"with dead as (
                   update batches set ended_at = nightdesk_now()
                   where run_id = $1 and ended_at is null and lease_until < nightdesk_now()
                     and id <> all($3)
                   returning id, alone
               ), suspects as (
                   update work_items w
                   set crashes = w.crashes + dead.alone::integer,
                       state = case when dead.alone and w.crashes + 1 >= $2 then 'quarantined' else 'suspect' end,
                       finished_at = case when dead.alone and w.crashes + 1 >= $2 then nightdesk_now() end,
                       error = case when dead.alone then jsonb_build_object(
                           'code', 'worker.died', 'message', 'the worker died while it drafted only this brief') end
                   from dead
                   where w.batch_id = dead.id and w.state = 'leased'
               )
               select count(*) as "count!" from dead"#,
            run_id,
            MAX_CRASHES,
            mine
        )
        .fetch_one(&self.pool)
        .await?;
        if expired > 0 {
            self.finish_run(run_id).await?;
        }
        Ok(expired)
    }

    /// Claims up to `limit` ready items of a run; when none is ready and `in_hand` is zero, one
    /// suspect on its own. `None` when there is nothing to claim now, or the run's window has closed.
    /// Items whose brief is embargoed or expired are passed over, and given up once no other is ready.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn claim(
        &self,
        run_id: Uuid,
        worker: &str,
        limit: i64,
        lease: Duration,
        in_hand: usize,
    ) -> Result<Option<Lease>, StoreError> {
        if let Some(batch) = self
            .claim_state(run_id, worker, limit, lease, "ready")
            .await?
        {
            return Ok(Some(batch));
        }
        self.withdraw(run_id).await?;
        if in_hand > 0 {
            return Ok(None);
        }
        self.claim_state(run_id, worker, 1, lease, "suspect").await
    }

    async fn claim_state(
        &self,
        run_id: Uuid,
        worker: &str,
        limit: i64,
        lease: Duration,
        state: &str,
    ) -> Result<Option<Lease>, StoreError> {
        let batch_id = Uuid::new_v4();
        let alone = state == "suspect";
        let rows = sqlx::query!(
            // Materialised: the planner may otherwise run the limited sub-select again and claim more.
            r#"with chosen as materialized (
                   select w.run_id, w.brief_id
                   from work_items w join runs r on r.id = w.run_id join briefs b on b.id = w.brief_id
                   where w.run_id = $1 and w.state = $2 and w.available_at <= nightdesk_now()
                     and r.state in ('queued', 'running')
                     and (r.window_ends_at is null or r.window_ends_at > nightdesk_now())
                     -- Since the run was made, the brief may have expired or got another embargo.
                     and (b.expires_at is null or b.expires_at > nightdesk_now())
                     and (b.embargo_until is null or b.embargo_until <= nightdesk_now())
                   -- A suspect that has crashed a worker goes last: the others should not wait behind it.
                   order by w.crashes, w.position
                   limit $3
                   for no key update of w skip locked
                   -- Whoever ends the run by its window waits for this claim, or this claim for them.
                   for no key update of r
               ), batch as (
                   insert into batches (id, run_id, worker, alone, lease_until)
                   select $4, $1, $5, $6, nightdesk_now() + make_interval(secs => $7)
                   where exists (select from chosen)
                   returning id
               ), started as (
                   update runs set state = 'running', started_at = nightdesk_now()
                   where id = $1 and state = 'queued' and exists (select from chosen)
               )
               update work_items w
               set state = 'leased', batch_id = batch.id, epoch = w.epoch + 1, attempt = w.attempt + 1
               from chosen, batch, brief_revisions b
               where w.run_id = chosen.run_id and w.brief_id = chosen.brief_id and w.state = $2
                 and b.brief_id = w.brief_id and b.revision = w.brief_revision
               returning w.brief_id, w.brief_revision, w.epoch, w.position, b.sha256, b.content"#,
            run_id,
            state,
            limit,
            batch_id,
            worker,
            alone,
            lease.as_secs_f64()
        )
        .fetch_all(&self.pool)
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut rows = rows;
        rows.sort_by_key(|row| row.position);
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
               where id = any($1) and ended_at is null and lease_until > nightdesk_now()
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
                   update batches set ended_at = nightdesk_now() where id = $1 and ended_at is null returning alone
               )
               update work_items set state = case when (select alone from ended) then 'suspect' else 'ready' end,
                   attempt = attempt - 1
               where batch_id = $1 and state = 'leased' and exists (select from ended)"#,
            batch_id
        )
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected())
    }
}
