//! What can go wrong with a request, and its HTTP status: the one place for the pages and the API.
//!
//! ```text
//! 403  another role is needed, or it is somebody else's
//! 404  there is nothing of that id or name
//! 409  it is not in a state for this, or somebody was faster; the same request later may be right
//! 413  more than one request may hold
//! 422  the request itself breaks a rule, or names several things where one is meant
//! 500  a mistake of ours
//! 503  the database is away, or gave up in favour of somebody else
//! ```

use axum::http::StatusCode;

use crate::domain::problem::{Blame, Problem};
use crate::domain::review::Refusal;
use crate::publish::PublishError;
use crate::store::{AmendError, ReviewError, StoreError, UserError};

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub(super) enum WebError {
    /// The database, or what it does not hold.
    Store(StoreError),
    /// A reviewer's write.
    Review(ReviewError),
    /// A correction or a kill, as the store refuses it.
    Amend(AmendError),
    /// An export, a correction or a kill.
    Publish(PublishError),
    /// A change to a user.
    User(UserError),
    /// More than one request may hold, in words.
    TooMuch(Problem),
    /// Anything else that was told in words already.
    Problem(Problem),
}

impl WebError {
    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Store(error)
            | Self::Review(ReviewError::Store(error))
            | Self::Amend(AmendError::Store(error))
            | Self::Publish(
                PublishError::Store(error) | PublishError::Amend(AmendError::Store(error)),
            )
            | Self::User(UserError::Store(error)) => status_of_store_error(error),
            Self::Review(ReviewError::Refused(refusal)) => status_of_refusal(refusal),
            Self::Amend(_)
            | Self::Publish(PublishError::Amend(_) | PublishError::Overtaken { .. })
            | Self::User(_) => StatusCode::CONFLICT,
            Self::Publish(error) => status_of_problem(&error.problem()),
            Self::TooMuch(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Problem(problem) => status_of_problem(problem),
        }
    }

    /// The message for a person at the desk, or whose program asks it.
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Store(error) => error.problem(),
            Self::Review(error) => error.problem(),
            Self::Amend(error) => error.problem(),
            Self::Publish(error) => error.problem(),
            Self::User(error) => error.problem(),
            Self::TooMuch(problem) | Self::Problem(problem) => problem,
        }
    }
}

fn status_of_store_error(error: &StoreError) -> StatusCode {
    match error {
        // Something is there; what is wrong is the id, which names more than one.
        StoreError::Ambiguous { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        error if error.is_not_found() => StatusCode::NOT_FOUND,
        error if error.is_connection_lost() || error.may_pass() => StatusCode::SERVICE_UNAVAILABLE,
        error if error.problem().blame == Blame::Input => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn status_of_refusal(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::SupervisorNeeded | Refusal::NotYours => StatusCode::FORBIDDEN,
        Refusal::NoReason
        | Refusal::NoNote
        | Refusal::NoteTooLong { .. }
        | Refusal::EmptyText
        | Refusal::TextTooLarge { .. }
        | Refusal::OverLimit { .. }
        | Refusal::ForeignDraft
        | Refusal::BadCursor => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Held { .. }
        | Refusal::LeaseLost { .. }
        | Refusal::LeaseExpired
        | Refusal::Closed { .. }
        | Refusal::AlreadyReviewed
        | Refusal::AuthorCannotApprove
        | Refusal::UndoTooLate
        | Refusal::UndoOvertaken
        | Refusal::UndoneBefore
        | Refusal::BulkChanged { .. }
        | Refusal::BulkUnfit { .. }
        | Refusal::KeyReused
        | Refusal::NotRegenerable => StatusCode::CONFLICT,
    }
}

fn status_of_problem(problem: &Problem) -> StatusCode {
    match problem.blame {
        Blame::Input => StatusCode::UNPROCESSABLE_ENTITY,
        Blame::Unexpected => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ReviewError> for WebError {
    fn from(error: ReviewError) -> Self {
        Self::Review(error)
    }
}

impl From<AmendError> for WebError {
    fn from(error: AmendError) -> Self {
        Self::Amend(error)
    }
}

impl From<PublishError> for WebError {
    fn from(error: PublishError) -> Self {
        Self::Publish(error)
    }
}

impl From<UserError> for WebError {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

impl From<Problem> for WebError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn status(error: impl Into<WebError>) -> u16 {
        error.into().status().as_u16()
    }

    fn ambiguous() -> StoreError {
        StoreError::Ambiguous {
            what: "run",
            name: "0192".to_owned(),
        }
    }

    fn missing() -> StoreError {
        StoreError::NotFound {
            what: "draft",
            name: "0192".to_owned(),
        }
    }

    #[test]
    fn an_error_has_one_status_whoever_passed_it_on() {
        assert_eq!(status(ambiguous()), 422);
        assert_eq!(status(missing()), 404);
        assert_eq!(status(ReviewError::Store(missing())), 404);
        assert_eq!(status(AmendError::Store(missing())), 404);
        assert_eq!(status(PublishError::Store(missing())), 404);
        assert_eq!(
            status(PublishError::Amend(AmendError::Store(missing()))),
            404
        );
        assert_eq!(status(UserError::Store(missing())), 404);
    }

    #[test]
    fn what_was_refused_says_whose_fault_it_is() {
        assert_eq!(status(ReviewError::Refused(Refusal::NotYours)), 403);
        assert_eq!(status(ReviewError::Refused(Refusal::NoReason)), 422);
        assert_eq!(status(ReviewError::Refused(Refusal::LeaseExpired)), 409);
        assert_eq!(
            status(ReviewError::Refused(Refusal::AuthorCannotApprove)),
            409
        );
        let draft = Uuid::nil();
        assert_eq!(
            status(PublishError::Amend(AmendError::Killed { draft })),
            409
        );
        assert_eq!(status(PublishError::Overtaken { tries: 3 }), 409);
        assert_eq!(status(PublishError::NoReason), 422);
        assert_eq!(status(UserError::NameTaken("kim".to_owned())), 409);
        assert_eq!(status(Problem::new("any", "it is not right")), 422);
        let too_much = WebError::TooMuch(Problem::new("any", "it is too much"));
        assert_eq!(status(too_much), 413);
        assert_eq!(
            status(Problem::new("any", "we are not right").unexpected()),
            500
        );
    }
}
