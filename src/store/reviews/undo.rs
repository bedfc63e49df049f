//! Taking a decision back, for ten seconds: a row of its own, never a deleted one.

use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError, events};
use super::ReviewError;
use super::claim::lock_item;
use super::outcome::update_open_item;
use crate::domain::review::{Decided, ItemState, Refusal, UNDO_SECONDS};
use crate::domain::user::User;

impl Store {
    /// Takes a decision of the reviewer's own back; the item waits again, as before.
    ///
    /// # Errors
    /// [`Refusal::NotYours`], [`Refusal::UndoTooLate`], [`Refusal::UndoOvertaken`], [`Refusal::UndoneBefore`], or the
    /// database.
    pub async fn undo_decision(
        &self,
        decision_id: Uuid,
        reviewer: &User,
    ) -> Result<Decided, ReviewError> {
        let mut tx = self.pool.begin().await?;
        let decided = take_back(&mut tx, decision_id, reviewer).await?;
        tx.commit().await?;
        Ok(decided)
    }

    /// Takes every decision of a bulk back that can be; gives their number.
    ///
    /// # Errors
    /// [`Refusal::UndoTooLate`] or [`Refusal::NotYours`]; then all of them stand. Or the database.
    pub async fn undo_bulk(&self, bulk_id: Uuid, reviewer: &User) -> Result<i64, ReviewError> {
        let mut tx = self.pool.bulk().begin().await?;
        // All of them before the first link of the record: who holds an item and waits for the record would
        // otherwise wait for this, and this for them.
        sqlx::query!(
            r#"select i.id from review_items i
               where i.id in (select item_id from decisions where bulk_id = $1) order by i.id for no key update"#,
            bulk_id
        )
        .fetch_all(&mut *tx)
        .await?;
        let ids = sqlx::query_scalar!(
            r#"select id from decisions where bulk_id = $1 and undone_at is null and verdict <> 'undo' order by item_id"#,
            bulk_id
        )
        .fetch_all(&mut *tx)
        .await?;
        for id in &ids {
            take_back(&mut tx, *id, reviewer).await?;
        }
        tx.commit().await?;
        Ok(ids.len() as i64)
    }
}

async fn take_back(
    tx: &mut Transaction,
    decision_id: Uuid,
    reviewer: &User,
) -> Result<Decided, ReviewError> {
    let missing = || StoreError::NotFound {
        what: "decision",
        name: decision_id.to_string(),
    };
    let item_id = sqlx::query_scalar!("select item_id from decisions where id = $1", decision_id)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(missing)?;
    let item = lock_item(tx, item_id).await?;
    let decision = sqlx::query!(
        r#"select d.reviewer_id, d.draft_id, d.verdict, d.undone_at,
                  d.created_at + make_interval(secs => $2) < nightdesk_now() as "too_late!",
                  exists (
                      select from decisions later
                      where later.item_id = d.item_id and later.id <> d.id and later.undone_at is null
                        and later.verdict <> 'undo' and (later.created_at, later.id) > (d.created_at, d.id))
                  or exists (
                      select from drafts t where t.run_id = $3 and t.brief_id = $4 and t.state in ('exported', 'killed'))
                  as "overtaken!"
           from decisions d where d.id = $1"#,
        decision_id,
        UNDO_SECONDS as f64,
        item.run_id,
        item.brief_id
    )
    .fetch_one(&mut **tx)
    .await?;
    if decision.reviewer_id != reviewer.id {
        return Err(Refusal::NotYours.into());
    }
    if decision.undone_at.is_some() || decision.verdict == "undo" {
        return Err(Refusal::UndoneBefore.into());
    }
    if decision.too_late {
        return Err(Refusal::UndoTooLate.into());
    }
    if decision.overtaken || item.state == ItemState::Withdrawn {
        return Err(Refusal::UndoOvertaken.into());
    }
    let id = Uuid::now_v7();
    sqlx::query!(
        r#"insert into decisions (id, item_id, reviewer_id, verdict, draft_id, seconds, key, undoes)
           values ($1, $2, $3, 'undo', $4, 0, $1, $5)"#,
        id,
        item_id,
        reviewer.id,
        decision.draft_id,
        decision_id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update decisions set undone_at = nightdesk_now() where id = $1",
        decision_id
    )
    .execute(&mut **tx)
    .await?;
    // Its item is not available before the ten seconds are over, so no worker has begun.
    sqlx::query!(
        r#"update runs r set state = 'cancelled', finished_at = nightdesk_now(), error = 'the request for a new draft was taken back'
           from regenerations g where g.decision_id = $1 and r.id = g.run_id and r.state in ('queued', 'running')"#,
        decision_id
    )
    .execute(&mut **tx)
    .await?;
    let adjudicating = update_open_item(tx, item_id).await?;
    events::record(
        tx,
        &reviewer.name,
        "review.undone",
        &item_id.to_string(),
        &serde_json::json!({ "decision": decision_id, "verdict": decision.verdict }),
    )
    .await?;
    Ok(Decided {
        decision_id: id,
        item_id,
        state: ItemState::Open,
        outcome: None,
        adjudicating,
        run_id: None,
        repeated: false,
    })
}
