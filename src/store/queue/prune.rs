//! Pruning: old nights leave the queue a whole partition at a time, and old drafts that nobody reviewed.
//!
//! What a campaign has drafted is written into `drafted_briefs` first, in the same transaction: else the
//! next night would draft every old brief again. Runs and the slot ledger stay, so nothing fires again.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError};
use super::partitions::{is_busy, seconds};
use crate::domain::retention::{Keep, Retention};

/// Drafts deleted in one transaction: few enough that nobody waits for it.
const DRAFTS_AT_ONCE: i64 = 2_000;

/// What pruning deletes, or would delete.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pruning {
    /// Everything of runs that ended before this instant may go.
    pub runs_before: Option<DateTime<Utc>>,
    /// Unreviewed drafts from before this instant may go.
    pub drafts_before: Option<DateTime<Utc>>,
    /// Parts of the queue that are old enough, oldest first.
    pub partitions: Vec<OldPartition>,
    /// Drafts that are deleted.
    pub drafts: i64,
}

/// A part of the queue that is old enough to go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OldPartition {
    /// Its table.
    pub name: String,
    /// Its runs were made before this instant; `None` for the default partition.
    pub until: Option<DateTime<Utc>>,
    /// Runs whose items go.
    pub runs: i64,
    /// Their items.
    pub items: i64,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of an old partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It goes, or would go.
    Goes,
    /// Some run of it has not ended, or ended too recently.
    Held,
    /// It may go, but the queue was in use; the next pruning takes it.
    Busy,
}

/// An old partition with the range of its runs' ids.
struct Candidate {
    partition: OldPartition,
    /// Smallest id, included.
    lower: Uuid,
    /// Largest id, excluded.
    upper: Uuid,
}

