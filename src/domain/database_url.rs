//! The address of a Postgres in its parts, as libpq and its like write it: `postgresql://user:password@host/database`.
//!
//! A password with an `@`, `/`, `?` or `#` in it moves the borders of all parts, so that a piece of it is taken for
//! host, port, database or parameter. Where that is likely the address is refused: a connection to such a host could
//! not come about, and an error that names the host would show the piece.

use std::fmt::Write as _;

use url::Url;

use super::hidden::{HIDDEN, is_plain};

/// What the value of a parameter has to be to be seen; anything else may be a secret in the wrong place.
enum Harmless {
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Digits.
    Number,
    /// A name that somebody gave: letters, digits and `-_.`, not longer than 63 characters.
    Name,
}

const SSL_MODES: &[&str] = &[
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];
const SWITCH: &[&str] = &["disable", "prefer", "require", "true", "false", "0", "1"];
const SERVERS: &[&str] = &[
    "any",
    "read-write",
    "read-only",
    "primary",
    "standby",
    "prefer-standby",
];

/// Parameters that may be seen with their values.
const SHOWN: [(&str, Harmless); 14] = [
    ("sslmode", Harmless::OneOf(SSL_MODES)),
    ("ssl-mode", Harmless::OneOf(SSL_MODES)),
    ("statement-cache-capacity", Harmless::Number),
    ("port", Harmless::Number),
    ("connect_timeout", Harmless::Number),
    ("target_session_attrs", Harmless::OneOf(SERVERS)),
    ("channel_binding", Harmless::OneOf(SWITCH)),
    ("gssencmode", Harmless::OneOf(SWITCH)),
    ("application_name", Harmless::Name),
    ("fallback_application_name", Harmless::Name),
    ("pgbouncer", Harmless::OneOf(SWITCH)),
    ("schema", Harmless::Name),
    ("keepalives", Harmless::OneOf(SWITCH)),
    ("connection_limit", Harmless::Number),
];

impl Harmless {
    fn allows(&self, value: &str) -> bool {
        match self {
            Self::OneOf(words) => words.contains(&value),
            Self::Number => value.len() < 10 && value.chars().all(|c| c.is_ascii_digit()),
            Self::Name => value.len() < 64 && is_plain(value, "-_."),
        }
    }
}

/// Parameters that may be seen by name.
const NAMED: [&str; 19] = [
    "user",
    "password",
    "passfile",
    "host",
    "hostaddr",
    "dbname",
    "options",
    "service",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "sslpassword",
    "sslcrl",
    "sslnegotiation",
    "require_auth",
];

/// The parts of an address.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    url: Url,
    /// Parameters, decoded, in their order.
    pub parameters: Vec<(String, String)>,
}

/// Why a text is no address of a Postgres; the text is in none of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Another scheme, or none.
    #[error("it does not begin with `postgresql://`")]
    Scheme,
    /// It has no borders where an address has them.
    #[error("{0}")]
    Malformed(url::ParseError),
    /// What stands behind the last `@` of the authority is not the host.
    #[error("there is an `@` behind the host")]
    AtSign,
    /// Everything behind it would be left out.
    #[error("there is a `#` in it")]
    NumberSign,
    /// libpq would try one after the other.
    #[error("it names several hosts, and only one is connected to")]
    SeveralHosts,
    /// What no name of a host has.
    #[error("its host has characters that no host has")]
    Host,
}

impl UrlFault {
    /// Whether it was meant to be a database's address.
    pub(super) fn is_about_a_database(&self) -> bool {
        !matches!(self, Self::Scheme)
    }
}

