//! People who review, and what each may do.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use super::visible::{has_hidden, is_blank};

/// Fewest characters of a password: length is what guessing costs (NIST SP 800-63B asks for no other rule).
pub const MIN_PASSWORD_CHARS: usize = 10;

/// Most characters of a password: hashing a novel would be a way to keep the server busy.
pub const MAX_PASSWORD_CHARS: usize = 200;

/// What somebody may do; each may do what the ones before may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, edits and decides.
    Editor,
    /// Also settles disagreements, takes over, approves in bulk, corrects, kills, pauses and runs.
    Supervisor,
    /// Also makes users.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Editor, Self::Supervisor, Self::Admin];

    /// The word in SQL, JSON and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == word);
        known.ok_or_else(|| format!("`{word}` is none of `editor`, `supervisor`, `admin`"))
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
    match fits {
        true => Ok(()),
        false => Err(Problem::new(
            "user.name",
            "a name has 1 to 80 characters, none of them a control character, and no blanks around it",
        )
        .key("name")
        .hint("such as `kim` or `Kim Okafor`")),
    }
}

/// Checks the name of a new user: who is added under it must not look like somebody else.
///
/// # Errors
/// A [`Problem`] with what a name may be.
pub fn check_new_name(name: &str) -> Result<(), Problem> {
    check_name(name)?;
    match is_blank(name) || has_hidden(name) {
        false => Ok(()),
        true => Err(Problem::new(
            "user.name_hidden",
            "a name has no characters that cannot be seen: it would look like another one",
        )
        .key("name")
        .hint("type it anew instead of pasting it")),
    }
}

/// Checks a password.
///
/// # Errors
/// A [`Problem`] with the limit; the password is not repeated.
pub fn check_password(password: &str) -> Result<(), Problem> {
    let chars = password.chars().count();
    match (MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&chars) {
        true => Ok(()),
        false => Err(Problem::new(
            "user.password",
            format!("a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters, this one has {chars}"),
        )
        .key("password")
        .hint("three words that do not belong together are long and easy to keep")),
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
    }
}
