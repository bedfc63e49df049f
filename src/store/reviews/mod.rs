//! Review: the queue, who holds an item, what is decided about it.
//!
//! A decision is one transaction under the item's row lock, so two reviewers of one item go one after the other.
//! What is promised (a lease, four eyes, an open item) is asked here to say it in words, and kept by triggers and
//! unique indexes of the schema even where this code is wrong.

mod bulk;
mod claim;
mod decide;
mod detail;
mod error;
mod filters;
mod outcome;
mod place;
mod queue;
mod regenerate;
mod revisions;
mod undo;
mod waiting;

pub use bulk::Bulk;
pub use detail::{RegenerationNote, ReviewDetail};
pub use error::ReviewError;
pub use filters::SavedFilter;
pub use queue::{QueueCounts, QueueFacets, QueuePage};
