//! Items of the queue: read, taken, decided.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bearer::Bearer;
use super::body::{Asked, Body};
use super::problem::Refused;
use crate::channel::{self, ChannelSpec};
use crate::domain::review::{
    Decided, EditedText, NewDecision, QueueFilter, QueueOrder, Reason, ReviewLease, Verdict,
};
use crate::domain::user::{Role, User};
use crate::revision;
use crate::store::{QueueCounts, QueuePage, ReviewDetail};
use crate::web::desk::Desk;

/// Items of a page where nothing else is asked for, and at most.
const ROWS: (i64, i64) = (50, 200);

/// Which items.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Queue {
    campaign: Option<String>,
    channel: Option<String>,
    language: Option<String>,
    gate: Option<String>,
    rule: Option<String>,
    run: Option<Uuid>,
    order: Option<QueueOrder>,
    after: Option<String>,
    limit: Option<i64>,
}

impl Queue {
    fn filter(&self, user: &User) -> QueueFilter {
        QueueFilter {
            campaign: self.campaign.clone(),
            channel: self.channel.clone(),
            language: self.language.clone(),
            gate: self.gate.clone(),
            rule: self.rule.clone(),
            run_id: self.run,
            supervisor: user.role >= Role::Supervisor,
        }
    }
}

pub(super) async fn me(Bearer(user): Bearer) -> Json<User> {
    Json(user)
}

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Asked(queue): Asked<Queue>,
) -> Result<Json<QueuePage>, Refused> {
    let limit = queue.limit.unwrap_or(ROWS.0);
    if !(1..=ROWS.1).contains(&limit) {
        let why = format!("a page has 1 to {} items, asked for {limit}", ROWS.1);
        return Err(Refused::unreadable("limit", &why));
    }
    let (filter, order) = (queue.filter(&user), queue.order.unwrap_or(QueueOrder::Due));
    let page = desk
        .store
        .review_queue(&filter, order, queue.after.as_deref(), limit)
        .await?;
    Ok(Json(page))
}

pub(super) async fn counts(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Asked(queue): Asked<Queue>,
) -> Result<Json<QueueCounts>, Refused> {
    Ok(Json(desk.store.review_counts(&queue.filter(&user)).await?))
}

pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
) -> Result<Json<ReviewDetail>, Refused> {
    Ok(Json(desk.store.review_item(&id, &user).await?))
}

/// How an item is taken.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Claim {
    takeover: bool,
}

pub(super) async fn claim(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Body(claim): Body<Claim>,
) -> Result<Json<ReviewLease>, Refused> {
    let lease = desk
        .store
        .claim_review(uuid(&id)?, &user, claim.takeover)
        .await?;
    Ok(Json(lease))
}

/// Under which lease.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    token: Uuid,
}

/// When the lease ends now.
#[derive(Debug, Serialize)]
pub(super) struct Renewed {
    lease_until: chrono::DateTime<chrono::Utc>,
}

pub(super) async fn heartbeat(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Body(held): Body<Held>,
) -> Result<Json<Renewed>, Refused> {
    let lease_until = desk
        .store
        .heartbeat_review(uuid(&id)?, user.id, held.token)
        .await?;
    Ok(Json(Renewed { lease_until }))
}

pub(super) async fn release(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Body(held): Body<Held>,
) -> Result<StatusCode, Refused> {
    desk.store
        .release_review(uuid(&id)?, user.id, held.token)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is said about an item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    verdict: Verdict,
    draft_id: Uuid,
    token: Uuid,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    parts: Option<serde_json::Value>,
    #[serde(default)]
    reasons: Vec<Reason>,
    #[serde(default)]
    note: Option<String>,
}

pub(super) async fn decide(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(said): Body<Said>,
) -> Result<Json<Decided>, Refused> {
    let key = idempotency_key(&headers)?;
    let draft = desk.store.draft(&said.draft_id.to_string()).await?.draft;
    let edited = match (said.verdict, said.text, said.parts) {
        (Verdict::Undo, ..) => {
            let why = "`undo` is a resource of its own: POST /api/v1/decisions/ID/undo";
            return Err(Refused::unreadable("verdict", why));
        }
        (Verdict::ApproveWithEdits, None, None) => {
            return Err(Refused::unreadable(
                "text",
                "an edit has a `text`, or `parts`",
            ));
        }
        (Verdict::ApproveWithEdits, text, parts) => {
            let spec = draft.channel.as_deref().and_then(ChannelSpec::find);
            // The text of a set follows from its parts, here as on the pages.
            let text = match (&parts, spec) {
                (Some(parts), Some(spec)) => channel::render(spec, parts),
                _ => text.unwrap_or_default(),
            };
            Some(EditedText {
                ratio: revision::ratio(&draft.text, &text),
                text,
                parts,
            })
        }
        _ => None,
    };
    let decision = NewDecision {
        item_id: uuid(&id)?,
        draft_id: said.draft_id,
        token: said.token,
        key,
        verdict: said.verdict,
        edited,
        reasons: said.reasons,
        note: said.note,
    };
    Ok(Json(desk.store.decide(&user, &decision).await?))
}

pub(super) async fn undo(
    State(desk): State<Arc<Desk>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
) -> Result<Json<Decided>, Refused> {
    Ok(Json(desk.store.undo_decision(uuid(&id)?, &user).await?))
}

fn uuid(id: &str) -> Result<Uuid, Refused> {
    id.parse()
        .map_err(|_| Refused::unreadable("id", &format!("`{id}` is no UUID")))
}

/// The same key twice is one decision, whatever became of the first answer.
fn idempotency_key(headers: &HeaderMap) -> Result<Uuid, Refused> {
    let given = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .and_then(|key| key.parse().ok());
    given.ok_or_else(|| {
        Refused::unreadable(
            "Idempotency-Key",
            "a decision carries a header `Idempotency-Key` with a random UUID",
        )
    })
}
