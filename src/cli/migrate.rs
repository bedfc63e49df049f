//! `nightdesk migrate`: create or upgrade the schema.

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::store::SchemaState;

pub(super) async fn migrate(context: &Context) -> Result<(), Failure> {
    let before = context.any_store().await?.migrate().await?;
    let done = match before {
        SchemaState::Missing => "created",
        SchemaState::Older { .. } => "upgraded",
        SchemaState::Current => "unchanged",
    };
    if context.json {
        return output::json(&serde_json::json!({ "schema": done }));
    }
    output::line(match before {
        SchemaState::Missing => "the schema is there now",
        SchemaState::Older { .. } => "the schema is upgraded",
        SchemaState::Current => "the schema is as it should be",
    })
}
