//! Approving many at once: only what passes every gate, needs one review, and nobody is reading.

use serde::Serialize;
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError, events};
use super::ReviewError;
use super::queue::{PLANNED_ONCE, push_filter};
use crate::domain::review::{BulkFilter, CopyCheck, Refusal};
use crate::domain::user::{Role, User};

/// Most items of one bulk: one transaction, and the limit of what somebody can answer for.
const MOST: i64 = 1000;

/// What a bulk did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bulk {
    /// Of all its decisions.
    pub id: Uuid,
    /// Drafts that were approved.
    pub approved: i64,
}

/// Whether each of the drafts may be approved as it is: its gates were made under the rules of the release that
/// drafted it.
async fn check_copies(
    tx: &mut Transaction,
    chosen: &[Uuid],
    check_copy: CopyCheck,
) -> Result<(), ReviewError> {
    let mut query = QueryBuilder::new(
        "select i.external_ref, d.channel, d.text, d.parts from drafts d join review_items i on i.id = d.id where d.id = any(",
    );
    query.push_bind(chosen).push(") order by d.id");
    let copies: Vec<(String, Option<String>, String, Option<serde_json::Value>)> = query
        .build_query_as()
        .persistent(PLANNED_ONCE)
        .fetch_all(&mut **tx)
        .await?;
    for (external_ref, channel, text, parts) in copies {
        check_copy(channel.as_deref(), &text, parts.as_ref()).map_err(|because| {
            Refusal::BulkUnfit {
                external_ref,
                because: Box::new(because.into()),
            }
        })?;
    }
    Ok(())
}

impl Store {
    /// How many drafts a bulk would approve now, at most a thousand.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn bulk_count(&self, filter: &BulkFilter) -> Result<i64, StoreError> {
        let mut query = QueryBuilder::new("select count(*) from (");
        push_chosen(&mut query, filter);
        query.push(") as chosen");
        Ok(query
            .build_query_scalar::<i64>()
            .persistent(PLANNED_ONCE)
            .fetch_one(&self.pool)
            .await?)
    }

    /// Approves the best draft of every item that fits, if there are as many as were counted. The same key twice
    /// is the same bulk. `check_copy` is asked of each text, behind the locks.
    ///
    /// # Errors
    /// [`Refusal::SupervisorNeeded`], [`Refusal::BulkChanged`], [`Refusal::BulkUnfit`], [`Refusal::KeyReused`], [`Refusal::UndoneBefore`], or
    /// the database; then none is approved.
    pub async fn bulk_approve(
        &self,
        filter: &BulkFilter,
        reviewer: &User,
        key: Uuid,
        expected: i64,
        check_copy: CopyCheck,
    ) -> Result<Bulk, ReviewError> {
        if reviewer.role < Role::Supervisor {
            return Err(Refusal::SupervisorNeeded.into());
        }
        let mut tx = self.pool.bulk().begin().await?;
        // The key is the bulk's id: a double click's second request waits here, and finds the first one's rows.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1, 0))",
            key.to_string()
        )
        .fetch_one(&mut *tx)
        .await?;
        if let Some(before) = approved_before(&mut tx, reviewer, key).await? {
            return Ok(before);
        }
        let mut query = QueryBuilder::new("");
        push_chosen(&mut query, filter);
        query.push(" for no key update of i");
        let locked: Vec<Uuid> = query
            .build_query_scalar()
            .persistent(PLANNED_ONCE)
            .fetch_all(&mut *tx)
            .await?;
        // Behind the locks: somebody may have taken one of them while this waited for it.
        let chosen = sqlx::query_scalar!(
            r#"select id as "id!" from unnest($1::uuid[]) as locked (id)
               where not exists (
                   select from review_leases l where l.item_id = locked.id and l.lease_until > nightdesk_now())"#,
            &locked
        )
        .fetch_all(&mut *tx)
        .await?;
        if chosen.len() as i64 != expected {
            return Err(Refusal::BulkChanged {
                expected,
                found: chosen.len() as i64,
            }
            .into());
        }
        check_copies(&mut tx, &chosen, check_copy).await?;
        sqlx::query!(
            r#"insert into revisions (id, item_id, draft_id, number, text, parts, sha256, author_kind)
               select gen_random_uuid(), d.id, d.id, 1, d.text, d.parts, revision_sha256(d.text, d.parts), 'model'
               from drafts d where d.id = any($1)
               on conflict do nothing"#,
            &chosen
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            r#"insert into decisions (id, item_id, reviewer_id, verdict, draft_id, revision_id, seconds, bulk_id, key)
               select gen_random_uuid(), d.id, $2, 'approve', d.id, r.id, 0, $3, gen_random_uuid()
               from drafts d join revisions r on r.draft_id = d.id and r.number = 1
               where d.id = any($1)"#,
            &chosen,
            reviewer.id,
            key
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            r#"update review_items i set state = 'decided', outcome = 'approved', revision_id = r.id, decided_at = nightdesk_now()
               from revisions r where i.id = any($1) and r.draft_id = i.id and r.number = 1"#,
            &chosen
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            r#"update drafts d set state = case when d.id = i.id then 'approved' else 'rejected' end
               from review_items i
               where i.id = any($1) and d.run_id = i.run_id and d.brief_id = i.brief_id
                 and (d.kept or d.id = i.id) and d.state in ('drafted', 'in_review')"#,
            &chosen
        )
        .execute(&mut *tx)
        .await?;
        events::record(
            &mut tx,
            &reviewer.name,
            "review.bulk_approved",
            &key.to_string(),
            &serde_json::json!({
                "items": chosen, "min_priority": filter.min_priority(), "max_risk": filter.max_risk(),
            }),
        )
        .await?;
        tx.commit().await?;
        Ok(Bulk {
            id: key,
            approved: chosen.len() as i64,
        })
    }
}

/// The bulk that was done under this key, where there is one.
async fn approved_before(
    tx: &mut Transaction,
    reviewer: &User,
    key: Uuid,
) -> Result<Option<Bulk>, ReviewError> {
    let before = sqlx::query!(
        r#"select count(*) as "approved!", coalesce(bool_or(undone_at is not null), false) as "undone!",
                  coalesce(bool_and(reviewer_id = $2), false) as "own!"
           from decisions where bulk_id = $1 and verdict = 'approve'"#,
        key,
        reviewer.id
    )
    .fetch_one(&mut **tx)
    .await?;
    match before.approved {
        0 => Ok(None),
        _ if !before.own => Err(Refusal::KeyReused.into()),
        _ if before.undone => Err(Refusal::UndoneBefore.into()),
        approved => Ok(Some(Bulk { id: key, approved })),
    }
}

/// The items a bulk takes, in a stable order. The best draft passes every gate, so its text keeps the limits of
/// its channel.
fn push_chosen(query: &mut QueryBuilder<Postgres>, filter: &BulkFilter) {
    query.push(
        "select i.id from review_items i where i.state = 'open' and i.reviews_required = 1 and i.level = 'editor' \
         and i.failed_gates = '{}' and not exists (select from review_leases l where l.item_id = i.id \
         and l.lease_until > nightdesk_now()) and i.priority >= ",
    );
    query.push_bind(filter.min_priority());
    query.push(" and i.risk <= ");
    query.push_bind(filter.max_risk() as i16);
    push_filter(query, filter.queue());
    query.push(" order by i.priority desc, i.id limit ");
    query.push_bind(MOST);
}
