//! The two lock files of a place. Both are `flock`s: the kernel lets go of them however their holder
//! died, so no command ever finds a lock that nobody holds. std opens files close-on-exec, so the
//! server does not inherit them either.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::PostgresError;

/// Longer than the holder may take to make, start or stop a cluster on a slow disk.
const START_WAIT_LIMIT: Duration = Duration::from_mins(5);

/// The right to start or stop the server; let go when dropped.
#[derive(Debug)]
pub(super) struct StartLock {
    file: File,
}

impl StartLock {
    /// Waits until nobody else is starting or stopping.
    pub(super) fn take(root: &Path, progress: &mut dyn FnMut(&str)) -> Result<Self, PostgresError> {
        Self::take_within(START_WAIT_LIMIT, root, progress)
    }

    fn take_within(
        wait_limit: Duration,
        root: &Path,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self, PostgresError> {
        let path = root.join("start.lock");
        let file = open(&path)?;
        let begun = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file }),
                Err(TryLockError::WouldBlock) if begun.elapsed() > wait_limit => {
                    return Err(PostgresError::Locked {
                        path,
                        waited_s: wait_limit.as_secs(),
                    });
                }
                // Polled, because a blocking lock could not be given up.
                Err(TryLockError::WouldBlock) => {
                    if !told && begun.elapsed() > Duration::from_millis(500) {
                        progress("waiting for another command that starts or stops Postgres");
                        told = true;
                    }
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(PostgresError::io("lock", path)(error));
                }
            }
        }
    }
}

impl Drop for StartLock {
    fn drop(&mut self) {
        // Closing alone is not enough: another thread's child between fork and exec still has it.
        let _ = self.file.unlock();
    }
}

/// "Somebody is in", shared by all who are.
#[derive(Debug)]
pub(super) struct UsersLock {
    file: File,
    path: Box<Path>,
}

impl UsersLock {
    /// Comes in. It is only ever held exclusively under the start lock, so with that there is no
    /// waiting.
    pub(super) fn share(root: &Path, _start: &StartLock) -> Result<Self, PostgresError> {
        let path = root.join("users.lock");
        let file = open(&path)?;
        file.lock_shared()
            .map_err(PostgresError::io("lock", &path))?;
        Ok(Self {
            file,
            path: path.into(),
        })
    }

    /// Goes out, and tells whether nobody else is in. The start lock keeps others from coming in
    /// until the caller has acted on the answer.
    pub(super) fn leave(self, _start: &StartLock) -> Result<bool, PostgresError> {
        self.file
            .unlock()
            .map_err(PostgresError::io("unlock", &*self.path))?;
        match self.file.try_lock() {
            Ok(()) => {
                self.file
                    .unlock()
                    .map_err(PostgresError::io("unlock", &*self.path))?;
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(PostgresError::io("lock", &*self.path)(error)),
        }
    }
}

/// Opens a lock file, made if missing. Never through a link: root's place is in the hands of the
/// server's user, who must not get root to make or touch a file elsewhere.
fn open(path: &Path) -> Result<File, PostgresError> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let file = match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path)
        }
        other => other,
    }
    .map_err(PostgresError::io("open", path))?;
    let opened = file
        .metadata()
        .map_err(PostgresError::io("look at", path))?;
    let named = fs::symlink_metadata(path).map_err(PostgresError::io("look at", path))?;
    if !named.is_file() || (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
        return Err(PostgresError::OddLockFile { path: path.into() });
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_one_out_is_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let start = StartLock::take(dir.path(), &mut |_| ()).unwrap();
        let first = UsersLock::share(dir.path(), &start).unwrap();
        let second = UsersLock::share(dir.path(), &start).unwrap();
        assert!(!first.leave(&start).unwrap());
        assert!(second.leave(&start).unwrap());
    }

    #[test]
    fn waiting_for_a_hung_command_ends_with_the_file_s_name() {
        let dir = tempfile::tempdir().unwrap();
        let _held = StartLock::take(dir.path(), &mut |_| ()).unwrap();
        let error = StartLock::take_within(Duration::ZERO, dir.path(), &mut |_| ()).unwrap_err();
        let path = dir.path().join("start.lock");
        assert_eq!(
            error.to_string(),
            format!(
                "`{}` is still locked by another command after 0 s",
                path.display()
            )
        );
    }

    #[test]
    fn a_link_in_place_of_a_lock_file_is_refused_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = (dir.path().join("elsewhere"), dir.path().join("start.lock"));
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(StartLock::take(dir.path(), &mut |_| ()).is_err());
        assert!(!target.exists());
    }
}
