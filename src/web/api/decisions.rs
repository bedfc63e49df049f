//! What is said about an item, and taking it back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Schema, Type};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::bearer::Bearer;
use super::body::{Body, Key, uuid};
use super::problem::Refused;
use crate::channel::{self, ChannelSpec};
use crate::diff;
use crate::domain::review::{Decided, EditedText, NewDecision, Reason, Verdict};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(decide))
        .routes(routes!(undo))
}

/// What is said about an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    /// What; `undo` is a resource of its own.
    #[schema(schema_with = verdicts)]
    verdict: Verdict,
    /// The draft that was judged, one of the item's.
    draft_id: Uuid,
    /// The lease's.
    token: Uuid,
    /// The edited text, for `approve_with_edits`.
    #[serde(default)]
    text: Option<String>,
    /// For an ad set, its edited parts instead.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    parts: Option<serde_json::Map<String, serde_json::Value>>,
    /// Why; at least one for `reject`.
    #[serde(default)]
    reasons: Vec<Reason>,
    /// In words; for `regenerate` what the next draft should heed.
    #[serde(default)]
    note: Option<String>,
}

/// What can be said; taking back is a resource of its own.
fn verdicts() -> Schema {
    let said = Verdict::ALL
        .iter()
        .filter(|verdict| **verdict != Verdict::Undo);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(said.map(|verdict| verdict.as_str())))
        .build()
        .into()
}

/// Decides about an item.
///
/// `approve_with_edits` has a `text` or `parts`, `reject` its `reasons`, `regenerate` a `note`.
#[utoipa::path(post, path = "/items/{id}/decisions", tag = "review",
    params(("id" = Uuid, Path), Key), request_body = DecisionBody,
    responses((status = OK, body = Decided), Refused))]
async fn decide(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
    Key(key): Key,
    Body(said): Body<DecisionBody>,
) -> Result<Json<Decided>, Refused> {
    let draft = state.store.draft(&said.draft_id.to_string()).await?.draft;
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
            let parts = parts.map(serde_json::Value::Object);
            let spec = draft.channel.as_deref().and_then(ChannelSpec::find);
            // The text of a set follows from its parts, here as on the pages.
            let text = match (&parts, spec) {
                (Some(parts), Some(spec)) => channel::render(spec, parts),
                _ => text.unwrap_or_default(),
            };
            Some(EditedText {
                ratio: diff::ratio(&draft.text, &text),
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
    Ok(Json(state.store.decide(&user, &decision).await?))
}

/// Takes a decision back, within ten seconds of it.
#[utoipa::path(post, path = "/decisions/{id}/undo", tag = "review", params(("id" = Uuid, Path)),
    responses((status = OK, body = Decided), Refused))]
async fn undo(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
) -> Result<Json<Decided>, Refused> {
    Ok(Json(state.store.undo_decision(uuid(&id)?, &user).await?))
}
