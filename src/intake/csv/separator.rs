//! Which character separates the fields: told by the mapping, by a line `sep=;`, or else by the header row,
//! because a spreadsheet in German or French exports semicolons under the same ending.

use std::io::BufRead;

use csv::ReaderBuilder;

use super::super::MAX_LINE_BYTES;
use super::super::fault::Fault;
use super::Mapping;
use super::path::Path;
use crate::intake::limits::MAX_COLUMNS;

/// Separators that are looked for, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What separates the fields of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separator {
    /// The character.
    pub byte: u8,
    /// The others that stand in the header row too, where nobody has said which it is: one of them may be
    /// meant.
    pub doubtful: Vec<u8>,
}

impl Separator {
    /// What to do where the header row makes no sense with it; nothing where no other could be meant.
    pub(super) fn doubt(&self) -> Option<String> {
        let other = *self.doubtful.first()?;
        let name = |byte: u8| match byte {
            b'\t' => "tabs".to_owned(),
            byte => format!("`{}`", char::from(byte)),
        };
        let line = match other {
            b'\t' => "sep=<tab>".to_owned(),
            byte => format!("sep={}", char::from(byte)),
        };
        Some(format!(
            "the header row was read with {} between columns; if it is {}, put a first line `{line}` above it",
            name(self.byte),
            name(other)
        ))
    }
}

/// The separator: the mapping's, that of a first line `sep=;`, or the one with which the header row has the
/// most names that the mapping or a brief knows. Where it has none with any, the one that occurs most
/// often outside of quotes; a comma where none does.
///
/// What is read to find out is appended to `start`.
///
/// # Errors
/// [`Fault::Read`], or [`Fault::LineTooLong`] where no row ends within the limit of a line.
pub(super) fn of(
    start: &mut Vec<u8>,
    reader: &mut impl BufRead,
    mapping: &Mapping,
) -> Result<Separator, Fault> {
    let ends = |byte: &u8| *byte == b'\n' || *byte == b'\r';
    // One byte more than the line: `\r\n` must not be torn.
    while !start.iter().rev().skip(1).any(&ends) {
        let read = reader.fill_buf().map_err(Fault::Read)?;
        if read.is_empty() {
            break;
        }
        let end = read
            .iter()
            .position(&ends)
            .map_or(read.len(), |at| (at + 2).min(read.len()));
        start.extend_from_slice(&read[..end]);
        reader.consume(end);
        if start.len() > MAX_LINE_BYTES {
            return Err(Fault::LineTooLong {
                bytes: start.len() as u64,
            });
        }
    }
    let mut said = mapping.separator.and_then(|given| u8::try_from(given).ok());
    // Excel writes the separator into a first line of its own.
    if let [b's', b'e', b'p', b'=', separator, b'\r' | b'\n', ..] = start[..] {
        let end = 6 + usize::from(start[5..].starts_with(b"\r\n"));
        // The empty line keeps the count of lines right.
        start.splice(..end, *b"\n");
        said = said.or(Some(separator));
    }
    if let Some(byte) = said {
        let doubtful = Vec::new();
        return Ok(Separator { byte, doubtful });
    }
    let header: Vec<u8> = start
        .iter()
        .copied()
        .take_while(|byte| !ends(byte))
        .collect();
    let columns = SEPARATORS.map(|separator| judged(&header, separator, mapping));
    let most = columns.iter().max().copied().unwrap_or_default();
    let which = columns.iter().position(|one| *one == most).unwrap_or(0);
    let others = SEPARATORS.iter().zip(&columns).enumerate();
    Ok(Separator {
        byte: SEPARATORS[which],
        doubtful: others
            .filter(|(at, (_, columns))| *at != which && columns.1 > 1)
            .map(|(_, (separator, _))| *separator)
            .collect(),
    })
}

/// How many names of the header row are known when it is read with this separator, and how many it has.
fn judged(header: &[u8], separator: u8, mapping: &Mapping) -> (usize, usize) {
    let mut rows = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .from_reader(header);
    let mut names = csv::ByteRecord::new();
    if !rows.read_byte_record(&mut names).unwrap_or(false) {
        return (0, 0);
    }
    let known = names.iter().take(MAX_COLUMNS).filter(|name| {
        let name = str::from_utf8(name).unwrap_or_default().trim();
        mapping.columns.contains_key(name) || Path::is_key(name)
    });
    (known.count(), names.len())
}
