//! What can go wrong with the private cluster, told so that the reader knows where it happened and
//! what to do: the message says what and where, [`PostgresError::hint`] says what would help.

use std::io;
use std::path::PathBuf;

use super::version::OLDEST_MAJOR;

const NO_ROOM: &str = "make room on that disk, or set `DATABASE_URL`";

/// Why the private cluster could not be found, made, started, joined or stopped.
///
/// Nothing is ever deleted on the way to one of these: data that cannot be used stays where it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// No folder looked into holds `initdb`, `postgres` and `pg_ctl`.
    #[error(
        "found no Postgres server (`initdb`, `postgres`, `pg_ctl`) in {}",
        list(looked_in)
    )]
    NotInstalled {
        /// The folders looked into, in order.
        looked_in: Vec<PathBuf>,
    },

    /// Server programs were found, but every one of them is too old.
    #[error("Postgres {version} in `{}` is too old, expected {OLDEST_MAJOR} or newer", bin.display())]
    TooOld {
        /// The newest version found, as it names itself.
        version: String,
        /// Where it lies.
        bin: PathBuf,
    },

    /// `postgres --version` did not print a version.
    #[error("`{} --version` printed `{printed}`, expected a Postgres version", program.display())]
    UnknownVersion {
        /// The program that was asked.
        program: PathBuf,
        /// What it printed, trimmed.
        printed: String,
    },

    /// A file or folder of the place could not be used.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb: `create`, `lock`, `read`.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// A server program could not be started at all.
    #[error("cannot run `{}` as user `{user}` in `{}`", program.display(), dir.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The user that it was to run as.
        user: String,
        /// The folder that it was to run in.
        dir: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// Root runs Nightdesk, and there is no other user to run the server as.
    #[error(
        "Postgres refuses to run as root, and `/etc/passwd` has no user `postgres` or `nobody`"
    )]
    NoServerUser,

    /// A folder that the server needs belongs to somebody else.
    #[error("`{}` belongs to user id {owner}, expected {expected} (`{user}`)", path.display())]
    WrongOwner {
        /// The folder.
        path: PathBuf,
        /// The user id that owns it.
        owner: u32,
        /// The user id that the server runs as.
        expected: u32,
        /// That user's name.
        user: String,
    },

    /// A folder for the socket lets other users in, or is none.
    #[error("`{}` is not a private folder (mode {mode:o}), expected a folder of mode 700", path.display())]
    OpenSocketDir {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },

    /// A lock file is something other than a plain file.
    #[error("lock file `{}` is a link or no plain file", path.display())]
    OddLockFile {
        /// The lock file.
        path: PathBuf,
    },

    /// Another command holds the start lock and does not let go.
    #[error("`{}` is still locked by another command after {waited_s} s", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long this command waited, in seconds.
        waited_s: u64,
    },

    /// The data was written by another major version than the one installed.
    #[error("`{}` was made by Postgres {cluster}, but Postgres {installed} is in `{}`", data.display(), bin.display())]
    WrongVersion {
        /// The data directory.
        data: PathBuf,
        /// The major version that made it, as its `PG_VERSION` says.
        cluster: String,
        /// The major version of the programs.
        installed: u32,
        /// Where those lie.
        bin: PathBuf,
    },

    /// `initdb` failed; nothing half-made is left.
    #[error("`initdb` could not make a cluster in `{}`{}", root.display(), lines(output))]
    Initdb {
        /// The place.
        root: PathBuf,
        /// The last lines that it printed.
        output: String,
    },

    /// The server gave up while it started.
    #[error("Postgres did not start on `{}`{}", data.display(), lines(log))]
    Start {
        /// The data directory.
        data: PathBuf,
        /// The last lines of its log since this start, or of `pg_ctl` if there are none.
        log: String,
    },

    /// A server runs, but does not take connections.
    #[error("Postgres on `{}` takes no connections after {waited_s} s{}", data.display(), lines(log))]
    NotAnswering {
        /// The data directory.
        data: PathBuf,
        /// How long this command waited, in seconds.
        waited_s: u64,
        /// The last lines of its log.
        log: String,
    },

    /// The server took the connection and refused what was asked.
    #[error("Postgres refused to {action} with code {code}: {message}")]
    Refused {
        /// What was asked, as a verb.
        action: &'static str,
        /// The SQLSTATE.
        code: String,
        /// The server's message.
        message: String,
    },

    /// The last one out could not stop the server, which goes on running.
    #[error("Postgres on `{}` did not stop{}", data.display(), lines(output))]
    Stop {
        /// The data directory.
        data: PathBuf,
        /// The last lines that `pg_ctl` printed.
        output: String,
    },
}

