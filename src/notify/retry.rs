//! A few tries at one channel: servers restart, and networks drop what they carry.

use std::time::Duration;

use super::error::{Failed, NotifyError};

/// Pauses between tries, so one more try than there are pauses.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// The tries of one message at one channel.
#[derive(Debug, Default)]
pub(super) struct Tries {
    failed: usize,
}

impl Tries {
    /// Waits before another try. An alert that fails for good is tried again much later; a person who
    /// typed `report --send` is told.
    ///
    /// # Errors
    /// Why it failed, once it has been tried often enough or the same will never succeed.
    pub(super) async fn again(&mut self, failed: Failed) -> Result<(), NotifyError> {
        let pause = PAUSES.get(self.failed).filter(|_| failed.passing);
        self.failed += 1;
        match pause {
            None => Err(failed.error),
            Some(pause) => {
                tracing::debug!(error = %failed.error, ?pause, "a message did not get through; it is tried again");
                tokio::time::sleep(*pause).await;
                Ok(())
            }
        }
    }
}