impl Store {
    /// What [`Store::prune`] would delete now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn plan_prune(&self, retention: &Retention) -> Result<Pruning, StoreError> {
        let candidates = self.candidates(retention.keep_runs).await?;
        let drafts = match retention.keep_drafts {
            None => 0,
            Some(keep) => {
                sqlx::query_scalar!(
                    r#"select count(*) as "count!"
                       from drafts d join runs r on r.id = d.run_id
                       where d.state = 'drafted' and r.finished_at is not null
                         and d.created_at < nightdesk_now() - make_interval(secs => $1)
                         and d.id < uuid_floor(nightdesk_now() - make_interval(secs => $1))"#,
                    seconds(keep.span())
                )
                .fetch_one(&self.pool)
                .await?
            }
        };
        Ok(Pruning {
            runs_before: self.before(retention.keep_runs).await?,
            drafts_before: self.before(retention.keep_drafts).await?,
            partitions: candidates.into_iter().map(|each| each.partition).collect(),
            drafts,
        })
    }

    /// Deletes what the retention says: partitions of the queue whose runs have all ended long ago, and
    /// old drafts in the state `drafted`. A partition that is in use is left for the next time.
    ///
    /// # Errors
    /// [`StoreError::Database`]; what was deleted before it is deleted, each partition as a whole.
    pub async fn prune(&self, retention: &Retention) -> Result<Pruning, StoreError> {
        let mut partitions = Vec::new();
        for candidate in self.candidates(retention.keep_runs).await? {
            let fate = match (candidate.partition.fate, retention.keep_runs) {
                (Fate::Goes, Some(keep)) => self.prune_partition(&candidate, keep).await?,
                (fate, _) => fate,
            };
            partitions.push(OldPartition {
                fate,
                ..candidate.partition
            });
        }
        let drafts = match retention.keep_drafts {
            None => 0,
            Some(keep) => self.prune_drafts(keep).await?,
        };
        Ok(Pruning {
            runs_before: self.before(retention.keep_runs).await?,
            drafts_before: self.before(retention.keep_drafts).await?,
            partitions,
            drafts,
        })
    }

    async fn before(&self, keep: Option<Keep>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(keep) = keep else { return Ok(None) };
        Ok(sqlx::query_scalar!(
            "select nightdesk_now() - make_interval(secs => $1)",
            seconds(keep.span())
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// Partitions whose range of ids is old, and the default partition where it has old runs.
    async fn candidates(&self, keep: Option<Keep>) -> Result<Vec<Candidate>, StoreError> {
        let Some(keep) = keep else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query!(
            r#"with cutoff as (
                   select nightdesk_now() - make_interval(secs => $1) as at
               ), old as (
                   select p.name, p.upper is null as is_default,
                          coalesce(p.lower, '00000000-0000-0000-0000-000000000000') as lower,
                          coalesce(p.upper, uuid_floor(at)) as upper
                   from work_item_partitions p, cutoff
                   where p.upper <= uuid_floor(at) or p.upper is null
               )
               select old.name as "name!", lower as "lower!", upper as "upper!",
                      -- The first 48 bits of a UUIDv7 are its milliseconds.
                      case when not is_default then to_timestamp(
                          ('x' || left(replace(upper::text, '-', ''), 12))::bit(48)::bigint / 1000.0) end as until,
                      there.runs as "runs!", there.items as "items!", there.held as "held!"
               from old, cutoff, lateral (
                   select count(distinct w.run_id) as runs, count(*) as items,
                          coalesce(bool_or(r.finished_at is null or r.finished_at > cutoff.at), false) as held
                   from work_items w join runs r on r.id = w.run_id
                   where w.run_id >= old.lower and w.run_id < old.upper
                     -- Of the default partition, which stays, each run goes as it gets old.
                     and (not is_default or (w.tableoid = 'work_items_default'::regclass
                                             and r.finished_at <= cutoff.at))
               ) as there
               where not is_default or there.runs > 0
               order by is_default, upper"#,
            seconds(keep.span())
        )
        .fetch_all(&self.pool.bulk())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Candidate {
                partition: OldPartition {
                    name: row.name,
                    until: row.until,
                    runs: row.runs,
                    items: row.items,
                    fate: if row.held { Fate::Held } else { Fate::Goes },
                },
                lower: row.lower,
                upper: row.upper,
            })
            .collect())
    }

    /// One partition in one transaction. Its runs are locked first, so that none of them is opened again
    /// meanwhile (`runs redrive`), and the queue itself last, for as short as possible: claims and commits
    /// wait for that lock, and it is given up when they do not let it through soon.
    async fn prune_partition(&self, candidate: &Candidate, keep: Keep) -> Result<Fate, StoreError> {
        match self.try_prune_partition(candidate, keep).await {
            Err(StoreError::Database(error)) if is_busy(&error) => Ok(Fate::Busy),
            outcome => outcome,
        }
    }

    async fn try_prune_partition(
        &self,
        candidate: &Candidate,
        keep: Keep,
    ) -> Result<Fate, StoreError> {
        let is_default = candidate.partition.until.is_none();
        let mut tx = self.pool.bulk().begin().await?;
        // Remembering a million briefs takes longer than a statement of the queue may.
        sqlx::query!(
            "select set_config('lock_timeout', '2s', true) as lock, set_config('statement_timeout', '10min', true) as statement"
        )
        .fetch_one(&mut *tx)
        .await?;
        let runs = sqlx::query!(
            r#"select r.id, coalesce(r.finished_at <= nightdesk_now() - make_interval(secs => $3), false) as "old!"
               from runs r
               where r.id >= $1 and r.id < $2
                 and exists (select from work_items w
                             where w.run_id = r.id and (not $4 or w.tableoid = 'work_items_default'::regclass))
               order by r.id for no key update"#,
            candidate.lower,
            candidate.upper,
            seconds(keep.span()),
            is_default
        )
        .fetch_all(&mut *tx)
        .await?;
        if !is_default && runs.iter().any(|run| !run.old) {
            return Ok(Fate::Held);
        }
        let old: Vec<Uuid> = runs
            .iter()
            .filter(|run| run.old)
            .map(|run| run.id)
            .collect();
        sqlx::query!(
            r#"insert into drafted_briefs (campaign_id, brief_id, revision)
               select distinct r.campaign_id, w.brief_id, w.brief_revision
               from work_items w join runs r on r.id = w.run_id
               where w.run_id = any($1) and w.state = 'done'
               on conflict do nothing"#,
            &old
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            r#"update runs r set pruned_at = nightdesk_now(), pruned_items = counted.items
               from (select run_id, jsonb_object_agg(state, items) as items
                     from (select run_id, state, count(*) as items from work_items
                           where run_id = any($1) group by run_id, state) as by_state
                     group by run_id) as counted
               where r.id = counted.run_id"#,
            &old
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("delete from batches where run_id = any($1)", &old)
            .execute(&mut *tx)
            .await?;
        if is_default {
            sqlx::query!("delete from work_items where run_id = any($1)", &old)
                .execute(&mut *tx)
                .await?;
        } else if !self.drop_partition(&mut tx, candidate, &old).await? {
            return Ok(Fate::Busy);
        }
        tx.commit().await?;
        Ok(Fate::Goes)
    }

    /// Drops a partition that holds the items of these runs; false when it holds others too.
    async fn drop_partition(
        &self,
        tx: &mut Transaction,
        candidate: &Candidate,
        runs: &[Uuid],
    ) -> Result<bool, StoreError> {
        // Given up before Postgres looks for deadlocks, which would end somebody else's transaction.
        sqlx::query!("select set_config('lock_timeout', '800ms', true)")
            .fetch_one(&mut **tx)
            .await?;
        sqlx::query!("lock table only work_items in access exclusive mode")
            .execute(&mut **tx)
            .await?;
        // A host whose clock is months late may have made a run in here just now.
        let others = sqlx::query_scalar!(
            r#"select exists (
                   select from runs r where r.id >= $1 and r.id < $2 and r.id <> all($3)
                     and exists (select from work_items w where w.run_id = r.id)) as "others!""#,
            candidate.lower,
            candidate.upper,
            runs
        )
        .fetch_one(&mut **tx)
        .await?;
        if others {
            return Ok(false);
        }
        // Nothing to do where somebody else who prunes was faster.
        sqlx::query!(
            "select drop_work_items(partition) from work_item_partitions where name = $1",
            candidate.partition.name
        )
        .execute(&mut **tx)
        .await?;
        Ok(true)
    }

    /// Deletes old drafts that nobody has reviewed, some at a time. Of runs that have ended: the others'
    /// audit still has to balance.
    async fn prune_drafts(&self, keep: Keep) -> Result<i64, StoreError> {
        let mut deleted = 0;
        let mut after = Uuid::nil();
        loop {
            let gone = sqlx::query!(
                r#"with old as (
                       select d.id from drafts d join runs r on r.id = d.run_id
                       where d.id > $1 and d.state = 'drafted' and r.finished_at is not null
                         and d.created_at < nightdesk_now() - make_interval(secs => $2)
                         and d.id < uuid_floor(nightdesk_now() - make_interval(secs => $2))
                       order by d.id limit $3 for update of d skip locked
                   ), gone as (
                       delete from drafts d using old where d.id = old.id returning d.id, d.run_id
                   ), counted as (
                       update runs r set pruned_drafts = r.pruned_drafts + each.drafts
                       from (select run_id, count(*) as drafts from gone group by run_id) as each
                       where r.id = each.run_id
                   )
                   select count(*) as "drafts!", max(id::text)::uuid as last from gone"#,
                after,
                seconds(keep.span()),
                DRAFTS_AT_ONCE
            )
            .fetch_one(&self.pool)
            .await?;
            deleted += gone.drafts;
            match gone.last {
                Some(last) => after = last,
                None => return Ok(deleted),
            }
        }
    }
}
