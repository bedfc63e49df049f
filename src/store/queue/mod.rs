//! The queue: what is claimed next and under which lease, what is committed, and what leaves it.

mod audit;
mod claim;
mod commit;
mod leases;
mod lost_claim;
mod partitions;
mod prune;

pub use audit::{Audit, QuarantinedItem, RedrivenItem};
pub use claim::{Claimer, NextRun, Scope};
pub use commit::{Committed, ItemOutcome};
pub use leases::{Lease, LeasedItem};
pub use partitions::Partitions;
pub use prune::{Fate, OldPartition, Pruning};
