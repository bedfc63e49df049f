//! An address as the driver connects with it, its TLS settled as libpq would settle it.
//!
//! The driver is not libpq: it reads `sslrootcert=system` as the name of a file, checks nothing under `require`
//! even where a root certificate is given, goes in the clear under `allow`, asks for TLS on a Unix socket, and takes
//! a `PGSSLMODE` that it does not know, or a parameter that it does not know, for nothing. Each of these would
//! send a password where somebody was told it would not go, so they are decided here and the driver is told the
//! result. docs/DATABASE.md says what is left of the difference.

use std::path::Path;
use std::str::FromStr;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::domain::database_url::{DatabaseUrl, UrlFault};
use crate::files::{self, MOST_SETTINGS};

/// Accepted values of `sslmode`, from the weakest to the strongest.
const MODES: [(&str, PgSslMode); 6] = [
    ("disable", PgSslMode::Disable),
    // libpq would try in the clear first. What is asked for is that either will do, and of the two this is better.
    ("allow", PgSslMode::Prefer),
    ("prefer", PgSslMode::Prefer),
    ("require", PgSslMode::Require),
    ("verify-ca", PgSslMode::VerifyCa),
    ("verify-full", PgSslMode::VerifyFull),
];

const MODE: [&str; 2] = ["sslmode", "ssl-mode"];
const ROOTS: [&str; 3] = ["sslrootcert", "ssl-root-cert", "ssl-ca"];
const CERTIFICATE: [&str; 2] = ["sslcert", "ssl-cert"];
const KEY: [&str; 2] = ["sslkey", "ssl-key"];

/// What the driver understands beside TLS; everything else it would put into the log with its value.
const DRIVERS_OWN: [&str; 9] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// Leaving one of these out would connect to less safety than was asked for.
const PROTECTING: [&str; 4] = ["passfile", "service", "requirepeer", "require_auth"];

/// Why nothing can be connected with an address; none repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum AddressFault {
    /// It is no address.
    #[error(transparent)]
    Url(#[from] UrlFault),
    /// The driver's own objection, such as to a port.
    #[error("a parameter has a value that is none")]
    Driver,
    /// No such degree of safety.
    #[error(
        "the `sslmode` in {place} is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`"
    )]
    Mode {
        /// The address, or a variable.
        place: &'static str,
    },
    /// Known to libpq, and not to this program.
    #[error(
        "its parameter `{name}` is not supported, and leaving it out would be less safe than it says"
    )]
    Unsupported {
        /// The parameter.
        name: &'static str,
    },
    /// A parameter that begins with `ssl` and is none.
    #[error("a parameter of it that begins with `ssl` is none that is known")]
    UnknownTls,
    /// Anybody has a certificate by a public authority, for some name.
    #[error(
        "a public authority would do for any host: trusting all of them needs `sslmode=verify-full`"
    )]
    SystemRoots,
    /// One of a pair.
    #[error("`sslcert` and `sslkey` belong together, and only one of them is there")]
    HalfAPair,
    /// A file that is not there or cannot be read.
    #[error("`{key}` names a file that cannot be read: {reason}")]
    Unreadable {
        /// The parameter.
        key: &'static str,
        /// The system's words.
        reason: String,
    },
    /// A file with something else in it.
    #[error("`{key}` names a file without {what} in it")]
    NothingInIt {
        /// The parameter.
        key: &'static str,
        /// What was looked for.
        what: &'static str,
    },
}

impl AddressFault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Url(_) | Self::Driver => {
                "it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password"
            }
            Self::Mode { .. } => {
                "`verify-full` is encrypted and checks whose server it is; docs/DATABASE.md says what the others do"
            }
            Self::Unsupported { .. } | Self::UnknownTls => {
                "`sslmode`, `sslrootcert`, `sslcert` and `sslkey` are known; take the other one out of the address"
            }
            Self::SystemRoots => {
                "write `sslmode=verify-full`, or name the file of the authority's certificate"
            }
            Self::HalfAPair => "give both, each the name of a PEM file, or neither",
            Self::Unreadable { .. } => "name a PEM file that this user may read",
            Self::NothingInIt { .. } => {
                "it has to be PEM, `-----BEGIN …`; a key must not be encrypted with a password"
            }
        }
    }
}

/// How well a connection is protected, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// A socket of this machine: nobody is in between.
    Socket,
    /// In the clear, because somebody said so.
    Disabled,
    /// Encrypted where the server can, else in the clear.
    Preferred,
    /// Encrypted, whoever the server is.
    Encrypted,
    /// Encrypted, and the certificate is by a known authority.
    Authority,
    /// Encrypted, by a trusted authority, and made out to the host in the address.
    Host,
}

/// What to connect with.
#[derive(Clone)]
pub(in crate::store) struct Address {
    pub(in crate::store) options: PgConnectOptions,
    pub(in crate::store) protection: Protection,
    /// Whether the address says that a pooler is there which cannot be recognised.
    pub(in crate::store) told_pooled: bool,
}

impl Address {
    /// Reads an address; what it does not say is in the variables that the driver and libpq read.
    ///
    /// # Errors
    /// [`AddressFault`].
    pub(in crate::store) fn parse(address: &str) -> Result<Self, AddressFault> {
        Self::parse_with(address, &|name| std::env::var(name).ok())
    }

