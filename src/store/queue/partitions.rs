//! The partitions of the queue: making the coming months', and statistics for a run that was just made.

use std::time::Duration;

use uuid::Uuid;

use super::super::{Store, StoreError};

/// Months ahead that have a partition: longer than any scheduler is likely to be down.
const MONTHS_AHEAD: i32 = 2;

/// Runs with fewer items are claimed fast enough without statistics.
const WORTH_ANALYZING: i64 = 1_000;

/// What came of asking for the coming months' partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitions {
    /// So many were made; usually none.
    Made(i32),
    /// Some are missing, and the queue was too busy to make them. Nothing is lost by it: until the next
    /// call, runs go into the default partition.
    Busy,
}

impl Store {
    /// Makes the partitions of this month and the next two that are missing. Any number of processes may
    /// call it at once, as often as they like.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn ensure_partitions(&self) -> Result<Partitions, StoreError> {
        let made = sqlx::query_scalar!(r#"select ensure_work_items($1) as "made!""#, MONTHS_AHEAD)
            .fetch_one(&self.pool)
            .await;
        match made {
            Ok(made) => Ok(Partitions::Made(made)),
            Err(error) if is_busy(&error) => Ok(Partitions::Busy),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the coming months' partitions before a run is made. Failing is no reason to make no run: it goes into the
    /// default partition.
    pub(in crate::store) async fn make_room(&self) {
        if let Err(error) = self.ensure_partitions().await {
            tracing::warn!(%error, "the coming months have no partition yet");
        }
    }

    /// Gives the planner statistics for a run that was just made with so many items; to be called after
    /// the transaction that made it. Failing, the run is complete, only its first claims are slow.
    pub(in crate::store) async fn settle(&self, run_id: Uuid, items: i64) {
        if items < WORTH_ANALYZING {
            return;
        }
        let analyzed = sqlx::query!("select analyze_work_items($1)", run_id)
            .execute(&self.pool.bulk())
            .await;
        if let Err(error) = analyzed {
            tracing::debug!(%error, run = %run_id, "run {run_id} has no statistics yet");
        }
    }
}

/// Whether a statement gave up because others hold what it needs: `lock_not_available`, or a deadlock
/// that Postgres ended with this one.
pub(in crate::store) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}

/// Seconds for `make_interval`.
pub(in crate::store) fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}
