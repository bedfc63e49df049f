//! Numbers on the command line, refused in a sentence where clap would only say what cannot be parsed.

/// A number of things wanted.
pub(super) fn at_least_one(word: &str) -> Result<i64, String> {
    match word.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("expected a whole number from 1 up".to_owned()),
    }
}
