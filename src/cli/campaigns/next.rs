//! `campaigns next`: when campaigns fire, and what changes of the clock do to them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::pause_state::{minute, paused, silent};
use crate::domain::problem::Problem;
use crate::domain::slot::{self, SlotRecord};
use crate::schedule::{LAST_YEAR, Schedule, Slot};
use crate::store::Store;

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
    /// Time after which to look, such as 2026-03-28 (UTC) or 2026-03-28T12:00:00+01:00; by default now.
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// How many.
    #[arg(short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
}

/// A slot of a campaign; the name is empty for a crontab of the command line.
struct Due {
    campaign: String,
    slot: Slot,
    schedule: usize,
    /// Why it does not fire although it is due, as the ledger has it.
    ledger: Option<String>,
}

/// What is asked for, by campaign, and from when on.
struct Period {
    schedules: Vec<(String, Schedule)>,
    from: DateTime<Utc>,
    /// The database, its time and the campaigns' cursors; none for a crontab of the command line.
    ledger: Option<Ledger>,
}

struct Ledger {
    store: Store,
    now: DateTime<Utc>,
    cursors: HashMap<String, DateTime<Utc>>,
}

pub(super) async fn next(context: &Context, args: NextArgs) -> Result<(), Failure> {
    let asked = asked(context, &args).await?;
    let schedules = &asked.schedules;
    let mut due: Vec<Due> = Vec::new();
    for (place, (campaign, schedule)) in schedules.iter().enumerate() {
        let known = due.len();
        due.extend(
            schedule
                .after(asked.from)
                .take(args.count.into())
                .map(|slot| Due {
                    campaign: campaign.clone(),
                    slot,
                    schedule: place,
                    ledger: None,
                }),
        );
        if due.len() - known < args.count.into() {
            let what = args.schedule.as_deref().unwrap_or(campaign);
            output::note(&end_of_the_calendar(what, &due[known..], asked.from));
        }
    }
    due.sort_by_key(|due| due.slot.instant);
    due.truncate(args.count.into());
    if let Some(ledger) = &asked.ledger {
        ledger.contradict(&mut due).await?;
    }
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
                if asked.ledger.is_some() {
                    row["ledger"] = due.ledger.clone().into();
                }
                if all {
                    row["campaign"] = due.campaign.clone().into();
                }
                row
            })
            .collect();
        return output::json(&rows);
    }
    if schedules.is_empty() {
        output::note(
            "no campaign has a schedule and is not paused; `nightdesk campaigns list` shows all",
        );
    }
    if due.is_empty() {
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
                notes(due),
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

/// Why there are fewer times than were asked for.
fn end_of_the_calendar(what: &str, found: &[Due], from: DateTime<Utc>) -> String {
    let last = found.last().map_or(from, |due| due.slot.instant);
    format!(
        "`{what}` has no time after {}: schedules end with the year {LAST_YEAR}",
        super::minute(last)
    )
}

/// What the clock does to a slot, and what the ledger says of it.
fn notes(due: &Due) -> String {
    let effect = due.slot.effect.map(|effect| effect.to_string());
    let notes = [effect, due.ledger.clone()];
    notes.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

impl Ledger {
    /// Notes what keeps a slot from firing: a schedule alone would promise it.
    async fn contradict(&self, due: &mut [Due]) -> Result<(), Failure> {
        let (Some(first), Some(last)) = (due.first(), due.last()) else {
            return Ok(());
        };
        let names: Vec<String> = self.cursors.keys().cloned().collect();
        let between = (first.slot.instant, last.slot.instant);
        let decided = self
            .store
            .decided_slots(&names, between.0, between.1)
            .await?;
        let decided: HashMap<(&str, &str), &SlotRecord> = decided
            .iter()
            .map(|record| ((record.campaign.as_str(), record.slot_key.as_str()), record))
            .collect();
        for due in due {
            let key = due.slot.key();
            let record = decided.get(&(due.campaign.as_str(), key.as_str()));
            let cursor = self.cursors.get(&due.campaign).copied();
            let ahead = cursor.and_then(|cursor| slot::silent_until(cursor, self.now));
            due.ledger = match (record, ahead) {
                (Some(record), _) => Some(what_became(record)),
                (None, Some(until)) if (self.now..=until).contains(&due.slot.instant) => {
                    Some(format!(
                        "does not fire: the cursor lies ahead of the clock, at {}",
                        minute(until)
                    ))
                }
                _ => None,
            };
        }
        Ok(())
    }
}

fn what_became(record: &SlotRecord) -> String {
    let at = minute(record.created_at);
    match record.reason {
        None => format!("fired already, at {at}"),
        Some(reason) => format!("skipped already, at {at}: {}", reason.label()),
    }
}

/// The schedules that are asked for, each with its campaign's name.
async fn asked(context: &Context, args: &NextArgs) -> Result<Period, Failure> {
    let from = args.from.as_deref().map(read_time).transpose()?;
    if let Some(crontab) = &args.schedule {
        let schedule = Schedule::parse(crontab, &args.timezone, None, None).map_err(|error| {
            let flag = format!("--{}", error.key());
            error.problem().key(flag)
        })?;
        return Ok(Period {
            schedules: vec![(String::new(), schedule)],
            from: from.unwrap_or_else(Utc::now),
            ledger: None,
        });
    }
    let store = context.store().await?;
    let campaigns = match &args.name {
        Some(name) => vec![store.campaign(name).await?],
        None => store.campaigns().await?,
    };
    // Only the database's clock decides when something fires.
    let now = store.now().await?;
    let mut cursors = HashMap::new();
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
        match paused(&campaign) {
            Some(paused) if args.name.is_some() => {
                output::note(&format!(
                    "{name} is {paused}: it does not fire until it is resumed"
                ));
            }
            // Among all campaigns, one that does not fire is not next.
            Some(_) => continue,
            None => {}
        }
        if let Some(silent) = silent(&campaign, now) {
            output::note(&format!("{name}: {silent}"));
        }
        cursors.insert(name.clone(), campaign.cursor);
        schedules.push((name, schedule));
    }
    Ok(Period {
        schedules,
        from: from.unwrap_or(now),
        ledger: Some(Ledger {
            store,
            now,
            cursors,
        }),
    })
}

/// An instant of RFC 3339, or a day or a minute in UTC.
fn read_time(word: &str) -> Result<DateTime<Utc>, Problem> {
    let instant = || Some(DateTime::parse_from_rfc3339(word).ok()?.to_utc());
    let minute = |form| NaiveDateTime::parse_from_str(word, form).ok();
    let day = || Some(NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?.into());
    let found = instant().or_else(|| {
        let minute = minute("%Y-%m-%d %H:%M").or_else(|| minute("%Y-%m-%dT%H:%M"));
        minute.or_else(day).map(|civil| civil.and_utc())
    });
    found.ok_or_else(|| {
        Problem::new(
            "campaigns.time",
            format!("`{word}` is no time that is understood"),
        )
        .key("--from")
        .hint(
            "such as `2026-03-28`, `2026-03-28 12:00` (both in UTC) or `2026-03-28T12:00:00+01:00`",
        )
    })
}

/// `+01:00`, as RFC 3339 has it.
fn offset_text(seconds: i32) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
