//! CSV: one brief a row, the header row says which key of the brief a column fills.
//!
//! Headers are key paths with dots (`facts.0.value`, `length.max_words`); a [`Mapping`] gives columns of
//! other names their keys. A row becomes the same JSON as a line of JSON lines would hold, and is held
//! against the same schema and rules. Quoting follows RFC 4180; the separator is told by the header row.

mod bounded;
pub(super) mod columns;
mod fill;
mod mapping;
pub(super) mod path;
mod quotes;
mod separator;

use std::io::{BufRead, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::brief::{Record, cleaned_brief};
use super::encoding;
use super::fault::{Fault, Faults};
use super::limits::MAX_COLUMNS;
use super::{Cleaned, MAX_LINE_BYTES, Rejection};
use crate::domain::brief::Brief;
use bounded::Bounded;
use columns::{Cell, Columns};
pub use mapping::{Mapping, check_separator};

/// Reads the briefs of a CSV file, in order, in constant memory.
///
/// `file` is the name that messages carry; lines are those of the file, so a row whose fields hold line
/// breaks is named by its first. Rows without any text are skipped. After a rejection of the whole file
/// (another encoding, an unknown column, a read error) the iterator ends.
pub fn read_csv<R: BufRead>(reader: R, file: &str, mapping: Mapping) -> CsvRecords<R> {
    CsvRecords {
        file: file.to_owned(),
        mapping,
        state: State::Unopened(reader),
    }
}

/// The briefs and rejections of one file.
#[derive(Debug)]
pub struct CsvRecords<R> {
    file: String,
    mapping: Mapping,
    state: State<R>,
}

type Rows<R> = csv::Reader<Bounded<std::io::Chain<std::io::Cursor<Vec<u8>>, R>>>;

#[derive(Debug)]
enum State<R> {
    Unopened(R),
    Open(Box<Open<R>>),
    Ended,
}

#[derive(Debug)]
struct Open<R> {
    rows: Rows<R>,
    columns: Columns,
    row: ByteRecord,
    /// Whether a row has been seen.
    any: bool,
}

impl<R: BufRead> Iterator for CsvRecords<R> {
    type Item = Result<Record, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Unopened(_)) {
            let State::Unopened(reader) = std::mem::replace(&mut self.state, State::Ended) else {
                return None;
            };
            match open(reader, &self.mapping) {
                Ok(open) => self.state = State::Open(Box::new(open)),
                Err(faults) => return Some(Err(Rejection::of(&self.file, Some(1), &faults, ""))),
            }
        }
        loop {
            let State::Open(open) = &mut self.state else {
                return None;
            };
            let Open {
                rows,
                columns,
                row,
                any,
            } = &mut **open;
            rows.get_ref().new_row();
            let before = rows.position().line() as usize;
            match rows.read_byte_record(row) {
                Ok(false) => {
                    let empty = !*any;
                    self.state = State::Ended;
                    return empty
                        .then(|| Err(Rejection::new(&self.file, None, &Fault::NoRows, "")));
                }
                Err(error) => {
                    self.state = State::Ended;
                    let fault = match error.into_kind() {
                        csv::ErrorKind::Io(error) if Bounded::<R>::is_too_long(&error) => {
                            Fault::RowTooLong
                        }
                        csv::ErrorKind::Io(error) => Fault::Read(error),
                        other => Fault::Read(std::io::Error::other(format!("{other:?}"))),
                    };
                    return Some(Err(Rejection::new(&self.file, Some(before), &fault, "")));
                }
                Ok(true) if row.iter().all(|field| field.trim_ascii().is_empty()) => {}
                Ok(true) => {
                    *any = true;
                    let line = first_line(rows, row);
                    if let Some(fault) = misquoted(rows, line) {
                        let line = match fault {
                            Fault::OpenQuote { line } => line as usize,
                            _ => line,
                        };
                        return Some(Err(self.refused(line, &fault.into())));
                    }
                    return Some(match brief(columns, row) {
                        Ok((brief, cleaned)) => Ok(Record {
                            line,
                            brief,
                            cleaned,
                        }),
                        Err(faults) => Err(self.refused(line, &faults)),
                    });
                }
            }
        }
    }
}

