//! `nightdesk models`: which models are there, and whether one does what it should.

mod check;
mod found;
mod latent;
mod list;
mod sample;
mod vocabulary;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// List the models folder: dialect, precision, size, context, licence, and the campaigns that use each.
    List,
    /// Hold one model against everything drafting needs: files and hashes, opset and operators,
    /// tokenizer, chat template, a short text, speed, memory, and how near it is to its fp32 export.
    Check(check::CheckArgs),
}

pub(super) async fn models(context: &Context, command: ModelsCommand) -> Result<(), Failure> {
    match command {
        ModelsCommand::List => list::list(context),
        ModelsCommand::Check(args) => check::check(context, args).await,
    }
}
