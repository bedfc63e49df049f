//! A line in the log that whoever knocks can bring about: at most one a minute, with how many it stands for.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines.
const EVERY: Duration = Duration::from_mins(1);

/// When the last line was written, and what has not been since.
#[derive(Debug, Default)]
pub(super) struct LogThrottle(Mutex<(Option<Instant>, u64)>);

impl LogThrottle {
    /// Nothing was written yet.
    pub(super) const fn new() -> Self {
        Self(Mutex::new((None, 0)))
    }

    /// One more; how many a line stands for that is written now, none where it is too early for one.
    pub(super) fn count(&self) -> Option<u64> {
        self.count_at(Instant::now())
    }

    fn count_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        if state.0.is_some_and(|last| now.duration_since(last) < EVERY) {
            return None;
        }
        let many = state.1;
        *state = (Some(now), 0);
        Some(many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_a_minute() {
        let (log_throttle, now) = (LogThrottle::new(), Instant::now());
        assert_eq!(log_throttle.count_at(now), Some(1));
        for n in 1..60 {
            assert_eq!(log_throttle.count_at(now + Duration::from_secs(n)), None);
        }
        assert_eq!(
            log_throttle.count_at(now + Duration::from_mins(1)),
            Some(60)
        );
        assert_eq!(log_throttle.count_at(now + Duration::from_mins(9)), Some(1));
    }
}