impl<R> CsvRecords<R> {
    /// The row in hand, refused: each key, and the column by its own name where that is another.
    fn refused(&self, line: usize, faults: &Faults) -> Rejection {
        let State::Open(open) = &self.state else {
            return Rejection::of(&self.file, Some(line), faults, "");
        };
        let Open { columns, row, .. } = &**open;
        let mut rejection = Rejection::of(&self.file, Some(line), faults, &raw(row));
        let text = |field| Some(Cell::Text(str::from_utf8(field).ok()?));
        let fields: Option<Vec<Cell<'_>>> = row.iter().map(text).collect();
        if let Some(fields) = fields {
            let filled = columns.filled(&fields);
            rejection.name_columns(|key| columns.named(key, &filled));
        }
        rejection
    }
}

/// The line on which a row starts. The reader skips blank lines without a word, so it is counted back from
/// where the row ends.
fn first_line<R: Read>(rows: &csv::Reader<R>, row: &ByteRecord) -> usize {
    let inside = row.as_slice().iter().filter(|byte| **byte == b'\n').count();
    (rows.position().line() as usize).saturating_sub(inside + 1)
}

/// What is wrong with the quotes of the row just read, which began on `line`.
fn misquoted<R: Read>(rows: &mut Rows<R>, line: usize) -> Option<Fault> {
    let next = rows.position().line();
    let quotes = &mut rows.get_mut().quotes;
    if let Some(line) = quotes.unclosed_from(line as u64) {
        return Some(Fault::OpenQuote { line });
    }
    quotes.any_before(next).then_some(Fault::LoneQuote)
}

fn open<R: BufRead>(mut reader: R, mapping: &Mapping) -> Result<Open<R>, Faults> {
    let head = encoding::head(&mut reader)?;
    let mut start = encoding::text_start(&head)?.to_vec();
    let separator = separator::of(&mut start, &mut reader, mapping)?;
    let mut rows = ReaderBuilder::new()
        .delimiter(separator.byte)
        .flexible(true)
        .from_reader(Bounded::new(
            std::io::Cursor::new(start).chain(reader),
            separator.byte,
        ));
    let header = rows
        .byte_headers()
        .map_err(|error| Fault::Read(error.into()))?;
    if header.len() > MAX_COLUMNS {
        return Err(Fault::TooManyColumns {
            columns: header.len(),
        }
        .into());
    }
    let names: Vec<String> = header
        .iter()
        .enumerate()
        .map(|(at, name)| Ok(field(name, at, "")?.trim().to_owned()))
        .collect::<Result<_, Fault>>()?;
    if let Some(fault) = misquoted(&mut rows, 1) {
        return Err(fault.into());
    }
    let columns = Columns::new(&names, mapping).map_err(|mut faults| {
        if let Some(doubt) = separator.doubt() {
            faults.each_mut().for_each(|fault| fault.doubt(&doubt));
        }
        faults
    })?;
    Ok(Open {
        rows,
        columns,
        row: ByteRecord::new(),
        any: false,
    })
}

/// A field as text; what is not UTF-8 is told by its column and its place in the field.
fn field<'a>(bytes: &'a [u8], at: usize, column: &str) -> Result<&'a str, Fault> {
    encoding::utf8(bytes).map_err(|fault| match fault {
        Fault::NotUtf8 {
            byte,
            place,
            likely,
            conversion,
        } => {
            let named = match column {
                "" => String::new(),
                name => format!(", `{name}`"),
            };
            let character = place.trim_start_matches("column ");
            Fault::NotUtf8 {
                byte,
                place: format!("character {character} of column {}{named}", at + 1),
                likely,
                conversion,
            }
        }
        other => other,
    })
}

fn brief(columns: &Columns, row: &ByteRecord) -> Result<(Brief, Vec<Cleaned>), Faults> {
    let bytes = row.as_slice().len();
    if bytes > MAX_LINE_BYTES {
        return Err(Fault::LineTooLong {
            bytes: bytes as u64,
        }
        .into());
    }
    if row.len() != columns.count() {
        return Err(Fault::RowLength {
            given: row.len(),
            expected: columns.count(),
        }
        .into());
    }
    let text = |(at, bytes)| Ok(Cell::Text(field(bytes, at, columns.name(at))?));
    let fields: Vec<Cell<'_>> = row
        .iter()
        .enumerate()
        .map(text)
        .collect::<Result<_, Fault>>()?;
    cleaned_brief(columns.value(&fields))
}

/// The row's fields as they came, for the rejects file.
fn raw(row: &ByteRecord) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory fails only where memory does.
    let _ = writer.write_byte_record(row);
    writer
        .into_inner()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
