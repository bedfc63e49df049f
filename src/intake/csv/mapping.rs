//! A mapping file: which key of the brief each column of somebody else's spreadsheet fills.
//!
//! ```toml
//! separator      = ";"          # between columns; told by the header row where it is left out
//! list_separator = ";"          # splits a cell that fills a list, such as tags
//! [columns]
//! "Product name" = "topic"
//! "SKU"          = "external_ref"
//! "Price"        = "facts.0.value"
//! "Stock room"   = ""           # left out
//! [constants]
//! kind             = "ad"
//! language         = "en"
//! "facts.0.id"     = "price"
//! "facts.0.label"  = "Price"
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::problem::Problem;

/// Column names to key paths, and values that every brief of the file gets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Stands between columns; where it is left out, the header row tells it.
    #[serde(default)]
    pub separator: Option<char>,
    /// Splits a cell that fills a list.
    #[serde(default = "semicolon")]
    pub list_separator: String,
    /// Column name to key path; an empty path leaves the column out. A column that is not named here
    /// is taken for a key path itself.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Key path to value, for every brief whose row leaves it empty; inside an entry that columns fill,
    /// such as `facts.0.label`, only where the row has that entry.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            separator: None,
            list_separator: semicolon(),
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
        }
    }
}

fn semicolon() -> String {
    ";".to_owned()
}

impl Mapping {
    /// Reads a mapping file; `file` is the name that messages carry.
    ///
    /// # Errors
    /// A [`Problem`] with file, line and the accepted keys. Key paths are checked against the brief when
    /// a CSV file is read with the mapping.
    pub fn parse(source: &str, file: &str) -> Result<Self, Problem> {
        let hint = "a mapping file has `[columns]` (\"column\" = \"key.path\"), `[constants]`, `separator` and `list_separator`; docs/BRIEFS.md shows one";
        let mapping: Self = toml::from_str(source).map_err(|error| {
            Problem::from_toml("mapping.invalid", &error, source, file).hint(hint)
        })?;
        if mapping.list_separator.is_empty() {
            return Err(Problem::new("mapping.invalid", "must not be empty")
                .file(file)
                .key("list_separator")
                .hint(hint));
        }
        if let Some(separator) = mapping.separator {
            check_separator(separator).map_err(|problem| problem.file(file).key("separator"))?;
        }
        Ok(mapping)
    }
}

/// Holds a character against what can stand between columns.
///
/// # Errors
/// A [`Problem`] for what is part of texts and numbers, or of the quoting itself.
pub fn check_separator(separator: char) -> Result<(), Problem> {
    let can = separator == '\t'
        || separator == ' '
        || (separator.is_ascii_punctuation() && !"\"'.-_".contains(separator));
    if can {
        Ok(())
    } else {
        Err(Problem::new(
            "csv.separator",
            format!("must be a character such as `;`, `,`, `|` or a tab, given `{separator}`"),
        )
        .hint("it is one ASCII sign that stands between columns and in no name of one"))
    }
}
