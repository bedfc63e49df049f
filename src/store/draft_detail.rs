//! Drafts with everything that is known about them, a fixed number of statements whatever their number.

use std::collections::HashMap;

use uuid::Uuid;

use super::drafts::{DraftRow, read};
use super::{Store, StoreError};
use crate::domain::draft::{DraftDetail, Provenance, Timings};
use crate::domain::score::{Finding, Score, ScoreCard, ScoreStatus, Severity};

/// A draft as its model put it out.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftTokens {
    /// The tokens.
    pub token_ids: Vec<u32>,
    /// The natural logarithm of each one's probability, of the raw distribution.
    pub logprobs: Vec<f32>,
    /// The model's name.
    pub model: String,
    /// The model's hash.
    pub model_sha256: String,
}

impl Store {
    /// One draft with its scores and its origin, by id or the beginning of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Ambiguous`] or [`StoreError::Corrupt`].
    pub async fn draft(&self, id: &str) -> Result<DraftDetail, StoreError> {
        let (what, name) = ("draft", id.to_owned());
        let ids = match id.parse() {
            // Comparing the beginnings would read every draft there is.
            Ok(whole) => vec![whole],
            Err(_) => {
                sqlx::query_scalar!(
                    "select id from drafts where starts_with(id::text, $1) limit 2",
                    id
                )
                .fetch_all(&self.pool)
                .await?
            }
        };
        if ids.len() > 1 {
            return Err(StoreError::Ambiguous { what, name });
        }
        let found = self.draft_details(&ids).await?.pop();
        found.ok_or(StoreError::NotFound { what, name })
    }

    /// Drafts by their ids, in the order of their ranks.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn draft_details(&self, ids: &[Uuid]) -> Result<Vec<DraftDetail>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as!(
            DraftRow,
            r#"select d.id, d.run_id, d.brief_id, b.external_ref, c.name as campaign, d.candidate_no, d.rank, d.kept,
                      d.channel, d.text, d.parts, d.priority, d.gates, d.finish_reason, d.state, d.created_at,
                      '[]'::jsonb as "deductions!"
               from drafts d
               join briefs b on b.id = d.brief_id
               join runs r on r.id = d.run_id
               join campaigns c on c.id = r.campaign_id
               where d.id = any($1)
               order by d.rank, d.id"#,
            ids
        )
        .fetch_all(&self.pool)
        .await?;
        let origins = sqlx::query!(
            r#"select d.id, d.brief_revision, b.sha256 as brief_sha256, t.name as template, d.template_sha256,
                      m.name as model, d.model_sha256, m.files as model_files, d.runtime, d.params, d.seed, d.prompt_tokens, d.token_ids,
                      d.timings_ms, d.score_card_version
               from drafts d
               join brief_revisions b on b.brief_id = d.brief_id and b.revision = d.brief_revision
               join templates t on t.sha256 = d.template_sha256
               join models m on m.sha256 = d.model_sha256
               where d.id = any($1)"#,
            ids
        )
        .fetch_all(&self.pool)
        .await?;
        let mut origins: HashMap<Uuid, _> = origins
            .into_iter()
            .map(|origin| (origin.id, origin))
            .collect();
        let mut scores = self.read_scores(ids).await?;
        let mut findings = self.read_findings(ids).await?;
        rows.into_iter()
            .map(|row| {
                let id = row.id;
                let origin = origins.remove(&id).ok_or_else(|| StoreError::Corrupt {
                    what: "draft",
                    reason: format!("{id} has no origin"),
                })?;
                let card = ScoreCard {
                    version: origin.score_card_version,
                    priority: u8::try_from(row.priority).unwrap_or(0),
                    gates: read(row.gates.clone())?,
                    scores: scores.remove(&id).unwrap_or_default(),
                    findings: findings.remove(&id).unwrap_or_default(),
                };
                let mut draft = row.draft()?;
                draft.deductions = card.deductions();
                Ok(DraftDetail {
                    draft,
                    score_card: card,
                    provenance: Provenance {
                        brief_revision: origin.brief_revision,
                        brief_sha256: origin.brief_sha256,
                        template: origin.template,
                        template_sha256: origin.template_sha256,
                        model: origin.model,
                        model_sha256: origin.model_sha256,
                        files: read(origin.model_files)?,
                        runtime: origin.runtime,
                        params: origin.params,
                        seed: origin.seed,
                        prompt_tokens: origin.prompt_tokens,
                        output_tokens: origin.token_ids.len() as i32,
                        token_ids: origin.token_ids,
                        timings_ms: read::<Timings>(origin.timings_ms)?,
                    },
                })
            })
            .collect()
    }

    /// The tokens of a draft, and how likely each was to its model.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] or [`StoreError::Database`].
    pub async fn draft_tokens(&self, id: Uuid) -> Result<DraftTokens, StoreError> {
        let row = sqlx::query!(
            r#"select d.token_ids, d.logprobs, m.name as model, d.model_sha256
               from drafts d join models m on m.sha256 = d.model_sha256 where d.id = $1"#,
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        let row = row.ok_or_else(|| StoreError::NotFound {
            what: "draft",
            name: id.to_string(),
        })?;
        Ok(DraftTokens {
            token_ids: row.token_ids.iter().map(|id| id.unsigned_abs()).collect(),
            logprobs: row.logprobs,
            model: row.model,
            model_sha256: row.model_sha256,
        })
    }

    async fn read_scores(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Score>>, StoreError> {
        let rows = sqlx::query!(
            r#"select s.draft_id, c.name, c.version, s.value, s.status
               from scores s join score_configs c on c.id = s.config_id
               where s.draft_id = any($1) order by s.draft_id, s.position"#,
            ids
        )
        .fetch_all(&self.pool)
        .await?;
        let mut scores: HashMap<Uuid, Vec<Score>> = HashMap::new();
        for row in rows {
            scores.entry(row.draft_id).or_default().push(Score {
                name: row.name,
                version: row.version.unsigned_abs(),
                value: row.value,
                status: read::<ScoreStatus>(row.status.into())?,
            });
        }
        Ok(scores)
    }

    async fn read_findings(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Finding>>, StoreError> {
        let rows = sqlx::query!(
            r#"select draft_id, score, rule, severity, status, byte_start, byte_end, char_start, char_end, quote,
                      fact_id, deduction, message
               from findings where draft_id = any($1) order by draft_id, position"#,
            ids
        )
        .fetch_all(&self.pool)
        .await?;
        let offset = |value: i32| usize::try_from(value).unwrap_or(0);
        let mut findings: HashMap<Uuid, Vec<Finding>> = HashMap::new();
        for row in rows {
            findings.entry(row.draft_id).or_default().push(Finding {
                score: row.score,
                rule: row.rule,
                severity: read::<Severity>(row.severity.into())?,
                status: row.status,
                bytes: [offset(row.byte_start), offset(row.byte_end)],
                chars: [offset(row.char_start), offset(row.char_end)],
                quote: row.quote,
                fact_id: row.fact_id,
                deduction: u8::try_from(row.deduction).unwrap_or(100),
                message: row.message,
            });
        }
        Ok(findings)
    }
}
