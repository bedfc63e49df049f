//! Waiting for a lost database: the same call again, with growing pauses, up to a limit or without one.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};

use super::Progress;
use crate::store::StoreError;

/// 0.1 to 0.2 s, then twice that, and at last 2.5 to 5 s. Never the same: workers that lost the same database, or
/// killed each other's transactions, would otherwise come back at the same instant, every time.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_millis(2500))
    .with_jitter()
    .without_max_times();

/// How long a database may be away.
pub(super) struct Retry<'a> {
    /// `None`: for ever.
    until: Option<Instant>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl<'a> Retry<'a> {
    /// [`Duration::MAX`] waits without a limit: a worker that nobody watches outlasts any outage.
    pub(super) fn new(limit: Duration, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self {
            until: Instant::now().checked_add(limit),
            progress,
        }
    }

    /// Calls until it succeeds, fails for a reason that does not pass by itself, or its limit has passed.
    ///
    /// Only for calls that may be repeated when their reply was lost.
    pub(super) async fn keep_trying<T>(
        self,
        call: impl AsyncFn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut failed = false;
        let outcome = (|| call())
            .retry(PAUSES)
            .when(|error: &StoreError| error.may_pass() && self.is_left())
            .notify(|error, _| {
                failed = true;
                (self.progress)(Progress::lost(error));
            })
            .await;
        if failed && outcome.is_ok() {
            (self.progress)(Progress::DatabaseBack);
        }
        outcome
    }

    fn is_left(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use backon::BackoffBuilder;

    use super::*;

    fn lost() -> StoreError {
        StoreError::Database(std::io::Error::other("cut").into())
    }

    #[tokio::test]
    async fn a_retry_without_a_limit_waits_and_says_so() {
        let (calls, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let progress = |told_of: Progress| match told_of {
            Progress::DatabaseLost { .. } => {
                told.fetch_add(1, Ordering::SeqCst);
            }
            other => assert_eq!(other, Progress::DatabaseBack),
        };
        let answer = Retry::new(Duration::MAX, &progress)
            .keep_trying(async || match calls.fetch_add(1, Ordering::SeqCst) {
                0..2 => Err(lost()),
                call => Ok(call),
            })
            .await;
        assert_eq!((answer.unwrap(), told.load(Ordering::SeqCst)), (2, 2));
    }

    #[tokio::test]
    async fn a_retry_ends_at_its_limit_and_at_once_for_what_does_not_pass() {
        let calls = AtomicUsize::new(0);
        let ended = Retry::new(Duration::ZERO, &|_| ())
            .keep_trying(async || Err::<(), _>(lost()))
            .await;
        assert!(ended.unwrap_err().is_connection_lost());
        let ended = Retry::new(Duration::MAX, &|_| ())
            .keep_trying(async || {
                calls.fetch_add(1, Ordering::SeqCst);
                Err::<(), _>(StoreError::NotMigrated)
            })
            .await;
        assert!(matches!(ended, Err(StoreError::NotMigrated)));
        assert_eq!(calls.into_inner(), 1);
    }

    #[test]
    fn pauses_grow_up_to_a_limit_and_no_two_workers_wait_alike() {
        let pauses = || PAUSES.build().take(8).collect::<Vec<_>>();
        let (one, other) = (pauses(), pauses());
        assert_ne!(one, other);
        for pauses in [one, other] {
            for (n, pause) in pauses.iter().enumerate() {
                let whole =
                    Duration::from_millis(200 * 2_u64.pow(n as u32)).min(Duration::from_secs(5));
                assert!(whole / 2 <= *pause && *pause <= whole, "{n}: {pause:?}");
            }
        }
    }
}
