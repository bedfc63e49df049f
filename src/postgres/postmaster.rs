//! `postmaster.pid`, the server's own lock file: which process it names, and whether that process is
//! still this cluster's server. After `kill -9` the file stays behind, and its number may by then
//! belong to a process that has nothing to do with it; Postgres itself would then refuse to start.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PostgresError;
use super::identity::ServerUser;

/// Above every system's highest process id, and still a number to Postgres.
const NO_PROCESS: i32 = i32::MAX;

/// What `postmaster.pid` says, checked against the processes that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Postmaster {
    /// No such file: nothing runs.
    Absent,
    /// This process is the server of this cluster.
    Running(i32),
    /// The file is left over.
    Stale,
}

impl Postmaster {
    /// Looks at the file of this data directory.
    pub(super) fn of(data: &Path) -> Result<Self, PostgresError> {
        let path = pid_file(data);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(match pid(&text) {
                Some(pid) if serves(pid, data) => Self::Running(pid),
                _ => Self::Stale,
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::Absent),
            Err(error) => Err(PostgresError::io("read", path)(error)),
        }
    }

    /// Makes a left-over file name no process at all, so that Postgres takes it for what it is.
    ///
    /// It is not removed: its last lines name the shared memory of the dead server, by which
    /// Postgres waits for that server's children. Without them two generations could write at once.
    pub(super) fn set_aside(data: &Path, user: &ServerUser) -> Result<(), PostgresError> {
        let path = pid_file(data);
        let text = fs::read_to_string(&path).map_err(PostgresError::io("read", &path))?;
        if pid(&text).is_none() {
            // Empty or torn, as after a full disk: there is nothing in it to keep.
            return fs::remove_file(&path).map_err(PostgresError::io("remove", path));
        }
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        // Beside it and then renamed: a plain write would follow a link, as root, anywhere.
        let new = data.join("postmaster.pid.stale");
        let _ = fs::remove_file(&new);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .map_err(PostgresError::io("create", &new))?;
        write!(file, "{NO_PROCESS}\n{rest}").map_err(PostgresError::io("write", &new))?;
        user.take_over(&new)?;
        fs::rename(&new, &path).map_err(PostgresError::io("replace", path))
    }
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// The first line; Postgres writes a negative number for a server in single-user mode.
fn pid(text: &str) -> Option<i32> {
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    (pid != 0 && pid != NO_PROCESS).then_some(pid.abs())
}

/// Whether this process is a Postgres server in this data directory: the server changes into it.
fn serves(pid: i32, data: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    if !Path::new("/proc/self").exists() {
        return is_postgres_by_ps(pid);
    }
    let Ok(data) = fs::metadata(data) else {
        return false;
    };
    match fs::metadata(process.join("cwd")) {
        // Compared by identity, so that it holds for a folder that was renamed meanwhile.
        Ok(cwd) => (cwd.dev(), cwd.ino()) == (data.dev(), data.ino()),
        // Root in a container may not look into other users' processes. Then a Postgres of that
        // user counts as ours: to wait for a stranger is harmless, to start a second server is not.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
            let owner = fs::metadata(&process).map(|process| process.uid()).ok();
            name.trim() == "postgres" && owner == Some(data.uid())
        }
        Err(_) => false,
    }
}

/// Where there is no `/proc`: any Postgres counts, for the same reason.
fn is_postgres_by_ps(pid: i32) -> bool {
    let printed = Command::new("ps")
        .args(["-o", "comm=", "-p", &pid.to_string()])
        .output();
    printed.is_ok_and(|output| {
        let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Path::new(&name).file_name() == Some(OsStr::new("postgres"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_with(pid_file_text: &str) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        fs::write(pid_file(data.path()), pid_file_text).unwrap();
        data
    }

    #[test]
    fn a_process_that_works_elsewhere_is_not_our_server() {
        let data = data_with(&format!("{}\n/data\n", std::process::id()));
        assert_eq!(Postmaster::of(data.path()).unwrap(), Postmaster::Stale);
    }

    #[test]
    fn a_process_inside_the_data_directory_is() {
        let data = tempfile::tempdir().unwrap();
        let mut inside = Command::new("sleep")
            .arg("60")
            .current_dir(data.path())
            .spawn()
            .unwrap();
        fs::write(pid_file(data.path()), format!("{}\n", inside.id())).unwrap();
        let found = Postmaster::of(data.path());
        inside.kill().unwrap();
        inside.wait().unwrap();
        assert_eq!(
            found.unwrap(),
            Postmaster::Running(i32::try_from(inside.id()).unwrap())
        );
    }

    #[test]
    fn a_file_set_aside_keeps_its_shared_memory_line() {
        let data = data_with("4711\n/data\n1700000000\n5432\n/socket\n\n  123  456\nready   \n");
        let user = ServerUser::for_place(data.path()).unwrap();
        Postmaster::set_aside(data.path(), &user).unwrap();
        let text = fs::read_to_string(pid_file(data.path())).unwrap();
        assert_eq!(
            text,
            "2147483647\n/data\n1700000000\n5432\n/socket\n\n  123  456\nready   \n"
        );
        assert_eq!(Postmaster::of(data.path()).unwrap(), Postmaster::Stale);
    }

    #[test]
    fn a_torn_file_is_stale_and_removed() {
        let data = data_with("");
        let user = ServerUser::for_place(data.path()).unwrap();
        assert_eq!(Postmaster::of(data.path()).unwrap(), Postmaster::Stale);
        Postmaster::set_aside(data.path(), &user).unwrap();
        assert_eq!(Postmaster::of(data.path()).unwrap(), Postmaster::Absent);
    }
}
