//! The queue: one page of it, and how much there is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::bearer::Bearer;
use super::body::QueryParams;
use super::page::checked_limit;
use super::problem::Refused;
use crate::domain::review::{QueueFilter, QueueOrder};
use crate::domain::user::{Role, User};
use crate::store::{QueueCounts, QueuePage};
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list))
        .routes(routes!(counts))
}

/// Which items.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Chosen {
    /// Only this campaign's, by name.
    campaign: Option<String>,
    /// Only this channel's.
    channel: Option<String>,
    /// Only in this language, a BCP 47 tag.
    language: Option<String>,
    /// Only drafts that fail this gate.
    gate: Option<String>,
    /// Only drafts that lost points by this rule.
    rule: Option<String>,
    /// Only of this run.
    run: Option<Uuid>,
}

impl Chosen {
    pub(super) fn filter(self, user: &User) -> QueueFilter {
        QueueFilter {
            campaign: self.campaign,
            channel: self.channel,
            language: self.language,
            gate: self.gate,
            rule: self.rule,
            run_id: self.run,
            supervisor: user.role >= Role::Supervisor,
        }
    }
}

/// Which items, in which order, from where on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Listed {
    /// Only this campaign's, by name.
    campaign: Option<String>,
    /// Only this channel's.
    channel: Option<String>,
    /// Only in this language, a BCP 47 tag.
    language: Option<String>,
    /// Only drafts that fail this gate.
    gate: Option<String>,
    /// Only drafts that lost points by this rule.
    rule: Option<String>,
    /// Only of this run.
    run: Option<Uuid>,
    /// What comes first; the earliest deadline where nothing is said.
    #[param(inline)]
    order: Option<QueueOrder>,
    /// `next` of the page before, in the same order.
    after: Option<String>,
    /// Items of the page, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Who asks.
#[utoipa::path(get, path = "/me", tag = "queue", responses((status = OK, body = User), Refused))]
async fn me(Bearer(user): Bearer) -> Json<User> {
    Json(user)
}

/// A page of what waits.
#[utoipa::path(get, path = "/items", tag = "queue", params(Listed),
    responses((status = OK, body = QueuePage), Refused))]
async fn list(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    QueryParams(listed): QueryParams<Listed>,
) -> Result<Json<QueuePage>, Refused> {
    let limit = checked_limit(listed.limit)?;
    let order = listed.order.unwrap_or(QueueOrder::Due);
    let after = listed.after;
    let chosen = Chosen {
        campaign: listed.campaign,
        channel: listed.channel,
        language: listed.language,
        gate: listed.gate,
        rule: listed.rule,
        run: listed.run,
    };
    let page = state
        .store
        .review_queue(&chosen.filter(&user), order, after.as_deref(), limit)
        .await?;
    Ok(Json(page))
}

/// How much waits; 10,001 means more than 10,000.
#[utoipa::path(get, path = "/items/counts", tag = "queue", params(Chosen),
    responses((status = OK, body = QueueCounts), Refused))]
async fn counts(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    QueryParams(chosen): QueryParams<Chosen>,
) -> Result<Json<QueueCounts>, Refused> {
    Ok(Json(
        state.store.review_counts(&chosen.filter(&user)).await?,
    ))
}
