//! Finds a double quote that ends a quoted field too early: RFC 4180 wants those inside doubled, and a
//! reader that guesses would import `"a "big" word"` as `a big" word"`.

use std::collections::VecDeque;

/// Follows the quoting of a file, byte by byte, as the reader above does.
#[derive(Debug)]
pub(super) struct Quotes {
    separator: u8,
    place: Place,
    /// 1-based line.
    line: u64,
    /// Line of the last quote that opened a field.
    opened: u64,
    /// Line of a quote that opens a field in which the file ended.
    unclosed: Option<u64>,
    /// Lines of such quotes that nobody has asked for yet.
    lone: VecDeque<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Unquoted,
    Quoted,
    /// Behind a quote inside a quoted field: its end, or the first of a doubled one.
    Quote,
    /// Blanks behind the end of a quoted field, as people type them before the separator.
    Blank,
}

impl Quotes {
    pub(super) fn new(separator: u8) -> Self {
        Self {
            separator,
            place: Place::FieldStart,
            line: 1,
            opened: 1,
            unclosed: None,
            lone: VecDeque::new(),
        }
    }

    /// Takes the next bytes of the file.
    pub(super) fn follow(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        let ends = byte == self.separator || byte == b'\n' || byte == b'\r';
        self.place = match self.place {
            Place::Quoted if byte == b'"' => Place::Quote,
            Place::Quoted => Place::Quoted,
            Place::Quote if byte == b'"' => Place::Quoted,
            _ if ends => Place::FieldStart,
            Place::FieldStart if byte == b'"' => {
                self.opened = self.line;
                Place::Quoted
            }
            Place::FieldStart | Place::Unquoted => Place::Unquoted,
            Place::Quote | Place::Blank if byte == b' ' || byte == b'\t' => Place::Blank,
            Place::Quote | Place::Blank => {
                self.lone.push_back(self.line);
                Place::Unquoted
            }
        };
        self.line += u64::from(byte == b'\n');
    }

    /// The file has ended.
    pub(super) fn end(&mut self) {
        if self.place == Place::Quoted {
            self.unclosed = Some(self.opened);
        }
    }

    /// The line, from this one on, of a quote that nothing closed before the file ended.
    pub(super) fn unclosed_from(&self, line: u64) -> Option<u64> {
        self.unclosed.filter(|opened| *opened >= line)
    }

    /// Whether there was one on the lines before this one that nobody has asked for yet.
    pub(super) fn any_before(&mut self, line: u64) -> bool {
        let known = self.lone.len();
        while self.lone.front().is_some_and(|lone| *lone < line) {
            self.lone.pop_front();
        }
        self.lone.len() < known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lone(text: &str) -> Vec<u64> {
        let mut quotes = Quotes::new(b',');
        quotes.follow(text.as_bytes());
        quotes.lone.into()
    }

    #[test]
    fn only_a_quote_that_stands_alone_inside_a_quoted_field_is_found() {
        let good = "a,\"b\",\"c \"\"d\"\" e\",\"\",5\" pipe,\"two\nlines\" ,\"\"\"f\"\"\"\n\"g\"";
        assert!(lone(good).is_empty());
        assert_eq!(lone("\"a \"big\" word\",b\n"), [1]);
        assert_eq!(lone("x\n\"a\" \"b\",c\n\"5\"x\n"), [2, 3]);
        // A quote that is never closed ends at the next one, wherever that is.
        assert_eq!(lone("\"a,b\nc,\"d\",e\n"), [2]);
    }

    #[test]
    fn a_quote_that_is_open_at_the_end_is_told_with_its_line() {
        for (text, line) in [
            ("a\nb,\"c\nd,\"\"\n", Some(2)),
            ("\"a\"\n\"b\"", None),
            ("a\"", None),
        ] {
            let mut quotes = Quotes::new(b',');
            quotes.follow(text.as_bytes());
            assert_eq!(quotes.unclosed_from(1), None);
            quotes.end();
            assert_eq!(quotes.unclosed_from(1), line, "{text}");
            assert_eq!(quotes.unclosed_from(3), None);
        }
    }

    #[test]
    fn they_are_told_once_and_to_the_row_that_has_them() {
        let mut quotes = Quotes::new(b';');
        quotes.follow(b"a\n\"b\"c\nd\n\"e\"f");
        assert!(!quotes.any_before(2));
        assert!(quotes.any_before(3));
        assert!(!quotes.any_before(4));
        assert!(quotes.any_before(5));
        assert!(!quotes.any_before(9));
    }
}
