//! The audit log: a chain of hashes, one link for every write of a person.

use std::cmp::Ordering;

use serde::Serialize;

use super::connection::Transaction;
use super::{Store, StoreError};
use crate::domain::problem::Problem;
use crate::domain::user::Event;

/// What checking the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditCheck {
    /// Links that were checked.
    pub events: i64,
    /// Number of the last link that the head names.
    pub head_seq: i64,
    /// Its hash: noted elsewhere, it shows later that nothing before it was changed.
    pub head_sha256: String,
    /// Where the chain first does not hold, and why.
    pub broken: Option<BrokenLink>,
    /// Whether a hash that was noted earlier is in the chain; none where none was given.
    pub expected_found: Option<bool>,
}

/// The first place at which the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenLink {
    /// Number of the link.
    pub seq: i64,
    /// `changed`, `missing`, `unlinked`, `added` or `cut off`.
    pub what: String,
}

impl AuditCheck {
    /// What is wrong with the chain; none where it holds.
    pub fn problem(&self) -> Option<Problem> {
        if let Some(broken) = &self.broken {
            let seq = broken.seq;
            let what = match broken.what.as_str() {
                "missing" => format!("events are missing before event {seq}"),
                "changed" => format!("event {seq} was changed after it was recorded"),
                "unlinked" => format!("event {seq} does not follow the one before it"),
                "added" => format!("events from {seq} on are behind the end that was recorded"),
                _ => format!("events from {seq} on were cut off"),
            };
            return Some(
                Problem::new("audit.broken", format!("the chain does not hold: {what}")).hint(
                    "somebody wrote to the table `events` past this program; compare with a backup",
                ),
            );
        }
        (self.expected_found == Some(false)).then(|| {
            Problem::new(
                "audit.not_in_chain",
                "the expected hash is not in the chain, though every link of it holds",
            )
            .hint("the chain was rewritten since that hash was noted, or it is another database's")
        })
    }
}

/// Adds a link inside the transaction of what it records.
pub(super) async fn record(
    tx: &mut Transaction,
    actor: &str,
    action: &str,
    subject: &str,
    details: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query_scalar!(
        "select record_event($1, $2, $3, $4)",
        actor,
        action,
        subject,
        details
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

impl Store {
    /// Adds a link for something that was done by several transactions, or outside the database.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn record_event(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        details: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        record(&mut tx, actor, action, subject, details).await?;
        Ok(tx.commit().await?)
    }

    /// The events before a number, newest first; from the latest on where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn events(&self, before: Option<i64>, limit: i64) -> Result<Vec<Event>, StoreError> {
        Ok(sqlx::query_as!(
            Event,
            "select seq, at, actor, action, subject, details, sha256 from events
             where $1::bigint is null or seq < $1 order by seq desc limit $2",
            before,
            limit
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Checks every link of the chain, and that its end is where the head says.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn check_events(&self, expected: Option<&str>) -> Result<AuditCheck, StoreError> {
        // One statement is one state of the database: a link that is added meanwhile plays no part.
        let row = sqlx::query!(
            r#"with chain as (
                   select seq, sha256, prev_sha256,
                          lag(seq, 1, 0::bigint) over (order by seq) as before,
                          lag(sha256, 1, repeat('0', 64)) over (order by seq) as before_sha256,
                          event_sha256(prev_sha256, seq, at, actor, action, subject, details) as computed
                   from events
               ), judged as (
                   select seq, case when seq <> before + 1 then 'missing'
                                    when computed <> sha256 then 'changed'
                                    when prev_sha256 <> before_sha256 then 'unlinked' end as what
                   from chain
               ), wrong as (
                   select seq, what from judged where what is not null order by seq limit 1
               )
               select (select count(*) from chain) as "events!",
                      coalesce(h.seq, 0) as "head_seq!", coalesce(h.sha256, 'none') as "head_sha256!",
                      (select seq from wrong) as wrong_seq, (select what from wrong) as wrong_what,
                      coalesce((select seq from chain order by seq desc limit 1), 0) as "last_seq!",
                      coalesce((select sha256 from chain order by seq desc limit 1), repeat('0', 64)) as "last_sha256!",
                      -- The hash before the first link is in every chain: it may have been noted of an empty one.
                      exists (select from chain where sha256 = $1) or $1 = repeat('0', 64) as expected_found
               -- A head that was deleted is a chain that does not hold, and no error.
               from (select) one left join audit_head h on true"#,
            expected
        )
        .fetch_one(&self.pool)
        .await?;
        let broken = match (row.wrong_seq, row.wrong_what) {
            (Some(seq), Some(what)) => {
                // The first link that is not there, and not the one behind the gap.
                Some(BrokenLink { seq, what })
            }
            // Its links hold, so the end of the chain is not where the head says.
            _ => match row.last_seq.cmp(&row.head_seq) {
                Ordering::Less => Some(BrokenLink {
                    seq: row.last_seq + 1,
                    what: "cut off".to_owned(),
                }),
                Ordering::Greater => Some(BrokenLink {
                    seq: row.head_seq + 1,
                    what: "added".to_owned(),
                }),
                Ordering::Equal if row.last_sha256 != row.head_sha256 => Some(BrokenLink {
                    seq: row.last_seq,
                    what: "changed".to_owned(),
                }),
                Ordering::Equal => None,
            },
        };
        Ok(AuditCheck {
            events: row.events,
            head_seq: row.head_seq,
            head_sha256: row.head_sha256,
            broken,
            expected_found: expected.and(row.expected_found),
        })
    }
}
