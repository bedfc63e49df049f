//! Approving many at once: counted first, then done if as many fit as were counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::body::{self, Body, Key, QueryParams, uuid};
use super::problem::Refused;
use crate::domain::brief::Risk;
use crate::domain::review::{BulkFilter, QueueFilter};
use crate::domain::user::{Role, User};
use crate::review;
use crate::store::Bulk;
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(count, approve))
        .routes(routes!(undo))
}

/// Lowest priority, highest risk, and the queue's filter.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Bar {
    #[serde(flatten)]
    #[param(ignore)]
    #[schema(ignore)]
    queue: QueueFilter,
    /// The lowest priority, 0 to 100; 90 where nothing is said.
    #[param(minimum = 0, maximum = 100)]
    #[schema(minimum = 0, maximum = 100)]
    min_priority: Option<i32>,
    /// The highest risk; `low` where nothing is said.
    #[param(inline)]
    max_risk: Option<BulkRisk>,
}

/// Drafts of high risk are not approved in bulk: each of them needs two people who read it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum BulkRisk {
    /// Ordinary copy.
    Low,
    /// A second look is worth it.
    Medium,
}

impl Bar {
    fn filter(self, user: &User) -> Result<BulkFilter, Refused> {
        let max_risk = self.max_risk.map(|risk| match risk {
            BulkRisk::Low => Risk::Low,
            BulkRisk::Medium => Risk::Medium,
        });
        let queue = self.queue.seen_by(user.role);
        BulkFilter::new(queue, self.min_priority, max_risk).map_err(|fault| {
            let problem = fault.problem();
            let key = problem.key.unwrap_or_default();
            Refused::unreadable(&key, &problem.message)
        })
    }
}

/// What a bulk would do.
#[derive(Debug, Serialize, ToSchema)]
struct Fitting {
    /// Drafts that fit now, at most 1,000.
    fitting: i64,
}

/// How many drafts a bulk would approve: a dry run, for supervisors.
#[utoipa::path(get, path = "/bulk", tag = "review", params(QueueFilter, Bar),
    responses((status = OK, body = Fitting), Refused))]
async fn count(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    QueryParams(bar): QueryParams<Bar>,
) -> Result<Json<Fitting>, Refused> {
    bearer.require(Role::Supervisor)?;
    let fitting = state.store.bulk_count(&bar.filter(&bearer.0)?).await?;
    Ok(Json(Fitting { fitting }))
}

/// The bar, and how many were counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Which drafts.
    #[serde(default, deserialize_with = "body::object")]
    #[schema(schema_with = bar_schema)]
    bar: Bar,
    /// `fitting` of the dry run: where another number fits by now, nothing is approved.
    expected: i64,
}

/// The bar as one object: what the filter takes, and the bar's own.
fn bar_schema() -> Schema {
    let schemas = [QueueFilter::schema(), Bar::schema()];
    let properties = schemas.into_iter().flat_map(|schema| match schema {
        RefOr::T(Schema::Object(object)) => object.properties,
        _ => Default::default(),
    });
    properties
        .fold(ObjectBuilder::new(), |object, (name, schema)| {
            object.property(name, schema)
        })
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        .build()
        .into()
}

/// Approves the best draft of every item that fits, as the model wrote it; for supervisors.
///
/// Only items that need one review, pass every gate, and are with nobody.
#[utoipa::path(post, path = "/bulk", tag = "review", params(Key), request_body = Wanted,
    responses((status = OK, body = Bulk), Refused))]
async fn approve(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Key(key): Key,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Bulk>, Refused> {
    bearer.require(Role::Supervisor)?;
    let filter = wanted.bar.filter(&bearer.0)?;
    let bulk = review::bulk_approve(&state.store, &filter, &bearer.0, key, wanted.expected).await?;
    Ok(Json(bulk))
}

/// Takes all of a bulk back, within ten seconds of it.
#[utoipa::path(post, path = "/bulk/{id}/undo", tag = "review", params(("id" = Uuid, Path)),
    responses((status = NO_CONTENT, description = "Its items wait again"), Refused))]
async fn undo(
    State(state): State<Arc<WebState>>,
    Bearer(user): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    state.store.undo_bulk(uuid(&id)?, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
