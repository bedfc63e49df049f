//! What came of the drafts: the figures of the desk's page of numbers, over the decisions of the last days.
//!
//! Each statement walks `decisions_by_time` for its period and joins by primary keys from there, so that its cost
//! follows what was decided and not what was drafted.

use serde::Serialize;

use super::{Store, StoreError};
use crate::domain::numbers::NumbersPeriod;

/// Where the classes of edits end, as shares of both texts; the last class has no end.
pub const EDIT_BOUNDS: [f64; 5] = [0.05, 0.1, 0.2, 0.4, 0.7];

/// What reviewers said about the drafts of one campaign, template and model.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct VerdictFigures {
    /// Campaign name.
    pub campaign: String,
    /// Template name.
    pub template: String,
    /// Hash of the template.
    pub template_sha256: String,
    /// Model name.
    pub model: String,
    /// Approved as they were.
    pub unchanged: i64,
    /// Approved with edits.
    pub edited: i64,
    /// Rejected.
    pub rejected: i64,
    /// Sent back for a new draft.
    pub regenerated: i64,
    /// Escalated or declined: no review.
    pub passed_on: i64,
    /// Seconds from claim to review that half of them took at most; bulk approvals play no part.
    pub half_s: Option<f64>,
    /// Seconds that nine of ten took at most.
    pub most_s: Option<f64>,
}

impl VerdictFigures {
    /// Reviews: what judged a text.
    pub fn reviews(&self) -> i64 {
        self.unchanged + self.edited + self.rejected + self.regenerated
    }
}

/// Reviews of drafts whose priority was in one tenth of the scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DecileFigures {
    /// Its number: 0 for priorities 0 to 9, 9 for 90 to 100.
    pub decile: i32,
    /// Approved as they were.
    pub unchanged: i64,
    /// Approved with edits.
    pub edited: i64,
    /// Rejected.
    pub rejected: i64,
    /// Sent back for a new draft.
    pub regenerated: i64,
}

/// What the accepted drafts of one campaign, template and model cost.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CostFigures {
    /// Campaign name.
    pub campaign: String,
    /// Template name.
    pub template: String,
    /// Hash of the template.
    pub template_sha256: String,
    /// Model name.
    pub model: String,
    /// Runs that were made in the period.
    pub runs: i64,
    /// Drafts they committed.
    pub drafts: i64,
    /// Tokens of these.
    pub tokens: i64,
    /// Seconds in which some worker drafted them.
    pub busy_s: f64,
    /// Items of these runs that were approved in the period.
    pub accepted: i64,
}

/// What is late in one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LateFigures {
    /// Campaign name.
    pub campaign: String,
    /// Items that wait past their deadline now.
    pub waiting: i64,
    /// Items that were reviewed in the period after their deadline.
    pub reviewed: i64,
}

/// How often something was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Frequency {
    /// What.
    pub what: String,
    /// How often.
    pub times: i64,
}

/// Everything that the numbers say of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewStatistics {
    /// Accepted unchanged or edited, rejected: by campaign, template and model, the most reviews first.
    pub verdicts: Vec<VerdictFigures>,
    /// Edited texts in each class of edit ratios.
    pub edits: Vec<i64>,
    /// Reasons of rejections, the most frequent first.
    pub reasons: Vec<Frequency>,
    /// Verdicts by deciles of the priority, the worst tenth first.
    pub deciles: Vec<DecileFigures>,
    /// Drafts, tokens and seconds by accepted draft.
    pub costs: Vec<CostFigures>,
    /// What was past its deadline.
    pub late: Vec<LateFigures>,
}

/// How the statements of the statistics share the database with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// All at once, each on a connection of its own: somebody waits.
    Together,
    /// One after the other on one connection: a program can wait, and people need the others.
    InTurn,
}

