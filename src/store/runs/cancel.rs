//! Cancelling a run: it stops being claimed at once, and what is leased is taken back.
//!
//! Commits that come later are refused by the fence and counted as stale. Were they let through, a brief
//! could be drafted here and in the next run of the campaign, which takes what this one leaves open.

use uuid::Uuid;

use super::super::{Store, StoreError, events};

/// What cancelling a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// Whether it was this call that cancelled it.
    pub now: bool,
    /// Items that some worker was drafting; its results will be refused.
    pub taken_back: u64,
}

impl Store {
    /// Cancels a run that has not ended, in the name of `actor`; its drafts stay. Again on a cancelled run it only takes back what
    /// a call that died half-way left leased.
    ///
    /// # Errors
    /// [`StoreError::RunEnded`] for a run that ended by itself, or [`StoreError::Database`].
    pub async fn cancel_run(&self, run_id: Uuid, actor: &str) -> Result<Cancelled, StoreError> {
        // A transaction of its own: whoever commits locks batch, items and run in this order, so taking
        // back in the same one would lock the other way round. From here on nothing is claimed.
        let mut tx = self.pool.begin().await?;
        let cancelled = sqlx::query_scalar!(
            r#"update runs r set state = 'cancelled', finished_at = nightdesk_now(), error = 'cancelled by hand'
               from campaigns c where r.id = $1 and r.state in ('queued', 'running') and c.id = r.campaign_id
               returning c.name"#,
            run_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(campaign) = &cancelled {
            let details = serde_json::json!({ "campaign": campaign });
            let subject = run_id.to_string();
            events::record(&mut tx, actor, "run.cancelled", &subject, &details).await?;
        }
        tx.commit().await?;
        let state = sqlx::query_scalar!("select state from runs where id = $1", run_id)
            .fetch_optional(&self.pool)
            .await?;
        match state.as_deref() {
            Some("cancelled") => Ok(Cancelled {
                now: cancelled.is_some(),
                taken_back: self.take_back(run_id).await?,
            }),
            Some(state) => Err(StoreError::RunEnded {
                run: run_id,
                state: state.replace('_', " "),
                wanted: "cancelled",
            }),
            None => Err(StoreError::NotFound {
                what: "run",
                name: run_id.to_string(),
            }),
        }
    }

    /// Cancels the campaign's unfinished runs by hand, because a new one was asked for.
    pub(in crate::store) async fn cancel_open_runs(
        &self,
        campaign_id: Uuid,
    ) -> Result<(), StoreError> {
        let cancelled = sqlx::query_scalar!(
            r#"update runs set state = 'cancelled', finished_at = nightdesk_now(), error = 'a new run was asked for'
               where campaign_id = $1 and slot is null and regenerates is null
                 and state in ('queued', 'running')
               returning id"#,
            campaign_id
        )
        .fetch_all(&self.pool)
        .await?;
        for run_id in cancelled {
            self.take_back(run_id).await?;
        }
        Ok(())
    }

    /// Ends every lease of a run and gives its items back, as if they had never been claimed. The
    /// batches first, as everybody who locks both.
    pub(in crate::store) async fn take_back(&self, run_id: Uuid) -> Result<u64, StoreError> {
        let taken = sqlx::query!(
            r#"with ended as (
                   update batches set ended_at = nightdesk_now()
                   where run_id = $1 and ended_at is null
                   returning id, alone
               )
               update work_items w
               set state = case when ended.alone then 'suspect' else 'ready' end, attempt = w.attempt - 1
               from ended
               where w.run_id = $1 and w.batch_id = ended.id and w.state = 'leased'"#,
            run_id
        )
        .execute(&self.pool)
        .await?;
        Ok(taken.rows_affected())
    }
}
