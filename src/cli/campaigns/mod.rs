//! `nightdesk campaigns`: apply campaign files, look at what is applied, pause and resume it.

mod apply;
mod files;
mod next;
mod pause_state;
mod preview;
mod slots;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::users::actor;
use crate::domain::problem::Problem;
use crate::store::Resumed;

pub(super) use apply::apply_all;
pub(super) use pause_state::paused;
use pause_state::{minute, silent};
pub(super) use preview::reasons;

/// Every key of a campaign file, at the end of `campaigns --help`; other messages point there.
pub(super) const FILE_HELP: &str = include_str!("file_help.txt");

#[derive(Debug, Subcommand)]
pub(super) enum CampaignsCommand {
    /// Check every campaign file of a folder, show what changes, then store all of them or none.
    Apply(apply::ApplyArgs),
    /// List campaigns.
    List,
    /// Print one campaign.
    Show {
        /// Its name.
        name: String,
    },
    /// Print when campaigns fire next, and what changes of the clock do to them.
    #[command(after_help = next::NEXT_HELP)]
    Next(next::NextArgs),
    /// Print when campaigns were due, and why they did not fire where they did not.
    Slots(slots::SlotsArgs),
    /// Keep a campaign from firing, and its run from claiming more; `run` still runs it by hand.
    Pause {
        /// Its name.
        name: String,
    },
    /// Let a paused campaign fire again.
    Resume {
        /// Its name.
        name: String,
    },
}

impl CampaignsCommand {
    /// Whether it brings campaigns in, and may make a database for them.
    pub(super) fn brings_campaigns(&self) -> bool {
        matches!(self, Self::Apply(_))
    }
}

pub(super) async fn campaigns(context: &Context, command: CampaignsCommand) -> Result<(), Failure> {
    match command {
        CampaignsCommand::Apply(args) => apply::apply(context, args).await,
        CampaignsCommand::List => list(context).await,
        CampaignsCommand::Show { name } => show(context, &name).await,
        CampaignsCommand::Next(args) => next::next(context, args).await,
        CampaignsCommand::Slots(args) => slots::slots(context, args).await,
        CampaignsCommand::Pause { name } => {
            let changed = context
                .store()
                .await?
                .pause_campaign(&name, &actor())
                .await?;
            let word = if changed { "paused" } else { "paused already" };
            switched(context, &name, word).await
        }
        CampaignsCommand::Resume { name } => {
            let store = context.store().await?;
            let resumed = store.resume_campaign(&name, &actor()).await?;
            switched(context, &name, &what_resumed(resumed)).await
        }
    }
}

async fn switched(context: &Context, name: &str, word: &str) -> Result<(), Failure> {
    if context.json {
        return output::json(&context.store().await?.campaign(name).await?);
    }
    output::line(&format!("{name}: {word}"))
}

fn what_resumed(resumed: Resumed) -> String {
    let word = if resumed.was_paused {
        "resumed"
    } else {
        "was not paused"
    };
    match resumed.was_silent_until {
        Some(until) => format!(
            "{word}; its cursor lay ahead of the clock, at {}, and it goes on from now",
            minute(until)
        ),
        None => word.to_owned(),
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let store = context.store().await?;
    let campaigns = store.campaigns().await?;
    if context.json {
        return output::json(&campaigns);
    }
    let now = store.now().await?;
    let rows = campaigns
        .iter()
        .map(|campaign| {
            let draft = &campaign.spec.draft;
            let schedule = campaign.spec.schedule.as_deref().unwrap_or("by hand");
            let paused = campaign.paused_at.map(|_| " (paused)");
            let paused = paused.or(campaign.trouble.as_ref().map(|_| " (cannot fire)"));
            let silent = campaign
                .silent_until(now)
                .filter(|_| campaign.spec.schedule.is_some());
            let paused = paused.or(silent.map(|_| " (cursor ahead)"));
            vec![
                campaign.name.clone(),
                format!("{schedule}{}", paused.unwrap_or_default()),
                draft.template.clone(),
                draft.model.clone(),
                draft.candidates.to_string(),
                draft.channel.clone().unwrap_or_default(),
            ]
        })
        .collect();
    output::table(
        &[
            "CAMPAIGN",
            "SCHEDULE",
            "TEMPLATE",
            "MODEL",
            "CANDIDATES",
            "CHANNEL",
        ],
        rows,
    )
}

async fn show(context: &Context, name: &str) -> Result<(), Failure> {
    let store = context.store().await?;
    let campaign = store.campaign(name).await?;
    if context.json {
        return output::json(&campaign);
    }
    // Comments, so that what is printed is a campaign file.
    if let Some(file) = &campaign.file {
        output::line(&format!("# from {file}, applied {}", campaign.updated_at))?;
    }
    if let Some(paused) = paused(&campaign) {
        output::line(&format!("# {paused}"))?;
    }
    if let Some(trouble) = &campaign.trouble {
        output::line(&format!("# is due and cannot fire yet: {trouble}"))?;
    }
    if let Some(silent) = silent(&campaign, store.now().await?)
        && campaign.spec.schedule.is_some()
    {
        output::line(&format!("# {silent}"))?;
    }
    let text = toml::to_string(&campaign.spec)
        .map_err(|error| Problem::new("campaign.unprintable", error.to_string()).unexpected())?;
    output::part(&text)
}
