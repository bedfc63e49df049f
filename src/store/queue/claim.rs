//! Which work comes next: the run whose turn it is, and a batch of its items under a lease.
//!
//! Picking a run and claiming of it are two statements. The first only reads, and may be out of date by the
//! time the second runs; the second decides everything again under its locks.
//! What may be worked on, and what has waited long enough, are rules of the schema (`may_be_worked_on`, `has_come`).

use std::time::Duration;

use uuid::Uuid;

use super::super::briefs::read_brief;
use super::super::{Store, StoreError};
use super::leases::{Lease, LeasedItem};

/// What a worker may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Only this run; `None` for every run there is.
    pub run_id: Option<Uuid>,
    /// Only runs pinned to this model: the one that is loaded, while something is in hand.
    pub model_sha256: Option<&'a str>,
    /// None of these: this process cannot work on them, or has just found nothing in them.
    pub except: &'a [Uuid],
}

/// A run with something to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextRun {
    /// The run.
    pub run_id: Uuid,
    /// Hash of the model it is pinned to.
    pub model_sha256: String,
    /// How often it was parked in a row because everything failed; more than 0 means: try one.
    pub parked: i32,
}

/// Who claims, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimer<'a> {
    /// Random, and new for every claim.
    pub batch_id: Uuid,
    /// The worker's name.
    pub worker: &'a str,
    /// Until it has to be heard of again.
    pub lease: Duration,
}

