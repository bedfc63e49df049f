//! Finding a Postgres server on this machine: the folder with `initdb`, `postgres` and `pg_ctl`, and
//! its version. Distributions keep these off `PATH`, so we look where they put them.

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PostgresError;
use super::version::{OLDEST_MAJOR, parse_version};

/// Where to look instead of everywhere; for machines with an unusual layout.
const BIN_VARIABLE: &str = "NIGHTDESK_POSTGRES_BIN";

const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// A folder, how its children that hold one version each begin, and where those keep their programs.
const SHELVES: [(&str, &str, &str); 9] = [
    ("/usr/lib/postgresql", "", "bin"), // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),          // Fedora, RHEL with the project's own packages
    ("/usr/libexec", "postgresql", ""), // Alpine
    ("/usr/local", "pgsql", "bin"),     // from source
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/opt/local/lib", "postgresql", "bin"), // MacPorts
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The server programs of one Postgres version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    bin: PathBuf,
    major: u32,
    version: String,
}

impl Installation {
    /// The first new enough one: in `NIGHTDESK_POSTGRES_BIN` (and then nowhere else), on `PATH`, or
    /// where distributions put it, newest first.
    ///
    /// # Errors
    /// [`PostgresError::NotInstalled`] if no folder has the three programs;
    /// [`PostgresError::TooOld`] if only versions before 14 are there, or
    /// [`PostgresError::UnknownVersion`] or [`PostgresError::Io`] if they cannot be asked.
    pub fn find() -> Result<Self, PostgresError> {
        Self::first_in(&folders())
    }

    /// The programs' major version, as in `15`.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The version as the server names it, as in `15.18 (Debian 15.18-0+deb12u1)`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The folder that holds the programs.
    #[must_use]
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// Another installation on this machine, of exactly this major version: after an upgrade of the
    /// distribution both lie side by side, and a cluster runs only on the one that made it.
    pub(super) fn of_major(major: u32) -> Option<Self> {
        let installed = folders().into_iter().filter(|bin| is_complete(bin));
        installed
            .filter_map(|bin| Self::in_folder(bin).ok())
            .find(|found| found.major == major)
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    fn first_in(folders: &[PathBuf]) -> Result<Self, PostgresError> {
        let mut refused = None;
        for bin in folders.iter().filter(|bin| is_complete(bin)) {
            match Self::in_folder(bin.clone()) {
                Ok(found) => return Ok(found),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        Err(refused.unwrap_or_else(|| PostgresError::NotInstalled {
            looked_in: folders.to_vec(),
        }))
    }

    fn in_folder(bin: PathBuf) -> Result<Self, PostgresError> {
        let program = bin.join("postgres");
        // The server answers `--version` even to root, before it looks at anything else.
        let output = Command::new(&program)
            .arg("--version")
            .output()
            .map_err(PostgresError::io("run", &program))?;
        let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let Some((major, version)) = parse_version(&printed) else {
            return Err(PostgresError::UnknownVersion { program, printed });
        };
        if major < OLDEST_MAJOR {
            return Err(PostgresError::TooOld { version, bin });
        }
        Ok(Self {
            bin,
            major,
            version,
        })
    }
}

fn is_complete(bin: &Path) -> bool {
    PROGRAMS.iter().all(|program| bin.join(program).is_file())
}

/// Where to look, best first.
fn folders() -> Vec<PathBuf> {
    if let Some(bin) = env::var_os(BIN_VARIABLE).filter(|bin| !bin.is_empty()) {
        return vec![bin.into()];
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(behind_links)
        .chain(shelved())
    {
        if !all.contains(&folder) {
            all.push(folder);
        }
    }
    all
}

/// The server finds its own files from where its programs lie, so a folder of links to them
/// (`/usr/local/bin/initdb`) stands for the folder behind.
fn behind_links(folder: PathBuf) -> PathBuf {
    let real = fs::canonicalize(folder.join("initdb")).ok();
    real.and_then(|initdb| initdb.parent().map(Path::to_owned))
        .filter(|bin| is_complete(bin))
        .unwrap_or(folder)
}

fn shelved() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (shelf, prefix, bin) in SHELVES {
        for entry in fs::read_dir(shelf).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(version) = name.strip_prefix(prefix) {
                let digits: String = version.chars().filter(char::is_ascii_digit).collect();
                found.push((digits.parse::<u32>().unwrap_or(0), entry.path().join(bin)));
            }
        }
    }
    found.retain(|(_, folder)| is_complete(folder));
    found.sort_by_key(|(version, _)| Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fake(version_line: &str) -> tempfile::TempDir {
        let bin = tempfile::tempdir().unwrap();
        for program in PROGRAMS {
            let path = bin.path().join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{version_line}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        bin
    }

    #[test]
    fn a_new_enough_version_behind_an_old_one_is_taken() {
        let (old, new) = (
            fake("postgres (PostgreSQL) 12.3"),
            fake("postgres (PostgreSQL) 16.1"),
        );
        let found = Installation::first_in(&[old.path().into(), new.path().into()]).unwrap();
        assert_eq!((found.major(), found.bin()), (16, new.path()));
    }

    #[test]
    fn errors_say_which_version_lies_where_and_what_to_do() {
        let old = fake("postgres (PostgreSQL) 12.3");
        let too_old = Installation::first_in(&[old.path().into()]).unwrap_err();
        let bin = old.path().display();
        assert_eq!(
            too_old.to_string(),
            format!("Postgres 12.3 in `{bin}` is too old, expected 14 or newer")
        );

        let none = Installation::first_in(&["/nowhere/bin".into()]).unwrap_err();
        assert_eq!(
            none.to_string(),
            "found no Postgres server (`initdb`, `postgres`, `pg_ctl`) in `/nowhere/bin`"
        );
        assert!(none.hint().unwrap().contains("apt-get install postgresql"));
    }
}
