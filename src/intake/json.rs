//! JSON text to a value, strictly: a key that stands twice is refused, because the usual reading
//! keeps the last one and a whole list of facts would be lost without a word.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::fault::Fault;
use super::{digits, encoding};

/// Parses one JSON value and nothing after it.
///
/// # Errors
/// [`Fault::Json`] or [`Fault::DuplicateKey`], with line and column in `text`.
pub(super) fn parse(text: &str) -> Result<Value, Fault> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let Strict(value) = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| fault(text, error.inner(), &error.path().to_string()))?;
    deserializer
        .end()
        .map_err(|error| fault(text, &error, ""))?;
    Ok(value)
}

fn fault(text: &str, error: &serde_json::Error, path: &str) -> Fault {
    let (line, bytes) = (error.line(), error.column());
    let said = error.to_string();
    let place = format!(" at line {line} column {bytes}");
    let reason = said.strip_suffix(&place).unwrap_or(&said);
    if reason == "recursion limit exceeded" {
        return Fault::Nested;
    }
    // The path leads to the value that could not be read.
    if reason == "number out of range"
        && let Some(literal) = digits::at(text, path)
    {
        return digits::refused(path.to_owned(), literal);
    }
    // Counted as an editor does: the reader counts bytes, and an accent has two.
    let column = text
        .lines()
        .nth(line.saturating_sub(1))
        .map_or(bytes, |row| {
            encoding::characters(&row.as_bytes()[..bytes.min(row.len())])
        });
    // `Strict` raises one error of its own, whose text is the key that stands twice.
    if error.is_data() {
        let key = match path {
            "." | "" => reason.to_owned(),
            parent => format!("{parent}.{reason}"),
        };
        return Fault::DuplicateKey { key, line, column };
    }
    let reason = match reason {
        "trailing characters" => "something follows the end of the object".to_owned(),
        other => other.replace("EOF while", "the text ends while"),
    };
    Fault::Json {
        line,
        column,
        reason,
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if object.contains_key(&key) {
                return Err(de::Error::custom(key));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_json_value_is_read_as_usual() {
        let text = r#"{"a":[1,-2,3.5,1e3,true,null,"é\n"],"b":{},"big":18446744073709551615}"#;
        assert_eq!(
            parse(text).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
        assert_eq!(parse(" {} ").unwrap(), json!({}));
    }

    #[test]
    fn errors_name_the_column() {
        let cases = [
            r#"{"a":1 "b":2}"#,
            r#"{"a":"#,
            r#"{"a":"x"#,
            r#"{"a":1}{"a":2}"#,
            r#"{'a':1}"#,
            r#"{"a":nan}"#,
            r#"{"a":1e999}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"tab\there\"}",
        ];
        let messages: Vec<String> = cases
            .iter()
            .map(|text| parse(text).unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        is not JSON at column 8: expected `,` or `}`
        is not JSON at column 5: the text ends while parsing a value
        is not JSON at column 7: the text ends while parsing a string
        is not JSON at column 8: something follows the end of the object
        is not JSON at column 2: key must be a string
        is not JSON at column 7: expected ident
        the number `1e999` could not be kept as it is written
        is not JSON at column 13: unexpected end of hex escape
        is not JSON at column 10: control character (\u0000-\u001F) found while parsing a string
        "#);
    }

    #[test]
    fn a_key_that_stands_twice_is_named() {
        for (text, path) in [
            (r#"{"facts":[1],"facts":[]}"#, "facts"),
            (
                r#"{"facts":[{"id":"a"},{"id":"a","id":"b"}]}"#,
                "facts[1].id",
            ),
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!(fault.key(), Some(path));
            assert_eq!(fault.code(), "brief.duplicate_key");
        }
        let fault = parse(r#"{"facts":[1],"facts":[]}"#).unwrap_err();
        insta::assert_snapshot!(fault, @"the key stands twice in its object, the second time before column 24");
    }

    #[test]
    fn deep_nesting_is_refused_instead_of_overflowing() {
        let fault = parse(&"[".repeat(100_000)).unwrap_err();
        insta::assert_snapshot!(fault, @"is nested more than 127 levels deep");
    }
}
