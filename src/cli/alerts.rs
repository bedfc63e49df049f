//! Alerts of a role, looked for while it lives: a scheduler tells of workers that are gone, and a worker of
//! schedulers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::context::Context;
use crate::notify::{AlertSender, Notify};
use crate::store::Store;

/// Alerts and the daily report are looked for this often.
const EVERY: Duration = Duration::from_secs(5);

/// Looks now and then.
pub(super) struct AlertWatch {
    sender: Option<AlertSender>,
    looked: Mutex<Option<Instant>>,
}

impl AlertWatch {
    /// By `[notify]`. A secret that is gone must not keep campaigns from firing or briefs from being drafted:
    /// it is told, and the night goes on without alerts.
    pub(super) fn start(context: &Context, store: &Store) -> Self {
        let settings = &context.config.notify;
        let sender = match Notify::new(settings, &|name| std::env::var(name).ok()) {
            Ok(notify) => Some(AlertSender::new(store.clone(), Arc::new(notify))),
            Err(problem) => {
                tracing::error!(
                    code = problem.code,
                    "no alerts are sent: {}",
                    problem.message
                );
                None
            }
        };
        Self {
            sender,
            looked: Mutex::default(),
        }
    }

    /// Looks when it is time; returns at once.
    pub(super) fn look(&self) {
        let Some(sender) = &self.sender else {
            return;
        };
        let mut looked = self
            .looked
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if looked.is_none_or(|at| at.elapsed() >= EVERY) {
            *looked = Some(Instant::now());
            sender.tick();
        }
    }
}
