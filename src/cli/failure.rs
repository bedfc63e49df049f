//! The end of every error: one message on stderr and an exit status.

use std::io::Write;
use std::process::ExitCode;

use super::hints::{of_publish, of_store, with_commands, with_conversion};
use crate::domain::problem::{Blame, Problem};
use crate::drafting::DraftError;
use crate::engine::EngineError;
use crate::intake::Rejection;
use crate::postgres::PostgresError;
use crate::prompt::PromptError;
use crate::publish::PublishError;
use crate::store::{StoreError, UserError};

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something to tell.
    Problem(Box<Problem>),
    /// Everything has been told already.
    Output,
    /// Whoever read our output has stopped reading, such as `head`: not an error.
    BrokenPipe,
}

impl Failure {
    /// Ctrl-C or SIGTERM.
    pub(super) fn interrupted() -> Self {
        Problem::new("interrupted", "interrupted").into()
    }

    /// What clap says about the command line.
    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        // Up to the blank line: a list of missing arguments stands on lines of its own.
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .take_while(|line| !line.is_empty())
            .collect();
        let message = lines.join(" ");
        Problem::new("usage", message.trim_start_matches("error: "))
            .hint("`nightdesk --help` lists the commands, `nightdesk COMMAND --help` its flags")
            .into()
    }

    /// Whether the database does not answer, and may answer later.
    pub(super) fn is_database_away(&self) -> bool {
        let code = match self {
            Self::Problem(problem) => problem.code,
            Self::Output | Self::BrokenPipe => return false,
        };
        [
            "database.unreachable",
            "database.lost",
            "database.starting",
            "database.too_many_connections",
            "database.read_only",
        ]
        .contains(&code)
    }

    /// Prints it and gives the exit status.
    pub(super) fn report(self, json: bool) -> ExitCode {
        let problem = match self {
            Self::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output => return ExitCode::from(1),
            Self::Problem(problem) => problem,
        };
        let mut stderr = anstream::stderr().lock();
        // Without stderr there is nobody left to tell; the exit status still says it.
        let _ = if json || crate::telemetry::is_json() {
            writeln!(stderr, "{}", serde_json::json!({ "error": problem }))
        } else {
            let label =
                owo_colors::OwoColorize::style(&"error", owo_colors::Style::new().red().bold())
                    .to_string();
            writeln!(stderr, "{label}: {problem}")
        };
        ExitCode::from(match problem.blame {
            Blame::Input => 1,
            Blame::Unexpected => 2,
        })
    }
}

impl std::fmt::Display for Failure {
    /// The message alone, for a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) => f.write_str(&problem.message),
            Self::Output | Self::BrokenPipe => Ok(()),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(with_commands(problem)))
    }
}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        error.problem().into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        of_store(&error).into()
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        error.problem().into()
    }
}

impl From<PromptError> for Failure {
    fn from(error: PromptError) -> Self {
        error.problem().into()
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        of_publish(&error).into()
    }
}

impl From<DraftError> for Failure {
    fn from(error: DraftError) -> Self {
        error.problem().into()
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        with_conversion(rejection).problem().into()
    }
}

impl From<PostgresError> for Failure {
    fn from(error: PostgresError) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let mut problem = Problem::new(error.code(), text);
        problem.hint = error.hint();
        problem.into()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Problem::new("io", error.to_string()).unexpected().into()
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        Problem::new("panic", error.to_string()).unexpected().into()
    }
}
