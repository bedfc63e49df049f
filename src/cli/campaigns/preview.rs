//! What applying changes, shown: each campaign with its changed keys and the briefs it takes now.

use owo_colors::Style;
use serde::Serialize;
use serde_json::Value;

use super::super::briefs::missing_tags;
use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use crate::domain::counted::count;
use crate::store::{Applied, CampaignChange, PausedBy, Selected, Store};

/// One campaign, as under `--json`.
#[derive(Debug, Serialize)]
struct Preview {
    name: String,
    applied: Applied,
    file: Option<String>,
    /// Who has it paused, once this is applied.
    paused_by: Option<PausedBy>,
    /// Whether the pause of an earlier `--prune` is taken back.
    resumed: bool,
    /// Keys whose value changes.
    changes: Vec<KeyChange>,
    /// Briefs it takes now; `null` for a campaign that is paused because its file is gone.
    selected: Option<Selected>,
    /// What a person should look at.
    notes: Vec<String>,
}

/// A key of a campaign file and its values, `null` where it is unset.
#[derive(Debug, PartialEq, Serialize)]
struct KeyChange {
    key: String,
    before: Value,
    after: Value,
}

/// Prints changes: lines for people, or JSON.
pub(super) async fn show(
    context: &Context,
    store: &Store,
    changes: &[CampaignChange],
) -> Result<(), Failure> {
    let mut previews = Vec::new();
    for change in changes {
        previews.push(preview(store, change).await?);
    }
    if context.json {
        return output::json(&previews);
    }
    previews.iter().try_for_each(print)
}

async fn preview(store: &Store, change: &CampaignChange) -> Result<Preview, Failure> {
    let (mut selected, mut notes) = (None, Vec::new());
    if let Some(spec) = &change.after {
        let counted = store.selected(change.id, &spec.select).await?;
        if counted.matching == 0 {
            notes = missing_tags(store, &spec.select.tags).await?;
        }
        selected = Some(counted);
    }
    if change.paused_by == Some(PausedBy::Person) {
        let name = &change.name;
        notes.push(format!(
            "it stays paused; `nightdesk campaigns resume {name}` lets it fire again"
        ));
    }
    Ok(Preview {
        name: change.name.clone(),
        applied: change.applied,
        file: change.file.clone(),
        paused_by: change.paused_by,
        resumed: change.resumed,
        changes: key_changes(change)?,
        selected,
        notes,
    })
}

fn key_changes(change: &CampaignChange) -> Result<Vec<KeyChange>, Failure> {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return Ok(Vec::new());
    };
    let after = serde_json::to_value(after).map_err(std::io::Error::from)?;
    let (mut old, mut new) = (Vec::new(), Vec::new());
    flatten("", before, &mut old);
    flatten("", &after, &mut new);
    let value = |keys: &[(String, Value)], wanted: &str| {
        let found = keys.iter().find(|(key, _)| key == wanted);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    // In the order of the new file; keys that only the old one had come last.
    let lost = old
        .iter()
        .filter(|(key, _)| new.iter().all(|(other, _)| other != key));
    Ok(new
        .iter()
        .chain(lost)
        .map(|(key, _)| KeyChange {
            key: key.clone(),
            before: value(&old, key),
            after: value(&new, key),
        })
        .filter(|change| change.before != change.after)
        .collect())
}

/// The keys of an object, `draft.top_p` for one in a table.
fn flatten(prefix: &str, value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&key, value, into);
            }
        }
        value => into.push((prefix.to_owned(), value.clone())),
    }
}

fn print(preview: &Preview) -> Result<(), Failure> {
    let (word, style) = match preview.applied {
        Applied::Created => ("created", Style::new().green()),
        Applied::Updated => ("updated", Style::new().yellow()),
        Applied::Unchanged => ("unchanged", Style::new().dimmed()),
        Applied::Resumed => ("resumed", Style::new().green()),
        Applied::Paused => ("paused", Style::new().red()),
    };
    let file = preview.file.as_deref().unwrap_or_default();
    let what = match &preview.selected {
        Some(selected) => takes(selected),
        None => format!("{file} is no longer there"),
    };
    let word = output::paint(word, style.bold());
    output::line(&format!("{}: {word}, {what}", preview.name))?;
    for KeyChange { key, before, after } in &preview.changes {
        let before = output::paint(&written(before), Style::new().red());
        let after = output::paint(&written(after), Style::new().green());
        output::line(&format!("    {key}: {before} → {after}"))?;
    }
    if preview.resumed {
        output::line("    its file is back: it fires again")?;
    }
    preview
        .notes
        .iter()
        .try_for_each(|note| output::line(&format!("    {note}")))
}

/// `takes 12 of 2000 briefs now`, with why it is not more.
pub(in crate::cli) fn takes(selected: &Selected) -> String {
    let Selected { briefs, takes, .. } = selected;
    let mut text = format!("takes {takes} of {} now", count(*briefs, "brief"));
    let reasons = reasons(selected);
    if selected.takes < selected.open {
        let open = selected.open;
        text.push_str(&format!(", the first of {open} by its limit"));
    } else if *takes == 0 && selected.matching == 0 && *briefs > 0 {
        text.push_str(": none is as [select] says");
    } else if !reasons.is_empty() {
        text.push_str(&format!(" ({reasons})"));
    }
    text
}

/// Why briefs that match are not taken: `3 embargoed, 1 expired`; empty when all are.
pub(in crate::cli) fn reasons(selected: &Selected) -> String {
    let counts = [
        (selected.drafted, "drafted before"),
        (selected.embargoed, "embargoed"),
        (selected.expired, "expired"),
    ];
    let reasons = counts.iter().filter(|(many, _)| *many > 0);
    let reasons: Vec<String> = reasons
        .map(|(many, what)| format!("{many} {what}"))
        .collect();
    reasons.join(", ")
}

/// A value as it stands in a campaign file.
fn written(value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        value => value.to_string(),
    }
}
