//! Values of a configuration file, each read as what it must be; what is not is told with the file and the key.

use serde_json::Value;

use super::directory::{Directory, invalid};
use crate::engine::error::EngineError;

/// Most entries of a vocabulary, or of any other list of numbers whose length a configuration states: sixty times
/// the largest vocabulary there is. More is a slip, and would take the memory before anything else could notice.
const MOST_SIZE: usize = 1 << 24;

/// One configuration file and what to call it in an error.
pub(super) struct Source {
    pub(super) name: &'static str,
    value: Value,
}

impl Source {
    /// Reads a file; none where it is not there.
    pub(super) fn read(
        directory: &Directory,
        name: &'static str,
    ) -> Result<Option<Self>, EngineError> {
        let value: Option<Value> = directory.json(name)?;
        match value {
            Some(value) if !value.is_object() => Err(invalid(
                &directory.path(name),
                "it must hold an object `{…}`".to_owned(),
            )),
            value => Ok(value.map(|value| Self { name, value })),
        }
    }

    /// A value at a path such as `model.decoder.head_size`; null is none.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        let found = path
            .split('.')
            .try_fold(&self.value, |value, key| value.get(key));
        found.filter(|value| !value.is_null())
    }
}

/// Reads values and remembers nothing; every method names the file and the key that is at fault.
pub(super) struct Reader<'a> {
    pub(super) directory: &'a Directory,
}

impl Reader<'_> {
    pub(super) fn wrong(
        &self,
        source: &Source,
        path: &str,
        expected: &str,
        given: &Value,
    ) -> EngineError {
        invalid(
            &self.directory.path(source.name),
            format!("`{path}` must be {expected}, given {given}"),
        )
    }

    /// A number above 0.
    pub(super) fn count(&self, source: &Source, path: &str) -> Result<Option<usize>, EngineError> {
        let Some(value) = source.at(path) else {
            return Ok(None);
        };
        let number = value.as_u64().filter(|number| *number > 0);
        match number.and_then(|number| usize::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            // −1 is how some say that there is none.
            None if value.as_i64().is_some_and(|number| number < 0) => Ok(None),
            None => Err(self.wrong(source, path, "a whole number above 0", value)),
        }
    }

    /// A count of numbers that the engine makes room for.
    pub(super) fn size(&self, source: &Source, path: &str) -> Result<Option<usize>, EngineError> {
        let found = self.count(source, path)?;
        match (found.filter(|size| *size > MOST_SIZE), source.at(path)) {
            (Some(_), Some(given)) => {
                let expected = format!("at most {MOST_SIZE}");
                Err(self.wrong(source, path, &expected, given))
            }
            _ => Ok(found),
        }
    }

    /// A token id or several.
    pub(super) fn tokens(&self, source: &Source, path: &str) -> Result<Vec<u32>, EngineError> {
        let Some(value) = source.at(path) else {
            return Ok(Vec::new());
        };
        let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
        let ids = match value {
            Value::Array(values) => values.iter().map(id).collect(),
            // −1 is how some say that there is none.
            Value::Number(number) if number.as_i64().is_some_and(|id| id < 0) => Some(Vec::new()),
            value => id(value).map(|id| vec![id]),
        };
        ids.ok_or_else(|| self.wrong(source, path, "a token id or a list of them", value))
    }

    /// The first token id.
    pub(super) fn token(&self, source: &Source, path: &str) -> Result<Option<u32>, EngineError> {
        Ok(self.tokens(source, path)?.first().copied())
    }

    /// A number of 0 or more.
    pub(super) fn share(&self, source: &Source, path: &str) -> Result<Option<f32>, EngineError> {
        match source.at(path) {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|number| *number >= 0.0) {
                Some(number) => Ok(Some(number as f32)),
                None => Err(self.wrong(source, path, "a number of 0 or more", value)),
            },
        }
    }
}
