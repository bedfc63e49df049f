//! What the queue promises: no brief lost, none drafted twice, whatever dies and whenever.
//!
//! Time stands still in these tests until they move it (`Desk::pass`), so nothing depends on how
//! fast the machine is.

mod availability;
mod cancel;
mod claims;
mod failures;
mod fence;
mod import;
mod leases;
mod model;
mod partitions;
mod prune;
mod redrive;
mod runs;
mod selection;
mod window;
