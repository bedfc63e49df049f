//! Runs: making one with its work items, taking up an unfinished one, and looking at them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::campaigns::read_spec;
use super::super::stored_values::{read_word, to_json};
use super::super::{Pins, Store, StoreError, events};
use crate::domain::campaign::CampaignSpec;
use crate::domain::run::{ItemCounts, Run, tokens_per_second};

/// A run by hand that somebody asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest<'a> {
    /// The campaign.
    pub campaign_id: Uuid,
    /// Its spec, pinned to the run.
    pub spec: &'a CampaignSpec,
    /// Template and model, pinned to the run.
    pub pins: &'a Pins,
    /// Fewer briefs than the campaign's own limit.
    pub limit: Option<i64>,
    /// Cancel an unfinished run, its drafts kept, and make another.
    pub new: bool,
    /// Who asks.
    pub actor: &'a str,
}

/// A run that is ready to be worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedRun {
    /// The run.
    pub id: Uuid,
    /// Whether it was there already.
    pub resumed: bool,
    /// The spec it is pinned to.
    pub spec: CampaignSpec,
    /// Hash of the template it is pinned to.
    pub template_sha256: String,
    /// Hash of the model it is pinned to.
    pub model_sha256: String,
    /// Its items.
    pub items: i64,
    /// When it stops claiming.
    pub window_ends_at: Option<DateTime<Utc>>,
    /// An unfinished run whose window had closed, and which was ended on the way.
    pub ended: Option<Uuid>,
}

/// What a run is pinned to: a worker drafts by this, whatever has been edited since.
#[derive(Debug, Clone, PartialEq)]
pub struct PinnedRun {
    /// The run.
    pub id: Uuid,
    /// Its campaign's name.
    pub campaign: String,
    /// The spec.
    pub spec: CampaignSpec,
    /// The template's name.
    pub template: String,
    /// The template's text.
    pub template_source: String,
    /// Hash of the model.
    pub model_sha256: String,
}

impl Store {
    /// Takes up the campaign's unfinished run by hand, or makes one with its items. A run past its
    /// window cannot be taken up: it is ended, and what it left goes into a new one; unless another
    /// process still drafts its last items, which are waited for.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then no half-made run exists.
    pub async fn open_run(&self, request: &RunRequest<'_>) -> Result<OpenedRun, StoreError> {
        self.make_room().await;
        let ended = self.end_closed_runs(request.campaign_id).await?;
        if request.new {
            self.cancel_open_runs(request.campaign_id).await?;
        }
        let mut tx = self.pool.bulk().begin().await?;
        // Two people who type `run` at once: the second waits here and finds the first one's run.
        sqlx::query!(
            "select id from campaigns where id = $1 for update",
            request.campaign_id
        )
        .fetch_one(&mut *tx)
        .await?;
        if !request.new {
            let open = sqlx::query!(
                r#"select r.id, r.spec, r.template_sha256, r.model_sha256, r.window_ends_at,
                          (select count(*) from work_items w where w.run_id = r.id) as "items!"
                   from runs r
                   where r.campaign_id = $1 and r.slot is null and r.regenerates is null
                     and r.state in ('queued', 'running')
                   order by r.id desc limit 1"#,
                request.campaign_id
            )
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(open) = open {
                // Somebody asked for it now: a pause from before does not stop it.
                sqlx::query!(
                    "update runs set opened_at = nightdesk_now() where id = $1",
                    open.id
                )
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                return Ok(OpenedRun {
                    id: open.id,
                    resumed: true,
                    spec: read_spec(open.spec)?,
                    template_sha256: open.template_sha256,
                    model_sha256: open.model_sha256,
                    items: open.items,
                    window_ends_at: open.window_ends_at,
                    ended,
                });
            }
        }
        // What an unfinished run still holds would be nobody's: too old a run to take up (another model,
        // say) and too open a one to let its briefs go.
        let replaced = sqlx::query_scalar!(
            r#"update runs set state = 'cancelled', finished_at = nightdesk_now(), error = 'a new run was asked for'
               where campaign_id = $1 and slot is null and regenerates is null
                 and state in ('queued', 'running')
               returning id"#,
            request.campaign_id
        )
        .fetch_all(&mut *tx)
        .await?;
        let id = Uuid::now_v7();
        let spec = to_json("campaign", request.spec)?;
        let window = request.spec.window.map(|window| window.length());
        let window_ends_at = sqlx::query_scalar!(
            r#"insert into runs (id, campaign_id, spec, template_sha256, model_sha256, window_ends_at, opened_at)
               values ($1, $2, $3, $4, $5, nightdesk_now() + make_interval(secs => $6), nightdesk_now())
               returning window_ends_at"#,
            id,
            request.campaign_id,
            spec,
            request.pins.template_sha256,
            request.pins.model_sha256,
            window.map(|window| window.as_secs_f64())
        )
        .fetch_one(&mut *tx)
        .await?;
        let items = self.insert_items(&mut tx, id, request).await?;
        if items == 0 {
            sqlx::query!(
                "update runs set state = 'completed', started_at = nightdesk_now(), finished_at = nightdesk_now() where id = $1",
                id
            )
            .execute(&mut *tx)
            .await?;
        }
        let details = serde_json::json!({ "campaign": request.spec.name, "briefs": items });
        let (actor, subject) = (request.actor, id.to_string());
        events::record(&mut tx, actor, "run.opened", &subject, &details).await?;
        tx.commit().await?;
        // Made between the cancelling above and the campaign's lock, by somebody who asked at the same moment.
        for run_id in replaced {
            self.take_back(run_id).await?;
        }
        self.settle(id, items).await;
        Ok(OpenedRun {
            id,
            resumed: false,
            spec: request.spec.clone(),
            template_sha256: request.pins.template_sha256.clone(),
            model_sha256: request.pins.model_sha256.clone(),
            items,
            window_ends_at,
            ended,
        })
    }

