//! `nightdesk report`: what the night came to, on the screen, as JSON, as a page, or sent.

mod period;
mod send;

use std::path::PathBuf;

use clap::Args;
use owo_colors::Style;

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::problem::Problem;
use crate::report::{Mark, Period, gather, page, render};
use crate::schedule::Zone;

#[derive(Debug, Args)]
#[command(after_help = FORMS)]
pub(super) struct ReportArgs {
    /// Beginning of the period; by default 24 hours before its end.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// End of the period; by default now.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Zone of the times read and printed; by default that of `[notify]`, which is UTC unless set.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Print one self-contained HTML page.
    #[arg(long)]
    html: bool,
    /// Write the page to a file instead.
    #[arg(long, value_name = "FILE", requires = "html")]
    output: Option<PathBuf>,
    /// Send it to the webhook and the mail addresses of `[notify]` in nightdesk.toml, and print nothing.
    #[arg(long, conflicts_with = "html")]
    send: bool,
    /// With --send: print what would go where, and send nothing.
    #[arg(long, requires = "send")]
    dry_run: bool,
}

const FORMS: &str = "\
WHEN is a time of day (`18:00`, the last one), a date, a date with a time (`2026-01-05 18:00`), an
instant (`2026-01-05T18:00:00Z`), or how long ago (`12h`, `7days`).

  nightdesk report                                   the last 24 hours
  nightdesk report --since 18:00                     since six o'clock yesterday evening
  nightdesk report --since 7days --html --output week.html
  nightdesk report --send --dry-run                  what would be sent, and where

docs/REPORT.md explains every key of --json, `[notify]`, and the alerts.";

pub(super) async fn report(context: &Context, args: ReportArgs) -> Result<(), Failure> {
    if args.html && context.json {
        return Err(Problem::new(
            "report.form",
            "`--json` and `--html` are two forms of one report",
        )
        .hint("give one of them")
        .into());
    }
    let settings = &context.config.notify;
    let zone = match &args.timezone {
        Some(name) => Zone::parse(name).map_err(|error| error.problem().key("--timezone"))?,
        None => Zone::parse(&settings.timezone)
            .map_err(|error| error.problem().key("notify.timezone"))?,
    };
    // What cannot be sent is told before the database is asked.
    let notify = if args.send {
        Some(send::channels(settings)?)
    } else {
        None
    };
    let store = context.store().await?;
    let period = period::read(
        args.since.as_deref(),
        args.until.as_deref(),
        zone,
        store.now().await?,
    )?;
    let asked = Period {
        since: period.since,
        until: period.until,
        zone,
        late_after: settings.late_after,
    };
    let report = gather(&store, &asked).await?;
    if let Some(notify) = notify {
        return send::send(context, &notify, &report, zone, args.dry_run).await;
    }
    if context.json {
        return output::json(&report);
    }
    if args.html {
        let page = page(&report, zone);
        return match &args.output {
            None => output::part(&page),
            Some(file) => std::fs::write(file, page).map_err(|error| {
                Problem::new("output.unwritable", format!("cannot be written: {error}"))
                    .file(file.display().to_string())
                    .hint("name a file in a folder that exists and that you may write to")
                    .into()
            }),
        };
    }
    let paint = |mark: Mark, text: &str| {
        let style = match mark {
            Mark::Headline | Mark::Heading => Style::new().bold(),
            Mark::Warning => Style::new().yellow(),
            Mark::Good => Style::new().green(),
        };
        output::paint(text, style)
    };
    output::part(&render(&report, zone, &paint))
}