    fn parse_with(
        address: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, AddressFault> {
        let parts = DatabaseUrl::parse(address)?;
        refuse_what_would_be_left_out(&parts)?;
        let plain = parts
            .with_parameters(|name| DRIVERS_OWN.contains(&name) || name.starts_with("options["));
        let mut options = PgConnectOptions::from_str(&plain).map_err(|_| AddressFault::Driver)?;
        let host = parts.host();
        if host.contains(':') {
            // A number in brackets, which the look-up of names does not know.
            options = options.host(&host);
        }
        let told_pooled = parts.parameter(&["statement-cache-capacity"]) == Some("0");
        if options.get_socket().is_some() || options.get_host().starts_with('/') {
            return Ok(Self {
                options: options.ssl_mode(PgSslMode::Disable),
                protection: Protection::Socket,
                told_pooled,
            });
        }
        let given = |names: &[&str], name: &str| {
            let found = parts.parameter(names).map(str::to_owned);
            found
                .or_else(|| variable(name))
                .filter(|value| !value.is_empty())
        };
        let roots = given(&ROOTS, "PGSSLROOTCERT");
        let is_system = roots.as_deref() == Some("system");
        let mode = match (parts.parameter(&MODE), variable("PGSSLMODE")) {
            (Some(word), _) => mode(word, "the address")?,
            (None, Some(word)) if !word.is_empty() => mode(&word, "`PGSSLMODE`")?,
            _ if is_system => PgSslMode::VerifyFull,
            _ => PgSslMode::Prefer,
        };
        let mode = match mode {
            PgSslMode::Prefer | PgSslMode::Require | PgSslMode::VerifyCa if is_system => {
                return Err(AddressFault::SystemRoots);
            }
            // Without a file it would be the same: any public authority, and any name.
            PgSslMode::VerifyCa if roots.is_none() => return Err(AddressFault::SystemRoots),
            // As libpq does where a root certificate is there.
            PgSslMode::Require if roots.is_some() => PgSslMode::VerifyCa,
            mode => mode,
        };
        let pair = (given(&CERTIFICATE, "PGSSLCERT"), given(&KEY, "PGSSLKEY"));
        if !matches!(mode, PgSslMode::Disable) {
            options = with_certificates(options, roots.filter(|_| !is_system), pair)?;
        }
        Ok(Self {
            protection: match mode {
                PgSslMode::Disable => Protection::Disabled,
                PgSslMode::Allow | PgSslMode::Prefer => Protection::Preferred,
                PgSslMode::Require => Protection::Encrypted,
                PgSslMode::VerifyCa => Protection::Authority,
                PgSslMode::VerifyFull => Protection::Host,
            },
            options: options.ssl_mode(mode),
            told_pooled,
        })
    }

    /// Host, port and database for messages; never the password.
    pub(in crate::store) fn place(&self) -> String {
        place(&self.options)
    }
}

/// Host, port and database for messages; never the password.
pub(in crate::store) fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or("postgres");
    match options.get_socket() {
        Some(socket) => format!("`{}`, database `{database}`", socket.display()),
        None => format!(
            "`{}:{}`, database `{database}`",
            options.get_host(),
            options.get_port()
        ),
    }
}

fn refuse_what_would_be_left_out(parts: &DatabaseUrl) -> Result<(), AddressFault> {
    let known = [&MODE[..], &ROOTS[..], &CERTIFICATE[..], &KEY[..]].concat();
    for (name, _) in &parts.parameters {
        if let Some(name) = PROTECTING.iter().find(|protecting| *protecting == name) {
            return Err(AddressFault::Unsupported { name });
        }
        if name.starts_with("ssl") && !known.contains(&name.as_str()) {
            return Err(AddressFault::UnknownTls);
        }
    }
    Ok(())
}

fn mode(word: &str, place: &'static str) -> Result<PgSslMode, AddressFault> {
    let known = MODES.iter().find(|(name, _)| *name == word);
    known
        .map(|(_, mode)| *mode)
        .ok_or(AddressFault::Mode { place })
}

/// Reads the files here, so that one that is empty or missing is told and not taken for "no roots of its own".
fn with_certificates(
    mut options: PgConnectOptions,
    roots: Option<String>,
    pair: (Option<String>, Option<String>),
) -> Result<PgConnectOptions, AddressFault> {
    // Without one of its own the driver would take `PGSSLROOTCERT`, and a file called `system`.
    let roots = roots.map(|roots| pem(&roots, "sslrootcert")).transpose()?;
    if let Some(roots) = &roots {
        has_certificates(roots, "sslrootcert")?;
    }
    options = options.ssl_root_cert_from_pem(roots.unwrap_or_default());
    match pair {
        (Some(certificate), Some(key)) => {
            let (certificate, key) = (pem(&certificate, "sslcert")?, pem(&key, "sslkey")?);
            has_certificates(&certificate, "sslcert")?;
            PrivateKeyDer::from_pem_slice(&key).map_err(|_| AddressFault::NothingInIt {
                key: "sslkey",
                what: "a private key",
            })?;
            Ok(options
                .ssl_client_cert_from_pem(certificate)
                .ssl_client_key_from_pem(key))
        }
        (None, None) => Ok(options),
        _ => Err(AddressFault::HalfAPair),
    }
}

/// The bytes of a PEM file, or of the PEM that stands in place of its name, as the driver allows.
fn pem(value: &str, key: &'static str) -> Result<Vec<u8>, AddressFault> {
    if value.trim_start().starts_with("-----BEGIN") {
        return Ok(value.as_bytes().to_vec());
    }
    files::read(Path::new(value), MOST_SETTINGS).map_err(|fault| AddressFault::Unreadable {
        key,
        reason: fault.to_string(),
    })
}

fn has_certificates(pem: &[u8], key: &'static str) -> Result<(), AddressFault> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        _ => Err(AddressFault::NothingInIt {
            key,
            what: "a certificate",
        }),
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