    /// What a run is pinned to.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it has been deleted, or [`StoreError::Corrupt`].
    pub async fn pinned_run(&self, run_id: Uuid) -> Result<PinnedRun, StoreError> {
        let run = sqlx::query!(
            r#"select c.name as campaign, r.spec, r.model_sha256, t.name as template, t.source
               from runs r join campaigns c on c.id = r.campaign_id
               join templates t on t.sha256 = r.template_sha256
               where r.id = $1"#,
            run_id
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "run",
            name: run_id.to_string(),
        })?;
        Ok(PinnedRun {
            id: run_id,
            campaign: run.campaign,
            spec: read_spec(run.spec)?,
            template: run.template,
            template_source: run.source,
            model_sha256: run.model_sha256,
        })
    }

    /// Keeps every worker from claiming of a run for a while, because everything failed for it: half a
    /// minute, twice as long each time in a row, at most a quarter of an hour. Gives when it ends.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn park_run(
        &self,
        run_id: Uuid,
        problem: &str,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(sqlx::query_scalar!(
            // Several workers see the same trouble at once: who comes second finds it parked.
            r#"update runs
               set parked_until = nightdesk_now() + least(interval '15 minutes', interval '30 seconds' * power(2, least(parked, 10))),
                   parked = parked + 1, error = $2
               where id = $1 and state in ('queued', 'running')
                 and has_come(parked_until)
               returning parked_until as "parked_until!""#,
            run_id,
            problem
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Notes on a run why a worker cannot work on it; another one may.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_trouble(&self, run_id: Uuid, problem: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "update runs set error = $2 where id = $1 and state in ('queued', 'running') and error is distinct from $2",
            run_id,
            problem
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Runs that have not ended, oldest first, those of paused campaigns left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn open_runs(&self, except: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"select r.id from runs r join campaigns c on c.id = r.campaign_id
               where r.state in ('queued', 'running') and r.id <> all($1)
                 and (c.paused_at is null or r.opened_at > c.paused_at)
               order by r.id"#,
            except
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs(&self, campaign: Option<&str>, limit: i64) -> Result<Vec<Run>, StoreError> {
        self.read_runs(None, campaign, None, limit).await
    }

    /// The runs before another one, newest first; from the newest on where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs_before(
        &self,
        campaign: Option<&str>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Run>, StoreError> {
        self.read_runs(None, campaign, before, limit).await
    }

    /// One run by id or the beginning of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] or [`StoreError::Ambiguous`].
    pub async fn run(&self, id: &str) -> Result<Run, StoreError> {
        let mut runs = self.read_runs(Some(id), None, None, 2).await?;
        match (runs.pop(), runs.is_empty()) {
            (Some(run), true) => Ok(run),
            (Some(_), false) => Err(StoreError::Ambiguous {
                what: "run",
                name: id.to_owned(),
            }),
            (None, _) => Err(StoreError::NotFound {
                what: "run",
                name: id.to_owned(),
            }),
        }
    }

    async fn read_runs(
        &self,
        id: Option<&str>,
        campaign: Option<&str>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Run>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.id, c.name as campaign, r.state, r.slot, r.drafts, r.output_tokens, r.busy_ms,
                      r.started_at, r.finished_at, r.error, r.window_ends_at, r.pruned_at,
                      -- Of a pruned run, its items as they were counted before they were dropped.
                      coalesce((r.pruned_items ->> 'ready')::bigint, items.ready) as "ready!",
                      coalesce((r.pruned_items ->> 'leased')::bigint, items.leased) as "leased!",
                      coalesce((r.pruned_items ->> 'done')::bigint, items.done) as "done!",
                      coalesce((r.pruned_items ->> 'suspect')::bigint, items.suspect) as "suspect!",
                      coalesce((r.pruned_items ->> 'quarantined')::bigint, items.quarantined) as "quarantined!"
               from runs r join campaigns c on c.id = r.campaign_id, lateral (
                   select count(*) filter (where state = 'ready') as ready,
                          count(*) filter (where state = 'leased') as leased,
                          count(*) filter (where state = 'done') as done,
                          count(*) filter (where state = 'suspect') as suspect,
                          count(*) filter (where state = 'quarantined') as quarantined
                   from work_items w where w.run_id = r.id) as items
               where ($1::text is null or starts_with(r.id::text, $1))
                 and ($2::text is null or c.name = $2) and ($4::uuid is null or r.id < $4)
               order by r.id desc limit $3"#,
            id,
            campaign,
            limit,
            before
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Run {
                    id: row.id,
                    campaign: row.campaign,
                    state: read_word("run", &row.state)?,
                    slot: row.slot,
                    counts: ItemCounts {
                        ready: row.ready,
                        leased: row.leased,
                        done: row.done,
                        suspect: row.suspect,
                        quarantined: row.quarantined,
                    },
                    drafts: row.drafts,
                    output_tokens: row.output_tokens,
                    tok_s: tokens_per_second(row.output_tokens, row.busy_ms),
                    started_at: row.started_at,
                    finished_at: row.finished_at,
                    error: row.error,
                    window_ends_at: row.window_ends_at,
                    pruned_at: row.pruned_at,
                })
            })
            .collect()
    }
}
