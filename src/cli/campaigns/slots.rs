//! `campaigns slots`: the ledger of instants at which campaigns were due.

use clap::Args;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use crate::domain::slot::SlotRecord;

#[derive(Debug, Args)]
pub(in crate::cli) struct SlotsArgs {
    /// Campaign; by default all.
    name: Option<String>,
    /// Most slots listed, the latest first.
    #[arg(short = 'n', long, default_value_t = 20, value_parser = super::super::numbers::at_least_one)]
    limit: i64,
}

pub(super) async fn slots(context: &Context, args: SlotsArgs) -> Result<(), Failure> {
    let store = context.store().await?;
    // A misspelt name must not look like a campaign that was never due.
    if let Some(name) = &args.name {
        store.campaign(name).await?;
    }
    let slots = store.slots(args.name.as_deref(), args.limit).await?;
    if context.json {
        return output::json(&slots);
    }
    if slots.is_empty() {
        output::note("nothing was due yet; `nightdesk campaigns next` says what comes");
        return Ok(());
    }
    let rows = slots.iter().map(row).collect();
    output::table(
        &["DUE (UTC)", "CAMPAIGN", "CIVIL TIME", "WHAT BECAME OF IT"],
        rows,
    )
}

fn row(slot: &SlotRecord) -> Vec<String> {
    let outcome = match (slot.reason, slot.run_id) {
        (Some(_), _) if slot.void => {
            "open: a clock that ran ahead skipped it, and it is decided when it comes".to_owned()
        }
        (Some(reason), _) => format!("skipped: {}", reason.label()),
        (None, Some(run_id)) => format!("run {run_id}"),
        (None, None) => String::new(),
    };
    vec![
        slot.instant.format("%Y-%m-%d %H:%M").to_string(),
        slot.campaign.clone(),
        slot.slot_key.replace('T', " "),
        outcome,
    ]
}
