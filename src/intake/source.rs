//! Rows of a query's result → briefs: the same key paths, constants, cleaning, schema and rules as a CSV
//! table, only that a database also has lists and JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::brief::cleaned_brief;
use super::csv::columns::{Cell, Column, Columns};
use super::csv::path::Path;
use super::digits;
use super::fault::Fault;
use super::{Cleaned, RAW_CHARS, RowRejection};
use crate::domain::brief::Brief;
use crate::domain::campaign::Source;
use crate::domain::problem::Problem;
use crate::domain::suggest;

/// Key of a brief that every source has to fill: rows are told apart by it.
const REFERENCE: &str = "external_ref";

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Null.
    Absent,
    /// A text, a number with its digits, a truth value.
    Text(String),
    /// An array of such.
    List(Vec<String>),
    /// JSON with parts of its own.
    Json(Value),
    /// JSON with parts of its own, with a number that would be rounded: where it stands, and its digits.
    Rounded(String, String),
}

impl Field {
    /// Reads a value as Postgres wrote it: `kind` is its `jsonb_typeof`, and the numbers of an array are
    /// texts already, because JSON here would round them.
    pub fn read(kind: Option<&str>, text: Option<String>) -> Self {
        let (Some(kind), Some(text)) = (kind, text) else {
            return Self::Absent;
        };
        let json = match kind {
            "array" | "object" => serde_json::from_str(&text).ok(),
            _ => None,
        };
        if let (Some(_), Some(number)) = (&json, digits::changed(&text)) {
            return Self::Rounded(number.key, number.text.to_owned());
        }
        match json {
            None => Self::Text(text),
            Some(Value::Array(entries)) if entries.iter().all(is_single) => {
                let texts = entries.into_iter().filter_map(|entry| match entry {
                    Value::Null => None,
                    Value::String(text) => Some(text),
                    other => Some(other.to_string()),
                });
                Self::List(texts.collect())
            }
            Some(json) => Self::Json(json),
        }
    }

    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Absent => Cell::Text(""),
            Self::Text(text) => Cell::Text(text),
            Self::List(texts) => Cell::List(texts),
            Self::Json(value) => Cell::Json(value),
            // Such a row is refused before its cells are read.
            Self::Rounded(..) => Cell::Text(""),
        }
    }

    /// As it is kept beside a rejection, long texts cut.
    fn kept(&self) -> Value {
        let cut = |text: &str| Value::from(text.chars().take(RAW_CHARS).collect::<String>());
        match self {
            Self::Absent => Value::Null,
            Self::Text(text) => cut(text),
            Self::List(texts) => cut(&texts.join(", ")),
            Self::Json(value) => cut(&value.to_string()),
            Self::Rounded(_, literal) => cut(literal),
        }
    }
}

fn is_single(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// What is wrong with how a source's columns are mapped.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MapFault {
    /// A path that no brief has.
    #[error("a brief has no key `{path}`")]
    Path {
        /// `map` or `constants`.
        table: &'static str,
        /// The path.
        path: String,
        /// What was probably meant.
        hint: String,
    },
    /// Two that fill the same.
    #[error("`{path}` lies inside `{whole}`, which a column fills whole")]
    Inside {
        /// `map` or `constants`.
        table: &'static str,
        /// The path.
        path: String,
        /// The one above it.
        whole: String,
    },
    /// Nothing to tell rows apart by.
    #[error("no column fills `external_ref`")]
    NoReference,
    /// A constant for all rows.
    #[error("`external_ref` cannot be the same for every row")]
    ConstantReference,
    /// A column that the result does not have.
    #[error("the query gives no column `{column}`")]
    Column {
        /// Key path it should fill.
        path: String,
        /// Its name in the campaign.
        column: String,
        /// The nearest, or all.
        hint: String,
    },
}

