//! `nightdesk models list`.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{self, megabytes};
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::engine::{EngineError, ModelFolder};
use crate::files::{self, MOST_SETTINGS};

pub(super) fn list(context: &Context) -> Result<(), Failure> {
    let models = &context.config.models.value;
    let entries = std::fs::read_dir(models).map_err(|error| {
        Problem::new("models.unreadable", format!("cannot be read: {error}"))
            .file(models.display().to_string())
            .hint("`--models` names the folder of model folders; `make setup` makes the default model")
    })?;
    let mut dirs: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| ModelFolder::is_one(path))
        .collect();
    dirs.sort();
    let campaigns = campaigns(&context.config.jobs.value);
    let mut rows = Vec::new();
    for dir in dirs {
        rows.push(match describe(&dir) {
            Ok(row) => with_users(row, &campaigns),
            // One broken folder must not hide the others.
            Err(error) => json!({
                "name": dir.file_name().map(|name| name.to_string_lossy()),
                "error": error.problem().message,
            }),
        });
    }
    if context.json {
        return output::json(&rows);
    }
    let cell = |row: &Value, key: &str| match &row[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let table = rows
        .iter()
        .map(|row| {
            let size = row["bytes"].as_u64().map(megabytes).unwrap_or_default();
            let used = row["used_by"].as_array().map(|names| {
                let names = names.iter().filter_map(Value::as_str);
                names.collect::<Vec<_>>().join(", ")
            });
            let mut cells = vec![cell(row, "name")];
            cells.extend(["variant", "dialect", "precision"].map(|key| cell(row, key)));
            cells.push(size);
            cells.extend(["context", "licence"].map(|key| cell(row, key)));
            cells.push(cell(row, "sha256").chars().take(12).collect());
            cells.push(match row["error"].as_str() {
                Some(error) => format!("cannot be used: {error}"),
                None => used.unwrap_or_default(),
            });
            cells
        })
        .collect();
    let header = [
        "MODEL",
        "VARIANT",
        "DIALECT",
        "PRECISION",
        "SIZE",
        "CONTEXT",
        "LICENCE",
        "SHA-256",
        "USED BY",
    ];
    output::table(&header, table)
}

fn describe(dir: &Path) -> Result<Value, EngineError> {
    let folder = ModelFolder::open(dir, None)?;
    let graph = &folder.facts;
    Ok(json!({
        "name": folder.name, "dialect": graph.dialect, "chat": folder.chat_template.is_some(),
        "precision": folder.about.precision.clone().unwrap_or_else(|| graph.precision.clone()),
        "parameters": graph.parameters, "bytes": folder.weight_bytes,
        "variant": folder.graphs.variant,
        "context": folder.configuration.context_limit, "licence": folder.about.licence,
        "sha256": folder.sha256, "error": null,
    }))
}

fn with_users(mut row: Value, campaigns: &[(String, String)]) -> Value {
    let name = row["name"].as_str().unwrap_or_default().to_owned();
    let users = campaigns.iter().filter(|(_, model)| *model == name);
    row["used_by"] = users.map(|(campaign, _)| campaign.clone()).collect();
    row
}

/// Names and models of the campaign files that can be read; `campaigns apply` tells about the others.
fn campaigns(jobs: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(jobs)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| files::read_text(&path, MOST_SETTINGS).ok())
        .filter_map(|source| CampaignSpec::parse(&source, "").ok())
        .map(|spec| (spec.name, spec.draft.model))
        .collect();
    found.sort();
    found
}
