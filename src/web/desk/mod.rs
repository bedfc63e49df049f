//! The review desk: pages for editors, rendered here, with plain forms.

mod amend;
mod assets;
mod briefs;
mod bulk;
mod campaigns;
mod decide;
mod draft;
mod error_page;
mod exports;
mod form_result;
mod format;
mod layout;
mod login;
mod numbers;
mod password_check;
mod queue;
mod runs;
mod settings;

use std::sync::Arc;

use axum::Router;

pub(super) use error_page::{ErrorPage, as_page, nothing_there, panicked};

use super::state::WebState;

/// The pages.
pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .merge(assets::routes())
        .merge(login::routes())
        .merge(queue::routes())
        .merge(draft::routes())
        .merge(decide::routes())
        .merge(bulk::routes())
        .merge(amend::routes())
        .merge(exports::routes())
        .merge(runs::routes())
        .merge(campaigns::routes())
        .merge(numbers::routes())
        .merge(briefs::routes())
        .merge(settings::routes())
}
