//! Where a project's cluster lives, and where its socket: paths only, and the folders made private.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{self, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::PostgresError;
use super::identity::{ServerUser, current_uid};

/// Root's clusters: below its home nobody else could reach them.
const ROOTS_CLUSTERS: &str = "/var/lib/nightdesk";

/// The name that Postgres gives its socket, and every client looks for.
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// The kernel takes 107 bytes (103 on macOS); the design keeps to 100.
const LONGEST_SOCKET_PATH: usize = 100;

/// The folder of one private cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterPlace {
    root: PathBuf,
    socket_dir: PathBuf,
}

impl ClusterPlace {
    /// The place of a project: `<project>/.nightdesk/postgres`, and for root
    /// `/var/lib/nightdesk/<first 12 hex digits of sha256 of the project's real path>`.
    ///
    /// Every command run in a project gets the same place, whatever links led there.
    ///
    /// # Errors
    /// [`PostgresError::Io`] if the project folder is not there.
    pub fn for_project(project_dir: &Path) -> Result<Self, PostgresError> {
        let project = fs::canonicalize(project_dir)
            .map_err(PostgresError::io("find the project folder", project_dir))?;
        match current_uid()? {
            0 => Self::at(Path::new(ROOTS_CLUSTERS).join(short_hash(&project))),
            _ => Self::at(project.join(".nightdesk/postgres")),
        }
    }

    /// A place of one's own choice, made when it is joined. Root: the server's user must be able to
    /// enter the folder around it.
    ///
    /// # Errors
    /// [`PostgresError::Io`] if `root` is relative and there is no current folder.
    pub fn at(root: impl AsRef<Path>) -> Result<Self, PostgresError> {
        let root =
            path::absolute(root.as_ref()).map_err(PostgresError::io("find", root.as_ref()))?;
        let socket_dir = socket_dir(&root);
        Ok(Self { root, socket_dir })
    }

    /// The folder that holds everything about this cluster.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The server's log; at most 10 MB and the server's current run, the rest in `server.log.1`.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// The folder of the server's socket: in the place, or a short one in `/tmp`.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Whether a cluster has been made here, running or not.
    #[must_use]
    pub fn is_made(&self) -> bool {
        match fs::symlink_metadata(self.data()) {
            Ok(_) => true,
            // Somebody else's place, say: joining it tells what is wrong.
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.socket_dir.join(SOCKET_NAME)
    }

    /// What `ps` shows as the cluster's name, to tell the servers of several projects apart.
    pub(super) fn cluster_name(&self) -> String {
        format!("nightdesk-{}", short_hash(&self.root))
    }

    /// Makes the place if it is missing, for its user only.
    pub(super) fn prepare(&self, user: &ServerUser) -> Result<(), PostgresError> {
        if let Some(parent) = self.root.parent().filter(|parent| !parent.exists()) {
            fs::create_dir_all(parent).map_err(PostgresError::io("create", parent))?;
            if parent == Path::new(ROOTS_CLUSTERS) {
                // Whatever root's umask: the server's user has to get through.
                let open = fs::Permissions::from_mode(0o755);
                fs::set_permissions(parent, open).map_err(PostgresError::io("open up", parent))?;
            }
        }
        make_private_dir(&self.root, user)?;
        user.must_own(&self.root)
    }

    /// Makes the socket's folder if it is missing, and refuses one that others could reach into:
    /// in `/tmp` anybody can make a folder of that name first.
    pub(super) fn prepare_socket_dir(&self, user: &ServerUser) -> Result<(), PostgresError> {
        make_private_dir(&self.socket_dir, user)?;
        let path = self.socket_dir.as_path();
        let found = fs::symlink_metadata(path).map_err(PostgresError::io("look at", path))?;
        if !found.is_dir() || found.mode() & 0o077 != 0 {
            return Err(PostgresError::OpenSocketDir {
                path: path.into(),
                mode: found.mode() & 0o7777,
            });
        }
        user.must_own(path)
    }
}

/// Makes one folder of mode 0700, or leaves the one that is there.
pub(super) fn make_private_dir(path: &Path, user: &ServerUser) -> Result<(), PostgresError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => user.take_over(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Root's, empty of anybody's say: we were killed between making it and giving it away.
            let found = fs::symlink_metadata(path).map_err(PostgresError::io("look at", path))?;
            if found.is_dir() && found.uid() == 0 {
                user.take_over(path)
            } else {
                Ok(())
            }
        }
        Err(error) => Err(PostgresError::io("create", path)(error)),
    }
}

/// Inside the place, unless the path is too long for a socket's address or could not be written
/// into a setting as it is. Then in `/tmp` by the place's hash, and not in `/run/user`: every
/// command has to come to the same folder, a cron job has no `/run/user`, and it goes at log-out
/// while a night's work goes on.
fn socket_dir(root: &Path) -> PathBuf {
    let inside = root.join("socket");
    let length = inside.as_os_str().len() + "/".len() + SOCKET_NAME.len();
    let plain =
        |text: &str| !text.contains(['\'', '"', '\\', ',']) && !text.contains(char::is_control);
    if length <= LONGEST_SOCKET_PATH && inside.to_str().is_some_and(plain) {
        return inside;
    }
    Path::new("/tmp").join(format!("nightdesk-{}", short_hash(root)))
}

/// The first 12 hex digits of the path's sha256.
fn short_hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    digest.iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_start_of_sha256() {
        assert_eq!(short_hash(Path::new("abc")), "ba7816bf8f01");
    }

    #[test]
    fn a_socket_path_of_100_bytes_stays_inside_and_one_more_moves_out() {
        let room = LONGEST_SOCKET_PATH - "/socket/.s.PGSQL.5432".len();
        let fits = ClusterPlace::at(format!("/{}", "x".repeat(room - 1))).unwrap();
        assert!(fits.socket_dir().starts_with(fits.root()));
        assert_eq!(fits.socket().as_os_str().len(), 100);

        let long = ClusterPlace::at(format!("/{}", "x".repeat(room))).unwrap();
        assert_eq!(long.socket_dir().parent(), Some(Path::new("/tmp")));
        assert!(long.socket().as_os_str().len() < 50);
    }

    #[test]
    fn a_path_that_a_setting_cannot_hold_moves_the_socket_out() {
        let odd = ClusterPlace::at("/srv/it's, \"mine\"").unwrap();
        assert!(odd.socket_dir().starts_with("/tmp"));
        let spaced = ClusterPlace::at("/srv/Zürich desk").unwrap();
        assert_eq!(spaced.socket_dir(), Path::new("/srv/Zürich desk/socket"));
    }

    #[test]
    fn links_to_a_project_lead_to_the_same_place() {
        let dir = tempfile::tempdir().unwrap();
        let (project, link) = (dir.path().join("project"), dir.path().join("link"));
        fs::create_dir(&project).unwrap();
        std::os::unix::fs::symlink(&project, &link).unwrap();
        assert_eq!(
            ClusterPlace::for_project(&link).unwrap(),
            ClusterPlace::for_project(&project).unwrap()
        );
    }

    #[test]
    fn a_project_that_is_not_there_is_named() {
        let error = ClusterPlace::for_project(Path::new("/nowhere/desk")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot find the project folder `/nowhere/desk`"
        );
    }
}
