//! Waiting for a lost database: the same call again, with growing pauses, up to a limit.

use std::time::{Duration, Instant};

use super::Progress;
use crate::store::StoreError;

/// How long a database may be away.
pub(super) struct Patience<'a> {
    until: Instant,
    pause: Duration,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl<'a> Patience<'a> {
    pub(super) fn new(limit: Duration, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self {
            until: Instant::now() + limit,
            pause: Duration::from_millis(200),
            progress,
        }
    }

    /// Calls until it succeeds, fails for another reason than a lost connection, or patience ends.
    ///
    /// Only for calls that may be repeated when their reply was lost.
    pub(super) async fn keep_trying<T>(
        mut self,
        call: impl AsyncFn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            match call().await {
                Err(error) if error.is_connection_lost() && Instant::now() < self.until => {
                    (self.progress)(Progress::DatabaseLost {
                        message: error.to_string(),
                    });
                    tokio::time::sleep(self.pause).await;
                    self.pause = (self.pause * 2).min(Duration::from_secs(5));
                }
                outcome => return outcome,
            }
        }
    }
}
