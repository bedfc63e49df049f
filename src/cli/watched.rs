//! Drafters under watch: what the model generates and which runs it cannot do goes to the vitals. The worker and the
//! probes do not know each other; the command that starts both puts them together here.

use std::sync::Arc;
use std::time::Duration;

use crate::store::PinnedRun;
use crate::web::Vitals;
use crate::worker::{DrafterFuture, Drafters};

/// Drafters that are watched.
pub(super) struct Watched<D> {
    inner: D,
    vitals: Arc<Vitals>,
}

impl<D> Watched<D> {
    /// Watches drafters.
    pub(super) fn new(inner: D, vitals: Arc<Vitals>) -> Self {
        Self { inner, vitals }
    }
}

impl<D: Drafters> Drafters for Watched<D> {
    fn open<'a>(&'a mut self, run: &'a PinnedRun) -> DrafterFuture<'a> {
        Box::pin(async move {
            let opened = self.inner.open(run).await;
            match &opened {
                Ok(_) => self.vitals.works_on(run.id),
                Err(problem) => self.vitals.cannot_work_on(run.id, problem.clone()),
            }
            opened
        })
    }

    fn model(&self) -> Option<&str> {
        self.inner.model()
    }

    fn has_stopped(&self) -> bool {
        self.inner.has_stopped()
    }

    /// The worker asks in every round, so this is where its tokens are noted.
    fn step_running_for(&self) -> Option<Duration> {
        self.vitals.generated(self.inner.generated_tokens());
        self.inner.step_running_for()
    }

    fn generated_tokens(&self) -> u64 {
        self.inner.generated_tokens()
    }
}
