//! Rows of sources that are no briefs: kept until they are.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::store::connection::Session;
use crate::store::stored_values::to_json;
use crate::store::{Store, StoreError};

/// Most characters of a key: a longer one could not be indexed, and no brief has one.
const KEY_CHARS: usize = 200;

/// A row that is no brief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceReject {
    /// What its column for `external_ref` holds.
    pub external_ref: String,
    /// Stable word for programs, as for a line of a file.
    pub code: String,
    /// Key path inside the brief.
    pub key: Option<String>,
    /// What was wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The mapped columns, long texts cut.
    pub raw: serde_json::Value,
    /// When it was rejected first; for one that is about to be kept, the time does not matter.
    pub first_seen_at: DateTime<Utc>,
    /// When it was read last.
    pub last_seen_at: DateTime<Utc>,
}

impl SourceReject {
    /// The key under which a row's rejection stands.
    pub fn key_of(reference: &str) -> String {
        reference.chars().take(KEY_CHARS).collect()
    }
}

impl Store {
    /// The rows of a campaign's source that are no briefs, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_rejects(&self, campaign_id: Uuid) -> Result<Vec<SourceReject>, StoreError> {
        Ok(sqlx::query_as!(
            SourceReject,
            r#"select external_ref, code, key, message, hint, raw, first_seen_at, last_seen_at
               from source_rejects where campaign_id = $1
               order by last_seen_at desc, external_ref"#,
            campaign_id
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

/// Writes rejections down; one that is there already keeps the time it was first seen.
pub(super) async fn keep(
    connection: &mut Session,
    campaign_id: Uuid,
    rejected: &[SourceReject],
) -> Result<(), StoreError> {
    let content = to_json("rejection", &rejected)?;
    sqlx::query!(
        r#"insert into source_rejects (campaign_id, external_ref, code, key, message, hint, raw)
           select distinct on (r.external_ref) $1, r.external_ref, r.code, r.key, r.message, r.hint, r.raw
           from jsonb_to_recordset($2::jsonb)
                as r (external_ref text, code text, key text, message text, hint text, raw jsonb)
           order by r.external_ref
           on conflict (campaign_id, external_ref) do update
           set code = excluded.code, key = excluded.key, message = excluded.message, hint = excluded.hint,
               raw = excluded.raw, last_seen_at = nightdesk_now()"#,
        campaign_id,
        content
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the rejections of rows back that are briefs now.
pub(super) async fn forget(
    connection: &mut Session,
    campaign_id: Uuid,
    passed: &[String],
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from source_rejects where campaign_id = $1 and external_ref = any($2)",
        campaign_id,
        passed
    )
    .execute(connection)
    .await?;
    Ok(())
}
