//! Runs: making one with its work items, taking up an unfinished one, and looking at them.

use uuid::Uuid;

use super::campaigns::read_spec;
use super::{Pins, Store, StoreError};
use crate::domain::campaign::{CampaignSpec, Redraft};
use crate::domain::run::{ItemCounts, Run};

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
}

impl Store {
    /// Takes up the campaign's unfinished run by hand, or makes one with its items.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then no half-made run exists.
    pub async fn open_run(&self, request: &RunRequest<'_>) -> Result<OpenedRun, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Two people who type `run` at once: the second waits here and finds the first one's run.
        sqlx::query!(
            "select id from campaigns where id = $1 for update",
            request.campaign_id
        )
        .fetch_one(&mut *tx)
        .await?;
        if !request.new {
            let open = sqlx::query!(
                r#"select r.id, r.spec, r.template_sha256, r.model_sha256,
                          (select count(*) from work_items w where w.run_id = r.id) as "items!"
                   from runs r
                   where r.campaign_id = $1 and r.slot is null and r.state in ('queued', 'running')
                   order by r.id desc limit 1"#,
                request.campaign_id
            )
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(open) = open {
                tx.commit().await?;
                return Ok(OpenedRun {
                    id: open.id,
                    resumed: true,
                    spec: read_spec(open.spec)?,
                    template_sha256: open.template_sha256,
                    model_sha256: open.model_sha256,
                    items: open.items,
                });
            }
        }
        // What an unfinished run still holds would be nobody's: too old a run to take up (another model,
        // say) and too open a one to let its briefs go.
        sqlx::query!(
            r#"update runs set state = 'cancelled', finished_at = nightdesk_now(), error = 'a new run was asked for'
               where campaign_id = $1 and slot is null and state in ('queued', 'running')"#,
            request.campaign_id
        )
        .execute(&mut *tx)
        .await?;
        let id = Uuid::now_v7();
        let spec = serde_json::to_value(request.spec).map_err(|error| StoreError::Corrupt {
            what: "campaign",
            reason: error.to_string(),
        })?;
        sqlx::query!(
            "insert into runs (id, campaign_id, spec, template_sha256, model_sha256) values ($1, $2, $3, $4, $5)",
            id,
            request.campaign_id,
            spec,
            request.pins.template_sha256,
            request.pins.model_sha256
        )
        .execute(&mut *tx)
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
        tx.commit().await?;
        Ok(OpenedRun {
            id,
            resumed: false,
            spec: request.spec.clone(),
            template_sha256: request.pins.template_sha256.clone(),
            model_sha256: request.pins.model_sha256.clone(),
            items,
        })
    }

    /// Selects the briefs of a run by the campaign's `[select]`.
    async fn insert_items(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        run_id: Uuid,
        request: &RunRequest<'_>,
    ) -> Result<i64, StoreError> {
        let select = &request.spec.select;
        let redraft = match select.redraft {
            Redraft::Changed => "changed",
            Redraft::Never => "never",
            Redraft::Always => "always",
        };
        let pattern = select.external_ref.as_deref().map(like_pattern);
        let limits = [select.limit, request.limit];
        let inserted = sqlx::query!(
            r#"insert into work_items (run_id, brief_id, brief_revision, position)
               select $1, chosen.id, chosen.revision, row_number() over ()
               from (
                   select b.id, b.revision
                   from briefs b
                   where ($3::text is null or b.kind = $3)
                     and b.tags @> $4
                     and ($5::text is null or b.language = $5)
                     and ($6::integer is null or b.priority >= $6)
                     and ($7::text is null or b.external_ref like $7)
                     and (b.embargo_until is null or b.embargo_until <= nightdesk_now())
                     and (b.expires_at is null or b.expires_at > nightdesk_now())
                     -- Drafted, or being drafted by another run of this campaign. What was quarantined
                     -- or left over by a cancelled run was not drafted.
                     and ($8 = 'always' or not exists (
                         select from work_items w join runs r on r.id = w.run_id
                         where w.brief_id = b.id and r.campaign_id = $2
                           and ($8 = 'never' or w.brief_revision = b.revision)
                           and (w.state = 'done'
                                or (r.state in ('queued', 'running') and w.state <> 'quarantined'))))
                   order by b.priority desc, b.due_at nulls last, b.created_at, b.id
                   limit $9
               ) as chosen"#,
            run_id,
            request.campaign_id,
            select.kind.map(|kind| kind.as_str()),
            &select.tags,
            select.language,
            select.priority,
            pattern,
            redraft,
            limits.into_iter().flatten().min()
        )
        .execute(&mut **tx)
        .await?;
        Ok(inserted.rows_affected() as i64)
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs(&self, campaign: Option<&str>, limit: i64) -> Result<Vec<Run>, StoreError> {
        self.read_runs(None, campaign, limit).await
    }

    /// One run by id or the beginning of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] or [`StoreError::Ambiguous`].
    pub async fn run(&self, id: &str) -> Result<Run, StoreError> {
        let mut runs = self.read_runs(Some(id), None, 2).await?;
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
        limit: i64,
    ) -> Result<Vec<Run>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.id, c.name as campaign, r.state, r.slot, r.drafts, r.output_tokens, r.busy_ms,
                      r.started_at, r.finished_at, r.error,
                      items.ready as "ready!", items.leased as "leased!", items.done as "done!",
                      items.suspect as "suspect!", items.quarantined as "quarantined!"
               from runs r join campaigns c on c.id = r.campaign_id, lateral (
                   select count(*) filter (where state = 'ready') as ready,
                          count(*) filter (where state = 'leased') as leased,
                          count(*) filter (where state = 'done') as done,
                          count(*) filter (where state = 'suspect') as suspect,
                          count(*) filter (where state = 'quarantined') as quarantined
                   from work_items w where w.run_id = r.id) as items
               where ($1::text is null or starts_with(r.id::text, $1))
                 and ($2::text is null or c.name = $2)
               order by r.id desc limit $3"#,
            id,
            campaign,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Run {
                    id: row.id,
                    campaign: row.campaign,
                    state: row.state.parse().map_err(|reason| StoreError::Corrupt {
                        what: "run",
                        reason,
                    })?,
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
                    tok_s: (row.busy_ms > 0)
                        .then(|| row.output_tokens as f64 * 1e3 / row.busy_ms as f64),
                    started_at: row.started_at,
                    finished_at: row.finished_at,
                    error: row.error,
                })
            })
            .collect()
    }
}

/// `*` stands for anything; `%` and `_`, which SQL would read as wildcards, stand for themselves.
fn like_pattern(glob: &str) -> String {
    let mut pattern = String::with_capacity(glob.len());
    for c in glob.chars() {
        match c {
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', c]),
            other => pattern.push(other),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_star_is_a_wildcard() {
        assert_eq!(like_pattern("fact_book-*-50%"), "fact\\_book-%-50\\%");
    }
}
