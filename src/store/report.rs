//! What the morning report is put together from. Periods are half-open: their beginning belongs to them,
//! their end does not.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::stored_values::read_word;
use super::{Store, StoreError};
use crate::domain::alert::AlertKind;
use crate::domain::report::{AlertSent, Late, ReportedReason, RunNight, SlotGroup};
use crate::domain::run::tokens_per_second;

impl Store {
    /// The database's time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(sqlx::query_scalar!(r#"select nightdesk_now() as "now!""#)
            .fetch_one(&self.pool)
            .await?)
    }

    /// Runs that were there in a period, by campaign, oldest first: made before its end, and not ended
    /// before its beginning. Their numbers are those of the whole run as it stands now.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn runs_between(
        &self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<BTreeMap<String, Vec<RunNight>>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.id, c.name as campaign, r.state, r.slot, r.drafts, r.output_tokens, r.busy_ms,
                      r.started_at, r.finished_at, r.error, r.window_ends_at, r.parked_until,
                      items.done as "done!", items.quarantined as "quarantined!", items.open as "left!"
               from runs r join campaigns c on c.id = r.campaign_id, lateral (
                   select count(*) filter (where state = 'done') as done,
                          count(*) filter (where state = 'quarantined') as quarantined,
                          count(*) filter (where state in ('ready', 'leased', 'suspect')) as open
                   from work_items w where w.run_id = r.id) as items
               where r.created_at < $2 and (r.finished_at is null or r.finished_at >= $1)
               order by r.id"#,
            since,
            until
        )
        .fetch_all(&self.pool)
        .await?;
        let mut runs: BTreeMap<String, Vec<RunNight>> = BTreeMap::new();
        for row in rows {
            let delay = row.slot.zip(row.started_at);
            let run = RunNight {
                id: row.id,
                state: read_word("run", &row.state)?,
                slot: row.slot,
                started_at: row.started_at,
                start_delay_s: delay.map(|(slot, start)| (start - slot).as_seconds_f64()),
                finished_at: row.finished_at,
                window_ends_at: row.window_ends_at,
                parked_until: row.parked_until,
                done: row.done,
                quarantined: row.quarantined,
                left: row.left,
                drafts: row.drafts,
                output_tokens: row.output_tokens,
                busy_s: row.busy_ms as f64 / 1e3,
                tok_s: tokens_per_second(row.output_tokens, row.busy_ms),
                error: row.error,
            };
            runs.entry(row.campaign).or_default().push(run);
        }
        Ok(runs)
    }

    /// Briefs given up in some runs, by reason, the most frequent first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn reported_reasons(&self, runs: &[Uuid]) -> Result<Vec<ReportedReason>, StoreError> {
        Ok(sqlx::query_as!(
            ReportedReason,
            r#"select coalesce(w.error ->> 'code', 'unknown') as "code!", count(*) as "briefs!",
                      array_agg(distinct c.name) as "campaigns!",
                      (array_agg(b.external_ref order by w.finished_at, w.position, b.external_ref))[1] as "example_ref!",
                      (array_agg(w.error ->> 'message' order by w.finished_at, w.position, b.external_ref))[1] as example_message
               from work_items w
               join briefs b on b.id = w.brief_id
               join runs r on r.id = w.run_id
               join campaigns c on c.id = r.campaign_id
               where w.run_id = any($1) and w.state = 'quarantined'
               group by 1 order by 2 desc, 1"#,
            runs
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Slots of a period, by campaign and what became of them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn slots_between(
        &self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<SlotGroup>, StoreError> {
        let rows = sqlx::query!(
            r#"select c.name as campaign, s.status, s.reason, count(*) as "count!",
                      min(s.instant) as "first!", max(s.instant) as "last!"
               from slots s join campaigns c on c.id = s.campaign_id
               where s.instant >= $1 and s.instant < $2
               group by c.name, s.status, s.reason order by c.name, s.status, s.reason"#,
            since,
            until
        )
        .fetch_all(&self.pool)
        .await?;
        let groups = rows.into_iter().map(|row| SlotGroup {
            campaign: row.campaign,
            because: row.reason.as_deref().map(because),
            status: row.status,
            reason: row.reason,
            count: row.count,
            first: row.first,
            last: row.last,
        });
        Ok(groups.collect())
    }

    /// Runs of slots of which nothing has been claimed for so long. Not those that have to wait: parked,
    /// paused, past their window, or behind an earlier run of the same campaign.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn late_runs(&self, after: Duration) -> Result<Vec<Late>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.id, c.name as campaign, r.slot as "due!",
                      extract(epoch from nightdesk_now() - r.slot)::float8 as "late_s!"
               from runs r join campaigns c on c.id = r.campaign_id
               where r.state = 'queued' and r.slot is not null and r.started_at is null
                 and may_be_worked_on(r.state, r.window_ends_at, r.parked_until, r.opened_at, c.paused_at)
                 and not exists (
                     select from runs o where o.campaign_id = r.campaign_id and o.id < r.id and o.state in ('queued', 'running'))
                 -- One that was behind another run counts from that one's end.
                 and greatest(r.created_at, (select max(o.finished_at) from runs o where o.campaign_id = r.campaign_id))
                     <= nightdesk_now() - make_interval(secs => $1)
               order by r.slot, c.name"#,
            after.as_secs_f64()
        )
        .fetch_all(&self.pool)
        .await?;
        let late = rows.into_iter().map(|row| Late {
            kind: AlertKind::RunLate,
            campaign: row.campaign,
            run_id: Some(row.id),
            due: row.due,
            late_s: row.late_s,
        });
        Ok(late.collect())
    }

    /// Alerts of a period, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn alerts_between(
        &self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<AlertSent>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, kind, coalesce(content ->> 'message', '') as "message!", created_at, delivered_at, attempts, last_error
               from alerts where created_at >= $1 and created_at < $2 and kind <> 'report' order by created_at, id"#,
            since,
            until
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(AlertSent {
                    id: row.id,
                    kind: read_word("alert", &row.kind)?,
                    message: row.message,
                    created_at: row.created_at,
                    delivered_at: row.delivered_at,
                    attempts: row.attempts,
                    last_error: row.last_error,
                })
            })
            .collect()
    }
}

/// Why a slot did not fire.
fn because(reason: &str) -> &'static str {
    match reason {
        "catch_up" => {
            "it was missed, as no scheduler ran or it could not fire in time, and `catch_up` does not make up for it"
        }
        "overlap" => "the run before was still going",
        "paused" => "the campaign was paused",
        "window" => "its window had closed before it could begin",
        _ => "for a reason that this version does not know",
    }
}