impl MapFault {
    /// The message for a person, with its key in the campaign file.
    pub fn problem(&self) -> Problem {
        let problem = Problem::new("campaign.source", self.to_string());
        match self {
            Self::Path { table, path, hint } => problem
                .key(format!("source.{table}.{path}"))
                .hint(hint.clone()),
            Self::Inside { table, path, .. } => problem
                .key(format!("source.{table}.{path}"))
                .hint("drop one of the two; the query itself can add to a list: `array['wires'] || topics as tags`"),
            Self::NoReference => problem.key("source.map.external_ref").hint(
                "name the column that is unique and never changes: `external_ref = \"id\"` under `[source.map]`, or call it so in the query",
            ),
            Self::ConstantReference => problem
                .key("source.constants.external_ref")
                .hint("name a column that is unique: `external_ref = \"id\"` under `[source.map]`"),
            Self::Column { path, hint, .. } => problem
                .key(format!("source.map.{path}"))
                .hint(hint.clone()),
        }
    }
}

/// Which columns of a result fill which keys.
#[derive(Debug)]
pub struct RowMap {
    columns: Columns,
    /// Column of the result that each column of `columns` is.
    wanted: Vec<String>,
    unused: Vec<String>,
    reference: String,
}

impl RowMap {
    /// Checks what a campaign file says, before any result is known.
    ///
    /// # Errors
    /// [`MapFault`] that a result could not mend.
    pub fn check(source: &Source) -> Result<(), MapFault> {
        let mut paths = Vec::new();
        for (path, column) in &source.map {
            let parsed = parse("map", path)?;
            if !column.is_empty() {
                paths.push(("map", parsed));
            }
        }
        for path in source.constants.keys() {
            if path == REFERENCE {
                return Err(MapFault::ConstantReference);
            }
            paths.push(("constants", parse("constants", path)?));
        }
        let filled: BTreeMap<String, &str> = paths
            .iter()
            .filter(|(table, _)| *table == "map")
            .map(|(table, path)| (path.to_string(), *table))
            .collect();
        for (table, path) in &paths {
            let above = path.prefixes();
            if let Some(whole) = above.iter().find(|above| filled.contains_key(*above)) {
                return Err(MapFault::Inside {
                    table,
                    path: path.to_string(),
                    whole: whole.clone(),
                });
            }
        }
        Ok(())
    }

    /// Holds the columns of a result against what the campaign says: a column that is called like a key
    /// path fills it, unless the campaign fills that key, or a part of it, otherwise.
    ///
    /// # Errors
    /// [`MapFault::Column`], [`MapFault::NoReference`], or [`MapFault::Inside`].
    pub fn new(source: &Source, names: &[String]) -> Result<Self, MapFault> {
        Self::check(source)?;
        let mut columns = Vec::new();
        for (path, column) in source.map.iter().filter(|(_, column)| !column.is_empty()) {
            if !names.contains(column) {
                return Err(MapFault::Column {
                    path: path.clone(),
                    column: column.clone(),
                    hint: suggest::hint(column, names.iter().map(String::as_str)),
                });
            }
            columns.push((parse("map", path)?, column.clone()));
        }
        let explicit: Vec<String> = source.map.keys().cloned().collect();
        let mut unused = Vec::new();
        for name in names {
            let named = source.map.values().any(|column| column == name);
            let free = |path: &Path| {
                let above = path.prefixes();
                !named
                    && !explicit.iter().any(|other| {
                        other == name || above.contains(other) || is_above(name, other)
                    })
            };
            match Path::parse_whole(name) {
                Ok(path) if free(&path) => columns.push((path, name.clone())),
                _ if named || *name == source.cursor => {}
                _ => unused.push(name.clone()),
            }
        }
        for path in source.constants.keys() {
            let inside = |(whole, _): &&(Path, String)| is_above(&whole.to_string(), path);
            if let Some((whole, _)) = columns.iter().find(inside) {
                return Err(MapFault::Inside {
                    table: "constants",
                    path: path.clone(),
                    whole: whole.to_string(),
                });
            }
        }
        let reference = columns
            .iter()
            .find(|(path, _)| path.to_string() == REFERENCE)
            .map(|(_, column)| column.clone())
            .ok_or(MapFault::NoReference)?;
        let constants: Vec<(Path, &str)> = source
            .constants
            .iter()
            .map(|(path, text)| Ok((parse("constants", path)?, text.as_str())))
            .collect::<Result<_, MapFault>>()?;
        let wanted = columns.iter().map(|(_, column)| column.clone()).collect();
        let columns = columns
            .into_iter()
            .map(|(path, name)| Some(Column { name, path }))
            .collect();
        let columns =
            Columns::of(columns, &constants, &source.list_separator).map_err(|fault| {
                // Columns called `facts` and `facts.0.value` in one result.
                match fault {
                    Fault::RepeatedColumn { column, first } => MapFault::Inside {
                        table: "map",
                        path: column,
                        whole: first,
                    },
                    _ => MapFault::NoReference,
                }
            })?;
        Ok(Self {
            columns,
            wanted,
            unused,
            reference,
        })
    }