impl PostgresError {
    /// A stable name for scripts, as in `{"error":{"code":…}}`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInstalled { .. } => "postgres.not_installed",
            Self::TooOld { .. } => "postgres.too_old",
            Self::UnknownVersion { .. } => "postgres.unknown_version",
            Self::Io { .. } => "postgres.io",
            Self::Spawn { .. } => "postgres.spawn",
            Self::NoServerUser => "postgres.no_server_user",
            Self::WrongOwner { .. } => "postgres.wrong_owner",
            Self::OpenSocketDir { .. } => "postgres.open_socket_dir",
            Self::OddLockFile { .. } => "postgres.odd_lock_file",
            Self::Locked { .. } => "postgres.locked",
            Self::WrongVersion { .. } => "postgres.wrong_version",
            Self::Initdb { .. } => "postgres.initdb",
            Self::Start { .. } => "postgres.start",
            Self::NotAnswering { .. } => "postgres.not_answering",
            Self::Refused { .. } => "postgres.refused",
            Self::Stop { .. } => "postgres.stop",
        }
    }

    /// What would help, if we know; the edges print it after `hint:`.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotInstalled { .. } => {
                "install one, for example with `apt-get install postgresql`, \
                name its folder in `NIGHTDESK_POSTGRES_BIN`, or set `DATABASE_URL`"
                    .into()
            }
            Self::TooOld { .. } | Self::UnknownVersion { .. } => {
                format!("install Postgres {OLDEST_MAJOR} or newer, or set `DATABASE_URL`")
            }
            Self::NoServerUser => {
                "make a user `postgres`, run Nightdesk as an ordinary user, or set `DATABASE_URL`"
                    .into()
            }
            Self::Spawn { user, .. } => {
                format!(
                    "user `{user}` must be able to run that program and to enter that folder; or set `DATABASE_URL`"
                )
            }
            Self::WrongOwner { path, user, .. } => {
                format!("if it is yours, `chown -R {user} {}`", path.display())
            }
            Self::OpenSocketDir { path, .. } | Self::OddLockFile { path } => {
                format!(
                    "look at `{}` and remove it if it is not in use",
                    path.display()
                )
            }
            Self::Locked { .. } => "see which command hangs with `ps`, and end it".into(),
            Self::WrongVersion { data, cluster, .. } => format!(
                "install Postgres {cluster} beside it, or move `{}` away to begin with an empty database",
                data.display()
            ),
            Self::NotAnswering { .. } => {
                "it may still be replaying its log after a crash: try again later".into()
            }
            Self::Io { source, .. } => return io_hint(source).map(Into::into),
            Self::Initdb { output: said, .. } | Self::Start { log: said, .. }
                if said.contains("No space left") =>
            {
                NO_ROOM.into()
            }
            Self::Start { data, .. } => format!(
                "the whole log is `{}`; on a full disk its last lines are missing",
                data.with_file_name("server.log").display()
            ),
            Self::Initdb { .. } | Self::Refused { .. } | Self::Stop { .. } => return None,
        })
    }

    /// For `map_err` on a file operation.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

fn io_hint(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("the private Postgres needs a folder that it can write to; or set `DATABASE_URL`")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(NO_ROOM),
        _ => None,
    }
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if names.is_empty() {
        "`PATH`".into()
    } else {
        names.join(", ")
    }
}

/// Somebody else's lines, set apart under our own.
fn lines(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    text.lines()
        .fold(", its last lines:".to_owned(), |all, line| {
            all + "\n  " + line
        })
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
