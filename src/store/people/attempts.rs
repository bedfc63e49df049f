//! How often somebody gave a wrong password, and what the record says of it.
//!
//! Three limits hold in a quarter of an hour: of one name from one address, of one address, of one name from wherever.
//! Where somebody has signed in lately only the first holds, or anybody could lock an editor out from elsewhere.

use serde_json::json;
use sqlx::PgExecutor;

use super::super::events::record;
use super::super::{Store, StoreError};
use crate::domain::user::User;

/// Seconds in which failures are counted.
const WINDOW_S: f64 = 15.0 * 60.0;
/// Failures in the window of one name from one address.
const PER_PAIR: i64 = 5;
/// Of one address, whatever names it tries.
const PER_ADDRESS: i64 = 30;
/// Of one name, from wherever.
const PER_NAME: i64 = 100;
/// Events about failures in the window, of all names and addresses: guessing must not grow the record without end.
const MOST_EVENTS: i64 = 20;

/// What a password is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt<'a> {
    /// Somebody says that this is their name.
    SignIn {
        /// The name; empty for what could be nobody's.
        name: &'a str,
        /// Whose requests are counted together.
        address: &'a str,
    },
    /// Somebody who is signed in gives their own password again.
    OwnPassword {
        /// Who.
        name: &'a str,
    },
}

impl<'a> Attempt<'a> {
    fn kind(self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign_in",
            Self::OwnPassword { .. } => "own_password",
        }
    }

    fn name(self) -> &'a str {
        match self {
            Self::SignIn { name, .. } | Self::OwnPassword { name } => name,
        }
    }

    /// Empty where the name alone counts.
    fn address(self) -> &'a str {
        match self {
            Self::SignIn { address, .. } => address,
            Self::OwnPassword { .. } => "",
        }
    }
}

/// What counting an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The password may be looked at; the number of this failure, until it turns out to be none.
    Failure(i64),
    /// There were too many: minutes to wait. This one is not counted.
    Wait(i64),
}

