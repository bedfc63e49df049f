//! Briefs and their revisions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::events::record;
use super::stored_values::{read_json, to_json};
use super::{Store, StoreError};
use crate::domain::brief::Brief;

/// Briefs of an upload that go to the database together: each statement has to end in its time.
const UPLOAD_CHUNK: usize = 500;

/// What an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Briefs that were not there.
    pub new: u64,
    /// Briefs that got another revision.
    pub revised: u64,
    /// Briefs that were there with the same content.
    pub unchanged: u64,
}

impl std::ops::AddAssign for Imported {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.revised += other.revised;
        self.unchanged += other.unchanged;
    }
}

/// A line of `briefs list`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are the columns of the table, explained there"
)]
pub struct BriefSummary {
    pub id: Uuid,
    pub external_ref: String,
    pub revision: i32,
    pub kind: String,
    pub topic: String,
    pub language: String,
    pub tags: Vec<String>,
    pub priority: i32,
    pub due_at: Option<DateTime<Utc>>,
    pub embargo_until: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// One brief in its current revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BriefRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// Number of the current revision, from 1.
    pub revision: i32,
    /// Hash of its canonical JSON.
    pub sha256: String,
    /// When it was first imported.
    pub created_at: DateTime<Utc>,
    /// When the current revision was imported.
    pub updated_at: DateTime<Utc>,
    /// What the import changed in its texts: a list of `{"key", "changes", "before", "after"}`, the last
    /// two in revisions since they are kept, or null.
    pub cleaned: Option<serde_json::Value>,
    /// The content.
    pub brief: Brief,
}

/// Which briefs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BriefFilter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only briefs with all of these tags.
    pub tags: Vec<String>,
    /// Most rows.
    pub limit: i64,
}

impl Store {
    /// Imports briefs as they are; see [`Store::import_records`].
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing was imported.
    pub async fn import_briefs(&self, briefs: &[Brief]) -> Result<Imported, StoreError> {
        let records: Vec<_> = briefs.iter().map(|brief| (brief, None)).collect();
        self.import_records(&records).await
    }

    /// Imports briefs whose `external_ref`s differ from each other, all or none, each with the list of
    /// what was changed in its texts on the way in.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing was imported.
    pub async fn import_records(
        &self,
        briefs: &[(&Brief, Option<serde_json::Value>)],
    ) -> Result<Imported, StoreError> {
        Self::import_on(&self.pool.bulk(), briefs).await
    }

    /// Imports what somebody sent through the desk, all or none, and records that they did.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing was imported.
    pub async fn import_upload(
        &self,
        actor: &str,
        file: &str,
        rejected: u64,
        briefs: &[(&Brief, Option<serde_json::Value>)],
    ) -> Result<Imported, StoreError> {
        let mut tx = self.pool.begin().await?;
        let mut imported = Imported::default();
        // In the order of their keys, as every import takes its locks: two at once wait for each other in turn,
        // and never crosswise.
        let mut briefs: Vec<_> = briefs.iter().collect();
        briefs.sort_by(|(a, _), (b, _)| a.external_ref.cmp(&b.external_ref));
        for chunk in briefs.chunks(UPLOAD_CHUNK) {
            let chunk: Vec<_> = chunk.iter().map(|&record| record.clone()).collect();
            imported += Self::import_on(&mut *tx, &chunk).await?;
        }
        let details = serde_json::json!({
            "new": imported.new, "revised": imported.revised, "unchanged": imported.unchanged, "rejected": rejected,
        });
        record(&mut tx, actor, "briefs.imported", file, &details).await?;
        tx.commit().await?;
        Ok(imported)
    }

