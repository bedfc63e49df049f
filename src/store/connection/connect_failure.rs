//! Why a connection did not come about: what a person has to hear differs for a wrong password, a full server, a
//! certificate that has expired and a machine that is off, and so does whether waiting helps.
//!
//! Postgres says most of it by SQLSTATE, and where one stands for several (28000) by the function that refused, which
//! no `lc_messages` translates. PgBouncer has its own words, and one SQLSTATE for nearly all of them.

use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError};
use sqlx::postgres::PgDatabaseError;

/// What stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum ConnectFailure {
    /// 28P01, and PgBouncer's words for it.
    Password,
    /// The role is not there, or may not log in.
    Role,
    /// 3D000.
    Database,
    /// 42501: the role may not connect to this database.
    Forbidden,
    /// pg_hba.conf has no line for this client, which came encrypted.
    NotFromHere,
    /// pg_hba.conf has no line for this client, which came in the clear: most likely it must not.
    MustEncrypt,
    /// The server wants to see a certificate, or another one.
    ClientCertificate,
    /// 53300, and PgBouncer's `max_client_conn`.
    Full,
    /// 57P03: it starts, or recovers, or is stopping.
    Starting,
    /// 57P01, 57P02, and a PgBouncer whose server is away.
    Stopping,
    /// Nobody knows the name.
    Name,
    /// Nobody listens at the port.
    Refused,
    /// Nothing answers.
    Silent,
    /// The socket is not there.
    NoSocket,
    /// The socket is there, for others.
    SocketDenied,
    /// The server cannot encrypt, and has to.
    NoTls,
    /// Not signed by an authority that is trusted here.
    UnknownAuthority,
    /// The server's certificate is out of its time.
    Expired,
    /// The server's certificate is another host's.
    OtherHost,
    /// Any other failure of the handshake.
    Handshake,
    /// The line was cut, or what came back is not Postgres.
    Broken,
    /// Whatever else the server said.
    Other,
}

