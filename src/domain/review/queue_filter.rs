//! Which items of the queue: the same for the pages, the API, a bulk and the store.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::user::Role;

/// Which items of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams, ToSchema)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct QueueFilter {
    /// Only this campaign's, by name.
    pub campaign: Option<String>,
    /// Only this channel's.
    pub channel: Option<String>,
    /// Only in this language, a BCP 47 tag.
    pub language: Option<String>,
    /// Only drafts that fail this gate.
    pub gate: Option<String>,
    /// Only drafts that lost points by this rule.
    pub rule: Option<String>,
    /// Only of this run.
    #[serde(rename = "run")]
    pub run_id: Option<Uuid>,
    /// Also what supervisors have to decide. Who asks decides it, so no request can say it.
    #[serde(skip)]
    pub supervisor: bool,
}

impl QueueFilter {
    /// This filter for somebody with a role: editors do not see what supervisors have to decide.
    #[must_use]
    pub fn seen_by(self, role: Role) -> Self {
        Self {
            supervisor: role >= Role::Supervisor,
            ..self
        }
    }
}
