//! The key path in a column's header, such as `facts.0.value`, held against the published schema.

use std::fmt;
use std::sync::LazyLock;

use serde_json::Value;

use crate::domain::brief::BRIEF_SCHEMA;
use crate::domain::suggest;

/// Most entries of a list that a header can name: far more than a brief has, and a typing mistake such
/// as `facts.99999.value` would otherwise pass for one.
const MAX_ENTRIES: usize = 500;

/// What a cell has to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) enum Kind {
    Text,
    Whole,
    Number,
    Truth,
    /// A list of texts in one cell.
    List,
    /// A list or an object with parts of their own, such as all `facts`: JSON fills it whole.
    Parts,
}

impl Kind {
    /// Whether it is several values, which a list of texts fills one by one.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Parts)
    }
}

/// A step down into a brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) enum Step {
    Key(String),
    Index(usize),
}

/// A path to something that one cell can fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct Path {
    pub steps: Vec<Step>,
    pub kind: Kind,
}

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(BRIEF_SCHEMA).expect("the published schema is tested"));

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// A hint: what was probably meant, or what can stand there.
    pub(in crate::intake) fn parse(text: &str) -> Result<Self, String> {
        let (path, below) = Self::read(text)?;
        match below {
            None => Ok(path),
            Some(below) => Err(format!(
                "a cell cannot fill all of it; write `{below}` and so on"
            )),
        }
    }

    /// Whether it is a path, or begins like one: the first step is a key of a brief.
    pub(super) fn is_key(text: &str) -> bool {
        let first = text.split('.').next().unwrap_or_default();
        SCHEMA["properties"].get(first).is_some()
    }

    /// Reads a path that may also end at something with parts of its own, which JSON can fill.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub(in crate::intake) fn parse_whole(text: &str) -> Result<Self, String> {
        Ok(Self::read(text)?.0)
    }

    /// The path and, where it ends above what a cell can fill, the first path below it that one can.
    fn read(text: &str) -> Result<(Self, Option<String>), String> {
        let mut node = &*SCHEMA;
        let mut steps = Vec::new();
        for part in text.split('.') {
            if let Some(items) = node.get("items") {
                let index = part
                    .parse::<usize>()
                    .ok()
                    .filter(|index| *index < MAX_ENTRIES);
                let index = index.ok_or_else(|| {
                    let list = Self {
                        steps: steps.clone(),
                        kind: Kind::List,
                    };
                    format!(
                        "after `{list}` comes the number of an entry, from 0 to {}",
                        MAX_ENTRIES - 1
                    )
                })?;
                steps.push(Step::Index(index));
                node = resolved(items);
                continue;
            }
            if let Some(Value::Object(known)) = node.get("properties") {
                node = resolved(
                    known
                        .get(part)
                        .ok_or_else(|| suggest::hint(part, known.keys().map(String::as_str)))?,
                );
            } else if !is(node, "object") || part.is_empty() {
                let parent = Self {
                    steps,
                    kind: Kind::Text,
                };
                return Err(format!(
                    "`{parent}` has no parts; write the column `{parent}`"
                ));
            } else {
                // Under `meta` everything goes, as text.
                node = &Value::Null;
            }
            steps.push(Step::Key(part.to_owned()));
        }
        if let Some(kind) = kind(node) {
            return Ok((Self { steps, kind }, None));
        }
        let below = match node.get("items").map(resolved).unwrap_or(node) {
            entry if is(node, "array") => first_key(entry).map(|key| format!("{text}.0.{key}")),
            object => first_key(object).map(|key| format!("{text}.{key}")),
        };
        let kind = Kind::Parts;
        let below = below.unwrap_or_else(|| format!("{text}.name"));
        Ok((Self { steps, kind }, Some(below)))
    }

    /// Each list that the path goes through, such as `facts`, and the entry of it.
    pub(super) fn entries(&self) -> Vec<(String, usize)> {
        let mut entries = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            if let Step::Index(index) = step {
                let list = Self {
                    steps: self.steps[..at].to_vec(),
                    kind: Kind::List,
                };
                entries.push((list.to_string(), *index));
            }
        }
        entries
    }

    /// Every path above this one.
    pub(in crate::intake) fn prefixes(&self) -> Vec<String> {
        (1..self.steps.len())
            .map(|end| {
                Self {
                    steps: self.steps[..end].to_vec(),
                    kind: self.kind,
                }
                .to_string()
            })
            .collect()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            match step {
                Step::Key(key) => write!(f, "{dot}{key}")?,
                Step::Index(index) => write!(f, "{dot}{index}")?,
            }
        }
        Ok(())
    }
}

fn first_key(object: &Value) -> Option<&String> {
    object.get("properties")?.as_object()?.keys().next()
}

fn resolved(node: &'static Value) -> &'static Value {
    let name = node.get("$ref").and_then(Value::as_str);
    name.and_then(|name| SCHEMA.pointer(name.trim_start_matches('#')))
        .unwrap_or(node)
}

fn is(node: &Value, name: &str) -> bool {
    match node.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn kind(node: &'static Value) -> Option<Kind> {
    let of = |name| is(node, name);
    Some(match () {
        () if node.is_null() || of("string") => Kind::Text,
        () if of("integer") => Kind::Whole,
        () if of("number") => Kind::Number,
        () if of("boolean") => Kind::Truth,
        () if of("array")
            && node
                .get("items")
                .map(resolved)
                .is_some_and(|items| is(items, "string")) =>
        {
            Kind::List
        }
        () => return None,
    })
}