    /// Imports briefs on a connection that may be in a transaction with more in it.
    pub(super) async fn import_on(
        executor: impl sqlx::PgExecutor<'_>,
        briefs: &[(&Brief, Option<serde_json::Value>)],
    ) -> Result<Imported, StoreError> {
        let mut ids = Vec::with_capacity(briefs.len());
        let mut contents = Vec::with_capacity(briefs.len());
        let mut hashes = Vec::with_capacity(briefs.len());
        let mut cleaned = Vec::with_capacity(briefs.len());
        for (brief, changes) in briefs {
            cleaned.push(changes.clone());
            ids.push(Uuid::now_v7());
            contents.push(to_json("brief", brief)?);
            hashes.push(brief.sha256());
        }
        let revisions = sqlx::query_scalar!(
            r#"with input as (
                   select id, content, sha256, cleaned, content ->> 'external_ref' as external_ref
                   from unnest($1::uuid[], $2::jsonb[], $3::text[], $4::jsonb[]) as input (id, content, sha256, cleaned)
               ), written as (
                   insert into briefs (id, external_ref, revision, kind, topic, language, tags, priority,
                                       due_at, embargo_until, expires_at, sha256)
                   select id, external_ref, 1, content ->> 'kind', content ->> 'topic', content ->> 'language',
                          array(select jsonb_array_elements_text(content -> 'tags')),
                          (content ->> 'priority')::integer, (content ->> 'due_at')::timestamptz,
                          (content ->> 'embargo_until')::timestamptz, (content ->> 'expires_at')::timestamptz, sha256
                   from input
                   order by external_ref
                   on conflict (external_ref) do update
                   set revision = briefs.revision + 1, kind = excluded.kind, topic = excluded.topic,
                       language = excluded.language, tags = excluded.tags, priority = excluded.priority,
                       due_at = excluded.due_at, embargo_until = excluded.embargo_until,
                       expires_at = excluded.expires_at, sha256 = excluded.sha256, updated_at = nightdesk_now()
                   where briefs.sha256 <> excluded.sha256
                   returning id, external_ref, revision
               )
               insert into brief_revisions (brief_id, revision, content, sha256, cleaned)
               select written.id, written.revision, input.content, input.sha256, input.cleaned
               from written join input using (external_ref)
               returning revision"#,
            &ids,
            &contents,
            &hashes,
            &cleaned as &[Option<serde_json::Value>]
        )
        .fetch_all(executor)
        .await?;
        let new = revisions.iter().filter(|revision| **revision == 1).count() as u64;
        Ok(Imported {
            new,
            revised: revisions.len() as u64 - new,
            unchanged: (briefs.len() - revisions.len()) as u64,
        })
    }

    /// Briefs in the order in which a campaign would take them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn briefs(&self, filter: &BriefFilter) -> Result<Vec<BriefSummary>, StoreError> {
        Ok(sqlx::query_as!(
            BriefSummary,
            r#"select id, external_ref, revision, kind, topic, language, tags, priority, due_at,
                      embargo_until, expires_at, created_at, updated_at
               from briefs
               where ($1::text is null or kind = $1) and tags @> $2
               order by priority desc, due_at nulls last, created_at, id
               limit $3"#,
            filter.kind,
            &filter.tags,
            filter.limit
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// How many briefs there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_briefs(&self) -> Result<i64, StoreError> {
        Ok(
            sqlx::query_scalar!(r#"select count(*) as "count!" from briefs"#)
                .fetch_one(&self.pool)
                .await?,
        )
    }

    /// One brief, by `external_ref` or id.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] or [`StoreError::Corrupt`].
    pub async fn brief(&self, name: &str) -> Result<BriefRecord, StoreError> {
        let row = sqlx::query!(
            r#"select b.id, b.revision, b.sha256, b.created_at, b.updated_at, r.content, r.cleaned
               from briefs b join brief_revisions r on r.brief_id = b.id and r.revision = b.revision
               where b.external_ref = $1 or b.id::text = $1"#,
            name
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Err(StoreError::Unknown {
                what: "brief",
                name: name.to_owned(),
                known: self.refs_like(name).await?,
            });
        };
        Ok(BriefRecord {
            id: row.id,
            revision: row.revision,
            sha256: row.sha256,
            created_at: row.created_at,
            updated_at: row.updated_at,
            cleaned: row.cleaned,
            brief: read_brief(row.content)?,
        })
    }

    /// Some keys of briefs that a mistyped one may have been meant for: as a rule the beginning is right.
    async fn refs_like(&self, name: &str) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            "select external_ref from briefs where left(external_ref, 3) = left($1, 3) limit 5000",
            name
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

/// A stored brief as a value.
pub(super) fn read_brief(content: serde_json::Value) -> Result<Brief, StoreError> {
    read_json("brief", content)
}
