//! A decision: one transaction from the check of the lease to the fate of the drafts.

use uuid::Uuid;

use super::super::Store;
use super::super::connection::Transaction;
use super::super::events;
use super::ReviewError;
use super::claim::{LockedItem, lock_item};
use super::revisions::{JudgedDraft, judged_draft};
use crate::domain::review::{CopyCheck, Decided, ItemState, NewDecision, Refusal, Verdict};
use crate::domain::user::User;

impl Store {
    /// Records what a reviewer says about an item, and does what follows from it. The same key twice is the same
    /// decision: the second time nothing is written.
    ///
    /// What can be said of the decision without the database was asked before; `check_copy` is asked here, of the
    /// text that is approved, under the item's lock.
    ///
    /// # Errors
    /// A [`Refusal`] or the database; then nothing of it is stored.
    pub async fn decide(
        &self,
        reviewer: &User,
        decision: &NewDecision,
        check_copy: CopyCheck,
    ) -> Result<Decided, ReviewError> {
        let mut tx = self.pool.begin().await?;
        let item = lock_item(&mut tx, decision.item_id).await?;
        // Behind the lock: a double click's second request waits for the first one's row.
        if let Some(before) = decided_before(&mut tx, reviewer, decision, &item).await? {
            return Ok(before);
        }
        item.may_be_reviewed_by(&mut tx, reviewer).await?;
        let seconds = held_for(&mut tx, reviewer, decision).await?;
        let draft = judged_draft(&mut tx, &item, decision.draft_id).await?;
        let (verdict, revision_id) =
            approved_text(&mut tx, &item, reviewer, decision, &draft, check_copy).await?;
        let id = Uuid::now_v7();
        sqlx::query!(
            r#"insert into decisions (id, item_id, reviewer_id, verdict, draft_id, revision_id, reasons, note, seconds,
                   edit_ratio, lease_token, key)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
            id,
            item.id,
            reviewer.id,
            verdict.as_str(),
            draft.id,
            revision_id,
            &decision
                .reasons
                .iter()
                .map(|reason| reason.as_str().to_owned())
                .collect::<Vec<_>>(),
            decision.note,
            seconds,
            decision
                .edited
                .as_ref()
                .filter(|_| verdict == Verdict::ApproveWithEdits)
                .map(|edited| edited.ratio),
            decision.token,
            decision.key
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("delete from review_leases where item_id = $1", item.id)
            .execute(&mut *tx)
            .await?;
        let decided = self.conclude(&mut tx, &item, reviewer, id).await?;
        events::record(
            &mut tx,
            &reviewer.name,
            "review.decided",
            &item.id.to_string(),
            &serde_json::json!({
                "verdict": verdict, "draft": draft.id, "revision": revision_id, "reasons": decision.reasons,
                "note": decision.note, "outcome": decided.outcome, "decision": id,
            }),
        )
        .await?;
        tx.commit().await?;
        Ok(decided)
    }
}

/// The decision that was made under this key, where there is one.
async fn decided_before(
    tx: &mut Transaction,
    reviewer: &User,
    decision: &NewDecision,
    item: &LockedItem,
) -> Result<Option<Decided>, ReviewError> {
    let before = sqlx::query!(
        r#"select d.id as "id!", d.item_id as "item_id!", d.reviewer_id as "reviewer_id!", d.draft_id as "draft_id!",
                  d.verdict as "verdict!", d.undone_at is not null as "undone!", r.run_id as "run_id?"
           from decisions d left join regenerations r on r.decision_id = d.id where d.key = $1"#,
        decision.key
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(before) = before else {
        return Ok(None);
    };
    let same = before.reviewer_id == reviewer.id
        && before.item_id == decision.item_id
        && before.draft_id == decision.draft_id
        && said_as(before.verdict.as_str()) == said_as(decision.verdict.as_str());
    if !same {
        return Err(Refusal::KeyReused.into());
    }
    if before.undone {
        // Nothing of it stands: who hears that it was recorded would believe that the draft is decided.
        return Err(Refusal::UndoneBefore.into());
    }
    Ok(Some(Decided {
        decision_id: before.id,
        item_id: item.id,
        state: item.state,
        outcome: item.outcome,
        adjudicating: item.adjudicating && item.state == ItemState::Open,
        run_id: before.run_id,
        repeated: true,
    }))
}

/// An edit that changed nothing was stored as a plain approval.
fn said_as(verdict: &str) -> &str {
    match verdict {
        "approve_with_edits" => "approve",
        other => other,
    }
}

/// Seconds since the item was claimed, if the lease is held.
async fn held_for(
    tx: &mut Transaction,
    reviewer: &User,
    decision: &NewDecision,
) -> Result<f64, ReviewError> {
    let lease = sqlx::query!(
        r#"select l.reviewer_id, l.token, u.name, l.lease_until > nightdesk_now() as "live!",
                  extract(epoch from nightdesk_now() - l.taken_at)::double precision as "seconds!"
           from review_leases l join users u on u.id = l.reviewer_id where l.item_id = $1"#,
        decision.item_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    match lease {
        Some(lease) if lease.reviewer_id == reviewer.id && lease.token == decision.token => {
            if lease.live {
                Ok(lease.seconds)
            } else {
                Err(Refusal::LeaseExpired.into())
            }
        }
        Some(lease) if lease.live && lease.reviewer_id != reviewer.id => Err(Refusal::LeaseLost {
            by: Some(lease.name),
        }
        .into()),
        _ => Err(Refusal::LeaseLost { by: None }.into()),
    }
}

/// The verdict and the revision it approves. An edit that changes nothing is a plain approval.
async fn approved_text(
    tx: &mut Transaction,
    item: &LockedItem,
    reviewer: &User,
    decision: &NewDecision,
    draft: &JudgedDraft,
    check_copy: CopyCheck,
) -> Result<(Verdict, Option<Uuid>), ReviewError> {
    let verdict = decision.verdict;
    if !verdict.approves() {
        return Ok((verdict, None));
    }
    let edited = decision
        .edited
        .as_ref()
        .filter(|_| verdict == Verdict::ApproveWithEdits)
        .filter(|edited| !draft.is_same(edited));
    draft.check_approved(edited, check_copy)?;
    let revision = draft.revision(tx, item, edited, reviewer.id).await?;
    let verdict = match edited {
        Some(_) => Verdict::ApproveWithEdits,
        None => Verdict::Approve,
    };
    Ok((verdict, Some(revision)))
}
