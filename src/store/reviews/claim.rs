//! Leases of reviewers: taken in one statement, renewed while the page is open, ended by themselves.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError, stored_values};
use super::ReviewError;
use crate::domain::review::{ItemState, Level, Outcome, Refusal, ReviewLease};
use crate::domain::user::{Role, User};

/// How long a page is not heard of before somebody else may take its item, in seconds.
const LEASE_SECONDS: f64 = 90.0;

/// What a write needs to know of an item, read under its lock.
pub(super) struct LockedItem {
    pub(super) id: Uuid,
    pub(super) run_id: Uuid,
    pub(super) brief_id: Uuid,
    pub(super) reviews_required: i32,
    pub(super) level: Level,
    pub(super) adjudicating: bool,
    pub(super) state: ItemState,
    pub(super) outcome: Option<Outcome>,
}

impl Store {
    /// Takes an item for a reviewer, or renews what they hold: a second tab of theirs gets the same token.
    /// With `takeover` a supervisor takes it from whoever holds it, which is recorded.
    ///
    /// # Errors
    /// [`Refusal::Held`], [`Refusal::Closed`], [`Refusal::SupervisorNeeded`], [`Refusal::AlreadyReviewed`], or the
    /// database.
    pub async fn claim_review(
        &self,
        item_id: Uuid,
        reviewer: &User,
        takeover: bool,
    ) -> Result<ReviewLease, ReviewError> {
        let mut tx = self.pool.begin().await?;
        let item = lock_item(&mut tx, item_id).await?;
        item.may_be_reviewed_by(&mut tx, reviewer).await?;
        let holder = sqlx::query!(
            r#"select u.name, l.reviewer_id, l.lease_until from review_leases l join users u on u.id = l.reviewer_id
               where l.item_id = $1 and l.lease_until > nightdesk_now()"#,
            item_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        let other = holder.filter(|holder| holder.reviewer_id != reviewer.id);
        let taken_from = match other {
            Some(other) if takeover && reviewer.role >= Role::Supervisor => Some(other.name),
            Some(other) => {
                return Err(Refusal::Held {
                    by: other.name,
                    until: other.lease_until,
                }
                .into());
            }
            None => None,
        };
        let lease = sqlx::query!(
            r#"insert into review_leases as l (item_id, reviewer_id, token, lease_until)
               values ($1, $2, $3, nightdesk_now() + make_interval(secs => $4))
               on conflict (item_id) do update set
                   reviewer_id = excluded.reviewer_id, lease_until = excluded.lease_until,
                   token = case when l.reviewer_id = excluded.reviewer_id and l.lease_until > nightdesk_now()
                                then l.token else excluded.token end,
                   taken_at = case when l.reviewer_id = excluded.reviewer_id and l.lease_until > nightdesk_now()
                                   then l.taken_at else excluded.taken_at end
               returning token, lease_until"#,
            item_id,
            reviewer.id,
            Uuid::new_v4(),
            LEASE_SECONDS
        )
        .fetch_one(&mut *tx)
        .await?;
        if let Some(from) = &taken_from {
            super::super::events::record(
                &mut tx,
                &reviewer.name,
                "review.taken_over",
                &item_id.to_string(),
                &serde_json::json!({ "from": from }),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(ReviewLease {
            item_id,
            token: lease.token,
            lease_until: lease.lease_until,
            taken_from,
        })
    }

    /// Renews a lease; gives when it ends now.
    ///
    /// # Errors
    /// [`Refusal::LeaseLost`], or the database.
    pub async fn heartbeat_review(
        &self,
        item_id: Uuid,
        reviewer_id: Uuid,
        token: Uuid,
    ) -> Result<DateTime<Utc>, ReviewError> {
        let renewed = sqlx::query_scalar!(
            // Also one that has run out, as long as nobody has taken it: the reader is plainly there.
            r#"update review_leases set lease_until = nightdesk_now() + make_interval(secs => $4)
               where item_id = $1 and reviewer_id = $2 and token = $3
               returning lease_until"#,
            item_id,
            reviewer_id,
            token,
            LEASE_SECONDS
        )
        .fetch_optional(&self.pool)
        .await?;
        match renewed {
            Some(until) => Ok(until),
            None => Err(Refusal::LeaseLost {
                by: self.holder(item_id).await?,
            }
            .into()),
        }
    }

    /// Gives an item back without a word about it. Nothing happens where the lease is lost already.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_review(
        &self,
        item_id: Uuid,
        reviewer_id: Uuid,
        token: Uuid,
    ) -> Result<(), ReviewError> {
        sqlx::query!(
            "delete from review_leases where item_id = $1 and reviewer_id = $2 and token = $3",
            item_id,
            reviewer_id,
            token
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn holder(&self, item_id: Uuid) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"select u.name from review_leases l join users u on u.id = l.reviewer_id
               where l.item_id = $1 and l.lease_until > nightdesk_now()"#,
            item_id
        )
        .fetch_optional(&self.pool)
        .await?)
    }
}

/// Reads an item and keeps every other write about it waiting.
pub(super) async fn lock_item(
    tx: &mut Transaction,
    item_id: Uuid,
) -> Result<LockedItem, StoreError> {
    let row = sqlx::query!(
        r#"select run_id, brief_id, reviews_required, level, adjudicating, state, outcome
           from review_items where id = $1 for no key update"#,
        item_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| StoreError::NotFound {
        what: "draft",
        name: item_id.to_string(),
    })?;
    Ok(LockedItem {
        id: item_id,
        run_id: row.run_id,
        brief_id: row.brief_id,
        reviews_required: row.reviews_required,
        level: read_word(&row.level)?,
        adjudicating: row.adjudicating,
        state: read_word(&row.state)?,
        outcome: row.outcome.as_deref().map(read_word).transpose()?,
    })
}

impl LockedItem {
    /// Whether a reviewer may take part: it is open, on their level, and they have not reviewed it before.
    pub(super) async fn may_be_reviewed_by(
        &self,
        tx: &mut Transaction,
        reviewer: &User,
    ) -> Result<(), ReviewError> {
        if self.state != ItemState::Open {
            let by = sqlx::query_scalar!(
                r#"select u.name from decisions d join users u on u.id = d.reviewer_id
                   where d.item_id = $1 and d.undone_at is null order by d.created_at desc, d.id desc limit 1"#,
                self.id
            )
            .fetch_optional(&mut **tx)
            .await?;
            return Err(Refusal::Closed {
                state: self.state,
                outcome: self.outcome,
                by,
            }
            .into());
        }
        if self.level == Level::Supervisor && reviewer.role < Role::Supervisor {
            return Err(Refusal::SupervisorNeeded.into());
        }
        let reviewed = sqlx::query_scalar!(
            r#"select exists (
                   select from decisions
                   where item_id = $1 and reviewer_id = $2 and undone_at is null
                     and verdict in ('approve', 'approve_with_edits', 'regenerate', 'reject')) as "reviewed!""#,
            self.id,
            reviewer.id
        )
        .fetch_one(&mut **tx)
        .await?;
        if reviewed {
            return Err(Refusal::AlreadyReviewed.into());
        }
        Ok(())
    }
}

/// A stored word as what it stands for.
pub(super) fn read_word<T: std::str::FromStr<Err = String>>(word: &str) -> Result<T, StoreError> {
    stored_values::read_word("review item", word)
}
