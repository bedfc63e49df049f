//! CSV: one brief a row, the header row says which key of the brief a column fills.
//!
//! Headers are key paths with dots (`facts.0.value`, `length.max_words`); a [`Mapping`] gives columns of
//! other names their keys. A row becomes the same JSON as a line of JSON lines would hold, and is held
//! against the same schema and rules. Quoting follows RFC 4180; the separator is told by the header row.

mod columns;
mod mapping;
mod path;
mod separator;

use std::io::{BufRead, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::encoding::{self, HEAD_BYTES};
use super::fault::Fault;
use super::{MAX_LINE_BYTES, Record, Rejection, brief_from_value};
use columns::Columns;
pub use mapping::Mapping;

/// Most columns of a file: a spreadsheet that was exported whole has its blank ones too, but no brief
/// has so many keys.
pub const MAX_COLUMNS: usize = 2_000;

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

type Rows<R> = csv::Reader<std::io::Chain<std::io::Cursor<Vec<u8>>, R>>;

#[derive(Debug)]
enum State<R> {
    Unopened(R),
    Open(Box<(Rows<R>, Columns, ByteRecord)>),
    Ended,
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
                Err(fault) => return Some(Err(Rejection::new(&self.file, Some(1), &fault, ""))),
            }
        }
        loop {
            let State::Open(open) = &mut self.state else {
                return None;
            };
            let (rows, columns, row) = &mut **open;
            match rows.read_byte_record(row) {
                Ok(false) => {
                    self.state = State::Ended;
                    return None;
                }
                Err(error) => {
                    let line = error.position().map(|at| at.line() as usize);
                    self.state = State::Ended;
                    let fault = Fault::Read(error.into());
                    return Some(Err(Rejection::new(&self.file, line, &fault, "")));
                }
                Ok(true) if row.iter().all(|field| field.trim_ascii().is_empty()) => {}
                Ok(true) => {
                    let line = row.position().map_or(1, |at| at.line() as usize);
                    return Some(match brief(columns, row) {
                        Ok(brief) => Ok(Record { line, brief }),
                        Err(fault) => Err(self.refused(line, &fault)),
                    });
                }
            }
        }
    }
}

impl<R> CsvRecords<R> {
    /// The row in hand, refused: the key, and the column by its own name where that is another.
    fn refused(&self, line: usize, fault: &Fault) -> Rejection {
        let State::Open(open) = &self.state else {
            return Rejection::new(&self.file, Some(line), fault, "");
        };
        let (_, columns, row) = &**open;
        let mut rejection = Rejection::new(&self.file, Some(line), fault, &raw(row));
        let fields: Option<Vec<&str>> =
            row.iter().map(|field| str::from_utf8(field).ok()).collect();
        if let (Some(key), Some(fields)) = (fault.key(), fields)
            && let Some(column) = columns.named(key, &fields)
        {
            rejection.message = format!("column `{column}`: {}", rejection.message);
        }
        rejection
    }
}

fn open<R: BufRead>(
    mut reader: R,
    mapping: &Mapping,
) -> Result<(Rows<R>, Columns, ByteRecord), Fault> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    reader
        .by_ref()
        .take(HEAD_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(Fault::Read)?;
    let mut start = encoding::text_start(&head)?.to_vec();
    let separator = separator::of(&mut start, &mut reader)?;
    let mut rows = ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(std::io::Cursor::new(start).chain(reader));
    let header = rows
        .byte_headers()
        .map_err(|error| Fault::Read(error.into()))?;
    if header.len() > MAX_COLUMNS {
        return Err(Fault::TooManyColumns {
            columns: header.len(),
        });
    }
    let names: Vec<String> = header
        .iter()
        .map(|name| encoding::utf8(name).map(|name| name.trim().to_owned()))
        .collect::<Result<_, _>>()?;
    let columns = Columns::new(&names, mapping)?;
    Ok((rows, columns, ByteRecord::new()))
}

fn brief(columns: &Columns, row: &ByteRecord) -> Result<crate::domain::brief::Brief, Fault> {
    let bytes = row.as_slice().len();
    if bytes > MAX_LINE_BYTES {
        return Err(Fault::LineTooLong {
            bytes: bytes as u64,
        });
    }
    if row.len() != columns.count() {
        return Err(Fault::RowLength {
            given: row.len(),
            expected: columns.count(),
        });
    }
    let fields: Vec<&str> = row.iter().map(encoding::utf8).collect::<Result<_, _>>()?;
    brief_from_value(columns.value(&fields))
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
