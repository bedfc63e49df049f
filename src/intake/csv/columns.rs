//! What each column fills: the header row held against the published schema, and a row made into the JSON
//! that a line of JSON lines would hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::mapping::Mapping;
use super::path::{Kind, Path, Step};
use crate::domain::suggest;

/// What one field of a row holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::intake) enum Cell<'a> {
    /// A text; a blank one is an absent key.
    Text(&'a str),
    /// A list of texts, as a database has them; a CSV cell is split where its key wants a list.
    List(&'a [String]),
    /// JSON that is more than one value.
    Json(&'a Value),
}

/// The columns of one file, or of one query's result.
#[derive(Debug)]
pub(in crate::intake) struct Columns {
    /// In the order of the file; none for a column that is left out.
    columns: Vec<Option<Column>>,
    constants: Vec<(Path, Value)>,
    /// Entries that only constants fill, so every row has them.
    constant: Filled,
    list_separator: String,
}

#[derive(Debug)]
pub(in crate::intake) struct Column {
    pub name: String,
    pub path: Path,
}

/// Entries of a list that a row fills, such as `facts.3`: the others are left out, and what comes after
/// them moves up.
type Filled = BTreeMap<String, BTreeSet<usize>>;

impl Columns {
    /// Holds the header row against the schema.
    ///
    /// # Errors
    /// [`Fault::MissingColumn`], [`Fault::UnknownColumn`], [`Fault::RepeatedColumn`], or [`Fault::NoColumns`].
    pub(super) fn new(names: &[String], mapping: &Mapping) -> Result<Self, Fault> {
        if let Some(name) = mapping.columns.keys().find(|name| !names.contains(name)) {
            return Err(Fault::MissingColumn {
                column: name.clone(),
                hint: suggest::hint(name, names.iter().map(String::as_str)),
            });
        }
        let mut columns: Vec<Option<Column>> = Vec::with_capacity(names.len());
        for name in names {
            let written = mapping.columns.get(name).unwrap_or(name);
            // Spreadsheets export blank columns, and a mapping leaves a column out with a blank path.
            if written.is_empty() {
                columns.push(None);
                continue;
            }
            let path = Path::parse(written).map_err(|hint| Fault::UnknownColumn {
                column: name.clone(),
                path: written.clone(),
                hint: with_mapping(&hint),
            })?;
            columns.push(Some(Column {
                name: name.clone(),
                path,
            }));
        }
        let constants = mapping.constants.iter().map(|(written, text)| {
            let path = Path::parse(written).map_err(|hint| Fault::UnknownColumn {
                column: written.clone(),
                path: written.clone(),
                hint,
            })?;
            Ok((path, text.as_str()))
        });
        let constants: Vec<_> = constants.collect::<Result<_, Fault>>()?;
        Self::of(columns, &constants, &mapping.list_separator)
    }

    /// Columns whose paths are known, `None` for one that is left out.
    ///
    /// # Errors
    /// [`Fault::RepeatedColumn`] or [`Fault::NoColumns`].
    pub(in crate::intake) fn of(
        columns: Vec<Option<Column>>,
        constants: &[(Path, &str)],
        list_separator: &str,
    ) -> Result<Self, Fault> {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for Column { name, path } in columns.iter().flatten() {
            if let Some(first) = seen.insert(path.to_string(), name.clone()) {
                return Err(Fault::RepeatedColumn {
                    column: name.clone(),
                    first,
                });
            }
        }
        // A list given whole and by its entries would be filled twice.
        for column in columns.iter().flatten() {
            for above in column.path.prefixes() {
                if let Some(first) = seen.get(&above) {
                    return Err(Fault::RepeatedColumn {
                        column: column.name.clone(),
                        first: first.clone(),
                    });
                }
            }
        }
        if columns.iter().all(Option::is_none) {
            return Err(Fault::NoColumns);
        }
        let constants: Vec<_> = constants
            .iter()
            .map(|(path, text)| (path.clone(), typed(path.kind, text, list_separator)))
            .collect();
        let by_columns: BTreeSet<(String, usize)> = columns
            .iter()
            .flatten()
            .flat_map(|column| column.path.entries())
            .collect();
        let mut constant = Filled::new();
        for (path, _) in &constants {
            let entries = path.entries();
            if entries.iter().all(|entry| !by_columns.contains(entry)) {
                for (list, index) in entries {
                    constant.entry(list).or_default().insert(index);
                }
            }
        }
        Ok(Self {
            columns,
            constants,
            constant,
            list_separator: list_separator.to_owned(),
        })
    }

    /// How many fields a row has.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// A row as JSON. Empty cells are absent keys; entries of lists that a row leaves empty are left
    /// out; facts, quotes and sources without an `id` get `f1`, `q1`, `s1` and so on, by the number in the
    /// header row, so that `f2` is the same column in every row.
    pub(in crate::intake) fn value(&self, fields: &[Cell<'_>]) -> Value {
        let filled = self.filled(fields);
        let mut brief = Value::Object(Map::new());
        for (column, cell) in self.cells(fields) {
            let value = match cell {
                Cell::Text(text) => typed(column.path.kind, text, &self.list_separator),
                Cell::List(texts) if column.path.kind.is_list() => Value::from(texts),
                Cell::List(texts) => {
                    typed(column.path.kind, &texts.join(", "), &self.list_separator)
                }
                Cell::Json(value) => value.clone(),
            };
            put(&mut brief, &column.path.compacted(&filled), value);
        }
        for (path, value) in &self.constants {
            // A constant fills up entries that the row has begun. It begins only those that no column
            // could begin: a price label without a price is no fact.
            let begun = path
                .entries()
                .iter()
                .all(|(list, index)| filled.get(list).is_some_and(|all| all.contains(index)));
            if begun {
                put(&mut brief, &path.compacted(&filled), value.clone());
            }
        }
        for (list, letter) in [("facts", 'f'), ("quotes", 'q'), ("sources", 's')] {
            let entries = brief.get_mut(list).and_then(Value::as_array_mut);
            // A list that came whole has no numbers in a header row.
            let numbers = filled.get(list).map_or_else(
                || (0..entries.as_ref().map_or(0, |list| list.len())).collect(),
                |numbers| numbers.iter().copied().collect::<Vec<_>>(),
            );
            for (entry, index) in entries.into_iter().flatten().zip(numbers) {
                if let Some(entry) = entry.as_object_mut() {
                    entry
                        .entry("id")
                        .or_insert_with(|| Value::from(format!("{letter}{}", index + 1)));
                }
            }
        }
        brief
    }

    /// The column that filled a key such as `facts[1].value`, where its name is another.
    pub(in crate::intake) fn named(&self, key: &str, fields: &[Cell<'_>]) -> Option<&str> {
        let filled = self.filled(fields);
        let column = self.columns.iter().flatten().find(|column| {
            let own = written(&column.path.compacted(&filled));
            key.strip_prefix(&own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
        })?;
        (column.name != key).then_some(column.name.as_str())
    }

    /// The cells that hold anything.
    fn cells<'a>(&'a self, fields: &'a [Cell<'a>]) -> impl Iterator<Item = (&'a Column, Cell<'a>)> {
        let columns = self.columns.iter().zip(fields);
        columns.filter_map(|(column, cell)| {
            let cell = match cell {
                Cell::Text(text) => Cell::Text(text.trim()),
                other => *other,
            };
            let empty = cell == Cell::Text("") || matches!(cell, Cell::List([]));
            column
                .as_ref()
                .filter(|_| !empty)
                .map(|column| (column, cell))
        })
    }

    fn filled(&self, fields: &[Cell<'_>]) -> Filled {
        let mut filled = self.constant.clone();
        for (column, _) in self.cells(fields) {
            for (list, index) in column.path.entries() {
                filled.entry(list).or_default().insert(index);
            }
        }
        filled
    }
}

impl Path {
    /// The path with the entries that a row leaves empty left out.
    fn compacted(&self, filled: &Filled) -> Vec<Step> {
        // `filled` knows lists by the numbers of the header row, not by those they get here.
        let mut list = String::new();
        let mut compacted = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            compacted.push(match step {
                Step::Index(index) => Step::Index(
                    filled
                        .get(&list)
                        .map_or(*index, |all| all.range(..index).count()),
                ),
                Step::Key(key) => Step::Key(key.clone()),
            });
            list.push_str(&step_text(step, list.is_empty()));
        }
        compacted
    }
}

/// What else can be done about a column that no brief has, where the file is read by the command.
pub(in crate::intake) const IN_A_MAPPING: &str = "name its key in a `--mapping` file";

/// A column of somebody else's is no typing mistake.
fn with_mapping(hint: &str) -> String {
    let joint = if hint.ends_with('?') { " Or" } else { "; or" };
    format!("{hint}{joint} {IN_A_MAPPING}")
}

/// `facts[1].value`, as messages write it.
fn written(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

fn step_text(step: &Step, first: bool) -> String {
    let dot = if first { "" } else { "." };
    match step {
        Step::Key(key) => format!("{dot}{key}"),
        Step::Index(index) => format!("{dot}{index}"),
    }
}

/// A cell as the kind of value that its key wants; a text that is none stays one, and the schema says so.
fn typed(kind: Kind, text: &str, list_separator: &str) -> Value {
    let whole = || text.parse::<i64>().ok().map(Value::from);
    let number = || text.parse::<f64>().ok().map(Value::from);
    let truth = || match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Some(Value::from(true)),
        "false" | "no" | "0" => Some(Value::from(false)),
        _ => None,
    };
    let typed = match kind {
        Kind::Text | Kind::Parts => None,
        Kind::Whole => whole(),
        Kind::Number => whole().or_else(number),
        Kind::Truth => truth(),
        Kind::List => Some(
            text.split(list_separator)
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .collect(),
        ),
    };
    typed.unwrap_or_else(|| Value::from(text))
}

/// Puts a value where the path says, unless something is there.
fn put(brief: &mut Value, steps: &[Step], value: Value) {
    let mut place = brief;
    for step in steps {
        place = match step {
            Step::Key(key) => {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                let Some(object) = place.as_object_mut() else {
                    return;
                };
                object.entry(key.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let Some(list) = place.as_array_mut() else {
                    return;
                };
                while list.len() <= *index {
                    list.push(Value::Null);
                }
                &mut list[*index]
            }
        };
    }
    if place.is_null() {
        *place = value;
    }
}
