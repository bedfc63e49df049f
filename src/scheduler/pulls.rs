//! Pulls of campaigns' sources, beside the rounds: reading a hundred thousand rows must not keep other
//! campaigns from firing.

use std::collections::HashMap;

use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::domain::problem::Problem;
use crate::pull::{PullOptions, pull};
use crate::store::{Scheduled, Store};

/// The pulls under way.
#[derive(Debug, Default)]
pub(super) struct Pulls {
    running: HashMap<Uuid, JoinHandle<Result<(), Problem>>>,
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
        if let Some(running) = self.running.get(&campaign.id) {
            if !running.is_finished() {
                return Ok(false);
            }
            let Some(ended) = self.running.remove(&campaign.id) else {
                return Ok(false);
            };
            return match ended.await {
                Ok(pulled) => pulled.map(|()| true).map_err(Some),
                Err(_) => Err(Some(
                    Problem::new("source.panicked", "reading the source panicked").unexpected(),
                )),
            };
        }
        let (store, name) = (store.clone(), campaign.name.clone());
        let pulling = tokio::spawn(async move {
            let campaign = store
                .campaign(&name)
                .await
                .map_err(|error| error.problem())?;
            let pulled = pull(&store, &campaign, &PullOptions::default(), &|_| ()).await;
            let pulled = pulled.map_err(|error| error.problem(&campaign))?;
            tracing::info!(
                campaign = name,
                rows = pulled.rows,
                "{name} has read {} rows of its source",
                pulled.rows
            );
            Ok(())
        });
        self.running.insert(campaign.id, pulling);
        Ok(false)
    }
}
