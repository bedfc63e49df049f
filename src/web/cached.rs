//! A value that is expensive to get, kept for a while: however many ask at once, one of them fetches it and
//! the others wait for that.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// Fetching takes at most this share of the time: a value that took a second is kept for twenty.
const SHARE: u32 = 20;

/// A kept value.
#[derive(Debug)]
pub(super) struct Cached<T> {
    least: Duration,
    value: Mutex<Option<(Instant, Duration, T)>>,
}

impl<T: Clone> Cached<T> {
    /// Nothing is kept yet; later each value is, for at least so long.
    pub(super) fn new(least: Duration) -> Self {
        Self {
            least,
            value: Mutex::new(None),
        }
    }

    /// The value and its age; what fetches it is polled only when it is wanted.
    ///
    /// `good` says whether a value is worth its price: one that is not, because the database did not answer in
    /// time, is fetched again as soon as the least time has passed.
    pub(super) async fn get(
        &self,
        fetch: impl Future<Output = T>,
        good: impl FnOnce(&T) -> bool,
    ) -> (T, Duration) {
        let mut value = self.value.lock().await;
        if let Some((since, took, kept)) = value.as_ref()
            && since.elapsed() < self.least.max(*took * SHARE)
        {
            return (kept.clone(), since.elapsed());
        }
        let began = Instant::now();
        let fetched = fetch.await;
        let price = if good(&fetched) {
            began.elapsed()
        } else {
            Duration::ZERO
        };
        *value = Some((Instant::now(), price, fetched.clone()));
        (fetched, Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_hundred_who_ask_at_once_cost_one_fetch() {
        let (kept, fetched) = (Cached::new(Duration::from_secs(600)), AtomicU32::new(0));
        let ask = async || {
            let fetch = async { fetched.fetch_add(1, Ordering::Relaxed) };
            kept.get(fetch, |_| true).await.0
        };
        for _ in 0..50 {
            let (one, other) = tokio::join!(ask(), ask());
            assert_eq!((one, other), (0, 0));
        }
        assert_eq!(fetched.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_is_old_is_fetched_again() {
        let kept = Cached::new(Duration::ZERO);
        assert_eq!(kept.get(async { 1 }, |_| true).await.0, 1);
        // It took no time to speak of, so it is not kept for long.
        while kept.get(async { 2 }, |_| true).await.0 == 1 {
            tokio::task::yield_now().await;
        }
    }
}
