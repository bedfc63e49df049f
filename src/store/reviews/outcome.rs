//! What follows from the reviews an item has: nothing yet, an outcome, or a supervisor who settles it.

use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError};
use super::ReviewError;
use super::claim::{LockedItem, read_word};
use crate::domain::review::{Decided, ItemState, Outcome, Refusal, Verdict};
use crate::domain::user::User;

/// A review that counts and was not taken back.
#[derive(Debug, Clone, PartialEq)]
struct Review {
    id: Uuid,
    reviewer_id: Uuid,
    verdict: Verdict,
    draft_id: Uuid,
    revision_id: Option<Uuid>,
    note: Option<String>,
    author_id: Option<Uuid>,
}

/// Where reviews lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdicts {
    /// More are needed.
    Pending,
    /// Enough agree, and this is the last of them.
    Agreed(usize),
    /// They do not agree.
    Conflict,
}

/// Reviews agree when they come to the same outcome, and for an approval to the very same text.
fn weigh(reviews: &[Review], required: usize, adjudicated_by: Option<Uuid>) -> Verdicts {
    if let Some(adjudicator) = adjudicated_by {
        let own = |review: &Review| review.reviewer_id == adjudicator;
        return match reviews.iter().position(own) {
            Some(last) => Verdicts::Agreed(last),
            None => Verdicts::Pending,
        };
    }
    let [first, rest @ ..] = reviews else {
        return Verdicts::Pending;
    };
    let agrees = |review: &Review| {
        outcome(review.verdict) == outcome(first.verdict) && review.revision_id == first.revision_id
    };
    if !rest.iter().all(agrees) {
        Verdicts::Conflict
    } else if reviews.len() >= required {
        Verdicts::Agreed(reviews.len() - 1)
    } else {
        Verdicts::Pending
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Approve | Verdict::ApproveWithEdits => Outcome::Approved,
        Verdict::Regenerate => Outcome::Regenerated,
        _ => Outcome::Rejected,
    }
}

impl Store {
    /// Does what follows from a decision that was just recorded.
    pub(super) async fn conclude(
        &self,
        tx: &mut Transaction,
        item: &LockedItem,
        reviewer: &User,
        decision_id: Uuid,
    ) -> Result<Decided, ReviewError> {
        let reviews = live_reviews(tx, item.id).await?;
        let decided = |state, outcome, adjudicating, run_id| Decided {
            decision_id,
            item_id: item.id,
            state,
            outcome,
            adjudicating,
            run_id,
            repeated: false,
        };
        if !reviews.iter().any(|review| review.id == decision_id) {
            // It was passed on or given back, which counts for nothing.
            update_open_item(tx, item.id).await?;
            return Ok(decided(ItemState::Open, None, item.adjudicating, None));
        }
        let adjudicator = item.adjudicating.then_some(reviewer.id);
        let last = match weigh(
            &reviews,
            item.reviews_required.unsigned_abs() as usize,
            adjudicator,
        ) {
            Verdicts::Agreed(last) => &reviews[last],
            verdicts => {
                update_open_item(tx, item.id).await?;
                let conflict = verdicts == Verdicts::Conflict;
                return Ok(decided(ItemState::Open, None, conflict, None));
            }
        };
        let outcome = outcome(last.verdict);
        if outcome == Outcome::Approved && item.reviews_required > 1 {
            let by_another = |review: &&Review| {
                review.revision_id == last.revision_id
                    && review.author_id != Some(review.reviewer_id)
            };
            if reviews.iter().find(by_another).is_none() {
                return Err(Refusal::AuthorCannotApprove.into());
            }
        }
        sqlx::query!(
            r#"update review_items
               set state = 'decided', outcome = $2, revision_id = $3, decided_at = nightdesk_now()
               where id = $1"#,
            item.id,
            outcome.as_str(),
            last.revision_id
        )
        .execute(&mut **tx)
        .await?;
        let approved = (outcome == Outcome::Approved).then_some(last.draft_id);
        sqlx::query!(
            r#"update drafts set state = case when id = $3 then 'approved' else 'rejected' end
               where run_id = $1 and brief_id = $2 and (kept or id = $3) and state in ('drafted', 'in_review')"#,
            item.run_id,
            item.brief_id,
            approved
        )
        .execute(&mut **tx)
        .await?;
        let run_id = match outcome {
            Outcome::Regenerated => {
                let notes: Vec<&str> = reviews
                    .iter()
                    .filter_map(|review| review.note.as_deref())
                    .collect();
                let note = notes.join("\n");
                Some(
                    self.regenerate(tx, item, last.draft_id, last.id, &note)
                        .await?,
                )
            }
            _ => None,
        };
        Ok(decided(ItemState::Decided, Some(outcome), false, run_id))
    }
}

