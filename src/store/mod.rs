//! Every SQL statement of Nightdesk, one file an aggregate; nothing else is in here.
//!
//! Statements take the time from `nightdesk_now()` and never from this process. Constraints are named
//! in the migrations, and what their violation means to a person is said where it can happen.

mod address;
mod alerts;
mod apply;
mod attempts;
mod audit;
mod brief_search;
mod briefs;
mod campaigns;
mod cancel;
mod catalog;
mod claim;
mod commit;
mod connect;
mod connect_failure;
mod draft_detail;
mod drafts;
mod endpoint;
mod error;
mod events;
mod finish;
mod last_runs;
mod lease;
mod ledger;
mod logins;
mod metrics;
mod numbers;
mod partitions;
mod pool;
mod prune;
mod publish;
mod quarantined;
mod queue;
mod redrive;
mod report;
mod reviews;
mod runs;
mod schema;
mod selection;
mod session;
mod slots;
mod source;
mod steps;
mod tokens;
mod transport;
mod users;
mod waiting;

pub use address::{AddressFault, Protection};
pub use alerts::{ClaimedAlert, NoticedRun};
pub use apply::{Applied, CampaignChange, CampaignFile};
pub use attempts::{Attempt, Counted};
pub use audit::{Audit, QuarantinedItem, RedrivenItem};
pub use brief_search::{BriefRevision, BriefSearch, DraftOfBrief};
pub use briefs::{BriefFilter, BriefRecord, BriefSummary, Imported};
pub use campaigns::{CampaignRecord, PausedBy, Resumed};
pub use cancel::Cancelled;
pub use catalog::Pins;
pub use claim::{Claimer, NextRun, Scope};
pub use commit::{Committed, ItemOutcome};
pub use connect::MINIMUM_POSTGRES;
pub use draft_detail::DraftTokens;
pub use drafts::DraftFilter;
pub use error::StoreError;
pub use events::{AuditCheck, BrokenLink};
pub use last_runs::LastRun;
pub use logins::{NewSession, SessionRecord, SignedIn};
pub use metrics::{CampaignFigures, Figures};
pub use numbers::{
    Asking, CostFigures, DecileFigures, EDIT_BOUNDS, Frequency, LateFigures, ReviewStatistics,
    VerdictFigures,
};
pub use partitions::Partitions;
pub use pool::Timeouts;
pub use prune::{Fate, OldPartition, Pruning};
pub use publish::{AmendError, Amended, NewExport, Publishable, Recorded};
pub use quarantined::QuarantineReason;
pub use queue::{Lease, LeasedItem};
pub use redrive::{Redrive, RedriveFilter, RedriveReason};
pub use reviews::{
    Bulk, QueueCounts, QueueFacets, QueuePage, RegenerationNote, ReviewDetail,
    ReviewError, SavedFilter,
};
pub use runs::{OpenedRun, PinnedRun, RunRequest};
pub use schema::SchemaState;
pub use selection::Selected;
pub use slots::{SlotDecision, Fired, NewSlot, ScheduleState, Scheduled};
pub use source::{
    CursorKind, Page, PageOutcome, Position, Reading, SourceColumns, SourceConnection, SourceError,
    SourceReject, SourceRow, SourceState, Start,
};
pub use tokens::NewToken;
pub use transport::Transport;
pub use users::{Credentials, UserError};

/// The database, as every role sees it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: pool::Pool,
    /// `None` where somebody else made the connections.
    transport: Option<Transport>,
}
