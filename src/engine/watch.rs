//! How long the loop has been in its step, for somebody on another thread to see.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The beginning of the running step.
#[derive(Debug, Default)]
pub(super) struct Watch {
    since: Mutex<Option<Instant>>,
}

impl Watch {
    /// A step begins, or the next one.
    pub(super) fn start(&self) {
        self.set(Some(Instant::now()));
    }

    /// No step is running.
    pub(super) fn end(&self) {
        self.set(None);
    }

    pub(super) fn running_for(&self) -> Option<Duration> {
        let since = self
            .since
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        since.map(|since| since.elapsed())
    }

    fn set(&self, since: Option<Instant>) {
        *self
            .since
            .lock()
            .unwrap_or_else(|broken| broken.into_inner()) = since;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_running_step_has_a_length() {
        let watch = Watch::default();
        assert_eq!(watch.running_for(), None);
        watch.start();
        assert!(watch.running_for().is_some());
        watch.end();
        assert_eq!(watch.running_for(), None);
    }
}
