//! Lines of a stream in constant memory: however long a line is, only its start is held.

use std::io::{self, BufRead};

/// Longest line that is read whole, in bytes (1 MiB).
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// One line, without its line break.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// More than the limit: its start, and how long it was.
    TooLong {
        /// The first bytes, as many as a line may have.
        start: &'a [u8],
        /// Length of the line in bytes.
        bytes: u64,
    },
}

/// The lines of a reader, one at a time.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    most: usize,
    kept: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Starts at the reader's position; a line may have [`MAX_LINE_BYTES`].
    pub fn new(reader: R) -> Self {
        Self::with_most(reader, MAX_LINE_BYTES)
    }

    /// Reads lines of at most so many bytes.
    pub fn with_most(reader: R, most: usize) -> Self {
        Self {
            reader,
            most,
            kept: Vec::new(),
        }
    }

    /// The next line; none at the end.
    ///
    /// # Errors
    /// Those of the reader.
    #[expect(
        clippy::should_implement_trait,
        reason = "a line borrows from here, which an iterator's item cannot"
    )]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.kept.clear();
        let mut bytes = 0_u64;
        let mut ended = false;
        let mut any = false;
        while !ended {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = self.most.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&part[..part.len().min(room)]);
            bytes += part.len() as u64;
            ended = end.is_some();
            let used = part.len() + usize::from(ended);
            self.reader.consume(used);
        }
        Ok(if !any {
            None
        } else if bytes > self.most as u64 {
            Some(Line::TooLong {
                start: &self.kept,
                bytes,
            })
        } else {
            Some(Line::Whole(&self.kept))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    fn whole(lines: &mut Lines<impl BufRead>) -> Option<String> {
        match lines.next().unwrap()? {
            Line::Whole(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
            Line::TooLong { bytes, .. } => Some(format!("<{bytes} bytes>")),
        }
    }

    #[test]
    fn the_last_line_needs_no_line_break() {
        let mut lines = Lines::new(&b"a\n\nb\r\nc"[..]);
        let all: Vec<String> = std::iter::from_fn(|| whole(&mut lines)).collect();
        assert_eq!(all, ["a", "", "b\r", "c"]);
    }

    #[test]
    fn a_line_over_many_reads_is_one_line() {
        let mut lines = Lines::new(BufReader::with_capacity(3, &b"abcdefgh\nij"[..]));
        assert_eq!(whole(&mut lines).as_deref(), Some("abcdefgh"));
        assert_eq!(whole(&mut lines).as_deref(), Some("ij"));
        assert_eq!(whole(&mut lines), None);
    }

    #[test]
    fn a_huge_line_is_counted_but_not_kept() {
        let huge = 64 * MAX_LINE_BYTES as u64;
        let stream = io::repeat(b'x').take(huge).chain(&b"\nnext"[..]);
        let mut lines = Lines::new(BufReader::new(stream));
        assert_eq!(whole(&mut lines), Some(format!("<{huge} bytes>")));
        assert!(lines.kept.capacity() <= 2 * MAX_LINE_BYTES);
        assert_eq!(whole(&mut lines).as_deref(), Some("next"));
    }

    #[test]
    fn exactly_the_limit_is_kept() {
        let text = "x".repeat(MAX_LINE_BYTES);
        let mut lines = Lines::new(text.as_bytes());
        assert_eq!(whole(&mut lines), Some(text.clone()));
    }
}
