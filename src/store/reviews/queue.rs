//! The queue: one page of it, and how much there is.
//!
//! Only the conditions that are asked for are in the statement, so that each order walks its own index; with
//! `$1 is null or …` the planner would read the whole queue for a campaign of five. And each time it is planned for
//! the values that are asked for: a plan for any value takes every rule to be rare, and reads the whole queue for one
//! that is in every draft.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{Store, StoreError};
use super::ReviewError;
use super::claim::read_word;
use super::place::{cursor, push_after};
use crate::domain::brief::Risk;
use crate::domain::review::{Holder, QueueFilter, QueueOrder, ReviewItem};

/// Nobody reads the difference between 10,001 and 100,000, and counting it costs as much as ten pages.
pub(super) const COUNTED: i64 = 10_001;

/// Statements that depend on the filter leave no plan behind for the next one.
pub(super) const PLANNED_ONCE: bool = false;

/// A page of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueuePage {
    /// The items, in the order that was asked for.
    pub items: Vec<ReviewItem>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

/// How much there is to do; each at most 10,001, which means "more than 10,000".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueCounts {
    /// Items that the filter describes.
    pub matching: i64,
    /// Items that wait.
    pub open: i64,
    /// Of these: past their deadline.
    pub overdue: i64,
    /// Of these: for a supervisor.
    pub supervisor: i64,
}

/// What the queue can be filtered by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QueueFacets {
    /// Campaigns with open items.
    pub campaigns: Vec<String>,
    /// Channels among the next two thousand items.
    pub channels: Vec<String>,
    /// Languages among them.
    pub languages: Vec<String>,
    /// Gates that fail among them.
    pub gates: Vec<String>,
    /// Rules that took points among them.
    pub rules: Vec<String>,
}

const COLUMNS: &str = "i.id, i.run_id, i.brief_id, c.name as campaign, i.channel, i.language, i.topic, i.external_ref,
    i.first_line, i.risk, i.priority, i.deductions, i.failed_gates, i.due_at,
    coalesce(i.due_at < nightdesk_now(), false) as overdue, i.created_at,
    extract(epoch from nightdesk_now() - i.created_at)::bigint as age_s, i.reviews_required, i.level, i.adjudicating,
    i.state, i.outcome, i.parent_id, l.reviewer_id as holder_id, u.name as holder, l.lease_until,
    (select count(*) from decisions d where d.item_id = i.id and d.undone_at is null
        and d.verdict in ('approve', 'approve_with_edits', 'regenerate', 'reject')) as reviews_done";

const JOINS: &str = "join campaigns c on c.id = i.campaign_id
    left join review_leases l on l.item_id = i.id and l.lease_until > nightdesk_now()
    left join users u on u.id = l.reviewer_id";

impl Store {
    /// A page of the queue; `after` is the `next` of the page before.
    ///
    /// # Errors
    /// [`Refusal::BadCursor`](crate::domain::review::Refusal), or the database.
    pub async fn review_queue(
        &self,
        filter: &QueueFilter,
        order: QueueOrder,
        after: Option<&str>,
        limit: i64,
    ) -> Result<QueuePage, ReviewError> {
        let mut query = QueryBuilder::new("select ");
        query.push(COLUMNS);
        query.push(" from (select * from review_items i where i.state = 'open'");
        push_filter(&mut query, filter);
        if let Some(after) = after {
            push_after(&mut query, order, after)?;
        }
        query.push(order_by(order));
        query.push(" limit ");
        query.push_bind(limit + 1);
        query.push(") i ");
        query.push(JOINS);
        query.push(order_by(order));
        let rows: Vec<ItemRow> = query
            .build_query_as()
            .persistent(PLANNED_ONCE)
            .fetch_all(&self.pool)
            .await?;
        let more = rows.len() as i64 > limit;
        let mut items = rows
            .into_iter()
            .take(usize::try_from(limit).unwrap_or(0))
            .map(ItemRow::item)
            .collect::<Result<Vec<_>, _>>()?;
        items.shrink_to_fit();
        let next = items
            .last()
            .filter(|_| more)
            .map(|last| cursor(last, order));
        Ok(QueuePage { items, next })
    }

