//! Values that no output may show: [`Secret`] never shows anything, [`SecretUrl`] only what is harmless of an address.
//!
//! Neither has `Display`, and `Debug` shows what [`SecretUrl::shown`] shows, so that a value cannot reach a log, a
//! span, an error or a page by being formatted. [`SecretUrl::expose`] stands where a connection is made and
//! nowhere else. What is shown is put together from parsed parts that are known to be harmless; nothing is cut
//! out of the text, because a password may hold every character that a pattern would look for.

use std::fmt;

use serde::Deserialize;
use url::Url;

use super::database_url::DatabaseUrl;
use super::hidden::is_plain;

pub use super::hidden::HIDDEN;

/// A password, a token, or anything else of which no part may be seen.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the connection that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// An address that may hold a secret: of a database, of a webhook, of a collector.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Hides an address; it need not be a good one.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The whole address, for the connection that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// What may be seen of it: of a database's address everything but the secrets, of any other scheme and host,
    /// because the path of a webhook is a secret too, and of what cannot be read nothing.
    pub fn shown(&self) -> String {
        match DatabaseUrl::parse(&self.0) {
            Ok(database) => database.shown(),
            Err(fault) if fault.is_about_a_database() => HIDDEN.to_owned(),
            Err(_) => {
                place(&self.0).map_or_else(|| HIDDEN.to_owned(), |place| place + "/" + HIDDEN)
            }
        }
    }

    /// Whether a text repeats a part of it that [`SecretUrl::shown`] leaves out, as the answer of a server may. Parts
    /// shorter than 6 characters are in too many texts by chance.
    pub fn is_repeated_in(&self, text: &str) -> bool {
        let Ok(url) = Url::parse(self.0.trim()) else {
            return text.contains(self.0.trim());
        };
        let hidden = [
            Some(url.username()),
            url.password(),
            url.query(),
            url.fragment(),
        ];
        let query = url.query_pairs().flat_map(|(name, value)| [name, value]);
        let pieces = url.path().split('/').chain(hidden.into_iter().flatten());
        pieces
            .map(str::to_owned)
            .chain(query.map(|piece| piece.into_owned()))
            .any(|piece| piece.len() >= 6 && text.contains(&piece))
    }
}

/// Scheme, host and port of an address of the web, where what stands there can be nothing else.
fn place(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok()?;
    let host = url.host_str().filter(|host| is_plain(host, ".-_:[]"))?;
    // An `@` behind the host: what looks like a host is the beginning of a password with a `/` in it.
    let behind = [Some(url.path()), url.query(), url.fragment()];
    if !["http", "https"].contains(&url.scheme())
        || behind.iter().flatten().any(|part| part.contains('@'))
    {
        return None;
    }
    let port = url.port().map(|port| format!(":{port}"));
    Some(format!(
        "{}://{host}{}",
        url.scheme(),
        port.unwrap_or_default()
    ))
}

/// Whether a text that somebody put in the wrong place may be an address, or a list of parameters, with a secret in it.
pub fn may_hold_a_secret(text: &str) -> bool {
    text.contains("://") || text.contains('@') || text.contains('=') && text.contains("password")
}

/// The name of an environment variable as a message may repeat it: what is not written like one is most likely the
/// secret itself, put where its name belongs.
pub fn variable_shown(name: &str) -> &str {
    let like_a_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !name.is_empty() && name.chars().all(like_a_name) {
        name
    } else {
        HIDDEN
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl From<String> for SecretUrl {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl From<&str> for SecretUrl {
    fn from(address: &str) -> Self {
        Self(address.to_owned())
    }
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
