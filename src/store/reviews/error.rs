//! What goes wrong at the desk: a refusal, or the database.

use super::super::StoreError;
use crate::domain::problem::Problem;
use crate::domain::review::Refusal;

/// Why a reviewer's write did not happen. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It may not happen.
    #[error("{}", .0.problem().message)]
    Refused(Refusal),
    /// It could not happen.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReviewError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(refusal) => refusal.problem(),
            Self::Store(error) => error.problem(),
        }
    }
}

impl From<Refusal> for ReviewError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<sqlx::Error> for ReviewError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(StoreError::from(error))
    }
}
