//! Numbers of a JSON text that would not come out as they went in: JSON's numbers have any number of
//! digits, and those of this program have about 16. An order number of 23 digits under `meta` would become
//! another order, so it is refused with the way to keep it, as text.

use super::fault::Fault;

/// A number of a JSON text, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    /// Key path, such as `meta.order[0]`.
    pub key: String,
    /// As it is written.
    pub text: &'a str,
}

/// The first number that would be changed by reading it.
///
/// The text has to be JSON; of any other the answer is without meaning.
pub(super) fn changed(json: &str) -> Option<Literal<'_>> {
    find(json, |text, _| !survives(text))
}

/// Why a brief with such a number is refused.
pub(super) fn refused(key: String, literal: &str) -> Fault {
    Fault::Digits {
        key,
        literal: literal.chars().take(60).collect(),
    }
}

/// The number at a key path, as it is written.
pub(super) fn at<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    find(json, |_, path| path() == key).map(|found| found.text)
}

/// Where a walk through the text is: in an object behind a key, or in a list.
enum Place {
    Key(String),
    Entry(usize),
}

fn find(json: &str, wanted: impl Fn(&str, &dyn Fn() -> String) -> bool) -> Option<Literal<'_>> {
    let bytes = json.as_bytes();
    let mut places: Vec<Place> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let start = at + 1;
                at = end_of_text(bytes, start);
                // Of all texts only keys matter, and only a key is followed by a colon.
                let behind = bytes[at.min(bytes.len())..].iter().skip(1);
                let colon = behind.clone().find(|byte| !byte.is_ascii_whitespace());
                if let (Some(b':'), Some(place)) = (colon, places.last_mut()) {
                    *place = Place::Key(json.get(start..at)?.to_owned());
                }
            }
            b'{' => places.push(Place::Key(String::new())),
            b'[' => places.push(Place::Entry(0)),
            b'}' | b']' => {
                places.pop();
            }
            b',' => {
                if let Some(Place::Entry(index)) = places.last_mut() {
                    *index += 1;
                }
            }
            b'-' | b'0'..=b'9' => {
                let part =
                    |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let length = bytes[at..].iter().take_while(|byte| part(byte)).count();
                let text = json.get(at..at + length)?;
                if wanted(text, &|| path(&places)) {
                    return Some(Literal {
                        key: path(&places),
                        text,
                    });
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The closing quote of a text that begins here.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

fn path(places: &[Place]) -> String {
    let mut path = String::new();
    for place in places {
        match place {
            Place::Key(key) if path.is_empty() => path.push_str(key),
            Place::Key(key) => path.push_str(&format!(".{key}")),
            Place::Entry(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// Whether a number means the same once it has been read.
fn survives(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // Every decimal of 15 digits is told apart from every other by the numbers of this program.
    if digits <= 15 && !text.contains(['e', 'E']) {
        return true;
    }
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        return true;
    }
    match text.parse::<f64>() {
        Ok(read) if read.is_finite() => decimal(text) == decimal(&format!("{read:e}")),
        // Out of all bounds: the reader refuses it.
        _ => true,
    }
}

/// Digits without zeros at either end, and the power of ten of the last of them; equal for equal numbers.
fn decimal(text: &str) -> (String, i64) {
    let text = text.trim_start_matches('-');
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let dropped = (digits.len() - kept.len()) as i64;
    let kept = kept.trim_start_matches('0').to_owned();
    if kept.is_empty() {
        return (kept, 0);
    }
    let exponent = exponent.trim_start_matches('+').parse().unwrap_or(0_i64);
    let places = dropped - fraction.len() as i64;
    (kept, exponent.saturating_add(places))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_number_that_would_be_rounded_is_found_where_it_stands() {
        let json = r#"{"a":"1e400 \" 12345678901234567890123","meta":{"é":[1,{"n o":12345678901234567890123}]}}"#;
        let found = changed(json).unwrap();
        assert_eq!(
            (found.key.as_str(), found.text),
            ("meta.é[1].n o", "12345678901234567890123")
        );
        for kept in [
            "0",
            "-0",
            "-0.0",
            "1.10",
            "1e3",
            "1E+3",
            "100000000000000000000000",
            "9223372036854775807",
            "18446744073709551615",
            "-9223372036854775808",
            "0.1",
            "3.141592653589793",
            "1e-300",
            "123456789012345.000",
        ] {
            assert_eq!(changed(&format!("[{kept}]")), None, "{kept}");
        }
        for lost in [
            "18446744073709551617",
            "-9223372036854775809",
            "3.14159265358979323846",
            "0.10000000000000000001",
            "1e-400",
            "1234567890123456789.5",
        ] {
            assert_eq!(changed(&format!("[{lost}]")).unwrap().text, lost);
        }
        assert_eq!(
            at(
                r#"{"facts":[{"value":1.10},{"value":2}]}"#,
                "facts[0].value"
            ),
            Some("1.10")
        );
        assert_eq!(at(r#"{"facts":[]}"#, "facts[0].value"), None);
    }

    proptest! {
        /// What passes comes out as the same number, however it was written.
        #[test]
        fn a_number_that_passes_keeps_its_value(text in r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?") {
            let json = format!("{{\"meta\":{{\"n\":{text}}}}}");
            if changed(&json).is_none() {
                let read: Value = serde_json::from_str(&json).unwrap();
                let written = read["meta"]["n"].to_string();
                prop_assert_eq!(decimal(&written), decimal(&text));
                // And a second time, as it comes out of the database.
                let again: Value = serde_json::from_str(&written).unwrap();
                prop_assert_eq!(json!(again), read["meta"]["n"].clone());
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            changed(&text);
            at(&text, "a");
        }
    }
}
