//! Approved texts as an export needs them, each with what it is told in that format.

use serde::Deserialize;
use uuid::Uuid;

use super::super::stored_values::read_json;
use super::super::{Store, StoreError};
use crate::domain::brief::Brief;
use crate::domain::export::Format;
use crate::domain::publication::{Action, CopyText, Departure, Publication, Selection, next};
use crate::domain::review::UNDO_SECONDS;

/// What a stored value belongs to, where it cannot be read.
const WHAT: &str = "approved text";

/// What could leave now.
#[derive(Debug, Clone, PartialEq)]
pub struct Publishable {
    /// Texts, the earliest approval first.
    pub texts: Vec<Publication>,
    /// Texts whose approval can still be taken back.
    pub waiting: i64,
}

/// A revision that stands now, or that left before.
#[derive(Debug, Clone, Deserialize)]
struct Text {
    id: Uuid,
    number: i32,
    author_kind: String,
    text: String,
    parts: Option<serde_json::Value>,
}

/// The last correction or the kill.
#[derive(Debug, Clone, Deserialize)]
struct Amendment {
    reason: String,
    made_at: chrono::DateTime<chrono::Utc>,
}

impl Store {
    /// The approved texts of a selection with what a format says about each: first published, corrected since
    /// it left, or killed since it left. The same rows give the same list in the same order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or [`StoreError::Database`].
    pub async fn publishable(
        &self,
        format: Format,
        selection: &Selection,
    ) -> Result<Publishable, StoreError> {
        let rows = sqlx::query!(
            r#"select i.id as item_id, i.revision_id as "stands!", i.decided_at as "approved_at!",
                      d.id as draft_id, d.run_id, d.text as drafted, d.channel, d.created_at as drafted_at,
                      d.state = 'killed' as "killed!", c.name as campaign, v.content as brief,
                      m.name as model, d.model_sha256, t.name as template, d.template_sha256,
                      (select coalesce(jsonb_agg(jsonb_build_object('version', e.version, 'action', e.kind, 'revision_id', e.revision_id)
                                                 order by e.version), '[]')
                       from export_items e where e.item_id = i.id and e.format = $1) as "left!",
                      (select jsonb_agg(jsonb_build_object('id', s.id, 'number', s.number, 'author_kind', s.author_kind,
                                                           'text', s.text, 'parts', s.parts))
                       from revisions s
                       where s.id = i.revision_id
                          or s.id in (select e.revision_id from export_items e where e.item_id = i.id and e.format = $1)) as "revisions!",
                      (select jsonb_build_object('reason', a.reason, 'made_at', a.made_at)
                       from amendments a where a.item_id = i.id order by a.made_at desc, a.id desc limit 1) as amendment,
                      (select coalesce(array_agg(distinct u.name order by u.name), '{}')
                       from decisions e join users u on u.id = e.reviewer_id
                       where e.item_id = i.id and e.undone_at is null
                         -- Who approved a correction is whoever made it; the approvers' text is the one before.
                         and e.revision_id = coalesce(
                             (select a.before_id from amendments a where a.item_id = i.id order by a.made_at, a.id limit 1),
                             i.revision_id)) as "approved_by!"
               from review_items i
               join revisions r on r.id = i.revision_id
               join drafts d on d.id = r.draft_id
               join campaigns c on c.id = i.campaign_id
               join brief_revisions v on v.brief_id = d.brief_id and v.revision = d.brief_revision
               join models m on m.sha256 = d.model_sha256
               join templates t on t.sha256 = d.template_sha256
               where i.state = 'decided' and i.outcome = 'approved' and d.state in ('approved', 'exported', 'killed')
                 and i.decided_at + make_interval(secs => $4) < nightdesk_now()
                 and ($2::text is null or c.name = $2) and ($3::uuid is null or i.run_id = $3)
               order by i.decided_at, i.id"#,
            format.as_str(),
            selection.campaign,
            selection.run_id,
            UNDO_SECONDS as f64
        )
        .fetch_all(&self.pool.bulk())
        .await?;
        let mut texts = Vec::with_capacity(rows.len());
        for row in rows {
            let left: Vec<Departure> = read_json(WHAT, row.left)?;
            let Some(now) = next(&left, row.stands, row.killed) else {
                continue;
            };
            let is_left = left.last() == Some(&now);
            if selection.new && is_left {
                continue;
            }
            let revisions: Vec<Text> = read_json(WHAT, row.revisions)?;
            let found = |id: Uuid| {
                let text = revisions.iter().find(|text| text.id == id);
                text.ok_or_else(|| StoreError::Corrupt {
                    what: WHAT,
                    reason: "a revision is missing".to_owned(),
                })
            };
            let text = found(now.revision_id)?;
            // What receivers have now, or had until this version came.
            let before = left
                .iter()
                .rev()
                .find(|departure| departure.version < now.version);
            let before = before
                .map(|departure| found(departure.revision_id))
                .transpose()?;
            let amendment: Option<Amendment> = row
                .amendment
                .map(|stored| read_json(WHAT, stored))
                .transpose()?;
            let changed_at = amendment.as_ref().map(|amendment| amendment.made_at);
            let mut brief: Brief = read_json(WHAT, row.brief)?;
            brief.facts.retain(|fact| !fact.private);
            texts.push(Publication {
                action: now.action,
                version: now.version,
                left: is_left,
                item_id: row.item_id,
                draft_id: row.draft_id,
                run_id: row.run_id,
                revision_id: text.id,
                revision: text.number,
                copy: copy(text),
                before: before.map(copy),
                drafted: row.drafted,
                edited: text.author_kind == "human",
                channel: row.channel,
                campaign: row.campaign,
                brief,
                drafted_at: row.drafted_at,
                approved_at: row.approved_at,
                approved_by: row.approved_by,
                changed_at: changed_at.unwrap_or(row.approved_at),
                reason: amendment
                    .filter(|_| now.action != Action::Publish)
                    .map(|amendment| amendment.reason),
                model: row.model,
                model_sha256: row.model_sha256,
                template: row.template,
                template_sha256: row.template_sha256,
            });
        }
        let waiting = sqlx::query_scalar!(
            r#"select count(*) as "waiting!" from review_items i join campaigns c on c.id = i.campaign_id
               where i.state = 'decided' and i.outcome = 'approved'
                 and i.decided_at + make_interval(secs => $3) >= nightdesk_now()
                 and ($1::text is null or c.name = $1) and ($2::uuid is null or i.run_id = $2)"#,
            selection.campaign,
            selection.run_id,
            UNDO_SECONDS as f64
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Publishable { texts, waiting })
    }
}

fn copy(text: &Text) -> CopyText {
    CopyText {
        text: text.text.clone(),
        parts: text.parts.clone(),
    }
}
