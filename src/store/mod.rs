//! Every SQL statement of Nightdesk, one folder or file an aggregate; nothing else is in here.
//!
//! Statements take the time from `nightdesk_now()` and never from this process. Constraints are named
//! in the migrations, and what their violation means to a person is said where it can happen.

mod alerts;
mod apply;
mod brief_search;
mod briefs;
mod campaigns;
mod catalog;
mod connection;
mod draft_detail;
mod drafts;
mod error;
mod events;
mod metrics;
mod numbers;
mod people;
mod publish;
mod queue;
mod report;
mod reviews;
mod runs;
mod schema;
mod slots;
mod source;
mod stored_values;

pub use alerts::{ClaimedAlert, NoticedRun};
pub use apply::{Applied, CampaignChange, CampaignFile};
pub use brief_search::{BriefRevision, BriefSearch, DraftOfBrief};
pub use briefs::{BriefFilter, BriefRecord, BriefSummary, Imported};
pub use campaigns::{CampaignRecord, PausedBy, Resumed};
pub use catalog::Pins;
pub use connection::{AddressFault, MINIMUM_POSTGRES, Protection, Timeouts, Transport};
pub use draft_detail::DraftTokens;
pub use drafts::DraftFilter;
pub use error::StoreError;
pub use events::{AuditCheck, BrokenLink};
pub use metrics::{CampaignFigures, Figures};
pub use numbers::{
    Asking, CostFigures, DecileFigures, EDIT_BOUNDS, Frequency, LateFigures, ReviewStatistics,
    VerdictFigures,
};
pub use people::{
    Attempt, Counted, Credentials, NewSession, NewToken, SessionRecord, SignedIn, UserError,
};
pub use publish::{AmendError, Amended, NewExport, Publishable, Recorded};
pub use queue::{
    Audit, Claimer, Committed, Fate, ItemOutcome, Lease, LeasedItem, NextRun, OldPartition,
    Partitions, Pruning, QuarantinedItem, RedrivenItem, Scope,
};
pub use reviews::{
    Bulk, QueueCounts, QueueFacets, QueuePage, RegenerationNote, ReviewDetail, ReviewError,
    SavedFilter,
};
pub use runs::{
    Cancelled, LastRun, OpenedRun, PinnedRun, QuarantineReason, Redrive, RedriveFilter,
    RedriveReason, RunRequest, Selected,
};
pub use schema::SchemaState;
pub use slots::{Fired, NewSlot, ScheduleState, Scheduled, SlotDecision};
pub use source::{
    CursorKind, Page, PageOutcome, Position, Reading, SourceColumns, SourceConnection, SourceError,
    SourceReject, SourceRow, SourceState, Start,
};

/// The database, as every role sees it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: connection::Pool,
    /// `None` where somebody else made the connections.
    transport: Option<Transport>,
}
