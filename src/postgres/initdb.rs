//! Making the cluster: `initdb` into a folder beside the final one, renamed at the end. However it
//! is interrupted, `data/` is either complete or not there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Output};

use super::identity::ServerUser;
use super::place::{ClusterPlace, make_private_dir};
use super::{Installation, PostgresError};

const UNFINISHED: &str = "data.new-";

/// The last lines of a program's output or log that an error shows.
const SHOWN_LINES: usize = 12;

/// Makes the cluster of a place that has none. The caller holds the start lock.
pub(super) fn initdb(
    place: &ClusterPlace,
    installation: &Installation,
    user: &ServerUser,
) -> Result<(), PostgresError> {
    remove_unfinished(place.root());
    let name = format!("{UNFINISHED}{}", process::id());
    let new = place.root().join(&name);
    make_private_dir(&new, user)?;

    let mut output = run(place.root(), &name, "C.UTF-8", installation, user)?;
    if !output.status.success()
        && String::from_utf8_lossy(&output.stderr).contains("invalid locale")
    {
        // macOS and older C libraries have no `C.UTF-8`; `C` sorts the same.
        output = run(place.root(), &name, "C", installation, user)?;
    }
    if !output.status.success() {
        let _ = fs::remove_dir_all(&new);
        let printed = last_lines(&String::from_utf8_lossy(
            &[output.stdout, output.stderr].concat(),
        ));
        return Err(PostgresError::Initdb {
            root: place.root().into(),
            output: printed,
        });
    }
    fs::rename(&new, place.data()).map_err(PostgresError::io("rename", &new))?;
    // So that the new name outlives a power cut, as what is in it does.
    let root = File::open(place.root()).map_err(PostgresError::io("open", place.root()))?;
    root.sync_all()
        .map_err(PostgresError::io("sync", place.root()))
}

/// The last lines of a text, blank ones left out.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

fn run(
    root: &Path,
    name: &str,
    locale: &str,
    installation: &Installation,
    user: &ServerUser,
) -> Result<Output, PostgresError> {
    let mut command = user.command(&installation.program("initdb"), root);
    command.args([
        "--pgdata",
        name,
        "--username",
        super::probe::NAME,
        "--encoding",
        "UTF8",
        "--locale",
        locale,
    ]);
    // Trust is safe because the socket lies in a folder that only its owner can enter.
    command.args([
        "--auth-local=trust",
        "--auth-host=reject",
        "--data-checksums",
        "--no-instructions",
    ]);
    if cfg!(test) {
        // For the reason that `fsync` is off in tests.
        command.arg("--no-sync");
    }
    user.run(&mut command)
}

/// Clears what interrupted calls left; what cannot be removed now is in nobody's way.
fn remove_unfinished(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let left: PathBuf = entry.path();
            let removed = fs::remove_dir_all(&left);
            tracing::debug!(path = %left.display(), ?removed, "an interrupted initdb left this");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_shown_and_blank_ones_are_not() {
        let lines: Vec<String> = (1..=20).map(|n| format!("line {n}\n\n")).collect();
        let shown = last_lines(&lines.concat());
        assert_eq!(shown.lines().count(), SHOWN_LINES);
        assert!(shown.starts_with("line 9\n") && shown.ends_with("line 20"));
    }
}
