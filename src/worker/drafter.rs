//! What drafts: the model, or in tests of the queue a script. The worker knows only this much of it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::problem::Problem;
use crate::store::{ItemOutcome, LeasedItem, PinnedRun};

/// An item on its way to its outcome.
pub type Drafting<'a> = Pin<Box<dyn Future<Output = ItemOutcome> + Send + 'a>>;

/// A run that is being got ready.
pub type DrafterFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Arc<dyn Drafter>, Problem>> + Send + 'a>>;

/// Drafts the items of one run.
pub trait Drafter: Send + Sync + 'static {
    /// Drafts one item; what goes wrong is its outcome.
    fn draft(&self, leased: LeasedItem) -> Drafting<'_>;

    /// Rows of a step that one item fills.
    fn rows(&self) -> usize;
}

/// Gets runs ready, and knows how the model behind them is.
pub trait Drafters: Send + Sync {
    /// Gets ready for a run. With another model than [`Self::model`] only while nothing is in hand:
    /// the one in memory makes room for it.
    fn open<'a>(&'a mut self, run: &'a PinnedRun) -> DrafterFuture<'a>;

    /// Hash of the model in memory.
    fn model(&self) -> Option<&str>;

    /// Whether the model has died, so that everything would fail from now on.
    fn has_stopped(&self) -> bool;

    /// How long its running step has taken so far.
    fn step_running_for(&self) -> Option<Duration>;

    /// Tokens generated so far, those of unfinished texts included.
    fn generated_tokens(&self) -> u64;
}
