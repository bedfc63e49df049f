//! `nightdesk templates`: list, check and show prompt templates, and draft their samples.

mod briefs;
mod check;
mod list;
mod sample;
mod show;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;

pub(super) use briefs::brief_of_file;

#[derive(Debug, Subcommand)]
pub(super) enum TemplatesCommand {
    /// List templates with their kinds, hash and what they are for.
    List,
    /// Check templates against sample briefs, their own example, and a model's tokens; exit status 1 on errors.
    Check(check::CheckArgs),
    /// Print one template: front matter, example, the messages a model gets, and its sample draft.
    Show(show::ShowArgs),
    /// Draft the sample of each template with a model and write it to the samples folder.
    Sample(sample::SampleArgs),
}

pub(super) async fn templates(context: &Context, command: TemplatesCommand) -> Result<(), Failure> {
    match command {
        TemplatesCommand::List => list::list(context),
        TemplatesCommand::Check(args) => check::check(context, args).await,
        TemplatesCommand::Show(args) => show::show(context, args).await,
        TemplatesCommand::Sample(args) => sample::sample(context, args).await,
    }
}
