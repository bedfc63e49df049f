//! `campaigns next`: when campaigns fire, and what changes of the clock do to them.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use crate::domain::problem::Problem;
use crate::schedule::{Schedule, Slot};

/// Shown below the flags of `campaigns next --help`.
pub(super) const NEXT_HELP: &str = "\
  nightdesk campaigns next                                # of all campaigns together
  nightdesk campaigns next nightly-explainers -n 20
  nightdesk campaigns next --schedule \"30 2 * * *\" --timezone Europe/London --from 2026-03-28T00:00:00Z
docs/SCHEDULE.md says what a crontab means where clocks change.";

#[derive(Debug, Args)]
pub(in crate::cli) struct NextArgs {
    /// Campaign; by default all that have a schedule.
    #[arg(conflicts_with = "schedule")]
    name: Option<String>,
    /// Answer for this crontab instead, without a database.
    #[arg(long, value_name = "CRONTAB")]
    schedule: Option<String>,
    /// Time zone of --schedule.
    #[arg(
        long,
        value_name = "ZONE",
        default_value = "UTC",
        requires = "schedule"
    )]
    timezone: String,
    /// Instant after which to look; by default now.
    #[arg(long, value_name = "RFC 3339")]
    from: Option<DateTime<Utc>>,
    /// How many.
    #[arg(short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
}

/// A slot of a campaign; the name is empty for a crontab of the command line.
struct Due {
    campaign: String,
    slot: Slot,
    schedule: usize,
}

pub(super) async fn next(context: &Context, args: NextArgs) -> Result<(), Failure> {
    let from = args.from.unwrap_or_else(Utc::now);
    let schedules = schedules(context, &args).await?;
    let mut due: Vec<Due> = Vec::new();
    for (place, (campaign, schedule)) in schedules.iter().enumerate() {
        due.extend(
            schedule
                .after(from)
                .take(args.count.into())
                .map(|slot| Due {
                    campaign: campaign.clone(),
                    slot,
                    schedule: place,
                }),
        );
    }
    due.sort_by_key(|due| due.slot.instant);
    due.truncate(args.count.into());
    let all = args.name.is_none() && args.schedule.is_none();
    let shown = |due: &Due| {
        let (wall, offset) = schedules[due.schedule].1.wall(due.slot.instant);
        (wall, offset_text(offset))
    };
    if context.json {
        let rows: Vec<Value> = due
            .iter()
            .map(|due| {
                let (wall, offset) = shown(due);
                let mut row = json!({
                    "instant": due.slot.instant.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                    "civil": wall.format("%Y-%m-%dT%H:%M:%S").to_string(),
                    "offset": offset,
                    "note": due.slot.effect.map(|effect| effect.to_string()),
                });
                if all {
                    row["campaign"] = due.campaign.clone().into();
                }
                row
            })
            .collect();
        return output::json(&rows);
    }
    if due.is_empty() {
        output::note(
            "no campaign has a schedule and is not paused; `nightdesk campaigns list` shows all",
        );
        return Ok(());
    }
    let rows = due
        .iter()
        .map(|due| {
            let (wall, offset) = shown(due);
            let mut row = vec![
                wall.format("%a %Y-%m-%d %H:%M").to_string(),
                offset,
                due.slot.instant.format("%Y-%m-%d %H:%M").to_string(),
                due.slot
                    .effect
                    .map(|effect| effect.to_string())
                    .unwrap_or_default(),
            ];
            if all {
                row.insert(0, due.campaign.clone());
            }
            row
        })
        .collect();
    let mut header = vec!["LOCAL TIME", "OFFSET", "UTC", ""];
    if all {
        header.insert(0, "CAMPAIGN");
    }
    output::table(&header, rows)
}

/// The schedules that are asked for, each with its campaign's name.
async fn schedules(context: &Context, args: &NextArgs) -> Result<Vec<(String, Schedule)>, Failure> {
    if let Some(crontab) = &args.schedule {
        let schedule = Schedule::parse(crontab, &args.timezone, None, None).map_err(|error| {
            let flag = format!("--{}", error.key());
            error.problem().key(flag)
        })?;
        return Ok(vec![(String::new(), schedule)]);
    }
    let store = context.store().await?;
    let campaigns = match &args.name {
        Some(name) => vec![store.campaign(name).await?],
        None => store.campaigns().await?,
    };
    let mut schedules = Vec::new();
    for campaign in campaigns {
        let name = campaign.name.clone();
        let Some(schedule) = Schedule::of(&campaign.spec).map_err(|error| error.problem())? else {
            if args.name.is_some() {
                return Err(Problem::new("campaign.by_hand", format!("{name} has no schedule"))
                    .hint(format!("`nightdesk run {name}` runs it; `schedule = \"30 2 * * *\"` in its file lets it fire"))
                    .into());
            }
            continue;
        };
        match super::paused(&campaign) {
            Some(paused) if args.name.is_some() => {
                output::note(&format!(
                    "{name} is {paused}: it does not fire until it is resumed"
                ));
            }
            // Among all campaigns, one that does not fire is not next.
            Some(_) => continue,
            None => {}
        }
        schedules.push((name, schedule));
    }
    Ok(schedules)
}

/// `+01:00`, as RFC 3339 has it.
fn offset_text(seconds: i32) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
