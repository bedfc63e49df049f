//! What a file is, told by its first bytes: text goes on, anything else is refused with a way out.

use super::fault::Fault;

/// How many bytes decide.
pub(super) const HEAD_BYTES: usize = 4;

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

const UTF16_HINT: &str = "convert it: `iconv -f UTF-16 -t UTF-8 FILE`";

/// First bytes, what they mean, what to do.
const FOREIGN: [(&[u8], &str, &str); 9] = [
    (&[0xFF, 0xFE], "UTF-16", UTF16_HINT),
    (&[0xFE, 0xFF], "UTF-16", UTF16_HINT),
    // Without a mark, UTF-16 shows as a zero beside the first ASCII character.
    (b"{\0", "UTF-16", UTF16_HINT),
    (b"\0{", "UTF-16", UTF16_HINT),
    (
        b"PK\x03\x04",
        "a zip archive",
        "unpack it (`unzip FILE`); a spreadsheet (.xlsx, .ods) is saved as CSV instead",
    ),
    (&[0x1F, 0x8B], "gzip data", "unpack it: `gunzip FILE`"),
    (
        &[0x28, 0xB5, 0x2F, 0xFD],
        "zstd data",
        "unpack it: `unzstd FILE`",
    ),
    (
        &[0xFD, b'7', b'z', b'X'],
        "xz data",
        "unpack it: `unxz FILE`",
    ),
    (b"PAR1", "a Parquet file", "export it as JSON lines"),
];

/// What follows a UTF-8 byte order mark, or all of `head` where there is none.
///
/// # Errors
/// [`Fault::NotText`] where the bytes start something that is not UTF-8 text.
pub(super) fn text_start(head: &[u8]) -> Result<&[u8], Fault> {
    if let [a, 0, b, 0] | [0, a, 0, b] = head
        && *a != 0
        && *b != 0
    {
        return Err(Fault::NotText {
            what: "UTF-16",
            hint: UTF16_HINT,
        });
    }
    match FOREIGN.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some(&(_, what, hint)) => Err(Fault::NotText { what, hint }),
        None => Ok(head.strip_prefix(UTF8_MARK).unwrap_or(head)),
    }
}

/// The line as text.
///
/// # Errors
/// [`Fault::NotUtf8`] with the first byte that is not UTF-8.
pub(super) fn utf8(line: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(line).map_err(|error| Fault::NotUtf8 {
        byte: line[error.valid_up_to()],
        column: error.valid_up_to() + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_dropped_and_short_files_are_text() {
        assert_eq!(text_start(b"\xEF\xBB\xBF{").unwrap(), b"{");
        assert_eq!(text_start(b"{\"a\"").unwrap(), b"{\"a\"");
        assert_eq!(text_start(b"").unwrap(), b"");
        assert!(text_start(b"e\0x\0").is_err() && text_start(b"\0e\0x").is_err());
    }

    #[test]
    fn every_foreign_start_is_named() {
        let messages: Vec<String> = FOREIGN
            .iter()
            .map(|(magic, ..)| text_start(magic).unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        is UTF-16, not UTF-8 text
        is UTF-16, not UTF-8 text
        is UTF-16, not UTF-8 text
        is UTF-16, not UTF-8 text
        is a zip archive, not UTF-8 text
        is gzip data, not UTF-8 text
        is zstd data, not UTF-8 text
        is xz data, not UTF-8 text
        is a Parquet file, not UTF-8 text
        "#);
    }

    #[test]
    fn latin_1_is_told_by_its_first_accent() {
        let fault = utf8(b"caf\xE9 {").unwrap_err();
        insta::assert_snapshot!(fault, @"is not UTF-8: byte 0xE9 at column 4");
        insta::assert_snapshot!(fault.hint().unwrap(), @"if the file is Latin-1, convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE`");
    }
}
