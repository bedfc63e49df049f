//! `campaigns apply`: show what changes, ask a person, change it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::confirm;
use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::{files, preview};
use crate::store::{Applied, CampaignChange, CampaignFile, Store};

#[derive(Debug, Args)]
pub(in crate::cli) struct ApplyArgs {
    /// Folder of *.toml files; by default the project's jobs folder.
    dir: Option<PathBuf>,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Apply without asking; without a terminal, or with --json, nothing is asked anyway.
    #[arg(short, long)]
    yes: bool,
    /// Pause campaigns applied from this folder whose file is no longer there.
    #[arg(long)]
    prune: bool,
}

/// The command.
pub(super) async fn apply(context: &Context, args: ApplyArgs) -> Result<(), Failure> {
    let dir = args
        .dir
        .unwrap_or_else(|| context.config.jobs.value.clone());
    let folder = Folder::read(context, &dir, args.prune)?;
    let store = context.store().await?;
    let changes = folder.plan(&store).await?;
    preview::show(context, &store, &changes).await?;
    if !args.prune {
        for name in folder.without_file(&store).await? {
            output::note(&format!(
                "{name} is applied and has no file in {} any more; `--prune` pauses such campaigns",
                folder.shown
            ));
        }
    }
    if args.dry_run {
        output::note("a dry run: nothing was changed");
        return Ok(());
    }
    let changing = changes
        .iter()
        .filter(|change| change.applied != Applied::Unchanged)
        .count();
    let asking = changing > 0 && confirm::somebody_is_there() && !args.yes && !context.json;
    let what = if changing == 1 { "change" } else { "changes" };
    if asking && !confirm::confirmed(&format!("Apply {changing} {what}?")).await? {
        output::note("nothing was changed");
        return Err(Failure::Output);
    }
    let shown = asking.then_some(changes.as_slice());
    folder.store(&store, shown).await?;
    output::note(&match changing {
        0 => "nothing to change".to_owned(),
        1 => "applied: 1 change".to_owned(),
        _ => format!("applied: {changing} changes"),
    });
    Ok(())
}

/// Applies every campaign file of a folder without a word; gives them.
pub(in crate::cli) async fn apply_all(
    context: &Context,
    dir: &Path,
) -> Result<Vec<CampaignFile>, Failure> {
    let folder = Folder::read(context, dir, false)?;
    let store = context.store().await?;
    folder.store(&store, None).await?;
    Ok(folder.files)
}

/// A folder of campaign files.
struct Folder {
    files: Vec<CampaignFile>,
    /// The folder, as messages and the database name it.
    shown: String,
    prune: bool,
}

impl Folder {
    fn read(context: &Context, dir: &Path, prune: bool) -> Result<Self, Failure> {
        Ok(Self {
            files: files::read(context, dir)?,
            shown: files::shown(&context.config.project, dir),
            prune,
        })
    }

    /// Whether a campaign was applied from this folder: another folder's campaigns are its own affair.
    fn holds(&self, file: &str) -> bool {
        Path::new(file).parent() == Some(Path::new(&self.shown))
    }

    async fn plan(&self, store: &Store) -> Result<Vec<CampaignChange>, Failure> {
        let gone = |file: &str| self.prune && self.holds(file);
        Ok(store.plan_campaigns(&self.files, &gone).await?)
    }

    async fn store(&self, store: &Store, shown: Option<&[CampaignChange]>) -> Result<(), Failure> {
        let gone = |file: &str| self.prune && self.holds(file);
        store.apply_campaigns(&self.files, &gone, shown).await?;
        Ok(())
    }

    /// Campaigns that were applied from this folder and are not in it any more.
    async fn without_file(&self, store: &Store) -> Result<Vec<String>, Failure> {
        let gone = |file: &str| self.holds(file);
        let changes = store.plan_campaigns(&self.files, &gone).await?;
        Ok(changes
            .into_iter()
            .filter(|change| change.applied == Applied::Paused)
            .map(|change| change.name)
            .collect())
    }
}
