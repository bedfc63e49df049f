//! Campaigns as applied from their files.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::session::Transaction;
use super::{Store, StoreError, events};
use crate::domain::campaign::CampaignSpec;

/// A stored campaign.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// Unique name.
    pub name: String,
    /// The campaign file, parsed.
    #[schema(value_type = Object)]
    pub spec: CampaignSpec,
    /// File it was applied from.
    pub file: Option<String>,
    /// Since when it does not fire.
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    pub paused_by: Option<PausedBy>,
    /// Why its last slot could not fire yet; it is tried again.
    pub trouble: Option<String>,
    /// When it was first applied.
    pub created_at: DateTime<Utc>,
    /// When its content last changed.
    pub updated_at: DateTime<Utc>,
}

/// Who paused a campaign; applying its file takes back only what pruning did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PausedBy {
    /// `campaigns pause`.
    Person,
    /// `campaigns apply --prune`, which missed its file.
    Prune,
}

impl PausedBy {
    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Prune => "prune",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        [Self::Person, Self::Prune]
            .into_iter()
            .find(|by| by.as_str() == word)
            .ok_or_else(|| StoreError::Corrupt {
                what: "campaign",
                reason: format!("paused by `{word}`"),
            })
    }
}

impl Store {
    /// Every campaign, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn campaigns(&self) -> Result<Vec<CampaignRecord>, StoreError> {
        let rows = sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, paused_by, trouble, created_at, updated_at from campaigns order by name"
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(CampaignRow::record).collect()
    }

    /// Every campaign that this binary can read, by name. For what has to go on for the others when a newer
    /// binary has written one with keys that this one does not know.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn readable_campaigns(&self) -> Result<Vec<CampaignRecord>, StoreError> {
        let rows = sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, paused_by, trouble, created_at, updated_at from campaigns order by name"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }

    /// One campaign by name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] or [`StoreError::Corrupt`].
    pub async fn campaign(&self, name: &str) -> Result<CampaignRecord, StoreError> {
        sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, paused_by, trouble, created_at, updated_at from campaigns where name = $1",
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

    /// Pauses a campaign until a person resumes it, also one that pruning has paused. Says whether
    /// that changed anything.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn pause_campaign(&self, name: &str, actor: &str) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        let paused = sqlx::query!(
            r#"update campaigns set paused_at = coalesce(paused_at, nightdesk_now()), paused_by = 'person'
               where name = $1 and paused_by is distinct from 'person'"#,
            name
        )
        .execute(&mut *tx)
        .await?;
        self.switched(tx, name, actor, "campaign.paused", paused.rows_affected())
            .await
    }

    /// Takes any pause of a campaign back. Says whether that changed anything.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn resume_campaign(&self, name: &str, actor: &str) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        let resumed = sqlx::query!(
            "update campaigns set paused_at = null, paused_by = null where name = $1 and paused_at is not null",
            name
        )
        .execute(&mut *tx)
        .await?;
        self.switched(tx, name, actor, "campaign.resumed", resumed.rows_affected())
            .await
    }

    /// Records a pause or its end, if it changed anything; a campaign that is not there is an error.
    async fn switched(
        &self,
        mut tx: Transaction,
        name: &str,
        actor: &str,
        action: &str,
        changed: u64,
    ) -> Result<bool, StoreError> {
        if changed == 0 {
            drop(tx);
            self.campaign(name).await?;
            return Ok(false);
        }
        events::record(&mut tx, actor, action, name, &serde_json::json!({})).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A row as it is stored.
pub(super) struct CampaignRow {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) spec: serde_json::Value,
    pub(super) file: Option<String>,
    pub(super) paused_at: Option<DateTime<Utc>>,
    pub(super) paused_by: Option<String>,
    pub(super) trouble: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl CampaignRow {
    pub(super) fn record(self) -> Result<CampaignRecord, StoreError> {
        Ok(CampaignRecord {
            id: self.id,
            spec: read_spec(self.spec)?,
            name: self.name,
            file: self.file,
            paused_at: self.paused_at,
            paused_by: self.paused_by.as_deref().map(PausedBy::read).transpose()?,
            trouble: self.trouble,
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
