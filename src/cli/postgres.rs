//! `nightdesk postgres`: other programs on this project's database.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::database_url::DatabaseUrl;
use crate::domain::problem::Problem;
use crate::store::StoreError;

#[derive(Debug, Subcommand)]
pub(super) enum PostgresCommand {
    /// Run a program with DATABASE_URL set; the private cluster runs as long as it does.
    ///
    /// `nightdesk postgres exec -- sh -c 'psql "$DATABASE_URL"'` opens a shell on the database.
    Exec {
        /// Program and its arguments, after `--`.
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// Print the address of the database; a secret in it is left out, and `exec` hands over the whole.
    Url,
}

pub(super) async fn postgres(context: &Context, command: PostgresCommand) -> Result<(), Failure> {
    let url = context.database_url().await?;
    match command {
        PostgresCommand::Url => {
            // Of what cannot be read nothing is shown; better to say why.
            DatabaseUrl::parse(url.expose())
                .map_err(|fault| StoreError::InvalidUrl(fault.into()))?;
            output::line(&url.shown())
        }
        PostgresCommand::Exec { command } => {
            // The program gets the terminal's Ctrl-C itself; the cluster is left once it has ended.
            let _stop = context.interrupt.handle();
            let (program, args) = command.split_first().ok_or(Failure::Output)?;
            let status = tokio::process::Command::new(program)
                .args(args)
                .env("DATABASE_URL", url.expose())
                .status()
                .await
                .map_err(|error| {
                    let program = program.to_string_lossy();
                    Problem::new(
                        "postgres.exec",
                        format!("`{program}` cannot be started: {error}"),
                    )
                })?;
            match (status.success(), status.signal()) {
                (true, _) => Ok(()),
                (false, Some(signal)) => {
                    let program = program.to_string_lossy();
                    let message = format!("`{program}` was ended by signal {signal}");
                    Err(Problem::new("postgres.exec", message).into())
                }
                // Its own words are on the screen already.
                (false, None) => Err(Failure::Output),
            }
        }
    }
}
