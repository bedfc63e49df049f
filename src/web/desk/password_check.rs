//! A password is given, to sign in or again at a page: counted, checked in its turn, and what was wrong recorded.

use std::net::IpAddr;

use super::error_page::ErrorPage;
use crate::domain::problem::Problem;
use crate::store::{Attempt, Counted, Credentials, StoreError};
use crate::web::credentials::HashingPermit;
use crate::web::guard::Posted;
use crate::web::state::WebState;

/// Characters of a name in the log.
const NAME_CHARS: usize = 80;

/// The result of checking a password.
pub(super) enum PasswordCheck {
    /// It is the right one; on the permit another can be hashed.
    Right(Box<Credentials>, HashingPermit),
    /// No user has this name and this password.
    Wrong,
    /// It was not looked at: minutes to wait.
    Wait(i64),
    /// It was not looked at: too many others are.
    Busy(Problem),
}

/// Checks a password. Whoever goes on after [`PasswordCheck::Right`] tells the store that the attempt succeeded.
///
/// `typed` is the name as it was given, for the log; `from` the address as it is.
pub(super) async fn check_password(
    state: &WebState,
    attempt: Attempt<'_>,
    typed: &str,
    from: IpAddr,
    password: String,
) -> Result<PasswordCheck, StoreError> {
    // Before it is counted: who finds no permit has not failed.
    let permit = match state.passwords.permit() {
        Ok(permit) => permit,
        Err(problem) => return Ok(PasswordCheck::Busy(problem)),
    };
    let counted = state.store.count_attempt(attempt).await?;
    if let Counted::Wait(minutes) = counted {
        drop(permit);
        refused(state, attempt, typed, from, counted).await;
        return Ok(PasswordCheck::Wait(minutes));
    }
    let (Attempt::SignIn { name, .. } | Attempt::OwnPassword { name }) = attempt;
    let known = match state.store.credentials(name).await {
        Ok(credentials) => Some(credentials),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let right = permit.verify(password, hash).await;
    match known.filter(|known| right && !known.disabled) {
        Some(known) => Ok(PasswordCheck::Right(Box::new(known), permit)),
        None => {
            drop(permit);
            refused(state, attempt, typed, from, counted).await;
            Ok(PasswordCheck::Wrong)
        }
    }
}

/// The result of asking somebody for their own password again.
pub(super) enum OwnPasswordCheck {
    /// It is the right one.
    Right(Box<Credentials>, HashingPermit),
    /// It is another.
    Wrong,
    /// It was not looked at: minutes to wait.
    Wait(i64),
}

/// Asks for somebody's own password again, in a field of their form: whoever finds a desk open must not find the
/// password too, nor take more with them than is on the page.
pub(super) async fn check_own_password(
    state: &WebState,
    posted: &Posted,
    field: &str,
    from: IpAddr,
) -> Result<OwnPasswordCheck, ErrorPage> {
    let name = &posted.viewer.user.name;
    let attempt = Attempt::OwnPassword { name };
    match check_password(state, attempt, name, from, posted.text(field)).await? {
        PasswordCheck::Right(proved, permit) => {
            state.store.attempt_succeeded(attempt, &proved.user).await?;
            Ok(OwnPasswordCheck::Right(proved, permit))
        }
        PasswordCheck::Wrong => Ok(OwnPasswordCheck::Wrong),
        PasswordCheck::Wait(minutes) => Ok(OwnPasswordCheck::Wait(minutes)),
        PasswordCheck::Busy(problem) => Err(ErrorPage::busy(&posted.viewer, problem)),
    }
}

/// Says it in the log and in the record. That neither can be written does not make the password right.
async fn refused(
    state: &WebState,
    attempt: Attempt<'_>,
    typed: &str,
    from: IpAddr,
    counted: Counted,
) {
    let name = in_log(typed);
    let recorded = state
        .store
        .record_refusal(attempt, &from.to_string(), counted)
        .await
        .unwrap_or_else(|error| {
            tracing::warn!("a failed sign-in could not be recorded: {error}");
            false
        });
    match (counted, attempt) {
        (Counted::Failure(_), Attempt::SignIn { .. }) => {
            tracing::warn!(name, address = %from, "a sign-in as `{name}` from {from} failed");
        }
        (Counted::Failure(_), Attempt::OwnPassword { .. }) => {
            tracing::warn!(name, address = %from, "`{name}`, signed in from {from}, gave a wrong password");
        }
        // Once, and not for each of the thousand that follow.
        (Counted::Wait(minutes), _) if recorded => {
            tracing::warn!(
                name, address = %from, waits_min = minutes,
                "attempts as `{name}` from {from} are not looked at for {minutes} min"
            );
        }
        (Counted::Wait(_), _) => {}
    }
}

/// A name as somebody typed it, in one line that shows what is in it.
fn in_log(typed: &str) -> String {
    let beginning: String = typed.chars().take(NAME_CHARS).collect();
    beginning.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_log_is_one_short_line() {
        assert_eq!(in_log("Kim Okafor"), "Kim Okafor");
        assert_eq!(
            in_log("kim\r\n2026-01-05 INFO all is well\u{1b}[2J\u{202e}"),
            r"kim\r\n2026-01-05 INFO all is well\u{1b}[2J\u{202e}"
        );
        assert_eq!(in_log(&"x".repeat(100_000)).len(), 80);
    }
}
