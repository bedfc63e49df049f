//! What each column fills: the header row held against the published schema, and a row made into the JSON
//! that a line of JSON lines would hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::accepted;
use super::super::fault::{Fault, Faults};
use super::fill::{add, put, typed};
use super::mapping::Mapping;
use super::path::{Path, Step};
use crate::domain::{entry_ids, suggest};

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
pub(in crate::intake) type Filled = BTreeMap<String, BTreeSet<usize>>;

impl Columns {
    /// Holds the header row against the schema.
    ///
    /// # Errors
    /// Everything that does not fit: each [`Fault::MissingColumn`] and [`Fault::UnknownColumn`], or else a
    /// [`Fault::RepeatedColumn`] or [`Fault::NoColumns`].
    pub(super) fn new(names: &[String], mapping: &Mapping) -> Result<Self, Faults> {
        let named = mapping.columns.keys();
        let mut faults: Vec<Fault> = named
            .filter(|name| !names.contains(name))
            .map(|name| Fault::MissingColumn {
                column: name.clone(),
                hint: suggest::hint(name, names.iter().map(String::as_str)),
            })
            .collect();
        let mut columns: Vec<Option<Column>> = Vec::with_capacity(names.len());
        for name in names {
            let written = mapping.columns.get(name).unwrap_or(name);
            // Spreadsheets export blank columns, and a mapping leaves a column out with a blank path.
            if written.is_empty() {
                columns.push(None);
                continue;
            }
            match Path::parse(written) {
                Ok(path) => columns.push(Some(Column {
                    name: name.clone(),
                    path,
                })),
                Err(hint) => faults.push(Fault::UnknownColumn {
                    column: name.clone(),
                    path: written.clone(),
                    hint: or_rename(&hint),
                }),
            }
        }
        let mut constants = Vec::new();
        for (written, text) in &mapping.constants {
            match Path::parse(written) {
                Ok(path) => constants.push((path, text.as_str())),
                Err(hint) => faults.push(Fault::UnknownColumn {
                    column: written.clone(),
                    path: written.clone(),
                    hint,
                }),
            }
        }
        Faults::none_of(faults)?;
        Ok(Self::of(columns, &constants, &mapping.list_separator)?)
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
            // A text of a list needs no column to begin it: where its own is empty, the constant is the entry.
            let is_text = entries.len() == 1 && matches!(path.steps.last(), Some(Step::Index(_)));
            if is_text || entries.iter().all(|entry| !by_columns.contains(entry)) {
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

    /// The name of a column, by its place in the file; blank for one that is left out.
    pub(super) fn name(&self, at: usize) -> &str {
        let column = self.columns.get(at).and_then(Option::as_ref);
        column.map_or("", |column| column.name.as_str())
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
            let mut entries = path.entries();
            if entries.len() > 1 && self.is_in_whole_list(path) {
                // The entry of a list that a column fills whole needs only what the list is in.
                entries.pop();
            }
            let begun = entries
                .iter()
                .all(|(list, index)| filled.get(list).is_some_and(|all| all.contains(index)));
            if begun {
                let place = path.compacted(&filled);
                if self.is_filled_by_column(path) {
                    put(&mut brief, &place, value.clone());
                } else {
                    // A list that a column fills whole gets the entry of a constant as well.
                    add(&mut brief, &place, value.clone());
                }
            }
        }
        for (list, letter) in entry_ids::LISTS {
            let Some(Value::Array(entries)) = brief.get_mut(list) else {
                continue;
            };
            // A list that came whole has no numbers in a header row.
            let numbers: Vec<usize> = match filled.get(list) {
                Some(numbers) => numbers.iter().copied().collect(),
                None => (0..entries.len()).collect(),
            };
            accepted::complete(letter, entries, |at| {
                numbers.get(at).copied().unwrap_or(at) + 1
            });
        }
        brief
    }

    /// Whether a path is an entry of a list that a column fills whole, as `tags.0` is beside `tags`.
    fn is_in_whole_list(&self, path: &Path) -> bool {
        let mut columns = self.columns.iter().flatten();
        matches!(path.steps.split_last(), Some((Step::Index(_), above))
            if columns.any(|column| column.path.steps == above))
    }

    /// Whether a column fills exactly this path.
    fn is_filled_by_column(&self, path: &Path) -> bool {
        let mut columns = self.columns.iter().flatten();
        columns.any(|column| column.path.steps == path.steps)
    }

    /// The column that filled a key such as `facts[1].value`, where its name is another; of a row that fills
    /// what [`Self::filled`] says.
    pub(in crate::intake) fn named(&self, key: &str, filled: &Filled) -> Option<&str> {
        let first = key.split(['[', '.']).next().unwrap_or_default();
        let mut columns = self.columns.iter().flatten();
        let column = columns.find(|column| {
            // Asked for every fault of every row: only columns of the same key are looked at closely.
            let near = matches!(column.path.steps.first(), Some(Step::Key(step)) if step == first);
            let own = near.then(|| written(&column.path.compacted(filled)));
            own.and_then(|own| key.strip_prefix(&own))
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

    /// The entries of lists that a row fills.
    pub(in crate::intake) fn filled(&self, fields: &[Cell<'_>]) -> Filled {
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

/// A column of somebody else's is no typing mistake.
fn or_rename(hint: &str) -> String {
    let joint = if hint.ends_with('?') { " Or" } else { "; or" };
    format!("{hint}{joint} rename it in the file, or leave it out of it")
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
