//! Drafts with their scores and findings.

use uuid::Uuid;

use super::connection::Transaction;
use super::stored_values::{read_json, read_word};
use super::{Store, StoreError};
use crate::domain::draft::{Draft, NewDraft};
use crate::domain::score::{Deduction, Gate, ScoreStatus};

/// Which drafts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftFilter {
    /// Only this campaign's.
    pub campaign: Option<String>,
    /// Only this run's.
    pub run_id: Option<Uuid>,
    /// Only this brief's, by its own key.
    pub external_ref: Option<String>,
    /// Also those that do not reach the queue.
    pub all: bool,
    /// Most rows.
    pub limit: i64,
}

impl Store {
    /// Writes drafts, their scores and their findings: three statements whatever their number.
    pub(super) async fn insert_drafts(
        &self,
        tx: &mut Transaction,
        run_id: Uuid,
        batch_id: Uuid,
        drafts: &[&NewDraft],
    ) -> Result<(), StoreError> {
        if drafts.is_empty() {
            return Ok(());
        }
        let (mut rows, mut scores, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        for draft in drafts {
            rows.push(serde_json::json!(draft));
            for (position, score) in draft.card.scores.iter().enumerate() {
                // JSON has no NaN: it would arrive as null beside the status `ok`, and be refused.
                let broken = score.value.is_some_and(|value| !value.is_finite());
                let status = if broken {
                    ScoreStatus::Error
                } else {
                    score.status
                };
                scores.push(serde_json::json!({
                    "draft_id": draft.id, "position": position, "name": score.name, "version": score.version,
                    "value": score.value, "status": status,
                }));
            }
            for (position, finding) in draft.card.findings.iter().enumerate() {
                findings.push(serde_json::json!({
                    "draft_id": draft.id, "position": position, "score": finding.score, "rule": finding.rule,
                    "severity": finding.severity, "status": finding.status,
                    "byte_start": finding.bytes[0], "byte_end": finding.bytes[1],
                    "char_start": finding.chars[0], "char_end": finding.chars[1],
                    "quote": finding.quote, "fact_id": finding.fact_id,
                    "deduction": finding.deduction, "message": finding.message,
                }));
            }
        }
        sqlx::query!(
            r#"insert into drafts (id, run_id, brief_id, brief_revision, candidate_no, rank, kept, channel, text,
                   parts, priority, score_card_version, gates, finish_reason, template_sha256, model_sha256, runtime,
                   params, seed, prompt_tokens, token_ids, logprobs, timings_ms, batch_id)
               select id, $2, brief_id, brief_revision, candidate_no, rank, kept, channel, text,
                   parts, (card ->> 'priority')::integer, card ->> 'version', card -> 'gates', finish_reason,
                   template_sha256, model_sha256, runtime, params, seed, prompt_tokens, token_ids, logprobs, timings_ms, $3
               from jsonb_to_recordset($1) as draft (
                   id uuid, brief_id uuid, brief_revision integer, candidate_no integer, rank integer, kept boolean,
                   channel text, text text, parts jsonb, card jsonb, finish_reason text, template_sha256 text, model_sha256 text,
                   runtime text, params jsonb, seed bigint, prompt_tokens integer, token_ids integer[],
                   logprobs real[], timings_ms jsonb)"#,
            serde_json::Value::Array(rows),
            run_id,
            batch_id
        )
        .execute(&mut **tx)
        .await?;
        // A draft without scores is three statements fewer: each is a round trip.
        if !scores.is_empty() {
            let scores = serde_json::Value::Array(scores);
            sqlx::query!(
                r#"insert into score_configs (name, version)
                   select distinct name, version from jsonb_to_recordset($1) as score (name text, version integer)
                   -- Only what is missing: an insert that conflicts would still use up a number each time.
                   where not exists (select from score_configs c where c.name = score.name and c.version = score.version)
                   on conflict do nothing"#,
                scores
            )
            .execute(&mut **tx)
            .await?;
            sqlx::query!(
                r#"insert into scores (draft_id, config_id, value, status, position)
                   select score.draft_id, config.id, score.value, score.status, score.position
                   from jsonb_to_recordset($1) as score (
                       draft_id uuid, name text, version integer, value double precision, status text, position integer)
                   join score_configs config using (name, version)"#,
                scores
            )
            .execute(&mut **tx)
            .await?;
        }
        if !findings.is_empty() {
            sqlx::query!(
                r#"insert into findings (draft_id, position, score, rule, severity, status, byte_start, byte_end,
                       char_start, char_end, quote, fact_id, deduction, message)
                   select draft_id, position, score, rule, severity, status, byte_start, byte_end,
                       char_start, char_end, quote, fact_id, deduction, message
                   from jsonb_to_recordset($1) as finding (
                       draft_id uuid, position integer, score text, rule text, severity text, status text,
                       byte_start integer, byte_end integer, char_start integer, char_end integer,
                       quote text, fact_id text, deduction integer, message text)"#,
                serde_json::Value::Array(findings)
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    /// Drafts, best first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drafts(&self, filter: &DraftFilter) -> Result<Vec<Draft>, StoreError> {
        let rows = sqlx::query_as!(
            DraftRow,
            r#"select d.id, d.run_id, d.brief_id, b.external_ref, c.name as campaign, d.candidate_no, d.rank, d.kept,
                      d.channel, d.text, d.parts, d.priority, d.gates, d.finish_reason, d.state, d.created_at,
                      coalesce((
                          select jsonb_agg(jsonb_build_object('points', f.deduction, 'rule', f.rule, 'message', f.message)
                                           order by f.deduction desc, f.position)
                          from findings f where f.draft_id = d.id and f.deduction > 0), '[]') as "deductions!"
               from drafts d
               join briefs b on b.id = d.brief_id
               join runs r on r.id = d.run_id
               join campaigns c on c.id = r.campaign_id
               where ($1::text is null or c.name = $1)
                 and ($2::uuid is null or d.run_id = $2)
                 and ($3::text is null or b.external_ref = $3)
                 and (d.kept or $4)
               order by d.priority desc, d.id
               limit $5"#,
            filter.campaign,
            filter.run_id,
            filter.external_ref,
            filter.all,
            filter.limit
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(DraftRow::draft).collect()
    }
}

/// A draft as a listing reads it.
pub(super) struct DraftRow {
    pub(super) id: Uuid,
    pub(super) run_id: Uuid,
    pub(super) brief_id: Uuid,
    pub(super) external_ref: String,
    pub(super) campaign: String,
    pub(super) candidate_no: i32,
    pub(super) rank: i32,
    pub(super) kept: bool,
    pub(super) channel: Option<String>,
    pub(super) text: String,
    pub(super) parts: Option<serde_json::Value>,
    pub(super) priority: i32,
    pub(super) gates: serde_json::Value,
    pub(super) finish_reason: String,
    pub(super) state: String,
    pub(super) created_at: chrono::DateTime<chrono::Utc>,
    pub(super) deductions: serde_json::Value,
}

impl DraftRow {
    pub(super) fn draft(self) -> Result<Draft, StoreError> {
        let gates: Vec<Gate> = read(self.gates)?;
        let failed: Vec<Deduction> = gates
            .into_iter()
            .filter(|gate| !gate.pass)
            .map(Deduction::from)
            .collect();
        let deductions = if failed.is_empty() {
            read(self.deductions)?
        } else {
            failed
        };
        Ok(Draft {
            id: self.id,
            run_id: self.run_id,
            brief_id: self.brief_id,
            external_ref: self.external_ref,
            campaign: self.campaign,
            candidate_no: self.candidate_no,
            rank: self.rank,
            kept: self.kept,
            channel: self.channel,
            text: self.text,
            parts: self.parts,
            priority: self.priority,
            deductions,
            finish_reason: read_word("draft", &self.finish_reason)?,
            state: read_word("draft", &self.state)?,
            created_at: self.created_at,
        })
    }
}

/// A stored JSON value as what it should be.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    value: serde_json::Value,
) -> Result<T, StoreError> {
    read_json("draft", value)
}
