//! Every SQL statement of Nightdesk, one file an aggregate; nothing else is in here.
//!
//! Statements take the time from `nightdesk_now()` and never from this process. Constraints are named
//! in the migrations, and what their violation means to a person is said where it can happen.

mod apply;
mod audit;
mod briefs;
mod campaigns;
mod catalog;
mod claim;
mod commit;
mod connect;
mod drafts;
mod error;
mod finish;
mod metrics;
mod queue;
mod runs;
mod selection;
mod slots;

pub use apply::{Applied, CampaignChange, CampaignFile};
pub use audit::{Audit, QuarantinedItem};
pub use briefs::{BriefFilter, BriefRecord, BriefSummary, Imported};
pub use campaigns::{CampaignRecord, PausedBy};
pub use catalog::Pins;
pub use claim::{NextRun, Scope};
pub use commit::{Committed, ItemOutcome};
pub use connect::{MINIMUM_POSTGRES, SchemaState};
pub use drafts::{DraftFilter, NewDraft};
pub use error::StoreError;
pub use metrics::{CampaignFigures, Figures};
pub use queue::{Lease, LeasedItem};
pub use runs::{OpenedRun, PinnedRun, RunRequest};
pub use selection::Selected;
pub use slots::{Decision, Fired, NewSlot, Scheduled, Standing};

/// The database, as every role sees it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: sqlx::PgPool,
}