impl DatabaseUrl {
    /// Takes an address apart.
    ///
    /// # Errors
    /// [`UrlFault`]; it does not repeat the address.
    pub fn parse(address: &str) -> Result<Self, UrlFault> {
        let address = address.trim();
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
        {
            return Err(UrlFault::Scheme);
        }
        let url = Url::parse(address).map_err(|error| {
            if is_a_list(address) {
                UrlFault::SeveralHosts
            } else {
                UrlFault::Malformed(error)
            }
        })?;
        let parameters: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let is_border = |c| matches!(c, '@' | '/' | ':' | '?');
        let is_rest = |(name, value): &(String, String)| {
            name.contains(is_border) || !is_known(name) && value.contains('@')
        };
        if url.path().contains('@') || parameters.iter().any(is_rest) {
            return Err(UrlFault::AtSign);
        }
        if url.fragment().is_some() {
            return Err(UrlFault::NumberSign);
        }
        let parts = Self { url, parameters };
        let host = parts.host();
        if host.contains(',') {
            return Err(UrlFault::SeveralHosts);
        }
        if !host.is_empty() && !host.starts_with('/') && !is_plain(&host, ".-_:") {
            return Err(UrlFault::Host);
        }
        Ok(parts)
    }

    /// The value of a parameter by any of its names; the last one counts.
    pub fn parameter(&self, names: &[&str]) -> Option<&str> {
        let mut found = self.parameters.iter().rev();
        let found = found.find(|(name, _)| names.contains(&name.as_str()));
        found.map(|(_, value)| value.as_str())
    }

    /// Name or number of the host without the brackets of the latter; the folder of a socket; empty for the default.
    pub fn host(&self) -> String {
        let given = self.parameter(&["host", "hostaddr"]).map(str::to_owned);
        let host = given.unwrap_or_else(|| decoded(self.url.host_str().unwrap_or_default()));
        host.trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned()
    }

    /// The address with those of its parameters that are to be kept.
    pub fn with_parameters(&self, keep: impl Fn(&str) -> bool) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        let kept: Vec<_> = self
            .parameters
            .iter()
            .filter(|(name, _)| keep(name))
            .collect();
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        url.into()
    }

    /// The address with every part that may be a secret left out; as it was written where nothing is one.
    pub fn shown(&self) -> String {
        let url = &self.url;
        let mut shown = format!("{}://", url.scheme());
        let user = match url.username() {
            user if user.is_empty() || is_plain(user, "-_.") => user,
            _ => HIDDEN,
        };
        shown.push_str(user);
        if url.password().is_some() {
            let _ = write!(shown, ":{HIDDEN}");
        }
        if !user.is_empty() || url.password().is_some() {
            shown.push('@');
        }
        shown.push_str(url.host_str().unwrap_or_default());
        if let Some(port) = url.port() {
            let _ = write!(shown, ":{port}");
        }
        let database = url.path().trim_start_matches('/');
        if !url.path().is_empty() {
            let database = if database.is_empty() || is_plain(database, "-_.") {
                database
            } else {
                HIDDEN
            };
            let _ = write!(shown, "/{database}");
        }
        if url.query().is_some() {
            let _ = write!(shown, "?{}", self.parameters_shown());
        }
        shown
    }

    /// One parameter of an unknown name may be the rest of a password with an `&` in it: then none is shown.
    fn parameters_shown(&self) -> String {
        let shown = self.parameters.iter().map(|(name, value)| {
            match SHOWN.iter().find(|(known, _)| known == name) {
                Some((_, harmless)) if harmless.allows(value) => Some(format!("{name}={value}")),
                Some(_) => Some(format!("{name}={HIDDEN}")),
                None => is_known(name).then(|| format!("{name}={HIDDEN}")),
            }
        });
        let shown: Option<Vec<String>> = shown.collect();
        shown.map_or_else(|| HIDDEN.to_owned(), |shown| shown.join("&"))
    }
}

fn is_known(name: &str) -> bool {
    NAMED.contains(&name) || SHOWN.iter().any(|(known, _)| *known == name)
}

/// Whether the hosts of an address that could not be read are a list, each with a port.
fn is_a_list(address: &str) -> bool {
    let authority = address.split("//").nth(1).unwrap_or_default();
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    hosts.contains(',') && hosts.split(',').all(|host| is_plain(host, ".-_:[]"))
}

fn decoded(text: &str) -> String {
    // A form's own signs are none in the name of a host.
    let pairs = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pairs.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}
