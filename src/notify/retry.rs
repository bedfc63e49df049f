//! A few tries at one channel: servers restart, and networks drop what they carry.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use super::error::{Failed, NotifyError};

/// Between three tries: half a second, and two seconds.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_factor(4.0)
    .with_max_times(2);

/// Sends one message through one channel, again where a try fails for a reason that passes. An alert that fails
/// for good is tried again much later; a person who typed `report --send` is told.
///
/// # Errors
/// Why it failed, once it has been tried often enough or the same will never succeed.
pub(super) async fn a_few_times<T: Future<Output = Result<(), Failed>>>(
    try_once: impl FnMut() -> T,
) -> Result<(), NotifyError> {
    try_once
        .retry(PAUSES)
        .when(|failed: &Failed| failed.passing)
        .notify(|failed, pause| {
            tracing::debug!(error = %failed.error, ?pause, "a message did not get through; it is tried again");
        })
        .await
        .map_err(|failed| failed.error)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::Instant;

    use super::*;

    /// What comes of a message that always fails: how often it is tried, and how long that takes.
    async fn tried(passing: bool) -> (usize, Duration) {
        let (tries, begun) = (AtomicUsize::new(0), Instant::now());
        let failed = a_few_times(async || {
            tries.fetch_add(1, Ordering::SeqCst);
            Err(Failed {
                error: NotifyError::WebhookUnreachable {
                    place: "hooks.example.org".to_owned(),
                    reason: "cut".to_owned(),
                },
                passing,
            })
        });
        failed.await.expect_err("it always fails");
        (tries.into_inner(), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_three_times_and_what_does_not_once() {
        let (tries, took) = tried(true).await;
        assert_eq!((tries, took.as_millis() / 10), (3, 250));
        assert_eq!(tried(false).await.0, 1);
    }
}
