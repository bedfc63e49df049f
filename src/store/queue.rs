//! The queue: claim, heartbeat, commit, release, take over.
//!
//! A worker claims a batch of one run's items under a lease, drafts without any open transaction, and
//! commits what is finished. Every write is fenced by (batch, epoch): the batch is a random id, the
//! epoch is raised by every claim and never lowered, so a worker that lost its lease cannot write.

use std::time::Duration;

use uuid::Uuid;

use super::briefs::read_brief;
use super::drafts::NewDraft;
use super::{Store, StoreError};
use crate::domain::brief::Brief;
use crate::domain::problem::Problem;
use crate::domain::run::{FailureKind, MAX_CRASHES, MAX_FAILURES};

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

/// What became of a leased item.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemOutcome {
    /// Its drafts, best first.
    Done {
        /// The brief.
        brief_id: Uuid,
        /// Fencing token of the claim.
        epoch: i64,
        /// All candidates.
        drafts: Vec<NewDraft>,
    },
    /// It could not be drafted.
    Failed {
        /// The brief.
        brief_id: Uuid,
        /// Fencing token of the claim.
        epoch: i64,
        /// Whether another try makes sense.
        kind: FailureKind,
        /// Why.
        problem: Problem,
    },
}

/// What a commit wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Committed {
    /// Items that are done now.
    pub done: usize,
    /// Items that failed and will be tried again.
    pub retried: usize,
    /// Items that were given up.
    pub quarantined: usize,
    /// Results that were thrown away because somebody had taken the item over.
    pub stale: usize,
    /// Whether the run has ended.
    pub run_finished: bool,
}

