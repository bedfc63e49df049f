//! Redriving: items that were given up get another try in the same run, and their causes stay on record.
//!
//! An item that a later run of the campaign has drafted, or is drafting, is left alone: an editor would
//! get its copy twice. So is one whose brief is embargoed or expired, which a claim would give up again.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::campaigns::read_spec;
use super::super::connection::Transaction;
use super::super::stored_values::read_word;
use super::super::{Store, StoreError, events};
use crate::domain::run::RunState;

/// Which items of a run are tried again; without any key, all that were given up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RedriveFilter<'a> {
    /// Only those given up for this code, such as `prompt.too_long`.
    pub code: Option<&'a str>,
    /// Only this brief.
    pub external_ref: Option<&'a str>,
}

/// A reason for which items were given up, and what a redrive does with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Cause)]
pub struct RedriveReason {
    /// Its code, such as `worker.died`; `unknown` where none was kept.
    pub code: String,
    /// One of its messages.
    pub message: Option<String>,
    /// Items given up for it that are tried again.
    pub redriven: i64,
    /// Items left alone because a later run of the campaign has taken their brief.
    pub taken: i64,
    /// Items left alone because their brief is embargoed or expired.
    pub unavailable: i64,
}

/// What a redrive did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Redrive {
    /// The given-up items by reason, the most frequent first.
    #[serde(rename = "causes")]
    pub reasons: Vec<RedriveReason>,
    /// Items that are tried again.
    pub redriven: i64,
    /// Whether the run had ended and is open again.
    pub reopened: bool,
}

impl Store {
    /// Items of a run that were given up go back to `ready`, with failures and crashes forgotten and their
    /// cause written into `redriven`; the epoch is never reset, so no late commit can pass for theirs. A
    /// run that had ended with them is open again, with a new window of the same length. With `dry_run`
    /// nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::RunEnded`] for a cancelled run or one whose window ended, [`StoreError::RunPruned`], or
    /// [`StoreError::Database`].
    pub async fn redrive(
        &self,
        run_id: Uuid,
        filter: RedriveFilter<'_>,
        dry_run: bool,
        actor: &str,
    ) -> Result<Redrive, StoreError> {
        let mut tx = self.pool.bulk().begin().await?;
        // As whoever makes a run: a new one must not take these briefs at the same moment.
        sqlx::query!(
            "select c.id from campaigns c join runs r on r.campaign_id = c.id where r.id = $1 for update of c",
            run_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        // And as `prune`, which locks the runs whose items it drops.
        let run = sqlx::query!(
            r#"select r.state, r.spec, r.pruned_at, c.name as campaign from runs r join campaigns c on c.id = r.campaign_id
               where r.id = $1 for no key update of r"#,
            run_id
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "run",
            name: run_id.to_string(),
        })?;
        if run.pruned_at.is_some() {
            return Err(StoreError::RunPruned { run: run_id });
        }
        let state: RunState = read_word("run", &run.state)?;
        if !state.can_be_redriven() {
            return Err(StoreError::RunEnded {
                run: run_id,
                state: run.state.replace('_', " "),
                wanted: "redriven",
            });
        }
        let reasons = redrive_reasons(&mut tx, run_id, filter).await?;
        let redriven = reasons.iter().map(|reason| reason.redriven).sum();
        let reopened = redriven > 0 && state.is_final();
        let outcome = Redrive {
            reasons,
            redriven,
            reopened,
        };
        if dry_run || redriven == 0 {
            return Ok(outcome);
        }
        sqlx::query!(
            r#"update work_items w
               set state = 'ready', failures = 0, crashes = 0, finished_at = null, available_at = nightdesk_now(),
                   redriven = w.redriven || jsonb_build_object('at', nightdesk_now(), 'attempt', w.attempt,
                       'failures', w.failures, 'crashes', w.crashes, 'error', w.error)
               from briefs b
               where w.run_id = $1 and w.state = 'quarantined' and b.id = w.brief_id
                 and ($2::text is null or coalesce(w.error ->> 'code', 'unknown') = $2)
                 and ($3::text is null or b.external_ref = $3)
                 and is_available(b.embargo_until, b.expires_at)
                 and not is_taken_by_later_run(w.run_id, w.brief_id, w.brief_revision)"#,
            run_id,
            filter.code,
            filter.external_ref
        )
        .execute(&mut *tx)
        .await?;
        if reopened {
            let window = read_spec(run.spec)?.window.map(|window| window.length());
            sqlx::query!(
                // Somebody asks for it now: neither an old pause nor an old parking stops it.
                r#"update runs set state = 'running', finished_at = null, opened_at = nightdesk_now(),
                       parked = 0, parked_until = null,
                       window_ends_at = nightdesk_now() + make_interval(secs => $2)
                   where id = $1"#,
                run_id,
                window.map(|window| window.as_secs_f64())
            )
            .execute(&mut *tx)
            .await?;
        }
        let details = serde_json::json!({
            "campaign": run.campaign, "code": filter.code, "brief": filter.external_ref, "briefs": outcome.redriven,
            "reopened": outcome.reopened,
        });
        let subject = run_id.to_string();
        events::record(&mut tx, actor, "run.redriven", &subject, &details).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}

/// The given-up items by reason. The conditions are those of the update above.
async fn redrive_reasons(
    tx: &mut Transaction,
    run_id: Uuid,
    filter: RedriveFilter<'_>,
) -> Result<Vec<RedriveReason>, StoreError> {
    Ok(sqlx::query_as!(
        RedriveReason,
        r#"with quarantined as (
               select coalesce(w.error ->> 'code', 'unknown') as code, w.error ->> 'message' as message,
                      is_taken_by_later_run(w.run_id, w.brief_id, w.brief_revision) as taken,
                      not is_available(b.embargo_until, b.expires_at) as unavailable
               from work_items w join briefs b on b.id = w.brief_id
               where w.run_id = $1 and w.state = 'quarantined'
                 and ($2::text is null or coalesce(w.error ->> 'code', 'unknown') = $2)
                 and ($3::text is null or b.external_ref = $3)
           )
           select code as "code!", min(message) as message,
                  count(*) filter (where not taken and not unavailable) as "redriven!",
                  count(*) filter (where taken) as "taken!",
                  count(*) filter (where unavailable and not taken) as "unavailable!"
           from quarantined group by code order by count(*) desc, code"#,
        run_id,
        filter.code,
        filter.external_ref
    )
    .fetch_all(&mut **tx)
    .await?)
}
