//! How a connection is protected against whoever is in between, and the warning where nobody decided that.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgConnectOptions;

use super::address::Protection;

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transport {
    /// What was asked for.
    pub protection: Protection,
    /// The version of TLS in use, such as `TLSv1.3`; `None` in the clear. Behind a pooler, which ends the
    /// encryption, the version is not known: it is empty then.
    pub tls: Option<String>,
}

/// What is asked to learn the version of TLS that the server sees, or null.
pub(in crate::store) const TLS_IN_USE: &str =
    "select version from pg_stat_ssl where pid = pg_backend_pid() and ssl";

impl Transport {
    /// What a person reads: whether it is encrypted, and whether it is known to whom.
    pub fn in_words(&self) -> String {
        let verified = match self.protection {
            Protection::Authority => {
                "the server's certificate is by a trusted authority, its name is not checked"
            }
            Protection::Host => "the server's certificate and name are verified",
            _ => "the server's certificate is not verified",
        };
        match (&self.tls, self.protection) {
            (_, Protection::Socket) => "a socket of this machine; nobody is in between".to_owned(),
            (None, _) => "not encrypted".to_owned(),
            (Some(version), _) if version.is_empty() => {
                format!("encrypted as far as the pooler; {verified}")
            }
            (Some(version), _) => format!("encrypted with {version}; {verified}"),
        }
    }

    /// Nobody should learn from an audit that passwords and drafts went through a network in the clear because
    /// nothing was said about it. Said once for `whose` server; `sslmode=disable` is an answer too.
    pub(in crate::store) fn warn_in_the_clear(
        &self,
        options: &PgConnectOptions,
        whose: ServerOwner,
    ) {
        let overheard = self.tls.is_none() && self.protection == Protection::Preferred;
        let said = match whose {
            ServerOwner::Nightdesk => &SAID_OF_OURS,
            ServerOwner::Newsroom => &SAID_OF_SOURCE,
        };
        if overheard && !is_here(options.get_host()) && !said.swap(true, Ordering::Relaxed) {
            let (host, port) = (options.get_host(), options.get_port());
            let server = match whose {
                ServerOwner::Nightdesk => "Postgres",
                ServerOwner::Newsroom => "the source",
            };
            tracing::warn!(
                "the connection to {server} at `{host}:{port}` is not encrypted, because the server does not offer it; `sslmode=verify-full` in its address insists, `sslmode=disable` says that nobody is in between"
            );
        }
    }
}

/// Whose server is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum ServerOwner {
    /// Nightdesk's own database.
    Nightdesk,
    /// A newsroom's.
    Newsroom,
}

static SAID_OF_OURS: AtomicBool = AtomicBool::new(false);
static SAID_OF_SOURCE: AtomicBool = AtomicBool::new(false);

/// Whether a host is this machine by its name or number.
fn is_here(host: &str) -> bool {
    let number = host.parse::<std::net::IpAddr>();
    host == "localhost" || number.is_ok_and(|number| number.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_whether_it_is_encrypted_and_whether_it_is_known_to_whom() {
        let all = [
            (Protection::Socket, None),
            (Protection::Disabled, None),
            (Protection::Preferred, None),
            (Protection::Preferred, Some("TLSv1.3")),
            (Protection::Encrypted, Some("TLSv1.2")),
            (Protection::Authority, Some("TLSv1.3")),
            (Protection::Host, Some("TLSv1.3")),
            (Protection::Host, Some("")),
        ]
        .map(|(protection, tls)| {
            let tls = tls.map(str::to_owned);
            Transport { protection, tls }.in_words()
        });
        insta::assert_snapshot!(all.join("\n"), @"
        a socket of this machine; nobody is in between
        not encrypted
        not encrypted
        encrypted with TLSv1.3; the server's certificate is not verified
        encrypted with TLSv1.2; the server's certificate is not verified
        encrypted with TLSv1.3; the server's certificate is by a trusted authority, its name is not checked
        encrypted with TLSv1.3; the server's certificate and name are verified
        encrypted as far as the pooler; the server's certificate and name are verified
        ");
    }

    #[test]
    fn this_machine_is_known_by_name_and_number() {
        let here = ["localhost", "127.0.0.1", "::1", "127.8.8.8"];
        assert!(here.into_iter().all(is_here));
        assert!(!is_here("db") && !is_here("10.0.0.5"));
    }
}