/// The reviews of an item that count, in the order in which they were made.
async fn live_reviews(tx: &mut Transaction, item_id: Uuid) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query!(
        r#"select d.id, d.reviewer_id, d.verdict, d.draft_id, d.revision_id, d.note, r.author_id as "author_id?"
           from decisions d left join revisions r on r.id = d.revision_id
           where d.item_id = $1 and d.undone_at is null
             and d.verdict in ('approve', 'approve_with_edits', 'regenerate', 'reject')
           order by d.created_at, d.id"#,
        item_id
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Review {
                id: row.id,
                reviewer_id: row.reviewer_id,
                verdict: read_word(&row.verdict)?,
                draft_id: row.draft_id,
                revision_id: row.revision_id,
                note: row.note,
                author_id: row.author_id,
            })
        })
        .collect()
}

/// Sets what an open item's reviews mean for it: whether they disagree, who may take it, and what its drafts
/// are. Everything is worked out from the decisions, so that an undo needs nothing else.
pub(super) async fn update_open_item(
    tx: &mut Transaction,
    item_id: Uuid,
) -> Result<bool, StoreError> {
    let reviews = live_reviews(tx, item_id).await?;
    let conflict = weigh(&reviews, usize::MAX, None) == Verdicts::Conflict;
    sqlx::query!(
        r#"update review_items i
           set state = 'open', outcome = null, revision_id = null, decided_at = null, adjudicating = $2,
               level = case when $2 or exists (
                   select from decisions d where d.item_id = i.id and d.undone_at is null and d.verdict = 'escalate')
                   then 'supervisor' else 'editor' end
           where id = $1"#,
        item_id,
        conflict
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        // Half-reviewed drafts are kept from `prune`, which takes what nobody has looked at.
        r#"update drafts d set state = case when $2 then 'in_review' else 'drafted' end
           from review_items i
           where i.id = $1 and d.run_id = i.run_id and d.brief_id = i.brief_id
             and d.state in ('drafted', 'in_review', 'approved', 'rejected')
             and (d.kept or d.state <> 'drafted')
             and d.state <> case when $2 then 'in_review' else 'drafted' end"#,
        item_id,
        !reviews.is_empty()
    )
    .execute(&mut **tx)
    .await?;
    Ok(conflict)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn review(reviewer: u128, verdict: Verdict, text: u128) -> Review {
        Review {
            id: Uuid::from_u128(reviewer),
            reviewer_id: Uuid::from_u128(reviewer),
            verdict,
            draft_id: Uuid::nil(),
            revision_id: verdict.approves().then_some(Uuid::from_u128(text)),
            note: None,
            author_id: None,
        }
    }

    #[test]
    fn one_review_is_enough_where_one_is_needed() {
        let reviews = [review(1, Verdict::Approve, 1)];
        assert_eq!(weigh(&reviews, 1, None), Verdicts::Agreed(0));
        assert_eq!(weigh(&reviews, 2, None), Verdicts::Pending);
    }

    #[test]
    fn two_approvals_of_different_texts_disagree() {
        let reviews = [
            review(1, Verdict::Approve, 1),
            review(2, Verdict::ApproveWithEdits, 2),
        ];
        assert_eq!(weigh(&reviews, 2, None), Verdicts::Conflict);
        assert_eq!(
            weigh(&reviews, 2, Some(Uuid::from_u128(3))),
            Verdicts::Pending
        );
    }

    #[test]
    fn an_adjudicator_settles_it_alone() {
        let reviews = [
            review(1, Verdict::Approve, 1),
            review(2, Verdict::Reject, 0),
            review(3, Verdict::Approve, 1),
        ];
        assert_eq!(
            weigh(&reviews, 2, Some(Uuid::from_u128(3))),
            Verdicts::Agreed(2)
        );
    }

    proptest! {
        /// Whatever is said in whatever order: agreement means that enough said the very same thing.
        #[test]
        fn agreement_is_unanimous(said in prop::collection::vec((0..4usize, 1..3u128), 0..6), required in 1..4usize) {
            let verdicts = [Verdict::Approve, Verdict::ApproveWithEdits, Verdict::Regenerate, Verdict::Reject];
            let reviews: Vec<Review> = said.iter().enumerate()
                .map(|(n, (verdict, text))| review(n as u128, verdicts[*verdict], *text)).collect();
            let same = reviews.iter().all(|of| outcome(of.verdict) == outcome(reviews[0].verdict)
                && of.revision_id == reviews[0].revision_id);
            let expected = match (same, reviews.len() >= required && !reviews.is_empty()) {
                (false, _) => Verdicts::Conflict,
                (true, true) => Verdicts::Agreed(reviews.len() - 1),
                (true, false) => Verdicts::Pending,
            };
            prop_assert_eq!(weigh(&reviews, required, None), expected);
        }
    }
}
