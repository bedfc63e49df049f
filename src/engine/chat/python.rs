//! What chat templates take from Python that Jinja in Rust does not have: `"%s" % value`, `str.removeprefix`,
//! `strftime_now`, and the `{% generation %}` blocks with which transformers marks an answer for training.

use std::fmt::Write;

use chrono::NaiveDate;
use chrono::format::{Item, StrftimeItems};
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

/// Widest field that a conversion may ask for.
const MOST_WIDTH: usize = 1000;

/// Adds the functions and methods to an environment.
pub(super) fn extend(environment: &mut Environment<'static>) {
    environment.set_unknown_method_callback(method);
    environment.add_function("strftime_now", date);
    environment.add_filter("nightdesk_format", format);
}

/// A chat template in Jinja's own words: a literal with `%` behind it goes through a filter, and a generation block is one
/// that is always taken.
pub(super) fn rewritten(source: &str) -> String {
    let mut written = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = ["{{", "{%", "{#"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min()
    {
        if rest[start..].starts_with("{#") {
            // A comment says nothing to the template, and its quotes open nothing.
            let end = rest[start..]
                .find("#}")
                .map_or(rest.len(), |end| start + end + 2);
            written.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let is_block = rest[start..].starts_with("{%");
        let end = tag_end(&rest[start..], if is_block { "%}" } else { "}}" });
        let Some(end) = end.map(|end| start + end) else {
            break;
        };
        if is_block && inner(&rest[start..end]) == "raw" {
            // What stands in it is printed as it is.
            let end = end_of_raw(rest, end);
            written.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        written.push_str(&rest[..start]);
        written.push_str(&tag(&rest[start..end], is_block));
        rest = &rest[end..];
    }
    written.push_str(rest);
    written
}

/// What stands in a block's tag.
fn inner(tag: &str) -> &str {
    tag[2..tag.len() - 2].trim_matches(['-', '+']).trim()
}

/// Behind the tag that ends a raw block whose own tag ends at `begin`; the end of the text where none does.
fn end_of_raw(text: &str, begin: usize) -> usize {
    let mut at = begin;
    while let Some(start) = text[at..].find("{%").map(|start| at + start) {
        let end = text[start..].find("%}").map(|end| start + end + 2);
        let Some(end) = end.filter(|end| end - start >= 4) else {
            break;
        };
        if inner(&text[start..end]) == "endraw" {
            return end;
        }
        at = start + 2;
    }
    text.len()
}

/// Behind the end of a tag; what stands in quotes ends nothing.
fn tag_end(tag: &str, close: &str) -> Option<usize> {
    let mut at = 2;
    while at < tag.len() {
        let rest = &tag[at..];
        if rest.starts_with(close) {
            return Some(at + close.len());
        }
        at += match rest.chars().next()? {
            quote @ ('"' | '\'') => literal(rest, quote)?,
            other => other.len_utf8(),
        };
    }
    None
}

/// Length of the literal that a text begins with.
fn literal(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn tag(tag: &str, is_block: bool) -> String {
    if is_block {
        let inner = inner(tag);
        let marker = match inner {
            "generation" => Some("if true"),
            "endgeneration" => Some("endif"),
            _ => None,
        };
        if let Some(marker) = marker {
            return tag.replacen(inner, marker, 1);
        }
    }
    let mut written = String::with_capacity(tag.len());
    let mut at = 0;
    while at < tag.len() {
        let rest = &tag[at..];
        let Some(character) = rest.chars().next() else {
            break;
        };
        let length = match character {
            '"' | '\'' => literal(rest, character),
            _ => None,
        };
        let Some(length) = length else {
            written.push(character);
            at += character.len_utf8();
            continue;
        };
        written.push_str(&rest[..length]);
        at += length;
        let behind = tag[at..].trim_start();
        let blank = tag[at..].len() - behind.len();
        let Some(operand) = behind
            .strip_prefix('%')
            .filter(|rest| !rest.starts_with('}'))
        else {
            continue;
        };
        let skipped = operand.len() - operand.trim_start().len();
        let operand = operand.trim_start();
        let length = operand_length(operand);
        // The operand may hold further ones.
        let inner = self::tag(&format!("{{{{{}}}}}", &operand[..length]), false);
        let _ = write!(written, "|nightdesk_format({})", &inner[2..inner.len() - 2]);
        at += blank + 1 + skipped + length;
    }
    written
}

/// Length of the value that a text begins with: a name, number, literal or bracket, and what is called or looked
/// up of it.
fn operand_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        at += match character {
            '"' | '\'' if at == 0 => literal(rest, character).unwrap_or(rest.len()),
            '(' | '[' => bracket(rest),
            '.' | '_' => 1,
            '|' => 1 + rest[1..].len() - rest[1..].trim_start().len(),
            // A filter may stand behind a blank.
            ' ' if at > 0 && rest.trim_start().starts_with('|') => 1,
            character if character.is_alphanumeric() => character.len_utf8(),
            _ => return at,
        };
    }
    at
}

/// Length of the bracketed part that a text begins with.
fn bracket(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let length = match character {
            '"' | '\'' => literal(&text[at..], character).unwrap_or(1),
            _ => character.len_utf8(),
        };
        at += length;
        depth +=
            i32::from(matches!(character, '(' | '[')) - i32::from(matches!(character, ')' | ']'));
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn method(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if let (Some(text), Some(argument)) = (value.as_str(), args.first().and_then(Value::as_str)) {
        let rest = match name {
            "removeprefix" => Some(text.strip_prefix(argument)),
            "removesuffix" => Some(text.strip_suffix(argument)),
            _ => None,
        };
        if let Some(rest) = rest {
            return Ok(Value::from(rest.unwrap_or(text)));
        }
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}

/// `strftime_now`: the date that the prompt is written for, at midnight. The clock would change the prompt while a
/// night runs: the shared prefix would be computed again, and a draft could not be made again.
fn date(state: &State, format: String) -> Result<String, Error> {
    let today = state.lookup("nightdesk_date");
    let today = today
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|date| date.parse::<NaiveDate>().ok());
    let Some(midnight) = today.and_then(|today| today.and_hms_opt(0, 0, 0)) else {
        return Err(Error::new(ErrorKind::InvalidOperation, "there is no date"));
    };
    let items: Vec<Item<'_>> = StrftimeItems::new(&format).collect();
    if items.contains(&Item::Error) {
        let message = format!("`{format}` is no format of a date");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(midnight.format_with_items(items.into_iter()).to_string())
}

/// Python's `format % value`, for the conversions that texts have: `%s`, `%d`, `%i`, `%f`, `%%`, with width and
/// precision; see "printf-style String Formatting" in Python's documentation.
fn format(template: String, value: Value) -> Result<String, Error> {
    let mut values: Vec<Value> = match value.kind() {
        ValueKind::Seq => value.try_iter()?.collect(),
        _ => vec![value],
    };
    values.reverse();
    let wrong = |what: String| Error::new(ErrorKind::InvalidOperation, what);
    let mut written = String::new();
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' {
            written.push(character);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) =
            characters.next_if(|c| matches!(c, '-' | '0' | '+' | ' ' | '.') || c.is_ascii_digit())
        {
            flags.push(flag);
        }
        let conversion = characters.next();
        if conversion == Some('%') {
            written.push('%');
            continue;
        }
        let value = values
            .pop()
            .ok_or_else(|| wrong(format!("`{template}` has more places than values")))?;
        let (width, precision) = flags.split_once('.').unwrap_or((&flags, ""));
        let decimals = precision.parse::<usize>().ok();
        let size: usize = width
            .trim_start_matches(['-', '+', ' ', '0'])
            .parse()
            .unwrap_or(0);
        if size.max(decimals.unwrap_or(0)) > MOST_WIDTH {
            return Err(wrong(format!(
                "`{template}` asks for more than {MOST_WIDTH} characters"
            )));
        }
        let text = match conversion {
            Some('s') => value.to_string(),
            Some('d' | 'i') => match value
                .as_i64()
                .or_else(|| f64::try_from(value.clone()).ok().map(|v| v as i64))
            {
                Some(number) => number.to_string(),
                None => return Err(wrong(format!("`{value}` is no number for `{template}`"))),
            },
            Some('f') => match f64::try_from(value.clone()) {
                Ok(number) => format!("{number:.*}", decimals.unwrap_or(6)),
                Err(_) => return Err(wrong(format!("`{value}` is no number for `{template}`"))),
            },
            _ => {
                return Err(wrong(format!(
                    "`{template}` has a conversion that is not known"
                )));
            }
        };
        written.push_str(&if width.starts_with('-') {
            format!("{text:<size$}")
        } else if width.starts_with('0') {
            format!("{text:0>size$}")
        } else {
            format!("{text:>size$}")
        });
    }
    Ok(written)
}
