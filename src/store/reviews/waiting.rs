//! What waits for review, as the report and `drafts list` count it: the open items, which are the desk's queue.
//!
//! An item is one brief of a run. Its candidates that were kept are one decision, so it counts once, with the id and
//! the priority of its best draft. It is open from the commit of its drafts until it is decided or withdrawn.

use chrono::{DateTime, Utc};

use super::super::{Store, StoreError};
use crate::domain::report::{BestDraft, PriorityBand, Waiting};

impl Store {
    /// How many drafts wait for review: the number of open items.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn waiting_count(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from review_items where state = 'open'"#
        );
        Ok(count.fetch_one(&self.pool).await?)
    }

    /// What waits for review: how much, since when, of which priorities, and the best of it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn waiting(
        &self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        best: i64,
    ) -> Result<Waiting, StoreError> {
        let bands = sqlx::query!(
            r#"select least(priority / 10, 9) as "band!", count(*) as "drafts!",
                      count(*) filter (where created_at >= $1 and created_at < $2) as "new!"
               from review_items where state = 'open' group by 1"#,
            since,
            until
        )
        .fetch_all(&self.pool)
        .await?;
        let of = |band| bands.iter().find(|row| row.band == band);
        let best = sqlx::query_as!(
            BestDraft,
            r#"select i.id, i.priority, c.name as campaign, i.external_ref, i.topic
               from review_items i join campaigns c on c.id = i.campaign_id
               where i.state = 'open'
               order by i.priority desc, i.id limit $1"#,
            best
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Waiting {
            drafts: bands.iter().map(|row| row.drafts).sum(),
            new: bands.iter().map(|row| row.new).sum(),
            by_priority: (0..10)
                .map(|band| PriorityBand {
                    from: band * 10,
                    to: if band == 9 { 100 } else { band * 10 + 9 },
                    drafts: of(band).map_or(0, |row| row.drafts),
                })
                .collect(),
            best,
        })
    }
}
