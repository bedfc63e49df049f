//! Pulls of campaigns' sources, beside the rounds: reading a hundred thousand rows must not keep other
//! campaigns from firing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::domain::counted::count;
use crate::domain::problem::Problem;
use crate::source::{PullOptions, pull};
use crate::store::{Scheduled, Store};

/// A pull that ended longer ago was not for this slot: another scheduler may have fired the one it was for.
const FRESH: Duration = Duration::from_mins(2);

/// Pulls at once: each takes connections that the rounds need too.
const AT_ONCE: usize = 2;

/// How a pull ended, and when.
type Ended = (Instant, Result<(), Problem>);

/// The pulls under way.
#[derive(Debug)]
pub(super) struct Pulls {
    running: HashMap<Uuid, JoinHandle<Ended>>,
    room: Arc<Semaphore>,
}

impl Default for Pulls {
    fn default() -> Self {
        Self {
            running: HashMap::new(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Pulls {
    /// Whether a campaign's source has just been pulled; begins to where it has not.
    ///
    /// # Errors
    /// Why it could not be, and the slot has to wait: a night drafted from yesterday's briefs would look like
    /// a good one.
    pub(super) async fn is_ready(
        &mut self,
        store: &Store,
        campaign: &Scheduled,
    ) -> Result<bool, Option<Problem>> {
        let running = self.running.get(&campaign.id);
        if running.is_some_and(|running| !running.is_finished()) {
            return Ok(false);
        }
        if let Some(ended) = self.running.remove(&campaign.id) {
            let panicked = Problem::new("source.panicked", "reading the source panicked");
            let panicked = |_| (Instant::now(), Err(panicked.unexpected()));
            let (at, outcome) = ended.await.unwrap_or_else(panicked);
            if at.elapsed() < FRESH {
                return outcome.map(|()| true).map_err(Some);
            }
        }
        let (store, name) = (store.clone(), campaign.name.clone());
        let room = Arc::clone(&self.room);
        let pulling = tokio::spawn(async move {
            let _room = room.acquire().await;
            let outcome = pull_one(&store, &name).await;
            (Instant::now(), outcome)
        });
        self.running.insert(campaign.id, pulling);
        Ok(false)
    }
}

async fn pull_one(store: &Store, name: &str) -> Result<(), Problem> {
    let campaign = store
        .campaign(name)
        .await
        .map_err(|error| error.problem())?;
    let pulled = pull(store, &campaign, &PullOptions::default(), &|_| ()).await;
    let pulled = pulled.map_err(|error| error.problem(&campaign))?;
    tracing::info!(
        campaign = name,
        rows = pulled.rows,
        "{name} has read {} of its source",
        count(pulled.rows as i64, "row")
    );
    Ok(())
}
