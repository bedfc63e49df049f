//! The bytes below the CSV reader: it stops in the middle of a row without end, because a quote that is
//! never closed would take the rest of the file, whatever its size, into memory as one field; and it ends
//! lines in one way, because lines are counted by it.

use std::cell::Cell;
use std::io::{self, Read};

use super::quotes::Quotes;
use crate::intake::limits::MAX_ROW_BYTES;

/// Counts the bytes of a row, and gives `\r\n` and `\r` as `\n`, and a `\n` at the end where there is none.
#[derive(Debug)]
pub(super) struct Bounded<R> {
    inner: R,
    since: Cell<u64>,
    /// The last byte read was `\r`; what follows decides whether it is half of a line break or all of it.
    carriage_return: bool,
    /// The last byte given was no line break.
    open_line: bool,
    /// What was given, held against the rules of quoting.
    pub(super) quotes: Quotes,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, separator: u8) -> Self {
        Self {
            inner,
            since: Cell::new(0),
            carriage_return: false,
            open_line: false,
            quotes: Quotes::new(separator),
        }
    }

    /// A row begins.
    pub(super) fn new_row(&self) {
        self.since.set(0);
    }

    /// Whether a read failed because the row is too long.
    pub(super) fn is_too_long(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::FileTooLarge
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > MAX_ROW_BYTES as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        loop {
            let held = usize::from(self.carriage_return);
            // The CSV reader's buffer has room; anybody else's of one byte would wait here for ever.
            let room = buffer.get_mut(held..).filter(|room| !room.is_empty());
            let read = self.inner.read(room.ok_or(io::ErrorKind::InvalidInput)?)?;
            if held == 1 {
                buffer[0] = b'\r';
            }
            if read == 0 {
                self.quotes.end();
                let ends = std::mem::take(&mut self.carriage_return);
                if !(std::mem::take(&mut self.open_line) || ends) {
                    return Ok(0);
                }
                buffer[0] = b'\n';
                self.quotes.follow(b"\n");
                return Ok(1);
            }
            self.since.set(self.since.get() + read as u64);
            let kept = self.one_line_break(&mut buffer[..held + read]);
            if kept > 0 {
                self.open_line = buffer[kept - 1] != b'\n';
                self.quotes.follow(&buffer[..kept]);
                return Ok(kept);
            }
        }
    }
}

impl<R> Bounded<R> {
    /// Drops each `\r` before a `\n`, gives any other as `\n` (Excel on old Macs), holds one at the end back,
    /// and gives how many bytes are left.
    fn one_line_break(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        self.carriage_return = bytes.last() == Some(&b'\r');
        let end = bytes.len() - usize::from(self.carriage_return);
        for at in 0..end {
            match bytes[at] {
                b'\r' if bytes[at + 1] == b'\n' => continue,
                b'\r' => bytes[kept] = b'\n',
                byte => bytes[kept] = byte,
            }
            kept += 1;
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn line_breaks_are_one_however_the_reads_fall() {
        let text = b"a\r\n\r\nb\rc\r\r\nd\r";
        for size in 1..=text.len() {
            let mut read = Vec::new();
            let inner = BufReader::with_capacity(size, &text[..]);
            Bounded::new(inner, b',').read_to_end(&mut read).unwrap();
            assert_eq!(read, b"a\n\nb\nc\n\nd\n", "{size}");
        }
    }
}
