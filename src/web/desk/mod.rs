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
mod format;
mod layout;
mod login;
mod notice;
mod numbers;
mod opening;
mod proving;
mod queue;
mod runs;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;

pub(in crate::web) use error_page::ErrorPage;
pub use opening::Opening;

use super::guard::{Passwords, new_token, protect};
use super::vocabulary::Vocabularies;
use crate::domain::user::{Role, User};
use crate::store::Store;

/// What every page needs.
#[derive(Debug)]
pub struct Desk {
    /// The database.
    pub store: Store,
    /// How people sign in.
    pub sign_in: SignIn,
    /// Who may check a password now.
    pub(super) passwords: Passwords,
    pub(super) vocabularies: Vocabularies,
}

impl Desk {
    /// A desk whose drafts were made by models of this folder.
    pub fn new(store: Store, sign_in: SignIn, models: PathBuf) -> Self {
        Self {
            store,
            sign_in,
            passwords: Passwords::default(),
            vocabularies: Vocabularies::new(models),
        }
    }

    /// The same with other bounds on the hashing of passwords.
    #[must_use]
    pub fn hashing(self, passwords: Passwords) -> Self {
        Self { passwords, ..self }
    }
}

/// How people sign in.
#[derive(Debug)]
pub enum SignIn {
    /// By name and password.
    Password,
    /// Nobody does: everybody who reaches this machine's own address is one user.
    Nobody {
        /// Whose name stands beside what is decided.
        user: User,
        /// What forms carry all the same: another site's page must not send them.
        csrf: String,
    },
}

impl SignIn {
    /// Nobody signs in: for one person at their own machine.
    pub fn nobody(user: User) -> Self {
        Self::Nobody {
            user: User {
                role: Role::Admin,
                ..user
            },
            csrf: new_token(),
        }
    }
}

/// The pages.
pub fn desk(desk: Arc<Desk>) -> Router {
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
        .merge(super::api::routes())
        .fallback(error_page::nothing_there)
        .layer(DefaultBodyLimit::max(super::guard::MOST_BYTES))
        .layer(from_fn(error_page::as_page))
        .layer(CatchPanicLayer::custom(error_page::panicked))
        .layer(from_fn(protect))
        .with_state(desk)
}
