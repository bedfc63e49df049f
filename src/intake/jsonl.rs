//! JSON lines: one brief a line, read as a stream; a bad line is refused and the next one goes on.

use std::io::{self, BufRead, Chain, Cursor, Read};

use super::brief::{Record, parse};
use super::encoding;
use super::fault::{Fault, Faults};
use super::lines::{Line, Lines};
use super::{Cleaned, Rejection};
use crate::domain::brief::Brief;

/// Reads the briefs of a JSON-lines file, in order, in constant memory.
///
/// `file` is the name that messages carry. Blank lines are skipped. After a rejection of the whole
/// file (another encoding, an archive, a JSON array, a read error) the iterator ends.
pub fn read_jsonl<R: BufRead>(reader: R, file: &str) -> Records<R> {
    Records {
        file: file.to_owned(),
        line: 0,
        any: false,
        state: State::Unopened(reader),
    }
}

/// The briefs and rejections of one file.
#[derive(Debug)]
pub struct Records<R> {
    file: String,
    line: usize,
    /// Whether a line that is not blank has been seen: only the first can tell the file's layout.
    any: bool,
    state: State<R>,
}

/// A reader with the bytes that were taken to judge it put back.
type Headed<R> = Chain<Cursor<Vec<u8>>, R>;

#[derive(Debug)]
enum State<R> {
    Unopened(R),
    Open(Lines<Headed<R>>),
    Ended,
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Unopened(_)) {
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Unopened(reader) => match open(reader) {
                    Ok(lines) => State::Open(lines),
                    Err(fault) => {
                        return Some(Err(Rejection::new(&self.file, Some(1), &fault, "")));
                    }
                },
                state => state,
            };
        }
        loop {
            let State::Open(lines) = &mut self.state else {
                return None;
            };
            self.line += 1;
            let (faults, raw): (Faults, String) = match lines.next() {
                Ok(None) => {
                    self.state = State::Ended;
                    return None;
                }
                Err(error) => (Fault::Read(error).into(), String::new()),
                Ok(Some(Line::TooLong { start, bytes })) => {
                    (Fault::LineTooLong { bytes }.into(), lossy(start))
                }
                Ok(Some(Line::Whole(bytes))) if bytes.trim_ascii().is_empty() => continue,
                Ok(Some(Line::Whole(bytes))) => {
                    let first = !std::mem::replace(&mut self.any, true);
                    match brief(bytes, first) {
                        Ok((brief, cleaned)) => {
                            return Some(Ok(Record {
                                line: self.line,
                                brief,
                                cleaned,
                            }));
                        }
                        Err(faults) => (faults, lossy(bytes)),
                    }
                }
            };
            if matches!(faults.first(), Fault::Read(_) | Fault::Layout { .. }) {
                self.state = State::Ended;
            }
            return Some(Err(Rejection::of(
                &self.file,
                Some(self.line),
                &faults,
                &raw,
            )));
        }
    }
}

fn open<R: BufRead>(mut reader: R) -> Result<Lines<Headed<R>>, Fault> {
    let head = encoding::head(&mut reader)?;
    let start = encoding::text_start(&head)?.to_vec();
    Ok(Lines::new(io::Cursor::new(start).chain(reader)))
}

fn brief(bytes: &[u8], first: bool) -> Result<(Brief, Vec<Cleaned>), Faults> {
    // Where files were joined, a mark stands at the start of any line.
    let text = encoding::utf8(encoding::without_marks(bytes))?;
    // Only the first line: without this, a pretty-printed file gives a rejection for each of its lines.
    if first && let Some((found, hint)) = foreign_layout(text.trim()) {
        return Err(Fault::Layout { found, hint }.into());
    }
    // Blanks before it stay, so that columns are those of the line.
    parse(text.trim_end())
}

fn foreign_layout(text: &str) -> Option<(&'static str, &'static str)> {
    match text {
        "{" => Some((
            "an object over several lines",
            "write each object on one line",
        )),
        _ if text.starts_with('[') => Some((
            "a JSON array",
            "write each entry of it on a line of its own",
        )),
        _ if text.starts_with("external_ref,") || text.starts_with("external_ref;") => {
            Some(("a CSV header", "give the file the ending `.csv`"))
        }
        _ => None,
    }
}

