//! One sign for the end of a line: browsers and other systems send CRLF or CR, and a text would differ in that alone.

/// The text with `\n` at the end of each line, whatever ended it before.
pub fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::with_line_feeds;

    #[test]
    fn every_line_ends_the_same() {
        assert_eq!(
            with_line_feeds("one\r\ntwo\rthree\nfour\r\n\r\nfive\r"),
            "one\ntwo\nthree\nfour\n\nfive\n"
        );
    }
}