impl Store {
    /// All figures of a period.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn review_statistics(
        &self,
        period: NumbersPeriod,
        asking: Asking,
    ) -> Result<ReviewStatistics, StoreError> {
        let days = period.days();
        let verdicts = self.verdict_figures(days);
        let edits = self.edit_figures(days);
        let reasons = self.reason_figures(days);
        let deciles = self.decile_figures(days);
        let costs = self.cost_figures(days);
        let late = self.late_figures(days);
        let (verdicts, edits, reasons, deciles, costs, late) = match asking {
            Asking::Together => tokio::try_join!(verdicts, edits, reasons, deciles, costs, late)?,
            Asking::InTurn => (
                verdicts.await?,
                edits.await?,
                reasons.await?,
                deciles.await?,
                costs.await?,
                late.await?,
            ),
        };
        Ok(ReviewStatistics {
            verdicts,
            edits,
            reasons,
            deciles,
            costs,
            late,
        })
    }

    /// Verdicts by campaign, template and model, the most reviews first.
    async fn verdict_figures(&self, days: i32) -> Result<Vec<VerdictFigures>, StoreError> {
        Ok(sqlx::query_as!(
            VerdictFigures,
            r#"select c.name as campaign, t.name as template, t.sha256 as template_sha256, m.name as model,
                      count(*) filter (where d.verdict = 'approve') as "unchanged!",
                      count(*) filter (where d.verdict = 'approve_with_edits') as "edited!",
                      count(*) filter (where d.verdict = 'reject') as "rejected!",
                      count(*) filter (where d.verdict = 'regenerate') as "regenerated!",
                      count(*) filter (where d.verdict in ('escalate', 'decline')) as "passed_on!",
                      percentile_cont(0.5) within group (order by d.seconds)
                          filter (where d.bulk_id is null and d.verdict not in ('escalate', 'decline')) as half_s,
                      percentile_cont(0.9) within group (order by d.seconds)
                          filter (where d.bulk_id is null and d.verdict not in ('escalate', 'decline')) as most_s
               from decisions d
               -- Not over the drafts, which are several times as many and far wider.
               join review_items i on i.id = d.item_id
               join runs r on r.id = i.run_id
               join campaigns c on c.id = r.campaign_id
               join templates t on t.sha256 = r.template_sha256
               join models m on m.sha256 = r.model_sha256
               where d.created_at > nightdesk_now() - make_interval(days => $1)
                 and d.undone_at is null and d.verdict <> 'undo'
               group by c.name, t.name, t.sha256, m.name, m.sha256
               order by count(*) desc, c.name, t.name, t.sha256, m.name"#,
            days
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Approvals with edits by how much was edited: one count for each class of [`EDIT_BOUNDS`].
    async fn edit_figures(&self, days: i32) -> Result<Vec<i64>, StoreError> {
        let rows = sqlx::query!(
            r#"select width_bucket(edit_ratio::float8, $2) as "class!", count(*) as "times!"
               from decisions
               where created_at > nightdesk_now() - make_interval(days => $1)
                 and undone_at is null and verdict = 'approve_with_edits' and edit_ratio is not null
               group by 1"#,
            days,
            &EDIT_BOUNDS
        )
        .fetch_all(&self.pool)
        .await?;
        let mut counts = vec![0; EDIT_BOUNDS.len() + 1];
        for row in rows {
            if let Some(count) = counts.get_mut(row.class as usize) {
                *count = row.times;
            }
        }
        Ok(counts)
    }

    /// The reasons that reviewers gave, the most frequent first.
    async fn reason_figures(&self, days: i32) -> Result<Vec<Frequency>, StoreError> {
        Ok(sqlx::query_as!(
            Frequency,
            r#"select reason as "what!", count(*) as "times!"
               from decisions, unnest(reasons) as reason
               where created_at > nightdesk_now() - make_interval(days => $1)
                 and undone_at is null and verdict <> 'undo'
               group by reason order by count(*) desc, reason"#,
            days
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Reviews by the draft's priority: ten entries, the worst tenth first.
    async fn decile_figures(&self, days: i32) -> Result<Vec<DecileFigures>, StoreError> {
        let rows = sqlx::query_as!(
            DecileFigures,
            // The best draft's priority stands in its item too; only another candidate is looked up.
            r#"select least(case when d.draft_id = i.id then i.priority
                                 else (select f.priority from drafts f where f.id = d.draft_id) end / 10, 9) as "decile!",
                      count(*) filter (where d.verdict = 'approve') as "unchanged!",
                      count(*) filter (where d.verdict = 'approve_with_edits') as "edited!",
                      count(*) filter (where d.verdict = 'reject') as "rejected!",
                      count(*) filter (where d.verdict = 'regenerate') as "regenerated!"
               from decisions d join review_items i on i.id = d.item_id
               where d.created_at > nightdesk_now() - make_interval(days => $1)
                 and d.undone_at is null and d.verdict in ('approve', 'approve_with_edits', 'reject', 'regenerate')
               group by 1"#,
            days
        )
        .fetch_all(&self.pool)
        .await?;
        let of = |decile| {
            let there = rows.iter().find(|row| row.decile == decile);
            there.copied().unwrap_or(DecileFigures {
                decile,
                ..DecileFigures::default()
            })
        };
        Ok((0..10).map(of).collect())
    }

    /// What accepted drafts cost, by campaign, template and model, the most drafts first.
    async fn cost_figures(&self, days: i32) -> Result<Vec<CostFigures>, StoreError> {
        Ok(sqlx::query_as!(
            CostFigures,
            r#"with accepted as (
                   select i.run_id, count(distinct i.id) as items
                   from decisions d join review_items i on i.id = d.item_id
                   where d.created_at > nightdesk_now() - make_interval(days => $1)
                     and d.undone_at is null and d.verdict in ('approve', 'approve_with_edits')
                     and i.outcome = 'approved'
                   group by i.run_id
               )
               select c.name as campaign, t.name as template, t.sha256 as template_sha256, m.name as model,
                      count(*) as "runs!", sum(r.drafts)::bigint as "drafts!", sum(r.output_tokens)::bigint as "tokens!",
                      (sum(r.busy_ms) / 1000)::float8 as "busy_s!", coalesce(sum(a.items), 0)::bigint as "accepted!"
               from runs r
               join campaigns c on c.id = r.campaign_id
               join templates t on t.sha256 = r.template_sha256
               join models m on m.sha256 = r.model_sha256
               left join accepted a on a.run_id = r.id
               where r.created_at > nightdesk_now() - make_interval(days => $1) and r.drafts > 0
               group by c.name, t.name, t.sha256, m.name, m.sha256
               order by sum(r.drafts) desc, c.name, t.name, t.sha256, m.name"#,
            days
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// What waits past its deadline, and what was reviewed past it, of campaigns that have any.
    async fn late_figures(&self, days: i32) -> Result<Vec<LateFigures>, StoreError> {
        Ok(sqlx::query_as!(
            LateFigures,
            r#"with reviewed as (
                   select i.campaign_id, count(distinct i.id) as items
                   from decisions d join review_items i on i.id = d.item_id
                   where d.created_at > nightdesk_now() - make_interval(days => $1)
                     and d.undone_at is null and d.verdict in ('approve', 'approve_with_edits', 'reject', 'regenerate')
                     and d.created_at > i.due_at
                   group by i.campaign_id
               ), late as (
                   select c.name as campaign, waiting.items as waiting, coalesce(reviewed.items, 0) as reviewed
                   from campaigns c left join reviewed on reviewed.campaign_id = c.id,
                   lateral (select count(*) as items from review_items i
                            where i.campaign_id = c.id and i.state = 'open' and i.due_order < nightdesk_now()) waiting
               )
               select campaign, waiting as "waiting!", reviewed as "reviewed!" from late
               where waiting > 0 or reviewed > 0 order by waiting + reviewed desc, campaign"#,
            days
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