    /// The first item in an order that a reviewer can take: nobody else holds it, and they have not reviewed it.
    /// With `after`, the first behind that item.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_review(
        &self,
        filter: &QueueFilter,
        order: QueueOrder,
        after: Option<Uuid>,
        reviewer_id: Uuid,
    ) -> Result<Option<Uuid>, ReviewError> {
        let place = match after {
            Some(after) => self
                .review_row(after)
                .await?
                .map(|item| cursor(&item, order)),
            None => None,
        };
        let mut query = QueryBuilder::new("select i.id from review_items i where i.state = 'open'");
        push_filter(&mut query, filter);
        if let Some(place) = &place {
            push_after(&mut query, order, place)?;
        }
        query.push(
            " and not exists (select from review_leases l where l.item_id = i.id and l.lease_until > nightdesk_now() \
             and l.reviewer_id <> ",
        );
        query.push_bind(reviewer_id);
        query.push(
            ") and not exists (select from decisions d where d.item_id = i.id and d.undone_at is null \
             and d.verdict in ('approve', 'approve_with_edits', 'regenerate', 'reject') and d.reviewer_id = ",
        );
        query.push_bind(reviewer_id);
        query.push(")");
        query.push(order_by(order));
        query.push(" limit 1");
        Ok(query
            .build_query_scalar()
            .persistent(PLANNED_ONCE)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// How much there is to do.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn review_counts(&self, filter: &QueueFilter) -> Result<QueueCounts, StoreError> {
        let mut query = QueryBuilder::new(
            "select count(*) from (select from review_items i where i.state = 'open'",
        );
        push_filter(&mut query, filter);
        query.push(" limit ");
        query.push_bind(COUNTED);
        query.push(") as counted");
        let matching = query
            .build_query_scalar()
            .persistent(PLANNED_ONCE)
            .fetch_one(&self.pool)
            .await?;
        let counts = sqlx::query!(
            r#"select
                   (select count(*) from (
                       select from review_items where state = 'open' limit $1) as counted) as "open!",
                   (select count(*) from (
                       select from review_items where state = 'open' and due_order < nightdesk_now() limit $1) as counted) as "overdue!",
                   (select count(*) from (
                       select from review_items where state = 'open' and level = 'supervisor' limit $1) as counted) as "supervisor!""#,
            COUNTED
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(QueueCounts {
            matching,
            open: counts.open,
            overdue: counts.overdue,
            supervisor: counts.supervisor,
        })
    }

    /// What the queue can be filtered by.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn review_facets(&self) -> Result<QueueFacets, StoreError> {
        let campaigns = sqlx::query_scalar!(
            r#"select c.name from campaigns c
               where exists (select from review_items i where i.campaign_id = c.id and i.state = 'open')
               order by c.name"#
        )
        .fetch_all(&self.pool)
        .await?;
        let among = sqlx::query!(
            r#"with near as (
                   select channel, language, failed_gates, rules from review_items
                   where state = 'open' order by due_order, id limit 2000
               )
               select array(select distinct channel from near where channel is not null order by 1) as "channels!",
                      array(select distinct language from near order by 1) as "languages!",
                      array(select distinct gate from near, unnest(failed_gates) as gate order by 1) as "gates!",
                      array(select distinct rule from near, unnest(rules) as rule order by 1) as "rules!""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(QueueFacets {
            campaigns,
            channels: among.channels,
            languages: among.languages,
            gates: among.gates,
            rules: among.rules,
        })
    }

    /// One item, whatever its state.
    pub(super) async fn review_row(&self, id: Uuid) -> Result<Option<ReviewItem>, StoreError> {
        let mut query = QueryBuilder::new("select ");
        query.push(COLUMNS);
        query.push(" from review_items i ");
        query.push(JOINS);
        query.push(" where i.id = ");
        query.push_bind(id);
        let row: Option<ItemRow> = query.build_query_as().fetch_optional(&self.pool).await?;
        row.map(ItemRow::item).transpose()
    }
}

