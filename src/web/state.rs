//! What the pages and the API share: the database, the way people sign in, and what is kept between requests.

use std::path::PathBuf;

use super::credentials::{Passwords, new_token};
use super::vocabulary::Vocabularies;
use crate::domain::user::{Role, User};
use crate::store::Store;

/// What answering a request takes, the same for every request of a desk.
#[derive(Debug)]
pub struct WebState {
    /// The database.
    pub store: Store,
    /// How people sign in.
    pub sign_in: SignIn,
    /// Who may check a password now.
    pub(super) passwords: Passwords,
    pub(super) vocabularies: Vocabularies,
}

impl WebState {
    /// For a desk whose drafts were made by models of this folder.
    pub fn new(store: Store, sign_in: SignIn, models: PathBuf) -> Self {
        Self {
            store,
            sign_in,
            passwords: Passwords::default(),
            vocabularies: Vocabularies::new(models),
        }
    }

    /// This state with other bounds on the hashing of passwords.
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
