//! Alerts: noticed once, sent until they are delivered, by one sender at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::stored_values::{read_json, read_word};
use super::{Store, StoreError};
use crate::domain::alert::{Alert, AlertKind};

/// A run of the last day that somebody has to hear of, and has not heard of yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticedRun {
    /// What happened to it.
    pub kind: AlertKind,
    /// The run.
    pub id: Uuid,
    /// Its campaign.
    pub campaign: String,
    /// Why it failed as a whole.
    pub error: Option<String>,
    /// Until when it is parked.
    pub parked_until: Option<DateTime<Utc>>,
    /// When its window closed.
    pub window_ends_at: Option<DateTime<Utc>>,
    /// Briefs with drafts.
    pub done: i64,
    /// Briefs given up, those that expired or were embargoed left out: nothing went wrong with them.
    pub failed: i64,
    /// Briefs that nobody got to.
    pub left: i64,
}

/// An alert that this sender holds for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedAlert {
    /// UUIDv7; goes with the message.
    pub id: Uuid,
    /// What it says.
    pub alert: Alert,
    /// When it was noticed.
    pub created_at: DateTime<Utc>,
    /// Channels that have taken it.
    pub delivered_to: Vec<String>,
    /// How often it was sent, this time included.
    pub attempts: i32,
}

impl Store {
    /// Runs of the last day that failed, were parked or ended by their window, and have no alert yet.
    /// `failed_share` is how much a run may give up before it has failed.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn unheard_runs(&self, failed_share: f64) -> Result<Vec<NoticedRun>, StoreError> {
        let rows = sqlx::query!(
            r#"with noticed as (
                   select r.id, r.campaign_id, r.error, r.parked_until, r.window_ends_at,
                          case r.state when 'completed_with_errors' then 'run_failed' when 'window_expired' then 'window_expired'
                              else 'run_parked' end as kind
                   from runs r
                   where (r.state in ('completed_with_errors', 'window_expired')
                              and r.finished_at > nightdesk_now() - interval '1 day')
                      or (r.state in ('queued', 'running') and r.parked_until > nightdesk_now())
               )
               select n.id, c.name as campaign, n.kind as "kind!", n.error, n.parked_until, n.window_ends_at,
                      items.done as "done!", items.failed as "failed!", items.open as "left!"
               from noticed n join campaigns c on c.id = n.campaign_id, lateral (
                   select count(*) filter (where state = 'done') as done,
                          count(*) filter (where state = 'quarantined'
                              and coalesce(w.error ->> 'code', '') not in ('brief.expired', 'brief.embargoed')) as failed,
                          count(*) filter (where state in ('ready', 'leased', 'suspect')) as open
                   from work_items w where w.run_id = n.id) as items
               where not exists (select from alerts a where a.kind = n.kind and a.subject = n.id::text)
                 and (n.kind <> 'run_failed' or items.failed > $1::float8 * (items.done + items.failed))
               order by n.id"#,
            failed_share
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(NoticedRun {
                    kind: read_word("alert", &row.kind)?,
                    id: row.id,
                    campaign: row.campaign,
                    error: row.error,
                    parked_until: row.parked_until,
                    window_ends_at: row.window_ends_at,
                    done: row.done,
                    failed: row.failed,
                    left: row.left,
                })
            })
            .collect()
    }

    /// Writes an alert down, unless it is there; says whether it was new.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn raise_alert(&self, alert: &Alert) -> Result<bool, StoreError> {
        let raised = sqlx::query!(
            r#"insert into alerts (id, kind, subject, content) values ($1, $2, $3, $4)
               on conflict on constraint alerts_kind_subject_key do nothing"#,
            Uuid::now_v7(),
            alert.kind.as_str(),
            alert.subject,
            serde_json::json!(alert)
        )
        .execute(&self.pool)
        .await?;
        Ok(raised.rows_affected() == 1)
    }

    /// Takes the oldest alert of the last day that is due, and holds it for `hold`: after that it is
    /// another sender's, because this one has died.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn claim_alert(&self, hold: Duration) -> Result<Option<ClaimedAlert>, StoreError> {
        let row = sqlx::query!(
            r#"update alerts set attempts = attempts + 1, next_attempt_at = nightdesk_now() + make_interval(secs => $1)
               where id = (
                   select id from alerts
                   where delivered_at is null
                     -- Nothing waits longer than a day, unless a clock that ran ahead made it.
                     and (next_attempt_at <= nightdesk_now() or next_attempt_at > nightdesk_now() + interval '1 day')
                     -- Yesterday's trouble is no alert any more; the row stays and says that nobody heard it.
                     and created_at > nightdesk_now() - interval '1 day'
                   order by next_attempt_at, id for update skip locked limit 1)
               returning id, content, created_at, delivered_to, attempts"#,
            hold.as_secs_f64()
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(ClaimedAlert {
                id: row.id,
                alert: read_json("alert", row.content)?,
                created_at: row.created_at,
                delivered_to: row.delivered_to,
                attempts: row.attempts,
            })
        })
        .transpose()
    }

    /// Says what came of sending: which channels have taken it, and why the others have not, if any. An
    /// alert without an error is delivered; another one is due again after `pause`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn settle_alert(
        &self,
        id: Uuid,
        taken: &[String],
        error: Option<&str>,
        pause: Duration,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            r#"update alerts
               set delivered_to = array(select distinct unnest(delivered_to || $2::text[]) order by 1),
                   delivered_at = case when $3::text is null then coalesce(delivered_at, nightdesk_now()) else delivered_at end,
                   last_error = $3, next_attempt_at = nightdesk_now() + make_interval(secs => $4)
               where id = $1"#,
            id,
            taken,
            error,
            pause.as_secs_f64()
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
