//! Recording that an export left: in one transaction, on the condition that every text still is what it was when
//! the bytes were made.

use serde_json::json;
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::stored_values::{read_json, read_word};
use super::super::{Store, StoreError, events};
use crate::domain::export::Format;
use crate::domain::publication::{ExportRecord, Publication, Selection};

/// An export that is about to leave.
#[derive(Debug, Clone, Copy)]
pub struct NewExport<'a> {
    /// Format.
    pub format: Format,
    /// What was asked for.
    pub selection: &'a Selection,
    /// Hash of the bytes, in hex.
    pub sha256: &'a str,
    /// How many there are.
    pub bytes: usize,
    /// The texts in it; at least one.
    pub texts: &'a [Publication],
}

/// What recording an export came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// It is a new export.
    New(ExportRecord),
    /// The very same bytes were asked for before, and this is that export.
    Again(ExportRecord),
    /// A text was corrected or killed, or left in another export, meanwhile: the bytes must not leave.
    Overtaken,
}

impl Store {
    /// Records an export and which versions left in it; its drafts become `exported`.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing is recorded.
    pub async fn record_export(
        &self,
        export: &NewExport<'_>,
        actor: &str,
    ) -> Result<Recorded, StoreError> {
        let mut tx = self.pool.bulk().begin().await?;
        let texts: Vec<serde_json::Value> = export
            .texts
            .iter()
            .map(|text| {
                json!({
                    "item_id": text.item_id, "draft_id": text.draft_id, "revision_id": text.revision_id,
                    "version": text.version, "kind": text.action,
                })
            })
            .collect();
        let texts = serde_json::Value::Array(texts);
        if !still_stand(&mut tx, &texts, export.texts.len()).await? {
            return Ok(Recorded::Overtaken);
        }
        let selection = json!(export.selection);
        let before = read_export(&mut tx, export, &selection).await?;
        sqlx::query!(
            r#"insert into exports (id, format, selection, sha256, bytes, texts, made_by)
               values ($1, $2, $3, $4, $5, $6, $7)
               on conflict (format, sha256, selection) do nothing"#,
            Uuid::now_v7(),
            export.format.as_str(),
            selection,
            export.sha256,
            i64::try_from(export.bytes).unwrap_or(i64::MAX),
            i32::try_from(export.texts.len()).unwrap_or(i32::MAX),
            actor
        )
        .execute(&mut *tx)
        .await?;
        let Some(record) = read_export(&mut tx, export, &selection).await? else {
            return Ok(Recorded::Overtaken);
        };
        // Also where the bytes are known: a correction that was taken back and made again can give bytes that
        // left before, and its versions have to be known as left.
        if !leave(&mut tx, export, record.id, &texts).await? {
            return Ok(Recorded::Overtaken);
        }
        let action = match before {
            None => "export.made",
            Some(_) => "export.repeated",
        };
        let details = json!({
            "format": export.format, "selection": selection, "sha256": export.sha256,
            "bytes": export.bytes, "texts": export.texts.len(),
        });
        events::record(&mut tx, actor, action, &record.id.to_string(), &details).await?;
        tx.commit().await?;
        Ok(match before {
            None => Recorded::New(record),
            Some(_) => Recorded::Again(record),
        })
    }

    /// The exports before another one, newest first; from the newest on where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn exports(
        &self,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ExportRecord>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"select id, format, selection, sha256, bytes, texts, made_by, made_at from exports
               where $1::uuid is null or id < $1
               order by id desc limit $2"#,
            before,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::record).collect()
    }
}

/// Locks the items and asks whether each still is what the export says of it.
async fn still_stand(
    tx: &mut Transaction,
    texts: &serde_json::Value,
    expected: usize,
) -> Result<bool, StoreError> {
    let locked = sqlx::query_scalar!(
        r#"select i.id from review_items i
           where i.id in (select item_id from jsonb_to_recordset($1) as t (item_id uuid))
           order by i.id for update"#,
        texts
    )
    .fetch_all(&mut **tx)
    .await?;
    let stand = sqlx::query_scalar!(
        r#"select count(*) as "stand!"
           from jsonb_to_recordset($1) as t (item_id uuid, draft_id uuid, revision_id uuid, kind text)
           join review_items i on i.id = t.item_id
           join drafts d on d.id = t.draft_id
           where i.outcome = 'approved'
             and case t.kind when 'cancel' then d.state = 'killed'
                 else d.state in ('approved', 'exported') and i.revision_id = t.revision_id end"#,
        texts
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(locked.len() == expected && usize::try_from(stand) == Ok(expected))
}

/// Writes the versions that leave for the first time; false where a version has left as something else.
async fn leave(
    tx: &mut Transaction,
    export: &NewExport<'_>,
    export_id: Uuid,
    texts: &serde_json::Value,
) -> Result<bool, StoreError> {
    sqlx::query!(
        r#"insert into export_items (format, item_id, version, kind, revision_id, export_id)
           select $1, item_id, version, kind, revision_id, $2
           from jsonb_to_recordset($3) as t (item_id uuid, version integer, kind text, revision_id uuid)
           on conflict do nothing"#,
        export.format.as_str(),
        export_id,
        texts
    )
    .execute(&mut **tx)
    .await?;
    let left = sqlx::query_scalar!(
        r#"select count(*) as "left!"
           from jsonb_to_recordset($2) as t (item_id uuid, version integer, kind text, revision_id uuid)
           join export_items e on e.format = $1 and e.item_id = t.item_id and e.version = t.version
               and e.kind = t.kind and e.revision_id = t.revision_id
           where not exists (
               select from export_items later
               where later.format = $1 and later.item_id = t.item_id and later.version > t.version)"#,
        export.format.as_str(),
        texts
    )
    .fetch_one(&mut **tx)
    .await?;
    if usize::try_from(left) != Ok(export.texts.len()) {
        return Ok(false);
    }
    sqlx::query!(
        r#"update drafts set state = 'exported'
           where state = 'approved' and id in (select draft_id from jsonb_to_recordset($1) as t (draft_id uuid))"#,
        texts
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

async fn read_export(
    tx: &mut Transaction,
    export: &NewExport<'_>,
    selection: &serde_json::Value,
) -> Result<Option<ExportRecord>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, format, selection, sha256, bytes, texts, made_by, made_at from exports
           where format = $1 and sha256 = $2 and selection = $3"#,
        export.format.as_str(),
        export.sha256,
        selection
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Row::record).transpose()
}

struct Row {
    id: Uuid,
    format: String,
    selection: serde_json::Value,
    sha256: String,
    bytes: i64,
    texts: i32,
    made_by: String,
    made_at: chrono::DateTime<chrono::Utc>,
}

impl Row {
    fn record(self) -> Result<ExportRecord, StoreError> {
        Ok(ExportRecord {
            id: self.id,
            format: read_word("export", &self.format)?,
            selection: read_json("export", self.selection)?,
            sha256: self.sha256,
            bytes: self.bytes,
            texts: self.texts,
            made_by: self.made_by,
            made_at: self.made_at,
        })
    }
}
