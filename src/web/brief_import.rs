//! A file of briefs that somebody sent, by a page or by the API: judged away from the threads that answer, and imported.

use super::error::WebError;
use super::state::WebState;
use crate::domain::problem::Problem;
use crate::intake::{Record, Upload, read_upload};
use crate::store::Imported;

/// Imports what can be imported of a file, in the name of `actor`; its name says how it is read.
///
/// # Errors
/// Where it holds more than one import may, or the database; then nothing of it is in.
pub(super) async fn import(
    state: &WebState,
    actor: &str,
    name: &str,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Result<(Imported, Upload), WebError> {
    let named = name.to_owned();
    // Seconds of pure computing, which must not hold up anybody's page.
    let read = tokio::task::spawn_blocking(move || read_upload(&named, bytes.as_ref()));
    let read = read
        .await
        .map_err(|error| Problem::new("web.import", error.to_string()).unexpected())?;
    let upload = read.map_err(WebError::TooMuch)?;
    let briefs: Vec<_> = upload.records.iter().map(Record::with_changes).collect();
    let imported = state
        .store
        .import_upload(actor, name, upload.rejected, &briefs)
        .await?;
    Ok((imported, upload))
}
