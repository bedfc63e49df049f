//! The fenced commit: drafts, scores, item states and the run's counters in one transaction.
//!
//! The fence is (batch, epoch) on every item: a worker whose lease was taken over matches no row, and
//! what it computed is dropped and counted. The batch remembers its last commit, so one that is repeated
//! because its reply was lost is recognised as a whole, and changes nothing.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError};
use crate::domain::draft::NewDraft;
use crate::domain::problem::Problem;
use crate::domain::run::{FailureKind, MAX_FAILURES};

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
                ItemOutcome::Done {
                    brief_id, epoch, ..
                } => {
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
        let mark = mark(outcomes);
        let mut tx = self.pool.begin().await?;
        // The batch before its items, as everybody who locks both: a sweep of this lease that came
        // between would wait for us, and we for it. A first try that is still running is waited for.
        let last = sqlx::query_scalar!(
            "select last_commit from batches where id = $1 for no key update",
            batch_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        if last.flatten() == Some(mark) {
            tx.commit().await?;
            return self.committed_before(run_id, batch_id, outcomes).await;
        }
        // The fence. Rows come back only for items that this claim still holds.
        let held = sqlx::query_scalar!(
            r#"update work_items w set state = 'done', finished_at = nightdesk_now(), error = null
               from unnest($3::uuid[], $4::bigint[]) as mine (brief_id, epoch)
               where w.run_id = $1 and w.brief_id = mine.brief_id
                 and holds_lease(w.batch_id, w.epoch, w.state, $2, mine.epoch)
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
        self.insert_drafts(&mut tx, run_id, batch_id, &accepted)
            .await?;
        if !accepted.is_empty() {
            // In the same transaction: a draft that is stored and waits for nobody would never be seen.
            sqlx::query_scalar!("select open_reviews($1, $2)", run_id, &held)
                .fetch_one(&mut *tx)
                .await?;
        }
        let already = if held.len() < done.0.len() {
            done_before(&mut tx, run_id, batch_id, &done, &held).await?
        } else {
            0
        };
        let failures = if failed.0.is_empty() {
            Vec::new()
        } else {
            sqlx::query_scalar!(
            // Full jitter: least(cap, base · 2^failures) · random, so that retries do not come in waves.
            r#"update work_items w
               set failures = w.failures + 1, error = mine.error,
                   state = case when mine.permanent or w.failures + 1 >= $7 then 'quarantined'
                                -- An error is no proof that a suspect is harmless: it stays alone.
                                when (select alone from batches where id = $2) then 'suspect'
                                else 'ready' end,
                   finished_at = case when mine.permanent or w.failures + 1 >= $7 then nightdesk_now() end,
                   available_at = nightdesk_now() + random() * least(interval '60 seconds', interval '1 second' * power(2, w.failures))
               from unnest($3::uuid[], $4::bigint[], $5::boolean[], $6::jsonb[]) as mine (brief_id, epoch, permanent, error)
               where w.run_id = $1 and w.brief_id = mine.brief_id
                 and holds_lease(w.batch_id, w.epoch, w.state, $2, mine.epoch)
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
        .await?
        };
        let quarantined = failures
            .iter()
            .filter(|state| *state == "quarantined")
            .count();
        let stale = outcomes.len() - held.len() - failures.len() - already;
        let tokens: i64 = accepted
            .iter()
            .map(|draft| draft.token_ids.len() as i64)
            .sum();
        sqlx::query!(
            r#"update runs set drafts = drafts + $2, output_tokens = output_tokens + $3,
                   busy_ms = busy_ms + $4, stale_commits = stale_commits + $5,
                   -- What failed for everything works again.
                   parked = case when $2 > 0 then 0 else parked end,
                   error = case when $2 > 0 then null else error end
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
            r#"update batches set last_commit = $2, ended_at = case
                   when ended_at is null and not exists (
                       select from work_items where run_id = $3 and batch_id = $1 and state = 'leased')
                   then nightdesk_now() else ended_at end
               where id = $1"#,
            batch_id,
            mark,
            run_id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Committed {
            done: held.len() + already,
            retried: failures.len() - quarantined,
            quarantined,
            stale,
            run_finished: self.finish_run(run_id).await?,
        })
    }

    /// What a commit gave whose reply was lost. An item that failed then may be in other hands now, or
    /// quarantined by them; and an item whose result was dropped then has been counted then.
    async fn committed_before(
        &self,
        run_id: Uuid,
        batch_id: Uuid,
        outcomes: &[ItemOutcome],
    ) -> Result<Committed, StoreError> {
        let keys = outcomes.iter().map(|outcome| match outcome {
            ItemOutcome::Done {
                brief_id, epoch, ..
            }
            | ItemOutcome::Failed {
                brief_id, epoch, ..
            } => (*brief_id, *epoch),
        });
        let (briefs, epochs): (Vec<Uuid>, Vec<i64>) = keys.unzip();
        let now = sqlx::query!(
            r#"select count(*) filter (where w.state = 'done') as "done!",
                      count(*) filter (where w.state = 'quarantined') as "quarantined!"
               from work_items w
               join unnest($3::uuid[], $4::bigint[]) as mine (brief_id, epoch) using (brief_id, epoch)
               where w.run_id = $1 and w.batch_id = $2"#,
            run_id,
            batch_id,
            &briefs,
            &epochs
        )
        .fetch_one(&self.pool)
        .await?;
        let (done, quarantined) = (now.done as usize, now.quarantined as usize);
        let drafted = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, ItemOutcome::Done { .. }))
            .count();
        Ok(Committed {
            done,
            retried: (outcomes.len() - drafted).saturating_sub(quarantined),
            quarantined,
            stale: drafted.saturating_sub(done),
            run_finished: self.finish_run(run_id).await?,
        })
    }
}

/// Items of a commit that this very claim has finished before, with other drafts: not too late, and
/// not new either.
async fn done_before(
    tx: &mut Transaction,
    run_id: Uuid,
    batch_id: Uuid,
    (briefs, epochs): &(Vec<Uuid>, Vec<i64>),
    held: &[Uuid],
) -> Result<usize, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from work_items w
           join unnest($3::uuid[], $4::bigint[]) as mine (brief_id, epoch) using (brief_id, epoch)
           where w.run_id = $1 and w.batch_id = $2 and w.state = 'done' and w.brief_id <> all($5)"#,
        run_id,
        batch_id,
        briefs,
        epochs,
        held
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count as usize)
}

/// What tells a commit from every other: the same items with the same drafts or the same failures.
fn mark(outcomes: &[ItemOutcome]) -> Uuid {
    let mut hash = Sha256::new();
    for outcome in outcomes {
        match outcome {
            ItemOutcome::Done {
                brief_id,
                epoch,
                drafts,
            } => {
                hash.update(b"done");
                hash.update(brief_id.as_bytes());
                hash.update(epoch.to_be_bytes());
                for draft in drafts {
                    hash.update(draft.id.as_bytes());
                }
            }
            ItemOutcome::Failed {
                brief_id,
                epoch,
                kind,
                problem,
            } => {
                hash.update(b"failed");
                hash.update(brief_id.as_bytes());
                hash.update(epoch.to_be_bytes());
                hash.update(format!("{kind:?} {problem:?}"));
            }
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Uuid::from_bytes(bytes)
}