impl ConnectFailure {
    /// What a failed attempt to connect means.
    pub(in crate::store) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => error
                .try_downcast_ref::<PgDatabaseError>()
                .map_or(Self::Other, Self::said),
            sqlx::Error::Io(error) => Self::io(error),
            sqlx::Error::Tls(error) => match error.downcast_ref::<rustls::Error>() {
                Some(error) => Self::tls(error),
                // The driver's own words, the only ones it has here.
                None if error.to_string().contains("does not support TLS") => Self::NoTls,
                None => Self::Handshake,
            },
            sqlx::Error::PoolTimedOut => Self::Silent,
            sqlx::Error::Protocol(_) => Self::Broken,
            _ => Self::Other,
        }
    }

    fn said(error: &PgDatabaseError) -> Self {
        let (text, routine) = (error.message(), error.routine().unwrap_or_default());
        match error.code() {
            "28P01" => Self::Password,
            "3D000" => Self::Database,
            "42501" => Self::Forbidden,
            "53300" => Self::Full,
            "57P03" => Self::Starting,
            "57P01" | "57P02" => Self::Stopping,
            "28000" if text.contains("certificate") => Self::ClientCertificate,
            "28000" if text.contains("no encryption") || text.contains("SSL off") => {
                Self::MustEncrypt
            }
            "28000" if routine == "ClientAuthentication" => Self::NotFromHere,
            "28000" => Self::Role,
            // PgBouncer, whose own refusals are violations of the protocol, all of them.
            _ if text.contains("SSL required") => Self::MustEncrypt,
            _ if text.contains("no such database") => Self::Database,
            _ if text.contains("no such user") => Self::Role,
            _ if text.contains("certificate") => Self::ClientCertificate,
            _ if text.contains("max_client_conn") || text.contains("too many") => Self::Full,
            _ if text.contains("authentication failed") || text.contains("login rejected") => {
                Self::Password
            }
            _ if [
                "server down",
                "server_login",
                "connect failed",
                "pgbouncer cannot connect",
                "timeout",
                "shutting down",
            ]
            .iter()
            .any(|words| text.contains(words)) =>
            {
                Self::Stopping
            }
            code if code.starts_with("08") => Self::Broken,
            // Out of memory, or of room on its disk.
            code if code.starts_with("53") => Self::Starting,
            _ => Self::Other,
        }
    }

    fn io(error: &io::Error) -> Self {
        if let Some(error) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return Self::tls(error);
        }
        match error.kind() {
            ErrorKind::NotFound => Self::NoSocket,
            ErrorKind::PermissionDenied => Self::SocketDenied,
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Self::Silent
            }
            // The look-up's error has no kind of its own.
            _ if error.to_string().contains("failed to lookup address") => Self::Name,
            _ => Self::Broken,
        }
    }

    fn tls(error: &rustls::Error) -> Self {
        use CertificateError as Bad;
        match error {
            rustls::Error::InvalidCertificate(bad) => match bad {
                Bad::UnknownIssuer => Self::UnknownAuthority,
                Bad::Expired
                | Bad::ExpiredContext { .. }
                | Bad::NotValidYet
                | Bad::NotValidYetContext { .. } => Self::Expired,
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::OtherHost,
                _ => Self::Handshake,
            },
            rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown,
            ) => Self::ClientCertificate,
            _ => Self::Handshake,
        }
    }

    /// Whether the same attempt may succeed later without anybody changing anything here.
    pub(in crate::store) fn may_pass(self) -> bool {
        matches!(
            self,
            Self::Full
                | Self::Starting
                | Self::Stopping
                | Self::Name
                | Self::Refused
                | Self::Silent
                | Self::NoSocket
                | Self::Broken
        )
    }

    /// The last word of a code such as `database.refused`.
    pub(in crate::store) fn code(self) -> &'static str {
        match self {
            Self::Full => "database.too_many_connections",
            Self::Starting | Self::Stopping => "database.starting",
            Self::NoTls
            | Self::UnknownAuthority
            | Self::Expired
            | Self::OtherHost
            | Self::Handshake
            | Self::ClientCertificate
            | Self::MustEncrypt => "database.tls",
            Self::Password | Self::Role | Self::Database | Self::Forbidden | Self::NotFromHere => {
                "database.refused"
            }
            Self::Name
            | Self::Refused
            | Self::Silent
            | Self::NoSocket
            | Self::SocketDenied
            | Self::Broken
            | Self::Other => "database.unreachable",
        }
    }

    /// What happened, to be followed by the words of whoever said so; `place` is host, port and database, or
    /// nothing.
    pub(in crate::store) fn sentence(self, server: &str, place: &str) -> String {
        let at = match place {
            "" => String::new(),
            place => format!(" at {place}"),
        };
        match self {
            Self::Password => format!("{server}{at} refuses user or password"),
            Self::Role => format!("{server}{at} does not let this user in"),
            Self::Database => format!("{server}{at} has no such database"),
            Self::Forbidden => format!("{server}{at} does not let this user into the database"),
            Self::NotFromHere => {
                format!("{server}{at} takes no connection of this user from this machine")
            }
            Self::MustEncrypt => format!("{server}{at} takes no connection in the clear"),
            Self::ClientCertificate => {
                format!("{server}{at} wants a client certificate that it trusts")
            }
            Self::Full => format!("{server}{at} has no connection left"),
            Self::Starting => format!("{server}{at} is not ready"),
            Self::Stopping => format!("{server}{at} is going down, or its pooler cannot reach it"),
            Self::NoTls => format!("{server}{at} does not encrypt, and the address wants it to"),
            Self::UnknownAuthority => {
                format!("the certificate of {server}{at} is by no authority that is trusted here")
            }
            Self::Expired => format!("the certificate of {server}{at} is not valid today"),
            Self::OtherHost => format!("the certificate of {server}{at} is for another host"),
            Self::Handshake => format!("no encrypted connection to {server}{at} came about"),
            Self::Name
            | Self::Refused
            | Self::Silent
            | Self::NoSocket
            | Self::SocketDenied
            | Self::Broken
            | Self::Other => format!("cannot reach {server}{at}"),
        }
    }

    /// What to do; `variable` holds the address.
    pub(in crate::store) fn hint(self, variable: &str) -> String {
        match self {
            Self::Password => format!(
                "check user and password in `{variable}`; in a password `@` is written `%40`, `/` `%2F`, `?` `%3F`, `#` `%23` and `%` `%25`"
            ),
            Self::Role => format!("check the user in `{variable}`, or make it: `create role … login`"),
            Self::Database => format!("check the database in `{variable}`, or make it: `createdb …`"),
            Self::Forbidden => "`grant connect on database … to …`".to_owned(),
            Self::NotFromHere => {
                "add a line for this user, database and machine to the server's pg_hba.conf and reload it".to_owned()
            }
            Self::MustEncrypt => format!("put `sslmode=verify-full` (or `require`) into `{variable}`, with `sslrootcert=FILE` where its authority is not a public one"),
            Self::ClientCertificate => format!("put `sslcert=FILE&sslkey=FILE` into `{variable}`: a certificate for this user by an authority that the server trusts"),
            Self::Full => "raise `max_connections` (behind PgBouncer `max_client_conn`), or run fewer workers; each process holds at most 4 connections".to_owned(),
            Self::Starting | Self::Stopping => "wait until it is ready; its own log says what it is doing".to_owned(),
            Self::Name => format!("check the host in `{variable}`, and that this machine can look names up"),
            Self::Refused => format!("check that it runs and listens there, and host and port in `{variable}`"),
            Self::Silent => format!("check host and port in `{variable}`, and that no firewall drops what is sent there"),
            Self::NoSocket => format!("check that it runs, and the folder of its socket in `{variable}`"),
            Self::SocketDenied => "this user may not use that socket: check the rights of its folder, or connect by TCP".to_owned(),
            Self::NoTls => format!("switch `ssl` on at the server; or, where nobody is in between, write `sslmode=disable` into `{variable}`"),
            Self::UnknownAuthority => format!("name the file of its authority's certificate in `{variable}`: `sslrootcert=FILE`; if that is there, the server is not the one it should be"),
            Self::Expired => "renew the server's certificate; or put this machine's clock right".to_owned(),
            Self::OtherHost => format!("write the host in `{variable}` as the certificate has it, or give the server a certificate for this host"),
            Self::Handshake => format!("TLS 1.2 or 1.3 is spoken; check the server's `ssl_…` settings, and what listens at that port of `{variable}`"),
            Self::Broken => format!("check that what listens there is Postgres, its log, and host and port in `{variable}`"),
            Self::Other => format!("check that it runs and that the address in `{variable}` is right"),
        }
    }
}

/// What was said by whoever failed, without what the driver puts around it.
pub(in crate::store) fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no answer in time".to_owned(),
        error => error.to_string(),
    }
}

#[cfg(test)]
#[path = "connect_failure_tests.rs"]
mod tests;
