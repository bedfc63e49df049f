//! `report --send`: to every channel that is configured, now.

use serde_json::json;
use uuid::Uuid;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::hints::with_commands;
use super::super::output;
use crate::domain::notify::NotifySettings;
use crate::domain::problem::Problem;
use crate::domain::report::Report;
use crate::notify::{Delivery, Message, Notify};
use crate::schedule::Zone;

/// The channels of `[notify]`, of which there has to be one.
pub(super) fn channels(settings: &NotifySettings) -> Result<Notify, Problem> {
    if !settings.is_configured() {
        return Err(Problem::new(
            "notify.unconfigured",
            "neither a webhook nor a mail server is configured",
        )
        .key("notify")
        .hint("`[notify]` in nightdesk.toml names them: docs/REPORT.md"));
    }
    Notify::new(settings, &|name| std::env::var(name).ok())
}

/// Sends the report, or prints what would be sent. One channel that fails makes the command fail, after
/// the other has been told.
pub(super) async fn send(
    context: &Context,
    notify: &Notify,
    report: &Report,
    zone: Zone,
    dry_run: bool,
) -> Result<(), Failure> {
    let message = Message::of_report(Uuid::now_v7(), report, zone);
    if dry_run {
        return show(context, notify, &message);
    }
    let sent = notify.send(&message, &[]).await;
    if context.json {
        let rows: Vec<_> = sent.iter().map(outcome).collect();
        output::json(&rows)?;
    }
    let mut failed = None;
    for delivery in &sent {
        let destination = &delivery.destination;
        match &delivery.error {
            None => output::note(&format!(
                "sent to {}: {}",
                destination.channel, destination.to
            )),
            // The last one is the command's own error, so that each is told once.
            Some(error) => {
                if let Some(before) = failed.replace(with_commands(error.problem())) {
                    output::note(&format!("error: {before}"));
                }
            }
        }
    }
    failed.map_or(Ok(()), |problem| Err(problem.into()))
}

fn outcome(delivery: &Delivery) -> serde_json::Value {
    json!({
        "channel": delivery.destination.channel,
        "to": delivery.destination.to,
        "sent": delivery.error.is_none(),
        "error": delivery.error.as_ref().map(|error| with_commands(error.problem())),
    })
}

fn show(context: &Context, notify: &Notify, message: &Message) -> Result<(), Failure> {
    let destinations = notify.destinations();
    let body = message.webhook();
    if context.json {
        let rows = destinations
            .iter()
            .map(|destination| match destination.channel {
                "smtp" => json!({
                    "channel": destination.channel, "to": destination.to,
                    "subject": message.subject, "text": message.text, "html": message.html,
                }),
                _ => json!({ "channel": destination.channel, "to": destination.to, "body": body }),
            });
        return output::json(&rows.collect::<Vec<_>>());
    }
    for destination in &destinations {
        output::heading(&format!("{} {}", destination.channel, destination.to))?;
        match destination.channel {
            "smtp" => output::line(&format!(
                "Subject: {}\n\n{}\nand the same as a page of {} bytes",
                message.subject,
                message.text,
                message.html.as_ref().map_or(0, String::len)
            ))?,
            _ => output::json(&body)?,
        }
        output::line("")?;
    }
    output::note("nothing was sent");
    Ok(())
}
