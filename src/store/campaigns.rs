//! Campaigns as applied from their files.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::connection::Transaction;
use super::stored_values::{read_json, read_word};
use super::{Store, StoreError, events};
use crate::domain::campaign::CampaignSpec;
use crate::domain::slot;
use crate::domain::words::words;

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
    /// Everything up to here has been decided, fired or skipped, and nothing fires before it.
    pub cursor: DateTime<Utc>,
    /// When it was first applied.
    pub created_at: DateTime<Utc>,
    /// When its content last changed.
    pub updated_at: DateTime<Utc>,
}

impl CampaignRecord {
    /// Until when nothing of it fires, because its cursor lies ahead of the database's clock: a scheduler was
    /// started while that was wrong, or it is wrong now. `None` where all is well.
    pub fn silent_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        slot::silent_until(self.cursor, now)
    }
}

words! {
    /// Who paused a campaign; applying its file takes back only what pruning did.
    #[derive(ToSchema)]
    PausedBy {
        /// `campaigns pause`.
        Person = "person";
        /// `campaigns apply --prune`, which missed its file.
        Prune = "prune";
    } else "paused by `{}`"
}

impl Store {
    /// Every campaign, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn campaigns(&self) -> Result<Vec<CampaignRecord>, StoreError> {
        let rows = self.campaign_rows().await?;
        rows.into_iter().map(CampaignRow::record).collect()
    }

    /// Every campaign that this binary can read, by name. For what has to go on for the others when a newer
    /// binary has written one with keys that this one does not know.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn readable_campaigns(&self) -> Result<Vec<CampaignRecord>, StoreError> {
        let rows = self.campaign_rows().await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.record().ok())
            .collect())
    }

    async fn campaign_rows(&self) -> Result<Vec<CampaignRow>, StoreError> {
        Ok(sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, paused_by, trouble, cursor, created_at, updated_at from campaigns order by name"
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// One campaign by name.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] or [`StoreError::Corrupt`].
    pub async fn campaign(&self, name: &str) -> Result<CampaignRecord, StoreError> {
        let found = sqlx::query_as!(
            CampaignRow,
            "select id, name, spec, file, paused_at, paused_by, trouble, cursor, created_at, updated_at from campaigns where name = $1",
            name
        )
        .fetch_optional(&self.pool)
        .await?;
        match found {
            Some(row) => row.record(),
            None => Err(StoreError::Unknown {
                what: "campaign",
                name: name.to_owned(),
                known: sqlx::query_scalar!("select name from campaigns order by name")
                    .fetch_all(&self.pool)
                    .await?,
            }),
        }
    }

    /// Pauses a campaign until a person resumes it, also one that pruning has paused. Says whether
    /// that changed anything.
    ///
    /// # Errors
    /// [`StoreError::Unknown`].
    pub async fn pause_campaign(&self, name: &str, actor: &str) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        let paused = sqlx::query!(
            r#"update campaigns set paused_at = coalesce(paused_at, nightdesk_now()), paused_by = 'person'
               where name = $1 and paused_by is distinct from 'person'"#,
            name
        )
        .execute(&mut *tx)
        .await?;
        let event = ("campaign.paused", serde_json::json!({}));
        self.switched(tx, name, actor, event, paused.rows_affected())
            .await
    }

    /// Takes any pause of a campaign back, and puts a cursor that lies ahead of the clock to now: what fired
    /// does not fire again, and what a clock that ran ahead has skipped is decided when it comes.
    ///
    /// # Errors
    /// [`StoreError::Unknown`].
    pub async fn resume_campaign(&self, name: &str, actor: &str) -> Result<Resumed, StoreError> {
        let mut tx = self.pool.begin().await?;
        let ahead = slot::CLOCKS_DIFFER.as_seconds_f64();
        let resumed = sqlx::query!(
            r#"with before as (
                   select id, paused_at, cursor, cursor > nightdesk_now() + make_interval(secs => $2) as ahead
                   from campaigns where name = $1 for no key update)
               update campaigns c
               set paused_at = null, paused_by = null,
                   cursor = case when before.ahead then nightdesk_now() else c.cursor end
               from before
               where c.id = before.id and (before.paused_at is not null or before.ahead)
               returning before.paused_at is not null as "was_paused!",
                         case when before.ahead then before.cursor end as was_silent_until"#,
            name,
            ahead
        )
        .fetch_optional(&mut *tx)
        .await?;
        let resumed = resumed.map(|row| Resumed {
            was_paused: row.was_paused,
            was_silent_until: row.was_silent_until,
        });
        let changed = u64::from(resumed.is_some());
        let resumed = resumed.unwrap_or_default();
        let details = match resumed.was_silent_until {
            Some(cursor) => serde_json::json!({ "cursor": cursor }),
            None => serde_json::json!({}),
        };
        self.switched(tx, name, actor, ("campaign.resumed", details), changed)
            .await?;
        Ok(resumed)
    }

    /// Records a pause or its end, if it changed anything; a campaign that is not there is an error.
    async fn switched(
        &self,
        mut tx: Transaction,
        name: &str,
        actor: &str,
        (action, details): (&str, serde_json::Value),
        changed: u64,
    ) -> Result<bool, StoreError> {
        if changed == 0 {
            drop(tx);
            self.campaign(name).await?;
            return Ok(false);
        }
        events::record(&mut tx, actor, action, name, &details).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// What resuming a campaign changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Whether it was paused.
    pub was_paused: bool,
    /// Where its cursor stood, if that was ahead of the clock.
    pub was_silent_until: Option<DateTime<Utc>>,
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
    pub(super) cursor: DateTime<Utc>,
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
            paused_by: self
                .paused_by
                .as_deref()
                .map(|word| read_word("campaign", word))
                .transpose()?,
            trouble: self.trouble,
            cursor: self.cursor,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// A stored campaign spec as a value.
pub(super) fn read_spec(content: serde_json::Value) -> Result<CampaignSpec, StoreError> {
    read_json("campaign", content)
}
