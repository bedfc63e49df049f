//! What a role does for the `up` that started it: it shows that it is alive, and ends when that ends.
//!
//! A line on stdout each second is the sign of life; the end of stdin asks it to stop in order. Both work
//! without signals, and both end with the supervisor, however that ends.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use super::interrupt::Interrupt;
use crate::web::Vitals;

/// Set by `up` for what it starts.
pub(super) const VARIABLE: &str = "NIGHTDESK_SUPERVISED";

/// Signs of life are this far apart.
const EVERY: Duration = Duration::from_secs(1);

/// Shows that a role's loop goes round.
pub(super) struct Pulse {
    vitals: Arc<Vitals>,
    last: Option<Mutex<Instant>>,
}

impl Pulse {
    /// Begins to watch for the supervisor's end; does nothing where there is none.
    pub(super) fn start(interrupt: &Interrupt, vitals: &Arc<Vitals>) -> Self {
        let vitals = Arc::clone(vitals);
        if std::env::var_os(VARIABLE).is_none() {
            return Self { vitals, last: None };
        }
        let ask = interrupt.asking();
        tokio::spawn(async move {
            let mut stdin = tokio::io::stdin();
            let mut buffer = [0; 64];
            // Nothing is ever sent: this waits for the end, or for the supervisor's death.
            while stdin.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            ask();
        });
        Self {
            vitals,
            last: Some(Mutex::new(Instant::now())),
        }
    }

    /// The loop has gone round.
    pub(super) fn beat(&self) {
        self.vitals.beat();
        let Some(last) = &self.last else {
            return;
        };
        let mut last = last.lock().unwrap_or_else(|broken| broken.into_inner());
        if last.elapsed() < EVERY {
            return;
        }
        *last = Instant::now();
        let mut stdout = std::io::stdout().lock();
        // A supervisor that does not read has died; stdin says so as well.
        let _ = stdout.write_all(b"\n").and_then(|()| stdout.flush());
    }

    /// Whether a supervisor reads stdout, which then is not for people.
    pub(super) fn is_supervised(&self) -> bool {
        self.last.is_some()
    }
}
