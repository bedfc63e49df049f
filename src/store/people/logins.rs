//! Who is signed in.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::super::error::unless_read_only;
use super::super::events::record;
use super::super::{Store, StoreError};
use super::users::read_role;
use crate::domain::user::User;

/// Seconds after which a session ends whatever happens.
const LONGEST_S: f64 = 24.0 * 3600.0;
/// Seconds without a request after which it ends.
const IDLE_S: f64 = 8.0 * 3600.0;

/// A session that is about to begin.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Hash of the cookie's token.
    pub token_sha256: &'a str,
    /// What its forms carry.
    pub csrf: &'a str,
    /// Hash of the browser's name.
    pub user_agent_sha256: &'a str,
    /// What the password was checked against.
    pub password_hash: &'a str,
    /// Hash of the token that the browser had before: it ends.
    pub before: Option<&'a str>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// What the session's forms carry.
    pub csrf: String,
}

/// One of somebody's sessions, as they may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionRecord {
    /// Beginning of the token's hash: enough to name it, not enough to use it.
    pub id: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, give or take a minute.
    pub last_seen_at: DateTime<Utc>,
}

impl Store {
    /// Signs somebody in; false where their password was changed, or they were disabled, since it was checked.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn open_session(
        &self,
        user: &User,
        session: &NewSession<'_>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        // The lock on the user makes a change of the password wait, which then ends this session with the others.
        let opened = sqlx::query!(
            r#"with held as (
                   select id from users where id = $2 and password_hash = $6 and disabled_at is null for share
               )
               insert into sessions (token_sha256, user_id, csrf, user_agent_sha256, expires_at)
               select $1, held.id, $3, $4, nightdesk_now() + make_interval(secs => $5) from held"#,
            session.token_sha256,
            user.id,
            session.csrf,
            session.user_agent_sha256,
            LONGEST_S,
            session.password_hash
        )
        .execute(&mut *tx)
        .await?;
        if opened.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "delete from sessions where expires_at <= nightdesk_now() or token_sha256 = $1",
            session.before
        )
        .execute(&mut *tx)
        .await?;
        record(
            &mut tx,
            &user.name,
            "session.opened",
            &user.name,
            &serde_json::json!({}),
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whose session it is: not expired, not idle for too long, in the browser in which it began.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn session(
        &self,
        token_sha256: &str,
        user_agent_sha256: &str,
    ) -> Result<Option<SignedIn>, StoreError> {
        let row = sqlx::query!(
            r#"select u.id, u.name, u.role, s.csrf, s.user_agent_sha256,
                      s.last_seen_at < nightdesk_now() - interval '1 minute' as "stale!"
               from sessions s join users u on u.id = s.user_id
               where s.token_sha256 = $1 and s.expires_at > nightdesk_now()
                 and s.last_seen_at > nightdesk_now() - make_interval(secs => $2) and u.disabled_at is null"#,
            token_sha256,
            IDLE_S
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        if row.user_agent_sha256 != user_agent_sha256 {
            // Somebody has the cookie who should not: it is worth nothing to either from now on.
            let mut tx = self.pool.begin().await?;
            sqlx::query!("delete from sessions where token_sha256 = $1", token_sha256)
                .execute(&mut *tx)
                .await?;
            let details = serde_json::json!({});
            record(&mut tx, &row.name, "session.stolen", &row.name, &details).await?;
            tx.commit().await?;
            return Ok(None);
        }
        if row.stale {
            let noted = sqlx::query!(
                "update sessions set last_seen_at = nightdesk_now() where token_sha256 = $1",
                token_sha256
            )
            .execute(&self.pool)
            .await;
            unless_read_only(noted)?;
        }
        Ok(Some(SignedIn {
            user: User {
                id: row.id,
                name: row.name,
                role: read_role(&row.role)?,
            },
            csrf: row.csrf,
        }))
    }

    /// Signs out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn end_session(&self, token_sha256: &str) -> Result<(), StoreError> {
        sqlx::query!("delete from sessions where token_sha256 = $1", token_sha256)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Somebody's sessions, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sessions(&self, user_id: Uuid) -> Result<Vec<SessionRecord>, StoreError> {
        Ok(sqlx::query_as!(
            SessionRecord,
            r#"select left(token_sha256, 12) as "id!", created_at, last_seen_at from sessions
               where user_id = $1 and expires_at > nightdesk_now() order by last_seen_at desc"#,
            user_id
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Ends one of somebody's sessions, by the beginning of its hash.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn end_session_of(&self, user: &User, id: &str) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let ended = sqlx::query!(
            "delete from sessions where user_id = $1 and left(token_sha256, 12) = $2",
            user.id,
            id
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() > 0 {
            let details = serde_json::json!({});
            record(&mut tx, &user.name, "session.ended", &user.name, &details).await?;
        }
        Ok(tx.commit().await?)
    }
}
