//! Stored words and JSON as what they stand for. Another version of the program may have written them, or somebody by
//! hand: what cannot be read is named with the kind of row that holds it.

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::StoreError;

/// A stored word as what it stands for; `what` is the kind of row that holds it.
pub(super) fn read_word<T: FromStr<Err = String>>(
    what: &'static str,
    word: &str,
) -> Result<T, StoreError> {
    word.parse()
        .map_err(|reason| StoreError::Corrupt { what, reason })
}

/// A stored JSON value as what it should be; `what` is the kind of row that holds it.
pub(super) fn read_json<T: DeserializeOwned>(
    what: &'static str,
    value: Value,
) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| corrupt(what, &error))
}

/// A value as the JSON that is stored; `what` is the kind of row that will hold it.
pub(super) fn to_json(what: &'static str, value: &impl Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| corrupt(what, &error))
}

fn corrupt(what: &'static str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt {
        what,
        reason: error.to_string(),
    }
}
