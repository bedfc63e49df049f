//! `nightdesk models`: which models are there, and whether one does what it should.

mod check;
mod list;

use std::path::PathBuf;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// List the models folder: dialect, precision, size, context, licence, and the campaigns that use each.
    List,
    /// Hold one model against everything drafting needs: files and hashes, opset and operators,
    /// tokenizer, chat template, a short text, speed, memory, and how near it is to its fp32 export.
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Model folder, or the name of one under the models folder.
    #[arg(value_name = "DIR", default_value = "smollm2-135m-instruct")]
    dir: PathBuf,
    /// Model folder to compare with, such as an fp32 export of the same weights.
    #[arg(long, value_name = "DIR")]
    reference: Option<PathBuf>,
    /// Leave the timings out.
    #[arg(long)]
    no_speed: bool,
}

pub(super) async fn models(context: &Context, command: ModelsCommand) -> Result<(), Failure> {
    match command {
        ModelsCommand::List => list::list(context),
        ModelsCommand::Check(args) => check::check(context, args).await,
    }
}

/// Bytes for people.
fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}