fn lossy(bytes: &[u8]) -> String {
    // A character has at most four bytes; what is beyond would be cut anyway.
    let start = &bytes[..bytes.len().min(4 * super::RAW_CHARS)];
    String::from_utf8_lossy(start).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::MAX_LINE_BYTES;

    const GOOD: &str = r#"{"external_ref":"a","kind":"social","topic":"t","language":"en"}"#;

    fn read(bytes: &[u8]) -> Vec<String> {
        read_jsonl(bytes, "b.jsonl")
            .map(|item| match item {
                Ok(record) => format!("{}: {}", record.line, record.brief.external_ref),
                Err(rejection) => format!("[{}] {rejection}", rejection.code),
            })
            .collect()
    }

    #[test]
    fn blank_lines_count_but_give_nothing() {
        let text = format!("\u{feff}{GOOD}\r\n\n  \t\r\n{GOOD}");
        assert_eq!(read(text.as_bytes()), ["1: a", "4: a"]);
        assert!(read(b"").is_empty());
        assert!(read(b"\n\n").is_empty());
    }

    #[test]
    fn a_bad_line_does_not_stop_the_next() {
        let text = format!("{GOOD}\n{{\"kind\":}}\n{GOOD}\ncaf\u{e9}\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"caf\xE9\n");
        bytes.extend_from_slice(GOOD.as_bytes());
        insta::assert_snapshot!(read(&bytes).join("\n"), @r#"
        1: a
        [brief.json] b.jsonl:2: is not JSON at column 9: expected value

        hint: look for a missing comma, quote or bracket just before that column
        3: a
        [brief.json] b.jsonl:4: is not JSON at column 1: expected value

        hint: look for a missing comma, quote or bracket just before that column
        [intake.not_utf8] b.jsonl:5: is not UTF-8: byte 0xE9 at column 4

        hint: the file is most likely Latin-1: save it as UTF-8
        6: a
        "#);
    }

    #[test]
    fn a_line_over_the_limit_is_refused_with_its_length() {
        let mut text = "x".repeat(MAX_LINE_BYTES + 1);
        text.push('\n');
        text.push_str(GOOD);
        insta::assert_snapshot!(read(text.as_bytes()).join("\n"), @r#"
        [intake.line_too_long] b.jsonl:1: a line may have 1048576 bytes, this one has 1048577

        hint: shorten the `sources`, or split the brief
        2: a
        "#);
    }

    #[test]
    fn another_encoding_or_layout_ends_the_file() {
        let utf16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let files: [&[u8]; 5] = [
            &utf16,
            b"PK\x03\x04....\n....",
            b"[\n  {}\n]",
            b"\n{\n  \"kind\": \"news\"\n}",
            b"external_ref,kind,topic\na,b,c",
        ];
        let all: Vec<String> = files
            .into_iter()
            .map(|file| {
                let items = read(file);
                assert_eq!(items.len(), 1, "{items:?}");
                items.concat()
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"), @"
        [intake.not_text] b.jsonl:1: is UTF-16 without a mark, not UTF-8 text

        hint: save it as UTF-8
        [intake.not_text] b.jsonl:1: is a zip archive, not UTF-8 text

        hint: unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV
        [intake.layout] b.jsonl:1: expected one brief a line, found a JSON array

        hint: write each entry of it on a line of its own
        [intake.layout] b.jsonl:2: expected one brief a line, found an object over several lines

        hint: write each object on one line
        [intake.layout] b.jsonl:1: expected one brief a line, found a CSV header

        hint: give the file the ending `.csv`
        ");
    }

    #[test]
    fn a_reader_that_fails_ends_the_file() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let text = format!("{GOOD}\n");
        let reader = io::BufReader::new(text.as_bytes().chain(Broken));
        let items: Vec<_> = read_jsonl(reader, "b.jsonl").collect();
        assert_eq!(items.len(), 2);
        insta::assert_snapshot!(items[1].as_ref().unwrap_err(), @r#"
        b.jsonl:2: cannot read on from here: the disk is gone

        hint: briefs above this line are in; import the file again once it can be read
        "#);
    }
}