    /// Columns of the result that are read, in the order in which [`RowMap::brief`] wants their values.
    pub fn wanted(&self) -> &[String] {
        &self.wanted
    }

    /// The column that fills `external_ref`.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Columns of the result that fill nothing.
    pub fn unused(&self) -> &[String] {
        &self.unused
    }

    /// One row as a brief, its texts cleaned.
    ///
    /// # Errors
    /// Why it is none.
    pub fn brief(&self, row: &[Field]) -> Result<(Brief, Vec<Cleaned>), RowRejection> {
        let cells: Vec<Cell<'_>> = row.iter().map(Field::cell).collect();
        let rounded = self
            .wanted
            .iter()
            .zip(row)
            .find_map(|(column, field)| match field {
                Field::Rounded(key, literal) => Some((column, key, literal)),
                _ => None,
            });
        let read = match rounded {
            None => cleaned_brief(self.columns.value(&cells)),
            Some((column, key, literal)) => Err(Fault::Digits {
                key: format!("{column}.{key}").trim_end_matches('.').to_owned(),
                literal: literal.chars().take(60).collect(),
            }
            .into()),
        };
        read.map_err(|faults| {
            let filled = self.columns.filled(&cells);
            let said = |fault: &Fault| {
                let column = fault.key().and_then(|key| self.columns.named(key, &filled));
                match column {
                    Some(column) => format!("column `{column}`: {fault}"),
                    None => fault.to_string(),
                }
            };
            let first = faults.first();
            let others = faults.others().iter().map(|other| match other.key() {
                Some(key) => format!("; and `{key}`: {}", said(other)),
                None => format!("; and {}", said(other)),
            });
            RowRejection {
                code: first.code(),
                key: first.key().map(str::to_owned),
                message: said(first) + &others.collect::<String>(),
                hint: first.hint(),
            }
        })
    }

    /// What is kept of a row beside its rejection: each column once.
    pub fn kept(&self, row: &[Field]) -> Value {
        let pairs = self.wanted.iter().zip(row);
        // More columns than any editor reads; what is left is enough to find the row.
        let pairs = pairs
            .take(20)
            .map(|(name, field)| (name.clone(), field.kept()));
        Value::Object(pairs.collect())
    }
}

/// Whether one path leads through another, as `facts.0.value` does through `facts`.
fn is_above(path: &str, below: &str) -> bool {
    below
        .strip_prefix(path)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn parse(table: &'static str, path: &str) -> Result<Path, MapFault> {
    // JSON is filled in by columns; a constant is a text.
    let parsed = match table {
        "map" => Path::parse_whole(path),
        _ => Path::parse(path),
    };
    parsed.map_err(|hint| MapFault::Path {
        table,
        path: path.to_owned(),
        hint,
    })
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
