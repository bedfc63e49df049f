//! Why a pull failed, and whether waiting helps.

use crate::domain::problem::Problem;
use crate::domain::secret::variable_shown;
use crate::intake::MapFault;
use crate::store::{CampaignRecord, SourceError, StoreError};

/// Errors of a pull.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// There is nothing to pull from.
    #[error("the campaign has no `[source]`")]
    NoSource,
    /// The address is missing.
    #[error("the environment variable `{variable}`, which holds the source's address, is not set")]
    NoVariable {
        /// Its name.
        variable: String,
    },
    /// The source failed.
    #[error(transparent)]
    SourceConnection(#[from] SourceError),
    /// Its columns do not fit the mapping.
    #[error(transparent)]
    Map(#[from] MapFault),
    /// Another `[source]` of the same campaign is being pulled.
    #[error("the campaign's `[source]` was changed while it was pulled")]
    Replaced,
    /// Nightdesk's own database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PullError {
    /// Whether the source is down: the same pull may succeed later without anybody changing anything here.
    pub fn is_down(&self) -> bool {
        matches!(self, Self::SourceConnection(error) if error.is_down())
    }

    /// Whether it is the source's affair, and not that of Nightdesk's own database or of another pull.
    pub(super) fn is_about_source(&self) -> bool {
        matches!(
            self,
            Self::NoVariable { .. } | Self::SourceConnection(_) | Self::Map(_)
        )
    }

    /// The message for a person.
    pub fn problem(&self, campaign: &CampaignRecord) -> Problem {
        let source = campaign.spec.source.as_ref();
        let variable = source.map_or("", |source| variable_shown(&source.connection_env));
        let problem = match self {
            Self::Store(error) => return error.problem(),
            Self::SourceConnection(error) => error.problem(variable),
            Self::Map(fault) => fault.problem(),
            Self::NoSource => Problem::new("source.none", self.to_string())
                .key("source")
                .hint("docs/SOURCES.md shows one"),
            Self::NoVariable { variable } => Problem::new("source.no_variable", self.to_string())
                .key("source.connection_env")
                .hint(format!(
                    "`export {variable}='postgresql://user:password@host/database'`, where the scheduler runs too"
                )),
            Self::Replaced => Problem::new("source.replaced", self.to_string())
                .key("source")
                .hint("pull again: all of it is read with what the campaign says now"),
        };
        match &campaign.file {
            Some(file) => problem.file(file),
            None => problem,
        }
    }
}
