//! What leaves and what has left: approved texts, the exports they left in, corrections and kills.
//!
//! Every write locks the review item first, so an export, a correction and a kill of one text go one after the
//! other: a text cannot leave in the moment in which it is killed.

mod amend;
mod publishable;
mod record;

pub use amend::{AmendError, Amended};
pub use publishable::Publishable;
pub use record::{NewExport, Recorded};
