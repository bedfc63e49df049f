//! Review: what somebody decides is held against the rules, and then recorded.
//!
//! The store keeps what only the database knows (leases, four eyes, what was decided before); what a text has to be
//! is asked here, so that the store knows no channel. A draft's own text is read under its item's lock, and so is
//! the check of it: the store is handed the check, and calls it there.

use serde_json::Value;
use uuid::Uuid;

use crate::channel::check_limits;
use crate::domain::review::{BulkFilter, CopyFault, Decided, NewDecision, check_text};
use crate::domain::user::User;
use crate::store::{Bulk, ReviewError, Store};

/// Records what a reviewer says about an item, and does what follows from it. The same key twice is the same
/// decision: the second time nothing is written.
///
/// # Errors
/// A refusal or the database; then nothing of it is stored.
pub async fn decide(
    store: &Store,
    reviewer: &User,
    decision: &NewDecision,
) -> Result<Decided, ReviewError> {
    decision.check()?;
    store.decide(reviewer, decision, check_copy).await
}

/// Approves the best draft of every item that fits, if there are as many as were counted. The same key twice is the
/// same bulk.
///
/// # Errors
/// A refusal or the database; then none is approved.
pub async fn bulk_approve(
    store: &Store,
    filter: &BulkFilter,
    reviewer: &User,
    key: Uuid,
    expected: i64,
) -> Result<Bulk, ReviewError> {
    store
        .bulk_approve(filter, reviewer, key, expected, check_copy)
        .await
}

/// Whether a text may be approved for its channel, as the channel is now: a draft of an earlier release was held
/// against other rules.
fn check_copy(channel: Option<&str>, text: &str, parts: Option<&Value>) -> Result<(), CopyFault> {
    check_text(text)?;
    check_limits(channel, text, parts)
}
