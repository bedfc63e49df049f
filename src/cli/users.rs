//! `nightdesk users`: who may review, and what each may do.

use std::io::{BufRead, IsTerminal};

use chrono::{DateTime, Utc};
use clap::{Subcommand, ValueEnum};

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::problem::Problem;
use crate::domain::user::{Role, TOKEN_DAYS, User, UserRecord, check_new_name, check_password};
use crate::store::{NewToken, Store, StoreError};
use crate::web::{hash_password, new_token};

/// Shown below the subcommands of `users --help`.
pub(super) const USERS_HELP: &str = "\
Roles: an editor reads, edits and decides; a supervisor also settles disagreements, takes drafts over, approves in
bulk, corrects and kills; an admin also makes users. The first one is made here: nightdesk users add kim --role admin";

#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Make a user; asks for the password.
    Add {
        /// What they sign in with, and what stands beside their decisions.
        name: String,
        /// What they may do.
        #[arg(long, value_enum, default_value = "editor")]
        role: RoleArg,
        /// Read the password from the first line of stdin instead of asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List users.
    List,
    /// Change what a user may do.
    Role {
        /// The user.
        name: String,
        /// What they may do.
        #[arg(value_enum)]
        role: RoleArg,
    },
    /// Set a new password; ends the user's sessions and token.
    Password {
        /// The user.
        name: String,
        /// Read the password from the first line of stdin instead of asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Keep a user from signing in; their decisions stay.
    Disable {
        /// The user.
        name: String,
    },
    /// Let a disabled user sign in again.
    Enable {
        /// The user.
        name: String,
    },
    /// Make a token for the API and print it, this once; an older one stops working.
    ///
    /// It ends by itself, when the user's password changes, and when they are disabled.
    Token {
        /// The user.
        name: String,
        /// Days after which it ends.
        #[arg(long, value_name = "N", default_value_t = TOKEN_DAYS, value_parser = clap::value_parser!(i32).range(1..=365))]
        days: i32,
        /// Take the token away instead.
        #[arg(long)]
        revoke: bool,
    },
}

/// [`Role`] as a flag.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleArg {
    /// Reads, edits and decides.
    Editor,
    /// Also settles, takes over, corrects and kills.
    Supervisor,
    /// Also makes users.
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Editor => Self::Editor,
            RoleArg::Supervisor => Self::Supervisor,
            RoleArg::Admin => Self::Admin,
        }
    }
}

pub(super) async fn users(context: &Context, command: UsersCommand) -> Result<(), Failure> {
    let store = context.store().await?;
    let actor = actor();
    match command {
        UsersCommand::Add {
            name,
            role,
            password_stdin,
        } => {
            check_new_name(&name)?;
            let hash = hashed(ask(&name, password_stdin).await?).await?;
            let user = store.add_user(&actor, &name, role.into(), &hash).await?;
            told(context, &user, &format!("{name} is {}", article(user.role)))
        }
        UsersCommand::List => list(context, &store).await,
        UsersCommand::Role { name, role } => {
            let user = find(&store, &name).await?;
            let role = Role::from(role);
            store.set_role(&actor, &user, role).await?;
            told(
                context,
                &User {
                    role,
                    ..user.clone()
                },
                &format!("{} is {} now", user.name, article(role)),
            )
        }
        UsersCommand::Password {
            name,
            password_stdin,
        } => {
            let user = find(&store, &name).await?;
            let hash = hashed(ask(&name, password_stdin).await?).await?;
            store.set_password(&actor, &user, &hash).await?;
            told(
                context,
                &user,
                &format!(
                    "{} has a new password, is signed out everywhere and has no token",
                    user.name
                ),
            )
        }
        UsersCommand::Disable { name } => {
            let user = find(&store, &name).await?;
            store.set_disabled(&actor, &user, true).await?;
            told(
                context,
                &user,
                &format!("{} cannot sign in any more", user.name),
            )
        }
        UsersCommand::Enable { name } => {
            let user = find(&store, &name).await?;
            store.set_disabled(&actor, &user, false).await?;
            told(context, &user, &format!("{} can sign in again", user.name))
        }
        UsersCommand::Token { name, days, revoke } => {
            let days = (!revoke).then_some(days);
            token(context, &store, &actor, &name, days).await
        }
    }
}

