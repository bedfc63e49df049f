//! People who review, and what each may do.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use super::visible::{has_hidden, is_blank};
use super::words::words;

/// Fewest characters of a password: length is what guessing costs (NIST SP 800-63B asks for no other rule).
pub const MIN_PASSWORD_CHARS: usize = 10;

/// Most characters of a password: hashing a novel would be a way to keep the server busy.
pub const MAX_PASSWORD_CHARS: usize = 200;

/// Days after which a token of the API ends, where nothing else is said.
pub const TOKEN_DAYS: i32 = 90;

/// Fewest and most days of a token.
pub const TOKEN_DAYS_RANGE: std::ops::RangeInclusive<i32> = 1..=365;

words! {
    /// What somebody may do; each may do what the ones before may.
    #[derive(ToSchema)]
    Role {
        /// Reads, edits and decides.
        Editor = "editor";
        /// Also settles disagreements, takes over, approves in bulk, corrects, kills, pauses and runs.
        Supervisor = "supervisor";
        /// Also makes users.
        Admin = "admin";
    }
}

/// Somebody who reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// UUIDv7.
    pub id: Uuid,
    /// What they sign in with; any printable text.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A user as the list of users shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserRecord {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// Since when they cannot sign in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Whether they have a token for the API.
    pub has_token: bool,
    /// When it was made; unknown of one from before tokens had an end.
    pub token_made_at: Option<DateTime<Utc>>,
    /// When it ends, or ended.
    pub token_expires_at: Option<DateTime<Utc>>,
    /// Whether it has ended by itself: it stays in its place until it is replaced or taken away.
    pub token_expired: bool,
    /// When it was last used, give or take a minute.
    pub token_last_used_at: Option<DateTime<Utc>>,
    /// Browsers in which they are signed in.
    pub sessions: i64,
    /// When they were made.
    pub created_at: DateTime<Utc>,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Event {
    /// From 1, without a gap.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What, such as `review.decided`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How.
    pub details: serde_json::Value,
    /// The link of the chain, SHA-256 in hex.
    pub sha256: String,
}

/// Checks a name.
///
/// # Errors
/// A [`Problem`] with the limit.
pub fn check_name(name: &str) -> Result<(), Problem> {
    let fits = (1..=80).contains(&name.chars().count())
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        Err(Problem::new(
            "user.name",
            "a name has 1 to 80 characters, none of them a control character, and no blanks around it",
        )
        .key("name")
        .hint("such as `kim` or `Kim Okafor`"))
    }
}

/// Checks the name of a new user: who is added under it must not look like somebody else.
///
/// # Errors
/// A [`Problem`] with what a name may be.
pub fn check_new_name(name: &str) -> Result<(), Problem> {
    check_name(name)?;
    if is_blank(name) || has_hidden(name) {
        Err(Problem::new(
            "user.name_hidden",
            "a name has no characters that cannot be seen: it would look like another one",
        )
        .key("name")
        .hint("type it anew instead of pasting it"))
    } else {
        Ok(())
    }
}

/// Checks after how many days a token is to end.
///
/// # Errors
/// A [`Problem`] with the limit.
pub fn check_token_days(days: i32) -> Result<(), Problem> {
    if TOKEN_DAYS_RANGE.contains(&days) {
        Ok(())
    } else {
        Err(Problem::new(
            "user.token_days",
            format!("a token ends after 1 to 365 days, not after {days}"),
        )
        .key("days")
        .hint("without one it is 90; a new one can be made at any time"))
    }
}

/// Checks a password.
///
/// # Errors
/// A [`Problem`] with the limit; the password is not repeated.
pub fn check_password(password: &str) -> Result<(), Problem> {
    let chars = password.chars().count();
    if (MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&chars) {
        Ok(())
    } else {
        Err(Problem::new(
            "user.password",
            format!("a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters, this one has {chars}"),
        )
        .key("password")
        .hint("three words that do not belong together are long and easy to keep"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_read_back() {
        assert!(Role::Editor < Role::Supervisor && Role::Supervisor < Role::Admin);
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!(
            "root".parse::<Role>(),
            Err("`root` is none of `editor`, `supervisor`, `admin`".to_owned())
        );
    }

    #[test]
    fn names_and_passwords_have_limits_that_are_said() {
        for name in ["", " kim", "a\nb", &"x".repeat(81)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in [
            "kim",
            "<script>alert(1)</script>",
            "Åsa Öberg",
            &"x".repeat(80),
        ] {
            assert_eq!(check_name(name), Ok(()));
            assert_eq!(check_new_name(name), Ok(()));
        }
        for name in ["ki\u{200b}m", "\u{3164}", "\u{2060}", "kim\u{202e}", ""] {
            assert!(check_new_name(name).is_err(), "{name:?}");
        }
        insta::assert_snapshot!(check_new_name("kim\u{200b}").unwrap_err(), @"
        `name`: a name has no characters that cannot be seen: it would look like another one

        hint: type it anew instead of pasting it
        ");
        insta::assert_snapshot!(check_name("").unwrap_err(), @"
        `name`: a name has 1 to 80 characters, none of them a control character, and no blanks around it

        hint: such as `kim` or `Kim Okafor`
        ");
        insta::assert_snapshot!(check_password("hunter2").unwrap_err(), @"
        `password`: a password has 10 to 200 characters, this one has 7

        hint: three words that do not belong together are long and easy to keep
        ");
        assert_eq!(check_password("ten letters"), Ok(()));
        insta::assert_snapshot!(check_token_days(366).unwrap_err(), @"
        `days`: a token ends after 1 to 365 days, not after 366

        hint: without one it is 90; a new one can be made at any time
        ");
        assert!(check_token_days(0).is_err() && check_token_days(-1).is_err());
        assert_eq!(check_token_days(TOKEN_DAYS), Ok(()));
    }
}
