//! Campaigns as applied from their files.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Store, StoreError};
use crate::domain::campaign::CampaignSpec;

/// A stored campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CampaignRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// Unique name.
    pub name: String,
    /// The campaign file, parsed.
    pub spec: CampaignSpec,
    /// File it was applied from.
    pub file: Option<String>,
    /// Since when it does not fire.
    pub paused_at: Option<DateTime<Utc>>,
    /// When it was first applied.
    pub created_at: DateTime<Utc>,
    /// When its content last changed.
    pub updated_at: DateTime<Utc>,
}

/// What applying a campaign changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applied {
    /// It was not there.
    Created,
    /// It was there with other content.
    Updated,
    /// It was there as it is.
    Unchanged,
}

impl Store {
    /// Creates or updates a campaign by its name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn apply_campaign(
        &self,
        spec: &CampaignSpec,
        file: &str,
    ) -> Result<Applied, StoreError> {
        let content = serde_json::to_value(spec).map_err(|error| StoreError::Corrupt {
            what: "campaign",
            reason: error.to_string(),
        })?;
        // `xmax = 0` only for a row this statement inserted.
        let created = sqlx::query_scalar!(
            r#"insert into campaigns (id, name, spec, file) values ($1, $2, $3, $4)
               on conflict (name) do update
               set spec = excluded.spec, file = excluded.file, updated_at = nightdesk_now()
               where campaigns.spec <> excluded.spec
               returning xmax = 0 as "created!""#,
            Uuid::now_v7(),
            spec.name,
            content,
            file
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(match created {
            Some(true) => Applied::Created,
            Some(false) => Applied::Updated,
            None => Applied::Unchanged,
        })
    }

    /// Every campaign, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn campaigns(&self) -> Result<Vec<CampaignRecord>, StoreError> {
        let rows = sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, created_at, updated_at from campaigns order by name"
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(CampaignRow::record).collect()
    }

    /// One campaign by name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] or [`StoreError::Corrupt`].
    pub async fn campaign(&self, name: &str) -> Result<CampaignRecord, StoreError> {
        sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, created_at, updated_at from campaigns where name = $1",
            name
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "campaign",
            name: name.to_owned(),
        })?
        .record()
    }
}

struct CampaignRow {
    id: Uuid,
    name: String,
    spec: serde_json::Value,
    file: Option<String>,
    paused_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl CampaignRow {
    fn record(self) -> Result<CampaignRecord, StoreError> {
        Ok(CampaignRecord {
            id: self.id,
            spec: read_spec(self.spec)?,
            name: self.name,
            file: self.file,
            paused_at: self.paused_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// A stored campaign spec as a value.
pub(super) fn read_spec(content: serde_json::Value) -> Result<CampaignSpec, StoreError> {
    serde_json::from_value(content).map_err(|error| StoreError::Corrupt {
        what: "campaign",
        reason: error.to_string(),
    })
}
