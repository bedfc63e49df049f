//! Who runs the server: ourselves, or, because Postgres refuses root, `postgres` or `nobody`; and
//! how its programs are called, so that neither our environment nor our terminal reaches them.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::PostgresError;

/// The user that owns the cluster and runs its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    name: String,
    uid: u32,
    /// The group to change to; `None` if we already are this user.
    gid: Option<u32>,
}

impl ServerUser {
    /// Ourselves; for root the user that owns the place already, else `postgres`, else `nobody`.
    pub(super) fn for_place(root: &Path) -> Result<Self, PostgresError> {
        let uid = current_uid()?;
        if uid != 0 {
            let name = env::var("USER").unwrap_or_else(|_| uid.to_string());
            return Ok(Self {
                name,
                uid,
                gid: None,
            });
        }
        let passwd =
            fs::read_to_string("/etc/passwd").map_err(PostgresError::io("read", "/etc/passwd"))?;
        let owner = fs::symlink_metadata(root).ok().map(|place| place.uid());
        choose(&passwd, owner).ok_or(PostgresError::NoServerUser)
    }

    /// Gives a file or folder that we have just made to this user.
    pub(super) fn take_over(&self, path: &Path) -> Result<(), PostgresError> {
        match self.gid {
            // Never through a link: the folder around it may be in this lesser user's hands.
            Some(gid) => lchown(path, Some(self.uid), Some(gid))
                .map_err(PostgresError::io("change the owner of", path)),
            None => Ok(()),
        }
    }

    /// Refuses a folder of somebody else, which the server would refuse less clearly.
    pub(super) fn must_own(&self, path: &Path) -> Result<(), PostgresError> {
        let owner = fs::metadata(path)
            .map_err(PostgresError::io("look at", path))?
            .uid();
        if owner == self.uid {
            return Ok(());
        }
        Err(PostgresError::WrongOwner {
            path: path.into(),
            owner,
            expected: self.uid,
            user: self.name.clone(),
        })
    }

    /// A call of a server program, as this user, in this folder.
    pub(super) fn command(&self, program: &Path, dir: &Path) -> Command {
        let mut command = Command::new(program);
        // A clean environment: `PGDATA`, `PGPORT` or `PGOPTIONS` of the user's shell are meant for
        // other servers. Plain messages, because we read them.
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("TZ", "UTC");
        command
            .env("LC_ALL", "C.UTF-8")
            .env("LANG", "C.UTF-8")
            .env("HOME", dir);
        if let Some(libraries) = env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        // Its own process group: Ctrl-C in the terminal is for us, and must not end the server
        // under another command that has joined it.
        command
            .current_dir(dir)
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(gid) = self.gid {
            // Also drops root's other groups: std does so whenever root sets a user id.
            command.uid(self.uid).gid(gid);
        }
        command
    }

    /// Runs it to its end and gives what it printed.
    pub(super) fn run(&self, command: &mut Command) -> Result<Output, PostgresError> {
        command.output().map_err(|source| PostgresError::Spawn {
            program: command.get_program().into(),
            user: self.name.clone(),
            dir: command.get_current_dir().unwrap_or(Path::new(".")).into(),
            source,
        })
    }
}

/// The effective user id of this process: the kernel shows it as the owner of `/proc/self`, where
/// there is one.
pub(super) fn current_uid() -> Result<u32, PostgresError> {
    if let Ok(process) = fs::metadata("/proc/self/") {
        return Ok(process.uid());
    }
    let failed = |source| PostgresError::Io {
        action: "run",
        path: "id".into(),
        source,
    };
    let printed = Command::new("id")
        .arg("-u")
        .output()
        .map_err(failed)?
        .stdout;
    let uid = String::from_utf8_lossy(&printed).trim().parse();
    uid.map_err(|error| failed(io::Error::other(error)))
}

fn choose(passwd: &str, owner: Option<u32>) -> Option<ServerUser> {
    let users: Vec<ServerUser> = ["postgres", "nobody"]
        .iter()
        .filter_map(|name| look_up(passwd, name))
        .collect();
    let owning = users.iter().find(|user| Some(user.uid) == owner);
    owning.or(users.first()).cloned()
}

/// `postgres:x:101:104:…` to its ids; an alias of root is no help.
fn look_up(passwd: &str, name: &str) -> Option<ServerUser> {
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    let (uid, gid) = (ids.next()?.ok()?, ids.next()?.ok()?);
    (uid != 0).then(|| ServerUser {
        name: name.into(),
        uid,
        gid: Some(gid),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";

    #[test]
    fn root_hands_over_to_postgres_unless_nobody_owns_the_place_already() {
        assert_eq!(choose(PASSWD, None).unwrap().name, "postgres");
        assert_eq!(choose(PASSWD, Some(0)).unwrap().uid, 101);
        assert_eq!(choose(PASSWD, Some(65534)).unwrap().name, "nobody");
    }

    #[test]
    fn without_a_lesser_user_there_is_none() {
        assert_eq!(
            choose("root:x:0:0::/:/bin/sh\npostgres:x:0:0::/:/bin/sh\n", None),
            None
        );
    }
}
