//! Review on a real database: leases, four eyes, adjudication, undo, drafting anew, bulk.

mod bulk;
mod claims;
mod decisions;
mod four_eyes;
mod queue;
mod races;
mod regenerate;
mod schema;
mod undo;

use std::time::Duration;

use nightdesk::domain::brief::{Brief, Risk};
use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::review::{
    Decided, EditedText, NewDecision, Reason, Refusal, ReviewLease, Verdict,
};
use nightdesk::domain::user::{Role, User};
use nightdesk::review;
use nightdesk::store::ReviewError;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Desk, brief, campaign};

/// A desk with drafts that wait, and people who review them.
struct Morning {
    desk: Desk,
    /// Items by external_ref, `b-00` first.
    items: Vec<Uuid>,
    run: Uuid,
}

impl Morning {
    /// So many items that need one review each.
    async fn of(pool: PgPool, items: usize) -> Self {
        let briefs = (0..items).map(|n| brief(&format!("b-{n:02}"))).collect();
        Self::with(pool, briefs, campaign("nightly")).await
    }

    /// One item that needs two.
    async fn of_high_risk(pool: PgPool) -> Self {
        let risky = Brief {
            risk: Risk::High,
            ..brief("b-00")
        };
        Self::with(pool, vec![risky], campaign("nightly")).await
    }

    async fn with(pool: PgPool, briefs: Vec<Brief>, spec: CampaignSpec) -> Self {
        let desk = Desk::open(pool).await;
        desk.import(&briefs).await;
        let run = desk.open_run(&spec).await.id;
        desk.draft_all(run).await;
        let items = desk.review_items(run).await;
        Self { desk, items, run }
    }

    /// Somebody who reviews.
    async fn user(&self, name: &str, role: Role) -> User {
        self.desk.reviewer(name, role).await
    }

    async fn claim(&self, item: Uuid, by: &User) -> Result<ReviewLease, ReviewError> {
        self.desk.store.claim_review(item, by, false).await
    }

    /// Claims and decides about the best draft.
    async fn decide(
        &self,
        item: Uuid,
        by: &User,
        verdict: Verdict,
    ) -> Result<Decided, ReviewError> {
        let lease = self.claim(item, by).await?;
        let decision = decision(item, &lease, verdict);
        review::decide(&self.desk.store, by, &decision).await
    }

    /// State of the item, its outcome, whether it is being adjudicated, and who may take it.
    async fn item(&self, item: Uuid) -> (String, Option<String>, bool, String) {
        sqlx::query_as("select state, outcome, adjudicating, level from review_items where id = $1")
            .bind(item)
            .fetch_one(&self.desk.pool)
            .await
            .unwrap()
    }

    /// States of an item's drafts, best first.
    async fn drafts(&self, item: Uuid) -> Vec<String> {
        sqlx::query_scalar(
            "select d.state from drafts d join review_items i on i.run_id = d.run_id and i.brief_id = d.brief_id
             where i.id = $1 order by d.rank",
        )
        .bind(item)
        .fetch_all(&self.desk.pool)
        .await
        .unwrap()
    }

    /// The approved text.
    async fn approved(&self, item: Uuid) -> Option<String> {
        sqlx::query_scalar(
            "select r.text from review_items i join revisions r on r.id = i.revision_id where i.id = $1",
        )
        .bind(item)
        .fetch_optional(&self.desk.pool)
        .await
        .unwrap()
    }
}

/// A decision about the best draft, with whatever its verdict needs.
fn decision(item: Uuid, lease: &ReviewLease, verdict: Verdict) -> NewDecision {
    NewDecision {
        item_id: item,
        draft_id: item,
        token: lease.token,
        key: Uuid::new_v4(),
        verdict,
        edited: (verdict == Verdict::ApproveWithEdits).then(|| edited("edited by hand")),
        reasons: match verdict {
            Verdict::Reject | Verdict::Escalate | Verdict::Decline => vec![Reason::FactError],
            _ => Vec::new(),
        },
        note: (verdict == Verdict::Regenerate).then(|| "begin with the price".to_owned()),
    }
}

fn edited(text: &str) -> EditedText {
    EditedText {
        text: text.to_owned(),
        parts: None,
        ratio: 0.5,
    }
}

/// What was refused.
fn refused<T: std::fmt::Debug>(outcome: Result<T, ReviewError>) -> Refusal {
    match outcome {
        Err(ReviewError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);