/// Adds the conditions of a filter.
pub(super) fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &QueueFilter) {
    if let Some(campaign) = &filter.campaign {
        query.push(" and i.campaign_id = (select id from campaigns where name = ");
        query.push_bind(campaign.clone());
        query.push(")");
    }
    for (column, value) in [
        (" and i.channel = ", &filter.channel),
        (" and i.language = ", &filter.language),
    ] {
        if let Some(value) = value {
            query.push(column);
            query.push_bind(value.clone());
        }
    }
    for (column, value) in [
        (" and i.failed_gates @> ", &filter.gate),
        (" and i.rules @> ", &filter.rule),
    ] {
        if let Some(value) = value {
            query.push(column);
            query.push_bind(vec![value.clone()]);
        }
    }
    if let Some(run_id) = filter.run_id {
        query.push(" and i.run_id = ");
        query.push_bind(run_id);
    }
    if !filter.supervisor {
        query.push(" and i.level = 'editor'");
    }
}

fn order_by(order: QueueOrder) -> &'static str {
    match order {
        QueueOrder::Due => " order by i.due_order, i.id",
        QueueOrder::Priority => " order by i.priority desc, i.id",
        QueueOrder::Risk => " order by i.risk desc, i.due_order, i.id",
    }
}

/// An item as the queue reads it.
#[derive(sqlx::FromRow)]
struct ItemRow {
    id: Uuid,
    run_id: Uuid,
    brief_id: Uuid,
    campaign: String,
    channel: Option<String>,
    language: String,
    topic: String,
    external_ref: String,
    first_line: String,
    risk: i16,
    priority: i32,
    deductions: serde_json::Value,
    failed_gates: Vec<String>,
    due_at: Option<DateTime<Utc>>,
    overdue: bool,
    created_at: DateTime<Utc>,
    age_s: i64,
    reviews_required: i32,
    level: String,
    adjudicating: bool,
    state: String,
    outcome: Option<String>,
    parent_id: Option<Uuid>,
    holder_id: Option<Uuid>,
    holder: Option<String>,
    lease_until: Option<DateTime<Utc>>,
    reviews_done: i64,
}

impl ItemRow {
    fn item(self) -> Result<ReviewItem, StoreError> {
        let holder = match (self.holder_id, self.holder, self.lease_until) {
            (Some(reviewer_id), Some(name), Some(lease_until)) => Some(Holder {
                name,
                reviewer_id,
                lease_until,
            }),
            _ => None,
        };
        Ok(ReviewItem {
            id: self.id,
            run_id: self.run_id,
            brief_id: self.brief_id,
            campaign: self.campaign,
            channel: self.channel,
            language: self.language,
            topic: self.topic,
            external_ref: self.external_ref,
            first_line: self.first_line,
            risk: match self.risk {
                2 => Risk::High,
                1 => Risk::Medium,
                _ => Risk::Low,
            },
            priority: self.priority,
            deductions: super::super::drafts::read(self.deductions)?,
            failed_gates: self.failed_gates,
            due_at: self.due_at,
            overdue: self.overdue,
            created_at: self.created_at,
            age_s: self.age_s,
            reviews_required: self.reviews_required,
            reviews_done: self.reviews_done,
            level: read_word(&self.level)?,
            adjudicating: self.adjudicating,
            state: read_word(&self.state)?,
            outcome: self.outcome.as_deref().map(read_word).transpose()?,
            parent_id: self.parent_id,
            holder,
        })
    }
}
