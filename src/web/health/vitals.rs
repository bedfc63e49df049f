//! Signs of life of the role that runs in this process: when its loop last went round, which runs it cannot
//! work on, and what its model has generated.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::domain::problem::Problem;
use crate::store::Store;

/// A run that cannot be worked on is tried again each minute; one that is tried no more has ended, or is
/// somebody else's by now, and is no trouble any longer.
const TROUBLE_LASTS: Duration = Duration::from_mins(5);

/// Written by the role, read by who asks.
#[derive(Debug)]
pub struct Vitals {
    role: &'static str,
    /// The loop may take so long to go round.
    limit: Duration,
    started: Instant,
    /// Milliseconds after the start at which it last went round.
    beat_ms: AtomicU64,
    tokens: AtomicU64,
    trouble: Mutex<BTreeMap<Uuid, (Instant, Problem)>>,
    store: OnceLock<Store>,
}

impl Vitals {
    /// A role that starts now.
    pub fn new(role: &'static str, limit: Duration) -> Self {
        Self {
            role,
            limit,
            started: Instant::now(),
            beat_ms: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            trouble: Mutex::default(),
            store: OnceLock::new(),
        }
    }

    /// `worker` or `scheduler`.
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// The loop has gone round.
    pub fn beat(&self) {
        let now = self.started.elapsed().as_millis() as u64;
        self.beat_ms.fetch_max(now, Ordering::Relaxed);
    }

    /// The database has been reached, with the schema that this binary wants.
    pub fn reaches(&self, store: Store) {
        // The first one stays: a process has one database.
        let _ = self.store.set(store);
    }

    pub(super) fn store(&self) -> Option<&Store> {
        self.store.get()
    }

    /// Whether the loop goes round.
    pub fn health(&self) -> Health {
        let beat = Duration::from_millis(self.beat_ms.load(Ordering::Relaxed));
        Health {
            age: self.started.elapsed().saturating_sub(beat),
            limit: self.limit,
        }
    }

    /// What the model has generated since the role started.
    pub fn generated(&self, tokens: u64) {
        self.tokens.fetch_max(tokens, Ordering::Relaxed);
    }

    pub(super) fn tokens(&self) -> u64 {
        self.tokens.load(Ordering::Relaxed)
    }

    /// A run cannot be worked on here, for this reason.
    pub fn cannot_work_on(&self, run_id: Uuid, problem: Problem) {
        self.lock_trouble()
            .insert(run_id, (Instant::now(), problem));
    }

    /// A run is worked on.
    pub fn works_on(&self, run_id: Uuid) {
        self.lock_trouble().remove(&run_id);
    }

    /// Why runs cannot be worked on here, each once.
    pub(super) fn trouble(&self) -> Vec<Problem> {
        let mut trouble = self.lock_trouble();
        trouble.retain(|_, (since, _)| since.elapsed() < TROUBLE_LASTS);
        trouble
            .values()
            .map(|(_, problem)| problem.clone())
            .collect()
    }

    fn lock_trouble(&self) -> MutexGuard<'_, BTreeMap<Uuid, (Instant, Problem)>> {
        let locked = self.trouble.lock();
        locked.unwrap_or_else(|broken| broken.into_inner())
    }
}

/// How long ago a role's loop went round, and how long ago it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Since the loop last went round.
    pub age: Duration,
    /// Beyond this it stands still.
    pub limit: Duration,
}

impl Health {
    /// Whether that is recent enough.
    pub fn is_alive(&self) -> bool {
        self.age <= self.limit
    }

    /// The answer of `/healthz`.
    pub(super) fn to_json(self, role: &str) -> serde_json::Value {
        serde_json::json!({
            "role": role, "alive": self.is_alive(),
            "age_s": self.age.as_secs_f64(), "limit_s": self.limit.as_secs_f64(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_stands_still_is_not_alive() {
        let limit = Duration::from_secs(120);
        for (age_s, alive) in [
            (0, true),
            (119, true),
            (120, true),
            (121, false),
            (9000, false),
        ] {
            let health = Health {
                age: Duration::from_secs(age_s),
                limit,
            };
            assert_eq!(health.is_alive(), alive, "{age_s}");
        }
        let still = Health {
            age: Duration::from_millis(130_500),
            limit,
        };
        assert_eq!(
            still.to_json("worker").to_string(),
            r#"{"role":"worker","alive":false,"age_s":130.5,"limit_s":120.0}"#
        );
    }

    #[test]
    fn a_beat_makes_it_young_again_and_nothing_makes_it_older() {
        let vitals = Vitals::new("scheduler", Duration::ZERO);
        std::thread::sleep(Duration::from_millis(5));
        let before = vitals.health();
        assert!(before.age >= Duration::from_millis(5) && !before.is_alive());
        vitals.beat();
        assert!(vitals.health().age < before.age);
    }

    #[test]
    fn trouble_is_over_when_the_run_can_be_worked_on() {
        let (vitals, run) = (Vitals::new("worker", Duration::ZERO), Uuid::from_u128(1));
        vitals.cannot_work_on(run, Problem::new("test.failed", "it did not work"));
        vitals.cannot_work_on(run, Problem::new("test.failed", "it did not work again"));
        let told: Vec<String> = vitals.trouble().into_iter().map(|p| p.message).collect();
        assert_eq!(told, ["it did not work again"]);
        vitals.works_on(run);
        assert_eq!(vitals.trouble(), []);
    }
}
