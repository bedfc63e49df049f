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

    use backon::BackoffBuilder;

    use super::*;

    #[test]
    fn a_message_is_tried_three_times() {
        let pauses: Vec<u128> = PAUSES.build().map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 2000]);
    }

    #[tokio::test]
    async fn what_does_not_pass_is_not_tried_again() {
        let tries = AtomicUsize::new(0);
        let failed = a_few_times(async || {
            tries.fetch_add(1, Ordering::SeqCst);
            Err(Failed {
                error: NotifyError::WebhookUnreachable {
                    place: "hooks.example.org".to_owned(),
                    reason: "cut".to_owned(),
                },
                passing: false,
            })
        });
        assert!(failed.await.is_err());
        assert_eq!(tries.into_inner(), 1);
    }
}
