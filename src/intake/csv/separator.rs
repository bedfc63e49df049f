//! Which character separates the fields: told by the header row, because a spreadsheet in German or
//! French exports semicolons under the same ending.

use std::io::BufRead;

use super::super::MAX_LINE_BYTES;
use super::super::fault::Fault;

/// Separators that are looked for, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The separator that occurs most often in the header row, outside of quotes; a comma where none does.
///
/// What is read to find out is appended to `start`.
///
/// # Errors
/// [`Fault::Read`], or [`Fault::LineTooLong`] where no row ends within the limit of a line.
pub(super) fn of(start: &mut Vec<u8>, reader: &mut impl BufRead) -> Result<u8, Fault> {
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
    // Excel writes the separator into a first line of its own.
    if let [b's', b'e', b'p', b'=', separator, b'\r' | b'\n', ..] = start[..] {
        let end = 6 + usize::from(start[5..].starts_with(b"\r\n"));
        // The empty line keeps the count of lines right.
        start.splice(..end, *b"\n");
        return Ok(separator);
    }
    let (mut counts, mut quoted) = ([0usize; SEPARATORS.len()], false);
    for byte in start.iter().take_while(|byte| !ends(byte)) {
        match SEPARATORS.iter().position(|separator| separator == byte) {
            _ if *byte == b'"' => quoted = !quoted,
            Some(which) if !quoted => counts[which] += 1,
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let which = counts.iter().position(|count| *count == most).unwrap_or(0);
    Ok(SEPARATORS[which])
}
