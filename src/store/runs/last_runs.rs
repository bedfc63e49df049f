//! The last runs of every campaign, and what a campaign was last pinned to.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::stored_values::read_word;
use super::super::{OpenedRun, Pins, RunRequest, Store, StoreError};
use crate::domain::run::RunState;

/// A run as its campaign's line shows it; its items are not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The campaign.
    pub campaign_id: Uuid,
    /// The run.
    pub id: Uuid,
    /// Where it stands.
    pub state: RunState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Drafts committed so far.
    pub drafts: i64,
}

impl Store {
    /// The last runs of every campaign, newest first; runs that draft a single brief anew are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn last_runs(&self, each: i64) -> Result<Vec<LastRun>, StoreError> {
        let rows = sqlx::query!(
            r#"select campaign_id as "campaign_id!", id as "id!", state as "state!", created_at as "created_at!",
                      drafts as "drafts!"
               from (select campaign_id, id, state, created_at, drafts,
                            row_number() over (partition by campaign_id order by id desc) as place
                     from runs where regenerates is null) as runs
               where place <= $1 order by id desc"#,
            each
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(LastRun {
                    campaign_id: row.campaign_id,
                    id: row.id,
                    state: read_word("run", &row.state)?,
                    created_at: row.created_at,
                    drafts: row.drafts,
                })
            })
            .collect()
    }

    /// Takes up the campaign's unfinished run by hand, or makes one that is pinned to the template and model of its
    /// last run: for whoever has neither at hand.
    ///
    /// # Errors
    /// [`StoreError::NeverRan`], [`StoreError::NotFound`], or [`StoreError::Database`].
    pub async fn run_again(&self, name: &str, actor: &str) -> Result<OpenedRun, StoreError> {
        let campaign = self.campaign(name).await?;
        let draft = &campaign.spec.draft;
        let pins = self
            .last_pins(campaign.id, &draft.template, &draft.model)
            .await?
            .ok_or_else(|| StoreError::NeverRan {
                campaign: campaign.name.clone(),
                template: draft.template.clone(),
                model: draft.model.clone(),
            })?;
        self.open_run(&RunRequest {
            campaign_id: campaign.id,
            spec: &campaign.spec,
            pins: &pins,
            limit: None,
            new: false,
            actor,
        })
        .await
    }

    /// What the campaign's latest run with this template and this model was pinned to; none where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    async fn last_pins(
        &self,
        campaign_id: Uuid,
        template: &str,
        model: &str,
    ) -> Result<Option<Pins>, StoreError> {
        Ok(sqlx::query_as!(
            Pins,
            r#"select t.name as template, t.sha256 as template_sha256, t.source as template_source,
                      m.name as model, m.sha256 as model_sha256, m.files as model_files, m.context_limit
               from runs r
               join templates t on t.sha256 = r.template_sha256
               join models m on m.sha256 = r.model_sha256
               where r.campaign_id = $1 and t.name = $2 and m.name = $3
               order by r.id desc limit 1"#,
            campaign_id,
            template,
            model
        )
        .fetch_optional(&self.pool)
        .await?)
    }
}
