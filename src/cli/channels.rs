//! `nightdesk channels`: which channels there are, and what fits into them.

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::channel::{ChannelSpec, Field, builtin};
use crate::domain::draft::Draft;
use crate::drafting::find_channel;

/// What holds for every field, and for what leaves beside them.
fn beside(spec: &ChannelSpec) -> Vec<String> {
    let mut lines = Vec::new();
    if !spec.insertions.is_empty() {
        let names = spec.insertions.iter().map(|one| format!("`{{{}", one.name));
        let names: Vec<String> = names.map(|name| format!("{name}…}}`")).collect();
        lines.push(format!(
            "counted as they are shown: {}; no other braces",
            names.join(", ")
        ));
    }
    for instruction in &spec.instructions {
        lines.push(format!(
            "`{}` alone is no text: an import takes it for “{}”",
            instruction.entry, instruction.means
        ));
    }
    for field in &spec.meta {
        lines.push(format!(
            "`meta.{}` of the brief: up to {} {}",
            field.name,
            field.limit,
            field.count.unit()
        ));
    }
    lines
}

#[derive(Debug, Subcommand)]
pub(super) enum ChannelsCommand {
    /// List the channels and what a draft for each consists of.
    List,
    /// Print the limits of one channel, how they are counted, and where they are published.
    Show {
        /// Its name, such as google-rsa.
        name: String,
    },
}

pub(super) fn channels(context: &Context, command: ChannelsCommand) -> Result<(), Failure> {
    match command {
        ChannelsCommand::List if context.json => output::json(&builtin()),
        ChannelsCommand::List => {
            let rows = builtin()
                .iter()
                .map(|spec| {
                    let fields: Vec<String> = spec.fields.iter().map(limits).collect();
                    vec![spec.name.clone(), spec.title.clone(), fields.join(" · ")]
                })
                .collect();
            output::table(&["CHANNEL", "WHAT", "FIELDS"], rows)
        }
        ChannelsCommand::Show { name } => {
            let spec = find_channel(&name).map_err(|error| error.problem())?;
            if context.json {
                return output::json(spec);
            }
            output::heading(&format!("{}  {}", spec.id(), spec.title))?;
            for field in &spec.fields {
                output::line(&format!("  {}", limits(field)))?;
                if let Some(shown) = field.shown {
                    let unit = field.count.unit();
                    output::line(&format!(
                        "      of which readers see the first {shown} {unit}"
                    ))?;
                }
                if !field.forbid.is_empty() {
                    let marks = field.forbid.iter().map(|mark| format!("`{mark}`"));
                    let marks: Vec<String> = marks.collect();
                    output::line(&format!("      without {}", marks.join(", ")))?;
                }
                if field.distinct {
                    output::line("      no two the same")?;
                }
            }
            for line in beside(spec) {
                output::line(&output::wrapped(&line, "  "))?;
            }
            output::line(&output::wrapped(
                &format!("from {}, read on {}", spec.source, spec.as_of),
                "  ",
            ))
        }
    }
}

/// `3–15 headlines of up to 30 columns`.
fn limits(field: &Field) -> String {
    let items = match (field.min_items, field.max_items) {
        (1, 1) => String::new(),
        _ => format!("{} ", range(field)),
    };
    let length = match field.at_least {
        0 => format!("up to {}", field.limit),
        least => format!("{least}–{}", field.limit),
    };
    format!("{items}{} of {length} {}", field.name, field.count.unit())
}

/// How many entries there may be: `3–15`.
fn range(field: &Field) -> String {
    match (field.min_items, field.max_items) {
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least}–{most}"),
    }
}

/// The entries of a multi-part draft, each with the room it uses, as lines for people.
///
/// A draft whose channel has gone is shown without limits: nothing of it may be hidden.
pub(super) fn entries(draft: &Draft) -> Option<Vec<String>> {
    let parts = draft.parts.as_ref()?.as_object()?;
    let spec = draft.channel.as_deref().and_then(ChannelSpec::find);
    let field_of =
        |name: &str| spec.and_then(|spec| spec.fields.iter().find(|field| field.name == name));
    let order = |name: &str| {
        let fields = spec.map_or(&[][..], |spec| &spec.fields);
        fields.iter().position(|field| field.name == name)
    };
    let mut names: Vec<&String> = parts.keys().collect();
    names.sort_by_key(|name| order(name).unwrap_or(usize::MAX));
    let mut lines = Vec::new();
    for name in names {
        let texts: Vec<&str> = match &parts[name] {
            serde_json::Value::String(text) => vec![text],
            value => value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|text| text.as_str())
                .collect(),
        };
        let field = field_of(name);
        let asked = field
            .map(|field| {
                format!(
                    ", {} of up to {} {} fit",
                    range(field),
                    field.limit,
                    field.count.unit()
                )
            })
            .unwrap_or_default();
        lines.push(format!("{} {name}{asked}", texts.len()));
        for text in texts {
            lines.push(match field {
                Some(field) => {
                    format!("  {:>3}/{}  {text}", field.measure(text), field.limit)
                }
                None => format!("  {text}"),
            });
        }
    }
    Some(lines)
}

/// A multi-part draft in one line: how many entries of each part, and the beginning of the first.
pub(super) fn in_a_line(draft: &Draft) -> Option<String> {
    let parts = draft.parts.as_ref()?.as_object()?;
    let mut counts: Vec<String> = parts
        .iter()
        .map(|(name, entries)| format!("{} {name}", entries.as_array().map_or(1, Vec::len)))
        .collect();
    // Postgres keeps the keys of an object by length; people count headlines first.
    counts.reverse();
    counts.sort_by_key(|count| !count.ends_with("headlines"));
    let first = draft.text.lines().next().unwrap_or_default();
    Some(format!("{}: {first}", counts.join(" + ")))
}
