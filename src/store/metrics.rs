//! The figures that monitoring asks for: one row a campaign, in a few aggregates over what is open.
//!
//! Nothing here reads finished items: the partial indexes of `work_items` hold what is open and what was
//! given up. Whoever calls keeps the answer for some seconds; scrapes must not become a load.

use super::{Store, StoreError};

/// Most campaigns that are told apart: each is a label of every metric.
const MOST_CAMPAIGNS: i64 = 500;

/// What the database knows at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// All campaigns, those beyond the limit included.
    pub campaigns: i64,
    /// The campaigns with open runs first.
    pub by_campaign: Vec<CampaignFigures>,
    /// Seconds since the oldest lease ran out that nobody has taken over yet; 0 when there is none.
    pub lease_overdue_s: f64,
}

/// What is known of one campaign.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CampaignFigures {
    /// Its name.
    pub campaign: String,
    /// Whether somebody paused it.
    pub paused: bool,
    /// Whether a slot is due that cannot fire.
    pub trouble: bool,
    /// Seconds that its oldest ready item has waited; 0 when none is, or it is paused.
    pub lag_s: f64,
    /// How many seconds after its instant the last slot fired; `None` before the first.
    pub slot_late_s: Option<f64>,
    /// Runs that have not ended.
    pub runs_open: i64,
    /// Those of them that nobody may claim of for now.
    pub runs_parked: i64,
    /// Items of open runs that wait.
    pub ready: i64,
    /// Items of open runs that a worker holds.
    pub leased: i64,
    /// Items of open runs whose worker died.
    pub suspect: i64,
    /// Items given up, in every run that still has its items.
    pub quarantined: i64,
    /// Drafts committed, ever.
    pub drafts: i64,
    /// Tokens of committed drafts, ever.
    pub tokens: i64,
    /// Seconds in which some worker drafted for it, ever.
    pub busy_s: f64,
    /// Results that the fence refused, ever.
    pub stale_commits: i64,
    /// Leases that ran out and were taken over, ever.
    pub takeovers: i64,
}

impl Store {
    /// The figures as they are now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        let rows = sqlx::query!(
            r#"with totals as (
                   select campaign_id, sum(drafts)::bigint as drafts, sum(output_tokens)::bigint as tokens,
                          sum(busy_ms)::bigint as busy_ms, sum(stale_commits)::bigint as stale_commits,
                          sum(takeovers)::bigint as takeovers
                   from runs group by campaign_id
               ), quarantined as (
                   select r.campaign_id, count(*) as items
                   from work_items w join runs r on r.id = w.run_id
                   where w.state = 'quarantined' group by r.campaign_id
               ), open as (
                   select r.campaign_id, count(*) as runs,
                          count(*) filter (where r.parked_until > nightdesk_now()) as parked,
                          sum(ready.items)::bigint as ready, sum(leased.items)::bigint as leased,
                          sum(suspect.items)::bigint as suspect,
                          -- What a pause holds back does not lag.
                          min(ready.since) filter (where c.paused_at is null or r.opened_at > c.paused_at) as since
                   from runs r join campaigns c on c.id = r.campaign_id,
                   -- One state each, so that each is read from its partial index and not from the whole run.
                   lateral (select count(*) as items,
                                   min(available_at) filter (where available_at <= nightdesk_now()) as since
                            from work_items where run_id = r.id and state = 'ready') as ready,
                   lateral (select count(*) as items from work_items where run_id = r.id and state = 'leased') as leased,
                   lateral (select count(*) as items from work_items where run_id = r.id and state = 'suspect') as suspect
                   where r.state in ('queued', 'running') group by r.campaign_id
               )
               select c.name as campaign, count(*) over () as "campaigns!",
                      c.paused_at is not null as "paused!", c.trouble is not null as "trouble!",
                      coalesce(extract(epoch from nightdesk_now() - open.since), 0)::float8 as "lag_s!",
                      (select extract(epoch from s.created_at - s.instant)::float8 from slots s
                       where s.campaign_id = c.id and s.status = 'fired'
                       -- The key begins with the civil time and has the index.
                       order by s.slot_key desc limit 1) as slot_late_s,
                      coalesce(open.runs, 0) as "runs!", coalesce(open.parked, 0) as "parked!",
                      coalesce(open.ready, 0) as "ready!", coalesce(open.leased, 0) as "leased!",
                      coalesce(open.suspect, 0) as "suspect!", coalesce(quarantined.items, 0) as "quarantined!",
                      coalesce(totals.drafts, 0) as "drafts!", coalesce(totals.tokens, 0) as "tokens!",
                      coalesce(totals.busy_ms, 0) as "busy_ms!",
                      coalesce(totals.stale_commits, 0) as "stale_commits!",
                      coalesce(totals.takeovers, 0) as "takeovers!"
               from campaigns c
               left join open on open.campaign_id = c.id
               left join totals on totals.campaign_id = c.id
               left join quarantined on quarantined.campaign_id = c.id
               order by open.runs is null, c.name limit $1"#,
            MOST_CAMPAIGNS
        )
        .fetch_all(&self.pool)
        .await?;
        let lease_overdue_s = sqlx::query_scalar!(
            r#"select coalesce(max(extract(epoch from nightdesk_now() - lease_until)), 0)::float8 as "overdue!"
               from batches where ended_at is null and lease_until < nightdesk_now()"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Figures {
            campaigns: rows.first().map_or(0, |row| row.campaigns),
            by_campaign: rows
                .into_iter()
                .map(|row| CampaignFigures {
                    campaign: row.campaign,
                    paused: row.paused,
                    trouble: row.trouble,
                    lag_s: row.lag_s,
                    slot_late_s: row.slot_late_s,
                    runs_open: row.runs,
                    runs_parked: row.parked,
                    ready: row.ready,
                    leased: row.leased,
                    suspect: row.suspect,
                    quarantined: row.quarantined,
                    drafts: row.drafts,
                    tokens: row.tokens,
                    busy_s: row.busy_ms as f64 / 1e3,
                    stale_commits: row.stale_commits,
                    takeovers: row.takeovers,
                })
                .collect(),
            lease_overdue_s,
        })
    }
}
