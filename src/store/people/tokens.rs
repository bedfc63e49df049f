//! Tokens of the API: one a user, which ends by itself.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::super::error::unless_read_only;
use super::super::events::record;
use super::super::{Store, StoreError, UserError};
use super::users::{end_token, read_role};
use crate::domain::user::User;

/// A token that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// Its hash; the token itself is stored nowhere.
    pub token_sha256: &'a str,
    /// Days after which it ends.
    pub days: i32,
    /// What the password was checked against, where it was asked for.
    pub password_hash: Option<&'a str>,
}

impl Store {
    /// Makes somebody's token, in place of the one they had; its end.
    ///
    /// # Errors
    /// [`UserError::NoToken`] where they are disabled, or the password is another than the one that was checked; the
    /// database.
    pub async fn make_token(
        &self,
        actor: &str,
        user: &User,
        token: &NewToken<'_>,
    ) -> Result<DateTime<Utc>, UserError> {
        let mut tx = self.pool.begin().await?;
        // In two steps: a token that takes another's place has an end of its own.
        end_token(&mut tx, actor, user, "replaced").await?;
        let expires_at = sqlx::query_scalar!(
            r#"update users set api_token_sha256 = $2,
                                api_token_expires_at = nightdesk_now() + make_interval(days => $3)
               where id = $1 and disabled_at is null and ($4::text is null or password_hash = $4)
               returning api_token_expires_at as "expires_at!""#,
            user.id,
            token.token_sha256,
            token.days,
            token.password_hash
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| UserError::NoToken(user.name.clone()))?;
        let details = json!({ "days": token.days, "expires_at": expires_at });
        record(&mut tx, actor, "user.token_made", &user.name, &details).await?;
        tx.commit().await?;
        Ok(expires_at)
    }

    /// Takes somebody's token away; false where they had none.
    ///
    /// # Errors
    /// The database.
    pub async fn revoke_token(&self, actor: &str, user: &User) -> Result<bool, UserError> {
        let mut tx = self.pool.begin().await?;
        let revoked = end_token(&mut tx, actor, user, "revoked").await?;
        tx.commit().await?;
        Ok(revoked)
    }

    /// Who a token belongs to that holds; notes that it was used.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn user_of_token(&self, token_sha256: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query!(
            r#"select id, name, role,
                      coalesce(api_token_last_used_at < nightdesk_now() - interval '1 minute', true) as "stale!"
               from users
               where api_token_sha256 = $1 and disabled_at is null and api_token_expires_at > nightdesk_now()"#,
            token_sha256
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        // Once a minute at most: a program that asks all the time must not write all the time.
        if row.stale {
            let noted = sqlx::query!(
                "update users set api_token_last_used_at = nightdesk_now() where api_token_sha256 = $1",
                token_sha256
            )
            .execute(&self.pool)
            .await;
            unless_read_only(noted)?;
        }
        Ok(Some(User {
            id: row.id,
            name: row.name,
            role: read_role(&row.role)?,
        }))
    }

    /// Whose a token was that has expired, and when it did.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn expired_token(
        &self,
        token_sha256: &str,
    ) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
        let row = sqlx::query!(
            r#"select name, api_token_expires_at as "expired_at!" from users
               where api_token_sha256 = $1 and disabled_at is null and api_token_expires_at <= nightdesk_now()"#,
            token_sha256
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| (row.name, row.expired_at)))
    }
}
