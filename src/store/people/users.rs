//! People: made, changed, never deleted. Every change is in the audit log.

use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::events::record;
use super::super::stored_values::read_word;
use super::super::{Store, StoreError};
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User, UserRecord};

/// Why a user was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is somebody else's.
    #[error("there is a user `{0}` already")]
    NameTaken(String),
    /// Nobody else could make users.
    #[error("`{0}` is the last admin who can sign in")]
    LastAdmin(String),
    /// They may not sign in, or their password was changed after it was checked.
    #[error("`{0}` is disabled, or has another password since a moment ago, so no token was made")]
    NoToken(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UserError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::NameTaken(_) => Problem::new("user.name_taken", self.to_string())
                .key("name")
                .hint("capitals make no difference"),
            Self::LastAdmin(_) => {
                Problem::new("user.last_admin", self.to_string()).hint("make another admin first")
            }
            Self::NoToken(_) => Problem::new("user.no_token", self.to_string())
                .hint("an admin can let them sign in again"),
            Self::Store(error) => error.problem(),
        }
    }
}

impl From<sqlx::Error> for UserError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What signing in needs.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// Argon2id, a PHC string.
    pub password_hash: String,
    /// Whether they may not sign in.
    pub disabled: bool,
}

impl Store {
    /// Everybody, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Corrupt`].
    pub async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, name, role, disabled_at, api_token_sha256 is not null as "has_token!",
                      api_token_made_at, api_token_expires_at, api_token_last_used_at, created_at,
                      coalesce(api_token_expires_at <= nightdesk_now(), false) as "token_expired!",
                      (select count(*) from sessions s where s.user_id = u.id and s.expires_at > nightdesk_now()) as "sessions!"
               from users u order by lower(name)"#
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(UserRecord {
                    user: User {
                        id: row.id,
                        name: row.name,
                        role: read_role(&row.role)?,
                    },
                    disabled_at: row.disabled_at,
                    has_token: row.has_token,
                    token_made_at: row.api_token_made_at,
                    token_expires_at: row.api_token_expires_at,
                    token_expired: row.token_expired,
                    token_last_used_at: row.api_token_last_used_at,
                    sessions: row.sessions,
                    created_at: row.created_at,
                })
            })
            .collect()
    }

    /// Somebody by name, capitals ignored.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database.
    pub async fn credentials(&self, name: &str) -> Result<Credentials, StoreError> {
        let row = sqlx::query!(
            r#"select id, name, role, password_hash, disabled_at is not null as "disabled!"
               from users where lower(name) = lower($1)"#,
            name
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "user",
            name: name.to_owned(),
        })?;
        Ok(Credentials {
            user: User {
                id: row.id,
                name: row.name,
                role: read_role(&row.role)?,
            },
            password_hash: row.password_hash,
            disabled: row.disabled,
        })
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`UserError::NameTaken`], or the database.
    pub async fn add_user(
        &self,
        actor: &str,
        name: &str,
        role: Role,
        password_hash: &str,
    ) -> Result<User, UserError> {
        let user = User {
            id: Uuid::now_v7(),
            name: name.to_owned(),
            role,
        };
        let mut tx = self.pool.begin().await?;
        let made = sqlx::query!(
            "insert into users (id, name, role, password_hash) values ($1, $2, $3, $4) on conflict do nothing",
            user.id,
            name,
            role.as_str(),
            password_hash
        )
        .execute(&mut *tx)
        .await?;
        if made.rows_affected() == 0 {
            return Err(UserError::NameTaken(name.to_owned()));
        }
        record(
            &mut tx,
            actor,
            "user.added",
            name,
            &serde_json::json!({ "role": role }),
        )
        .await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Changes what somebody may do, from their next request on.
    ///
    /// # Errors
    /// [`UserError::LastAdmin`], or the database.
    pub async fn set_role(&self, actor: &str, user: &User, role: Role) -> Result<(), UserError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "update users set role = $2 where id = $1",
            user.id,
            role.as_str()
        )
        .execute(&mut *tx)
        .await?;
        some_admin_is_left(&mut tx, user).await?;
        let details = serde_json::json!({ "from": user.role, "to": role });
        record(&mut tx, actor, "user.role_changed", &user.name, &details).await?;
        Ok(tx.commit().await?)
    }

    /// Sets a password and ends every session and the token: who knew the old one is out.
    ///
    /// # Errors
    /// The database.
    pub async fn set_password(
        &self,
        actor: &str,
        user: &User,
        password_hash: &str,
    ) -> Result<(), UserError> {
        let mut tx = self.pool.begin().await?;
        end_token(&mut tx, actor, user, "password_changed").await?;
        sqlx::query!(
            "update users set password_hash = $2 where id = $1",
            user.id,
            password_hash
        )
        .execute(&mut *tx)
        .await?;
        end_sessions(&mut tx, user).await?;
        let details = serde_json::json!({});
        record(
            &mut tx,
            actor,
            "user.password_changed",
            &user.name,
            &details,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Keeps somebody from signing in, or lets them again. Their sessions and their token end at once.
    ///
    /// # Errors
    /// [`UserError::LastAdmin`], or the database.
    pub async fn set_disabled(
        &self,
        actor: &str,
        user: &User,
        disabled: bool,
    ) -> Result<(), UserError> {
        let mut tx = self.pool.begin().await?;
        if disabled {
            end_token(&mut tx, actor, user, "disabled").await?;
        }
        sqlx::query!(
            r#"update users set disabled_at = case when $2 then coalesce(disabled_at, nightdesk_now()) end
               where id = $1"#,
            user.id,
            disabled
        )
        .execute(&mut *tx)
        .await?;
        some_admin_is_left(&mut tx, user).await?;
        end_sessions(&mut tx, user).await?;
        let action = if disabled {
            "user.disabled"
        } else {
            "user.enabled"
        };
        record(&mut tx, actor, action, &user.name, &serde_json::json!({})).await?;
        Ok(tx.commit().await?)
    }
}

/// Behind the change, so that two admins who disable each other cannot both succeed.
async fn some_admin_is_left(tx: &mut Transaction, changed: &User) -> Result<(), UserError> {
    sqlx::query!("select id from users where role = 'admin' order by id for update")
        .fetch_all(&mut **tx)
        .await?;
    let left = sqlx::query_scalar!(
        r#"select exists (select from users where role = 'admin' and disabled_at is null) as "left!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    if left || changed.role != Role::Admin {
        Ok(())
    } else {
        Err(UserError::LastAdmin(changed.name.clone()))
    }
}

async fn end_sessions(tx: &mut Transaction, user: &User) -> Result<(), StoreError> {
    sqlx::query!("delete from sessions where user_id = $1", user.id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends somebody's token inside the transaction of what ends it, and records that; false where they had none.
pub(in crate::store) async fn end_token(
    tx: &mut Transaction,
    actor: &str,
    user: &User,
    because: &str,
) -> Result<bool, StoreError> {
    let ended = sqlx::query!(
        "update users set api_token_sha256 = null where id = $1 and api_token_sha256 is not null",
        user.id
    )
    .execute(&mut **tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    let (action, details) = match because {
        "revoked" => ("user.token_revoked", serde_json::json!({})),
        because => (
            "user.token_ended",
            serde_json::json!({ "because": because }),
        ),
    };
    record(tx, actor, action, &user.name, &details).await?;
    Ok(true)
}

/// A stored role.
pub(in crate::store) fn read_role(word: &str) -> Result<Role, StoreError> {
    read_word("user", word)
}
