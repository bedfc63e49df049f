//! Applying campaign files: what would change, and changing it, all files in one transaction.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::campaigns::{CampaignRow, PausedBy, read_spec};
use super::connection::Transaction;
use super::stored_values::to_json;
use super::{Store, StoreError};
use crate::domain::campaign::CampaignSpec;

/// A campaign file, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignFile {
    /// Its content.
    pub spec: CampaignSpec,
    /// Where it is, as messages name it.
    pub file: String,
}

/// What applying files does to one campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignChange {
    /// The campaign.
    pub name: String,
    /// What happens to it.
    pub applied: Applied,
    /// Its file; for a pruned campaign the one that is gone.
    pub file: Option<String>,
    /// Its id, where it is stored already.
    pub id: Option<Uuid>,
    /// What is stored now.
    pub before: Option<Value>,
    /// What will be stored; `None` where nothing is applied, so that it only is paused.
    pub after: Option<CampaignSpec>,
    /// Who has it paused afterwards.
    pub paused_by: Option<PausedBy>,
    /// Whether the pause that pruning gave it is taken back.
    pub resumed: bool,
}

impl CampaignChange {
    /// Whether it fires at other times afterwards.
    fn reschedules(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else {
            return false;
        };
        let after = content(after).unwrap_or_default();
        let keys = ["schedule", "timezone", "gap", "fold"];
        keys.iter().any(|key| before.get(key) != after.get(key))
    }
}

/// What applying a campaign changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applied {
    /// It was not there.
    Created,
    /// It was there with other content.
    Updated,
    /// It was there as it is.
    Unchanged,
    /// It was there as it is, paused because its file was missing.
    Resumed,
    /// Its file is no longer there.
    Paused,
}

impl Store {
    /// What applying these files would change; those that `gone` says are without a file are paused.
    /// In the order of the files, then the paused ones by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn plan_campaigns(
        &self,
        files: &[CampaignFile],
        gone: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Vec<CampaignChange>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let stored = stored(&mut tx).await?;
        tx.commit().await?;
        plan(files, gone, &stored)
    }

    /// Applies files, all of them or none, and gives what that changed. With `shown`, only if it still
    /// changes what a person saw: before the answer, somebody else may have applied other files.
    ///
    /// # Errors
    /// [`StoreError::CampaignsChanged`] or [`StoreError::Database`]; then nothing was changed.
    pub async fn apply_campaigns(
        &self,
        files: &[CampaignFile],
        gone: &(dyn Fn(&str) -> bool + Sync),
        shown: Option<&[CampaignChange]>,
    ) -> Result<Vec<CampaignChange>, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Two people who apply at once: the second sees what the first did.
        sqlx::query!("lock table campaigns in share row exclusive mode")
            .execute(&mut *tx)
            .await?;
        let changes = plan(files, gone, &stored(&mut tx).await?)?;
        if shown.is_some_and(|shown| shown != changes) {
            return Err(StoreError::CampaignsChanged);
        }
        for change in &changes {
            match &change.after {
                Some(spec) => write(&mut tx, change, &content(spec)?).await?,
                None => {
                    sqlx::query!(
                        "update campaigns set paused_at = nightdesk_now(), paused_by = 'prune' where name = $1",
                        change.name
                    )
                    .execute(&mut *tx)
                    .await?;
                }
            }
        }
        tx.commit().await?;
        Ok(changes)
    }
}

async fn write(
    tx: &mut Transaction,
    change: &CampaignChange,
    content: &Value,
) -> Result<(), StoreError> {
    // A file that only moved changes no content, and `updated_at` is about content.
    sqlx::query!(
        r#"insert into campaigns as c (id, name, spec, file) values ($1, $2, $3, $4)
           on conflict (name) do update
           set spec = excluded.spec, file = excluded.file,
               -- Another schedule begins now: what the old one missed is not made up for, and what it
               -- fired is not fired again. A clock that was wrong is put right by a person who edits.
               schedule_version = c.schedule_version + case when $6 then 1 else 0 end,
               cursor = case when $6 then nightdesk_now() else c.cursor end,
               updated_at = case when $5 then nightdesk_now() else c.updated_at end,
               paused_at = case when c.paused_by = 'prune' then null else c.paused_at end,
               paused_by = case when c.paused_by = 'prune' then null else c.paused_by end"#,
        change.id.unwrap_or_else(Uuid::now_v7),
        change.name,
        content,
        change.file,
        change.applied == Applied::Updated,
        change.reschedules()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn stored(tx: &mut Transaction) -> Result<Vec<CampaignRow>, StoreError> {
    Ok(sqlx::query_as!(
        CampaignRow,
        "select id, name, spec, file, paused_at, paused_by, trouble, cursor, created_at, updated_at from campaigns order by name"
    )
    .fetch_all(&mut **tx)
    .await?)
}

fn plan(
    files: &[CampaignFile],
    gone: &(dyn Fn(&str) -> bool + Sync),
    stored: &[CampaignRow],
) -> Result<Vec<CampaignChange>, StoreError> {
    let mut changes = Vec::new();
    for CampaignFile { spec, file } in files {
        let before = stored.iter().find(|row| row.name == spec.name);
        let pruned = before.is_some_and(|row| row.paused_by.as_deref() == Some("prune"));
        let old = before.map(|row| in_full(&row.spec)).transpose()?;
        let same = old == Some(content(spec)?);
        changes.push(CampaignChange {
            name: spec.name.clone(),
            applied: match (before, same, pruned) {
                (None, ..) => Applied::Created,
                (Some(_), false, _) => Applied::Updated,
                (Some(_), true, true) => Applied::Resumed,
                (Some(_), true, false) => Applied::Unchanged,
            },
            file: Some(file.clone()),
            id: before.map(|row| row.id),
            before: old,
            after: Some(spec.clone()),
            paused_by: before
                .filter(|row| row.paused_at.is_some() && !pruned)
                .map(|_| PausedBy::Person),
            resumed: pruned,
        });
    }
    for row in stored {
        let has_file = files.iter().any(|file| file.spec.name == row.name);
        if !has_file && row.paused_at.is_none() && row.file.as_deref().is_some_and(gone) {
            changes.push(CampaignChange {
                name: row.name.clone(),
                applied: Applied::Paused,
                file: row.file.clone(),
                id: Some(row.id),
                before: Some(in_full(&row.spec)?),
                after: None,
                paused_by: Some(PausedBy::Prune),
                resumed: false,
            });
        }
    }
    Ok(changes)
}

/// A stored spec with the defaults of keys that an older binary did not know: else every upgrade
/// would report changes that nobody made. One that cannot be read is shown, and replaced, as it is.
fn in_full(stored: &Value) -> Result<Value, StoreError> {
    match read_spec(stored.clone()) {
        Ok(spec) => content(&spec),
        Err(_) => Ok(stored.clone()),
    }
}

fn content(spec: &CampaignSpec) -> Result<Value, StoreError> {
    to_json("campaign", spec)
}