impl Store {
    /// Counts an attempt, as a failure until [`Self::attempt_succeeded`] says otherwise.
    ///
    /// It is counted before the password is looked at: of a thousand guesses that arrive at once, each sees the ones
    /// that were counted before it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_attempt(&self, attempt: Attempt<'_>) -> Result<Counted, StoreError> {
        let id = sqlx::query_scalar!(
            r#"with old as (delete from login_failures where failed_at < nightdesk_now() - interval '1 day')
               insert into login_failures (kind, name_key, address) values ($1, left(lower($2), 80), $3) returning id"#,
            attempt.kind(),
            attempt.name(),
            attempt.address()
        )
        .fetch_one(&self.pool)
        .await?;
        // A statement of its own, so that it sees whoever was counted meanwhile. Each part finds the attempt that has
        // to leave the window before there is room for another.
        let wait = sqlx::query_scalar!(
            r#"with lately as (
                   select * from login_failures
                   where kind = $7 and failed_at > nightdesk_now() - make_interval(secs => $3)
                     and (name_key = left(lower($1), 80) or address = $2)
               ), strange as (
                   select where $2 <> '' and not exists (
                       select from login_addresses a join users u on u.id = a.user_id
                       where lower(u.name) = lower($1) and a.address = $2
                         and a.last_at > nightdesk_now() - interval '30 days')
               ), in_the_way as (
                   (select failed_at from lately where name_key = left(lower($1), 80) and address = $2
                    order by failed_at desc offset $4 limit 1)
                   union all
                   (select failed_at from lately where address = $2 and exists (select from strange)
                    order by failed_at desc offset $5 limit 1)
                   union all
                   (select failed_at from lately where name_key = left(lower($1), 80) and exists (select from strange)
                    order by failed_at desc offset $6 limit 1)
               )
               select ceil(extract(epoch from max(failed_at) + make_interval(secs => $3) - nightdesk_now()) / 60)::bigint
               from in_the_way"#,
            attempt.name(),
            attempt.address(),
            WINDOW_S,
            PER_PAIR,
            PER_ADDRESS,
            PER_NAME,
            attempt.kind()
        )
        .fetch_one(&self.pool)
        .await?;
        let Some(minutes) = wait else {
            return Ok(Counted::Failure(id));
        };
        // Or whoever goes on trying would never be let in again.
        sqlx::query!("delete from login_failures where id = $1", id)
            .execute(&self.pool)
            .await?;
        Ok(Counted::Wait(minutes.max(1)))
    }

    /// Forgets what somebody mistyped before they got it right, and remembers from where they signed in.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn attempt_succeeded(
        &self,
        attempt: Attempt<'_>,
        user: &User,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from login_failures where kind = $1 and name_key = left(lower($2), 80) and address = $3",
            attempt.kind(),
            attempt.name(),
            attempt.address()
        )
        .execute(&self.pool)
        .await?;
        if let Attempt::SignIn { address, .. } = attempt {
            sqlx::query!(
                r#"with old as (delete from login_addresses where last_at < nightdesk_now() - interval '30 days'
                                and (user_id, address) <> ($1, $2))
                   insert into login_addresses (user_id, address, last_at) values ($1, $2, nightdesk_now())
                   on conflict (user_id, address) do update set last_at = excluded.last_at"#,
                user.id,
                address
            )
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }

    /// Puts a failed attempt into the record, unless it has one like it of this quarter of an hour, or enough of them
    /// altogether; whether it did. `from` is the address as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn record_refusal(
        &self,
        attempt: Attempt<'_>,
        from: &str,
        counted: Counted,
    ) -> Result<bool, StoreError> {
        let kind = match counted {
            Counted::Failure(_) => attempt.kind(),
            Counted::Wait(_) => "limit",
        };
        let (name, address) = (attempt.name(), attempt.address());
        // Most of a flood ends here, and does not hold up the record for those who decide.
        if recorded_refusals(&self.pool, kind, name, address).await? >= MOST_EVENTS {
            return Ok(false);
        }
        let mut tx = self.pool.begin().await?;
        // One after the other from here on, as the record itself: or each of a hundred at once would be the first.
        sqlx::query!("select seq from audit_head for update")
            .fetch_optional(&mut *tx)
            .await?;
        let recorded = recorded_refusals(&mut *tx, kind, name, address).await?;
        if recorded >= MOST_EVENTS {
            return Ok(false);
        }
        match counted {
            Counted::Failure(id) => {
                sqlx::query!(
                    "update login_failures set recorded = true where id = $1",
                    id
                )
                .execute(&mut *tx)
                .await?;
            }
            Counted::Wait(_) => {
                sqlx::query!(
                    r#"insert into login_failures (kind, name_key, address, recorded)
                       values ('limit', left(lower($1), 80), $2, true)"#,
                    name,
                    address
                )
                .execute(&mut *tx)
                .await?;
            }
        }
        let mut details = json!({ "address": from });
        if let Counted::Wait(minutes) = counted {
            details["waits_min"] = minutes.into();
        }
        if recorded + 1 == MOST_EVENTS {
            details["further"] = "for a quarter of an hour in the log only".into();
        }
        let stranger = format!("address:{from}");
        let (actor, action) = match attempt {
            Attempt::SignIn { .. } => (stranger.as_str(), "session.refused"),
            Attempt::OwnPassword { name } => (name, "user.password_refused"),
        };
        let subject = if name.is_empty() { "?" } else { name };
        record(&mut tx, actor, action, subject, &details).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Events about failures in the window; as many as there may be where one of them is about this very thing.
async fn recorded_refusals<'e>(
    database: impl PgExecutor<'e>,
    kind: &str,
    name: &str,
    address: &str,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select case when bool_or(kind = $1 and name_key = left(lower($2), 80) and address = $3) then $5
                       else count(*) end as "recorded!"
           from login_failures
           where recorded and failed_at > nightdesk_now() - make_interval(secs => $4)"#,
        kind,
        name,
        address,
        WINDOW_S,
        MOST_EVENTS
    )
    .fetch_one(database)
    .await?)
}
