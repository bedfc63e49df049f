//! Being in the cluster: [`Cluster::join`] on the way in, [`Cluster::leave`] on the way out, and what
//! the first one in and the last one out do for the others.

use std::fmt::Write as _;
use std::fs;

use super::identity::ServerUser;
use super::initdb::initdb;
use super::locks::{StartLock, UsersLock};
use super::probe::NAME;
use super::server::Server;
use super::{ClusterPlace, Installation, PostgresError};

/// A running private Postgres, for as long as this value lives.
///
/// The last one in the whole project to be dropped, in whatever process, stops the server.
/// [`Cluster::leave`] does the same and tells how it went. A process that ends without either
/// (`process::exit`, a signal) leaves the server to the next command.
#[derive(Debug)]
#[must_use = "the server stops when the last `Cluster` is dropped"]
pub struct Cluster {
    server: Server,
    /// `None` once it has been left.
    users: Option<UsersLock>,
    url: String,
}

impl Cluster {
    /// Makes the cluster if there is none, starts it if it does not run, and returns when it takes
    /// connections and has its database. Takes a few seconds the first time in a project, some tenths
    /// of a second after that, milliseconds if the server runs already.
    ///
    /// `progress` is told in a few words about each step that takes time. If the cluster was made by
    /// another major version that is installed as well, that one is used.
    ///
    /// # Errors
    /// Every [`PostgresError`] except those of [`Installation::find`]. Nothing is deleted on the way.
    pub fn join(
        place: &ClusterPlace,
        installation: &Installation,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self, PostgresError> {
        let user = ServerUser::for_place(place.root())?;
        place.prepare(&user)?;
        let start = StartLock::take(place.root(), progress)?;
        let users = UsersLock::share(place.root(), &start)?;
        let server = match Self::made(place, installation, user, progress) {
            Ok(server) => server,
            Err(error) => {
                let _ = users.leave(&start);
                return Err(error);
            }
        };
        if let Err(error) = server.ensure_ready(progress) {
            // One that is still replaying its log goes on: the next command finds it further on.
            let coming_up = matches!(error, PostgresError::NotAnswering { .. });
            if matches!(users.leave(&start), Ok(true)) && !coming_up {
                let _ = server.stop();
            }
            return Err(error);
        }
        Ok(Self {
            url: url(place),
            server,
            users: Some(users),
        })
    }

    /// Where the database is, for sqlx, `psql` and everything that takes a `postgresql:` URL.
    ///
    /// The port and the TLS mode are in it, because else `PGPORT` and `PGSSLMODE`, meant for another
    /// server, would apply.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where this cluster lies.
    #[must_use]
    pub fn place(&self) -> &ClusterPlace {
        &self.server.place
    }

    /// The server programs that it runs on.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.server.installation
    }

    /// Goes out; the last one out stops the server and waits until it is down (some tenths of a
    /// second). Close the connections first: those still open are cut.
    ///
    /// # Errors
    /// [`PostgresError::Stop`] if the server does not stop within 60 s,
    /// [`PostgresError::Locked`] if another command holds the start lock for 300 s,
    /// [`PostgresError::Io`] if the place is gone. The lock is let go of in any case.
    pub fn leave(mut self) -> Result<(), PostgresError> {
        self.go_out()
    }

    fn go_out(&mut self) -> Result<(), PostgresError> {
        let Some(users) = self.users.take() else {
            return Ok(());
        };
        let start = StartLock::take(self.server.place.root(), &mut |_| ())?;
        if users.leave(&start)? {
            self.server.stop()
        } else {
            Ok(())
        }
    }

    /// The server of a cluster that is there, made if it was not. The caller holds the start lock.
    fn made(
        place: &ClusterPlace,
        installation: &Installation,
        user: ServerUser,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Server, PostgresError> {
        if place.data().exists() {
            user.must_own(&place.data())?;
        } else {
            progress(&format!(
                "making a private Postgres in `{}` (only the first time)",
                place.root().display()
            ));
            initdb(place, installation, &user)?;
        }
        Ok(Server {
            place: place.clone(),
            installation: matching(place, installation)?,
            user,
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.go_out() {
            let root = self.server.place.root().display();
            tracing::warn!(%root, error = &error as &dyn std::error::Error, "could not leave the private Postgres");
        }
    }
}

/// The installation that made the data: a server reads only its own major version's.
fn matching(
    place: &ClusterPlace,
    installation: &Installation,
) -> Result<Installation, PostgresError> {
    let path = place.data().join("PG_VERSION");
    let text = fs::read_to_string(&path).map_err(PostgresError::io("read", path))?;
    let made_by = text.trim();
    if made_by.parse() == Ok(installation.major()) {
        return Ok(installation.clone());
    }
    made_by
        .parse()
        .ok()
        .and_then(Installation::of_major)
        .ok_or_else(|| PostgresError::WrongVersion {
            data: place.data(),
            cluster: made_by.into(),
            installed: installation.major(),
            bin: installation.bin().into(),
        })
}

/// `postgresql://nightdesk@%2Fpath%2Fto%2Fsocket:5432/nightdesk?sslmode=disable`.
fn url(place: &ClusterPlace) -> String {
    let mut host = String::new();
    for byte in place.socket_dir().as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                host.push(char::from(*byte));
            }
            _ => {
                let _ = write!(host, "%{byte:02X}");
            }
        }
    }
    format!("postgresql://{NAME}@{host}:5432/{NAME}?sslmode=disable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_holds_the_socket_s_folder_as_its_host() {
        let place = ClusterPlace::at("/srv/my desk/é").unwrap();
        assert_eq!(
            url(&place),
            "postgresql://nightdesk@%2Fsrv%2Fmy%20desk%2F%C3%A9%2Fsocket:5432/nightdesk?sslmode=disable"
        );
    }

    #[test]
    fn a_cluster_goes_to_other_threads() {
        fn is_shared<T: Send + Sync + 'static>() {}
        is_shared::<Cluster>();
    }
}