impl Store {
    /// Marks the items of every expired lease of a run as suspect, or as quarantined when they were
    /// alone in a worker that died too often. Gives the number of leases.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn expire_leases(&self, run_id: Uuid) -> Result<i64, StoreError> {
        let expired = sqlx::query_scalar!(
            r#"with dead as (
                   update batches set ended_at = nightdesk_now()
                   where run_id = $1 and ended_at is null and lease_until < nightdesk_now()
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
            MAX_CRASHES
        )
        .fetch_one(&self.pool)
        .await?;
        if expired > 0 {
            self.finish_run(run_id).await?;
        }
        Ok(expired)
    }

    /// Claims up to `limit` ready items of a run; when none is ready and `in_hand` is zero, one
    /// suspect on its own. `None` when there is nothing to claim now.
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
        if let Some(batch) = self.claim_state(run_id, worker, limit, lease, "ready").await? {
            return Ok(Some(batch));
        }
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
                   select w.run_id, w.brief_id from work_items w join runs r on r.id = w.run_id
                   where w.run_id = $1 and w.state = $2 and w.available_at <= nightdesk_now()
                     and r.state in ('queued', 'running')
                   -- A suspect that has crashed a worker goes last: the others should not wait behind it.
                   order by w.crashes, w.position
                   limit $3
                   for no key update of w skip locked
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

    /// Commits what became of some items of a batch, in one transaction: items, drafts, scores,
    /// findings, counters. May be repeated when its reply was lost.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing of it is written, or all of it (a lost reply).
    pub async fn commit(
        &self,
        run_id: Uuid,
        batch_id: Uuid,
        outcomes: &[ItemOutcome],
        busy: Duration,
    ) -> Result<Committed, StoreError> {
        let mut done = (Vec::new(), Vec::new());
        let mut failed = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for outcome in outcomes {
            match outcome {
                ItemOutcome::Done { brief_id, epoch, .. } => {
                    done.0.push(*brief_id);
                    done.1.push(*epoch);
                }
                ItemOutcome::Failed {
                    brief_id,
                    epoch,
                    kind,
                    problem,
                } => {
                    failed.0.push(*brief_id);
                    failed.1.push(*epoch);
                    failed.2.push(*kind == FailureKind::Permanent);
                    failed.3.push(serde_json::json!(problem));
                }
            }
        }
        let mut tx = self.pool.begin().await?;
        // The fence. Rows come back only for items that this claim still holds.
        let held = sqlx::query_scalar!(
            r#"update work_items w set state = 'done', finished_at = nightdesk_now(), error = null
               from unnest($3::uuid[], $4::bigint[]) as mine (brief_id, epoch)
               where w.run_id = $1 and w.brief_id = mine.brief_id
                 and w.batch_id = $2 and w.epoch = mine.epoch and w.state = 'leased'
               returning w.brief_id"#,
            run_id,
            batch_id,
            &done.0,
            &done.1
        )
        .fetch_all(&mut *tx)
        .await?;
        let accepted: Vec<&NewDraft> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                ItemOutcome::Done {
                    brief_id, drafts, ..
                } if held.contains(brief_id) => Some(drafts),
                _ => None,
            })
            .flatten()
            .collect();
        self.insert_drafts(&mut tx, run_id, batch_id, &accepted).await?;
        // A lost reply: this very commit went through before, and its drafts are there.
        let already = sqlx::query_scalar!(
            r#"select count(*) as "count!" from work_items w
               join unnest($3::uuid[], $4::bigint[]) as mine (brief_id, epoch) using (brief_id, epoch)
               where w.run_id = $1 and w.batch_id = $2 and w.state = 'done' and w.brief_id <> all($5)"#,
            run_id,
            batch_id,
            &done.0,
            &done.1,
            &held
        )
        .fetch_one(&mut *tx)
        .await?;
        let failures = sqlx::query_scalar!(
            // Full jitter: least(cap, base · 2^failures) · random, so that retries do not come in waves.
            r#"update work_items w
               set failures = w.failures + 1, error = mine.error,
                   state = case when mine.permanent or w.failures + 1 >= $7 then 'quarantined' else 'ready' end,
                   finished_at = case when mine.permanent or w.failures + 1 >= $7 then nightdesk_now() end,
                   available_at = nightdesk_now() + random() * least(interval '60 seconds', interval '1 second' * power(2, w.failures))
               from unnest($3::uuid[], $4::bigint[], $5::boolean[], $6::jsonb[]) as mine (brief_id, epoch, permanent, error)
               where w.run_id = $1 and w.brief_id = mine.brief_id
                 and w.batch_id = $2 and w.epoch = mine.epoch and w.state = 'leased'
               returning w.state"#,
            run_id,
            batch_id,
            &failed.0,
            &failed.1,
            &failed.2,
            &failed.3,
            MAX_FAILURES
        )
        .fetch_all(&mut *tx)
        .await?;
        let quarantined = failures.iter().filter(|state| *state == "quarantined").count();
        let stale = outcomes.len() - held.len() - failures.len() - already as usize;
        let tokens: i64 = accepted.iter().map(|draft| draft.token_ids.len() as i64).sum();
        sqlx::query!(
            r#"update runs set drafts = drafts + $2, output_tokens = output_tokens + $3,
                   busy_ms = busy_ms + $4, stale_commits = stale_commits + $5
               where id = $1"#,
            run_id,
            accepted.len() as i64,
            tokens,
            busy.as_millis() as i64,
            stale as i64
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            r#"update batches set ended_at = nightdesk_now()
               where id = $1 and ended_at is null
                 and not exists (select from work_items where batch_id = $1 and state = 'leased')"#,
            batch_id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Committed {
            done: held.len() + already as usize,
            retried: failures.len() - quarantined,
            quarantined,
            stale,
            run_finished: self.finish_run(run_id).await?,
        })
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

    /// Ends a run whose items have all ended; says whether it has ended.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    async fn finish_run(&self, run_id: Uuid) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"with ended as (
                   update runs r
                   set finished_at = nightdesk_now(),
                       state = case when exists (select from work_items where run_id = $1 and state = 'quarantined')
                               then 'completed_with_errors' else 'completed' end
                   where r.id = $1 and r.finished_at is null
                     and not exists (select from work_items where run_id = $1 and state in ('ready', 'leased', 'suspect'))
                   returning r.id
               )
               select exists (select from ended) or exists (
                   select from runs where id = $1 and finished_at is not null) as "finished!""#,
            run_id
        )
        .fetch_one(&self.pool)
        .await?)
    }
}