impl Store {
    /// The run whose ready items are next: the one with the least leased, then of the highest priority,
    /// then the oldest. So a campaign of a hundred briefs does not wait behind one of a hundred thousand.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_run(&self, scope: Scope<'_>) -> Result<Option<NextRun>, StoreError> {
        Ok(sqlx::query_as!(
            NextRun,
            r#"select r.id as run_id, r.model_sha256, r.parked
               from runs r join campaigns c on c.id = r.campaign_id
               cross join lateral (
                   select w.brief_id from work_items w
                   where w.run_id = r.id and w.state = 'ready' and has_come(w.available_at)
                   order by w.position limit 1) as first
               join briefs b on b.id = first.brief_id
               where may_be_worked_on(r.state, r.window_ends_at, r.parked_until, r.opened_at, c.paused_at)
                 and ($1::uuid is null or r.id = $1)
                 and ($2::text is null or r.model_sha256 = $2)
                 and r.id <> all($3)
                 -- `overlap = "buffer"`: it waits for the scheduled run before it.
                 and not (r.slot is not null and r.spec ->> 'overlap' = 'buffer' and exists (
                     select from runs e
                     where e.campaign_id = r.campaign_id and e.slot < r.slot and e.state in ('queued', 'running')))
               order by (select count(*) from work_items w where w.run_id = r.id and w.state = 'leased'),
                        b.priority desc, r.id
               limit 1"#,
            scope.run_id,
            scope.model_sha256,
            scope.except
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The oldest run in which nothing is ready but a suspect is: its last items have each killed a
    /// worker, or were beside one that did.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_suspect(&self, scope: Scope<'_>) -> Result<Option<NextRun>, StoreError> {
        Ok(sqlx::query_as!(
            NextRun,
            r#"select r.id as run_id, r.model_sha256, r.parked
               from runs r join campaigns c on c.id = r.campaign_id
               where may_be_worked_on(r.state, r.window_ends_at, r.parked_until, r.opened_at, c.paused_at)
                 and ($1::uuid is null or r.id = $1)
                 and ($2::text is null or r.model_sha256 = $2)
                 and r.id <> all($3)
                 and exists (
                     select from work_items w
                     where w.run_id = r.id and w.state = 'suspect' and has_come(w.available_at))
                 and not exists (
                     select from work_items w
                     where w.run_id = r.id and w.state = 'ready' and has_come(w.available_at))
               order by r.id
               limit 1"#,
            scope.run_id,
            scope.model_sha256,
            scope.except
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Claims up to `limit` ready items of a run; when none is ready and `in_hand` is zero, one
    /// suspect on its own. `None` when there is nothing to claim now, the run's window has closed, it is
    /// parked, or its campaign is paused.
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
        let claimer = Claimer {
            batch_id: Uuid::new_v4(),
            worker,
            lease,
        };
        self.claim_as(claimer, run_id, limit, in_hand).await
    }

    /// Claims as [`Store::claim`] does, under a batch id of the caller's, who can ask [`Store::lease`] for it when the
    /// reply is lost.
    ///
    /// # Errors
    /// As [`Store::claim`].
    pub async fn claim_as(
        &self,
        claimer: Claimer<'_>,
        run_id: Uuid,
        limit: i64,
        in_hand: usize,
    ) -> Result<Option<Lease>, StoreError> {
        if let Some(batch) = self.claim_ready(claimer, run_id, limit).await? {
            return Ok(Some(batch));
        }
        self.withdraw(run_id).await?;
        if in_hand > 0 {
            return Ok(None);
        }
        self.claim_suspect(claimer, run_id).await
    }

    async fn claim_ready(
        &self,
        claimer: Claimer<'_>,
        run_id: Uuid,
        limit: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let Claimer {
            batch_id,
            worker,
            lease,
        } = claimer;
        let rows = sqlx::query_as!(
            ClaimedRow,
            // Materialised: the planner may otherwise run the limited sub-select again and claim more.
            r#"with chosen as materialized (
                   select w.brief_id
                   from work_items w join runs r on r.id = w.run_id
                   join campaigns c on c.id = r.campaign_id join briefs b on b.id = w.brief_id
                   where w.run_id = $1 and w.state = 'ready' and has_come(w.available_at)
                     and may_be_worked_on(r.state, r.window_ends_at, r.parked_until, r.opened_at, c.paused_at)
                     -- Since the run was made, the brief may have expired or got another embargo.
                     and is_available(b.embargo_until, b.expires_at)
                   order by w.position
                   limit $2
                   for no key update of w skip locked
                   -- Whoever ends the run by its window waits for this claim, or this claim for them.
                   for no key update of r
               ), batch as (
                   insert into batches (id, run_id, worker, alone, lease_until)
                   select $3, $1, $4, false, nightdesk_now() + make_interval(secs => $5)
                   where exists (select from chosen)
                   returning id
               ), started as (
                   update runs set state = 'running', started_at = coalesce(started_at, nightdesk_now())
                   where id = $1 and state = 'queued' and exists (select from chosen)
               )
               update work_items w
               set state = 'leased', batch_id = batch.id, epoch = w.epoch + 1, attempt = w.attempt + 1
               from chosen, batch, brief_revisions b
               where w.run_id = $1 and w.brief_id = chosen.brief_id and w.state = 'ready'
                 and b.brief_id = w.brief_id and b.revision = w.brief_revision
               returning w.brief_id, w.brief_revision, w.epoch, w.position, b.sha256, b.content,
                   (select g.note from regenerations g where g.run_id = w.run_id and g.brief_id = w.brief_id) as note"#,
            run_id,
            limit,
            batch_id,
            worker,
            lease.as_secs_f64()
        )
        .fetch_all(&self.pool)
        .await?;
        leased(batch_id, false, rows)
    }

    /// Claims one suspect. A statement of its own: with the state as a parameter the planner could
    /// not use the partial indexes, and a claim would read the whole run.
    async fn claim_suspect(
        &self,
        claimer: Claimer<'_>,
        run_id: Uuid,
    ) -> Result<Option<Lease>, StoreError> {
        let Claimer {
            batch_id,
            worker,
            lease,
        } = claimer;
        let rows = sqlx::query_as!(
            ClaimedRow,
            r#"with chosen as materialized (
                   select w.brief_id
                   from work_items w join runs r on r.id = w.run_id
                   join campaigns c on c.id = r.campaign_id join briefs b on b.id = w.brief_id
                   where w.run_id = $1 and w.state = 'suspect' and has_come(w.available_at)
                     and may_be_worked_on(r.state, r.window_ends_at, r.parked_until, r.opened_at, c.paused_at)
                     and is_available(b.embargo_until, b.expires_at)
                   -- One that has crashed a worker goes last: the others should not wait behind it.
                   order by w.crashes, w.position
                   limit 1
                   for no key update of w skip locked
                   for no key update of r
               ), batch as (
                   insert into batches (id, run_id, worker, alone, lease_until)
                   select $2, $1, $3, true, nightdesk_now() + make_interval(secs => $4)
                   where exists (select from chosen)
                   returning id
               )
               update work_items w
               set state = 'leased', batch_id = batch.id, epoch = w.epoch + 1, attempt = w.attempt + 1
               from chosen, batch, brief_revisions b
               where w.run_id = $1 and w.brief_id = chosen.brief_id and w.state = 'suspect'
                 and b.brief_id = w.brief_id and b.revision = w.brief_revision
               returning w.brief_id, w.brief_revision, w.epoch, w.position, b.sha256, b.content,
                   (select g.note from regenerations g where g.run_id = w.run_id and g.brief_id = w.brief_id) as note"#,
            run_id,
            batch_id,
            worker,
            lease.as_secs_f64()
        )
        .fetch_all(&self.pool)
        .await?;
        leased(batch_id, true, rows)
    }
}

/// An item as a claim reads it.
pub(in crate::store) struct ClaimedRow {
    pub(in crate::store) brief_id: Uuid,
    pub(in crate::store) brief_revision: i32,
    pub(in crate::store) epoch: i64,
    pub(in crate::store) position: i32,
    pub(in crate::store) sha256: String,
    pub(in crate::store) content: serde_json::Value,
    /// What an editor asked for, where the draft was sent back.
    pub(in crate::store) note: Option<String>,
}

/// A lease of what was claimed, in the order in which it is to be drafted.
pub(in crate::store) fn leased(
    batch_id: Uuid,
    isolated: bool,
    mut rows: Vec<ClaimedRow>,
) -> Result<Option<Lease>, StoreError> {
    if rows.is_empty() {
        return Ok(None);
    }
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
                note: row.note,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Some(Lease {
        batch_id,
        isolated,
        items,
    }))
}
