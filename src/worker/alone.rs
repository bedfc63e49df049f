//! One brief outside of any run: drafted and scored as a run would, and kept by nobody.

use uuid::Uuid;

use super::item;
use super::job::{Job, JobError};
use crate::domain::brief::Brief;
use crate::engine::Engine;
use crate::store::{LeasedItem, NewDraft};

/// Every candidate, best first.
///
/// # Errors
/// [`JobError`].
pub async fn draft_alone(
    engine: &Engine,
    job: &Job,
    brief: &Brief,
) -> Result<Vec<NewDraft>, JobError> {
    let leased = LeasedItem {
        brief_id: Uuid::nil(),
        brief_revision: 1,
        brief_sha256: brief.sha256(),
        brief: brief.clone(),
        epoch: 0,
        note: None,
    };
    item::drafts(engine, job, &leased).await
}
