//! Where a campaign's briefs come from by themselves: a query on a newsroom's own Postgres.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::query;
use super::window::Window;
use crate::domain::problem::Problem;
use crate::domain::secret::{HIDDEN, variable_shown};

/// Most rows read at a time: a page is held in memory and imported in one transaction.
const MAX_PAGE: u32 = 5_000;

/// Longest statement; a query that needs more holds back the newsroom's own database.
const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// `[source]`: a query whose rows become briefs when a run starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the environment variable that holds the database's address.
    pub connection_env: String,
    /// One `select`; every row is a brief.
    pub query: String,
    /// Column of the result that grows with every change of a row, such as `updated_at`.
    pub cursor: String,
    /// Rows read at a time.
    #[serde(default = "default_page")]
    pub page: u32,
    /// How far behind the last row reading begins again, for rows whose transaction ended late; only for
    /// cursors that are times. See [`Source::overlap()`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Window>,
    /// How long the query may take for a page.
    #[serde(default = "default_timeout")]
    pub timeout: Window,
    /// How long a run that a person starts waits for a source that is down.
    #[serde(default = "default_patience")]
    pub patience: Window,
    /// Splits a text that fills a list.
    #[serde(default = "default_list_separator")]
    pub list_separator: String,
    /// Key path of the brief to column of the result; an empty column leaves the key out. Columns that
    /// are called like a key path fill it without being named here.
    #[serde(default, deserialize_with = "columns")]
    pub map: BTreeMap<String, String>,
    /// Key path to value, for every row that leaves it empty.
    #[serde(default, deserialize_with = "constants")]
    pub constants: BTreeMap<String, String>,
}

impl Source {
    /// How far behind the last row a cursor that is a time is read again: five minutes unless the
    /// campaign says otherwise. A transaction that began before the last pull and ended after it leaves
    /// rows with older times than those that were read; reading them again changes nothing.
    pub fn overlap(&self) -> Duration {
        self.overlap.map_or(Duration::from_mins(5), Window::length)
    }

    /// Hash of what decides which rows come and what becomes of them: with another one, all are read again.
    pub fn sha256(&self) -> String {
        let deciding = (
            &self.connection_env,
            &self.query,
            &self.cursor,
            &self.list_separator,
            &self.map,
            &self.constants,
        );
        // Maps of texts are always JSON.
        let text = serde_json::to_vec(&deciding).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }

    /// The query without the semicolon at its end.
    pub fn statement(&self) -> &str {
        query::check(&self.query).unwrap_or(&self.query)
    }

    /// Rules beyond types; the problem has no file and no line yet.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let at = |key: &str, message: String| {
            Problem::new("campaign.source", message).key(format!("source.{key}"))
        };
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let variable = &self.connection_env;
        if variable.contains("://") || variable.contains('@') || variable.contains('=') {
            // Not repeated here: it most likely holds a password.
            let message = "must be the name of an environment variable, not an address";
            return Err(at("connection_env", message.to_owned()).hint(
                "put the address into a variable, `export NEWSROOM_DATABASE_URL='postgresql://…'`, and its name here; campaign files are no place for passwords",
            ));
        }
        if variable.is_empty()
            || !variable.chars().all(name)
            || variable.starts_with(|c: char| c.is_ascii_digit())
        {
            // What is not written like a name at all is most likely the secret itself.
            let shown = match variable_shown(&variable.replace('-', "_")) {
                HIDDEN if !variable.is_empty() => HIDDEN,
                _ => variable,
            };
            let message = format!("must be the name of an environment variable, given `{shown}`");
            return Err(at("connection_env", message)
                .hint("such as `NEWSROOM_DATABASE_URL`: letters, digits and underscores"));
        }
        query::check(&self.query).map_err(|(message, hint)| at("query", message).hint(hint))?;
        if self.cursor.trim().is_empty() {
            return Err(at("cursor", "must not be empty".to_owned()).hint(
                "name the column that grows with every change of a row, such as `updated_at`",
            ));
        }
        if !(1..=MAX_PAGE).contains(&self.page) {
            let given = self.page;
            return Err(at(
                "page",
                format!("must be from 1 to {MAX_PAGE}, given {given}"),
            ));
        }
        if self.timeout.length() > MAX_TIMEOUT {
            let given = self.timeout;
            return Err(at(
                "timeout",
                format!("must be from 1s to 1h, given `{given}`"),
            ));
        }
        if self.list_separator.is_empty() {
            return Err(at("list_separator", "must not be empty".to_owned()));
        }
        Ok(())
    }
}

/// Line of a campaign file on which a key of `[source]` stands.
pub(super) fn line(source: &str, key: &str) -> Option<usize> {
    let inside = key.strip_prefix("source.")?;
    let lines = || source.lines().enumerate();
    let (start, _) = lines().find(|(_, line)| line.trim_start().starts_with("[source"))?;
    let written = |line: &str| {
        let key = line.split('=').next().unwrap_or_default();
        key.chars()
            .filter(|c| !" \t\"'".contains(*c))
            .collect::<String>()
    };
    // `facts.0.value` below `[source.map]` is `source.map.facts.0.value`.
    let found = lines().skip(start).find(|(_, line)| {
        let written = written(line);
        !written.is_empty() && (inside == written || inside.ends_with(&format!(".{written}")))
    });
    found.map(|(at, _)| at + 1)
}

fn default_page() -> u32 {
    500
}
fn default_timeout() -> Window {
    Window::of(Duration::from_mins(1))
}
fn default_patience() -> Window {
    Window::of(Duration::from_secs(30))
}
fn default_list_separator() -> String {
    ";".to_owned()
}

/// Tables in tables become dotted paths: in TOML, `facts.0.value = "x"` is three of them.
fn flatten<E: de::Error>(
    path: &str,
    value: Value,
    text: &dyn Fn(&Value) -> Option<String>,
    into: &mut BTreeMap<String, String>,
) -> Result<(), E> {
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    match value {
        Value::Object(table) => table
            .into_iter()
            .try_for_each(|(key, value)| flatten(&below(&key), value, text, into)),
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .try_for_each(|(index, value)| flatten(&below(&index.to_string()), value, text, into)),
        value => {
            let text = text(&value).ok_or_else(|| {
                E::custom(format!(
                    "expected the name of a column in quotes for `{path}`, given {value}"
                ))
            })?;
            into.insert(path.to_owned(), text);
            Ok(())
        }
    }
}

fn columns<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let mut into = BTreeMap::new();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    flatten("", Value::deserialize(from)?, &text, &mut into)?;
    Ok(into)
}

fn constants<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let mut into = BTreeMap::new();
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    };
    flatten("", Value::deserialize(from)?, &text, &mut into)?;
    Ok(into)
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
