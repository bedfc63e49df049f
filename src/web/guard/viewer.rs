//! Somebody who is signed in.

use crate::domain::user::{Role, User};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(in crate::web) struct Viewer {
    /// Who.
    pub(in crate::web) user: User,
    /// What the session's forms carry.
    pub(in crate::web) csrf: String,
    /// Hash of the session's token; empty where nobody signs in.
    pub(in crate::web) session: String,
}

impl Viewer {
    /// Whether they settle, take over, correct and kill.
    pub(in crate::web) fn is_supervisor(&self) -> bool {
        self.user.role >= Role::Supervisor
    }
}