/// Makes a token of so many days, or takes it away. Nobody is asked for the password here: whoever has the database
/// can set it.
async fn token(
    context: &Context,
    store: &Store,
    actor: &str,
    name: &str,
    days: Option<i32>,
) -> Result<(), Failure> {
    let user = find(store, name).await?;
    let Some(days) = days else {
        store.revoke_token(actor, &user).await?;
        return told(context, &user, &format!("{} has no token now", user.name));
    };
    let token = new_token();
    let new = NewToken {
        token_sha256: &crate::web::token_hash(&token),
        days,
        password_hash: None,
    };
    let expires_at = store.make_token(actor, &user, &new).await?;
    if context.json {
        return output::json(&serde_json::json!({
            "name": user.name, "token": token, "expires_at": expires_at,
        }));
    }
    let end = expires_at.format("%Y-%m-%d");
    output::note(&format!(
        "keep it safe: it is not shown again, and ends on {end}"
    ));
    output::line(&token)
}

async fn list(context: &Context, store: &Store) -> Result<(), Failure> {
    let users = store.users().await?;
    if context.json {
        return output::json(&users);
    }
    if users.is_empty() {
        return output::line("no users yet: nightdesk users add NAME --role admin");
    }
    let rows = users
        .iter()
        .map(|record| {
            vec![
                record.user.name.clone(),
                record.user.role.to_string(),
                if record.disabled_at.is_some() {
                    "disabled"
                } else {
                    "active"
                }
                .to_owned(),
                record.sessions.to_string(),
                lifetime(record),
                record.token_last_used_at.map_or_else(String::new, day),
            ]
        })
        .collect();
    output::table(
        &["name", "role", "state", "sessions", "token", "last used"],
        rows,
    )
}

fn lifetime(record: &UserRecord) -> String {
    match record.token_expires_at {
        None => "no".to_owned(),
        Some(end) if record.token_expired => format!("expired {}", day(end)),
        Some(end) => format!("until {}", day(end)),
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

async fn find(store: &Store, name: &str) -> Result<User, Failure> {
    match store.credentials(name).await {
        Ok(credentials) => Ok(credentials.user),
        // Not where people sign in: there nobody may learn who else can.
        Err(StoreError::NotFound { what, name }) => {
            let users = store.users().await?.into_iter();
            let known = users.map(|record| record.user.name).collect();
            Err(StoreError::Unknown { what, name, known }.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn told(context: &Context, user: &User, words: &str) -> Result<(), Failure> {
    if context.json {
        output::json(user)
    } else {
        output::line(words)
    }
}

fn article(role: Role) -> String {
    match role {
        Role::Supervisor => "a supervisor".to_owned(),
        other => format!("an {other}"),
    }
}

/// Who types this, for the audit log.
pub(super) fn actor() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    format!("cli:{}", user.as_deref().unwrap_or("unknown"))
}

/// Twice without echo on a terminal; elsewhere the first line of stdin, if that was asked for.
async fn ask(name: &str, from_stdin: bool) -> Result<String, Failure> {
    if !from_stdin && !std::io::stdin().is_terminal() {
        return Err(Problem::new(
            "user.no_password",
            "there is no terminal to ask for a password on",
        )
        .hint("give it by `--password-stdin`, as the first line of stdin")
        .into());
    }
    let prompt = format!("Password for {name}: ");
    let read = tokio::task::spawn_blocking(move || {
        if from_stdin {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            let password = line.trim_end_matches(['\r', '\n']).to_owned();
            return Ok::<_, std::io::Error>((password.clone(), password));
        }
        let first = rpassword::prompt_password(prompt)?;
        Ok((first, rpassword::prompt_password("Again: ")?))
    });
    let (password, again) = read.await??;
    agreed(&password, &again)?;
    Ok(password)
}

fn agreed(password: &str, again: &str) -> Result<(), Problem> {
    if password != again {
        return Err(
            Problem::new("user.password_differs", "the two passwords differ")
                .hint("nothing was changed; type the command again"),
        );
    }
    check_password(password)
}

async fn hashed(password: String) -> Result<String, Failure> {
    Ok(tokio::task::spawn_blocking(move || hash_password(&password)).await??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_typed_twice_the_same() {
        insta::assert_snapshot!(agreed("three plain words", "three plain word").unwrap_err(), @"
        the two passwords differ

        hint: nothing was changed; type the command again
        ");
        assert_eq!(agreed("three plain words", "three plain words"), Ok(()));
        assert!(agreed("short", "short").is_err());
    }
}
