//! What a file is, told by its first bytes: text goes on, anything else is refused with a way out.

use std::io::{self, BufRead};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::fault::Fault;

/// How many bytes decide; a file may have fewer.
pub(super) const HEAD_BYTES: usize = 1024;

/// Bytes that a first line needs to decide alone: the longest of the marks and magic numbers.
const FEW_BYTES: usize = 16;

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// First bytes, what they mean, what to do. Longer ones come first: the mark of UTF-32 begins with that of
/// UTF-16. Files are unpacked from standard input, because `gunzip FILE` wants an ending of its own.
const FOREIGN: [(&[u8], &str, &str); 14] = [
    (
        &[0xFF, 0xFE, 0, 0],
        "UTF-32",
        "convert it: `iconv -f UTF-32 -t UTF-8 FILE`",
    ),
    (
        &[0, 0, 0xFE, 0xFF],
        "UTF-32",
        "convert it: `iconv -f UTF-32 -t UTF-8 FILE`",
    ),
    (
        &[0xFF, 0xFE],
        "UTF-16",
        "convert it: `iconv -f UTF-16 -t UTF-8 FILE`",
    ),
    (
        &[0xFE, 0xFF],
        "UTF-16",
        "convert it: `iconv -f UTF-16 -t UTF-8 FILE`",
    ),
    (
        b"PK\x03\x04",
        "a zip archive",
        "unpack it (`unzip FILE`); a spreadsheet (.xlsx, .ods) is saved as CSV instead",
    ),
    (
        &[0xD0, 0xCF, 0x11, 0xE0],
        "an Office file",
        "save it as CSV instead",
    ),
    (&[0x1F, 0x8B], "gzip data", "unpack it: `gzip -dc < FILE`"),
    (b"BZh", "bzip2 data", "unpack it: `bzip2 -dc < FILE`"),
    (
        &[0x28, 0xB5, 0x2F, 0xFD],
        "zstd data",
        "unpack it: `zstd -dc < FILE`",
    ),
    (
        &[0xFD, b'7', b'z', b'X', b'Z'],
        "xz data",
        "unpack it: `xz -dc < FILE`",
    ),
    (b"7z\xBC\xAF", "a 7-Zip archive", "unpack it: `7z x FILE`"),
    (b"PAR1", "a Parquet file", "export it as JSON lines"),
    (
        b"SQLite format 3",
        "an SQLite database",
        "export it as CSV or JSON lines",
    ),
    (b"%PDF", "a PDF", "a brief comes as JSON lines or CSV"),
];

/// Encodings with zeros in every ASCII character, by how many bytes a character has and which of them is
/// not zero. Without a mark `iconv -f UTF-16` would guess the order of the bytes, and most often wrongly.
const WIDE: [(usize, usize, &str, &str); 4] = [
    (
        4,
        0,
        "UTF-32 without a mark",
        "convert it: `iconv -f UTF-32LE -t UTF-8 FILE`",
    ),
    (
        4,
        3,
        "UTF-32 without a mark",
        "convert it: `iconv -f UTF-32BE -t UTF-8 FILE`",
    ),
    (
        2,
        0,
        "UTF-16 without a mark",
        "convert it: `iconv -f UTF-16LE -t UTF-8 FILE`",
    ),
    (
        2,
        1,
        "UTF-16 without a mark",
        "convert it: `iconv -f UTF-16BE -t UTF-8 FILE`",
    ),
];

/// The first bytes of a file: its first line, if that has a few, or else as many as decide.
///
/// # Errors
/// [`Fault::Read`].
pub(super) fn head(reader: &mut impl BufRead) -> Result<Vec<u8>, Fault> {
    let mut head = Vec::new();
    // A pipe may hand over a byte at a time, and whoever types a line should not have to type another.
    while head.len() < HEAD_BYTES && !(head.len() >= FEW_BYTES && head.contains(&b'\n')) {
        let read = match reader.fill_buf() {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::Read(error)),
        };
        if read.is_empty() {
            break;
        }
        let used = read.len().min(HEAD_BYTES - head.len());
        head.extend_from_slice(&read[..used]);
        reader.consume(used);
    }
    Ok(head)
}

/// What follows the UTF-8 byte order marks at the start, or all of `head` where there is none. Two of them
/// come from joining files, or from a program that adds one to what has one.
///
/// # Errors
/// [`Fault::NotText`] where the bytes start something that is not UTF-8 text.
pub(super) fn text_start(head: &[u8]) -> Result<&[u8], Fault> {
    let foreign = FOREIGN
        .iter()
        .find(|(magic, ..)| head.starts_with(magic))
        .map(|&(_, what, hint)| (what, hint));
    if let Some((what, hint)) = foreign.or_else(|| wide(head)) {
        return Err(Fault::NotText { what, hint });
    }
    Ok(without_marks(head))
}

/// The bytes behind any UTF-8 byte order marks.
pub(super) fn without_marks(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
        bytes = rest;
    }
    bytes
}

/// Told by where the zeros are: many characters of a brief or a header row are ASCII, in any language.
fn wide(head: &[u8]) -> Option<(&'static str, &'static str)> {
    // Half of it where it could be text with a zero or two in it, a tenth where it could not.
    let share = if str::from_utf8(head).is_ok() { 2 } else { 10 };
    WIDE.into_iter().find_map(|(width, place, what, hint)| {
        let characters = head.chunks_exact(width);
        let (all, is_ascii) = (characters.len(), |character: &&[u8]| {
            let others = character.iter().enumerate().filter(|(at, _)| *at != place);
            character[place] != 0 && others.map(|(_, byte)| byte).all(|byte| *byte == 0)
        });
        let ascii = characters.filter(is_ascii).count();
        (all > 0 && ascii * share > all).then_some((what, hint))
    })
}

/// The bytes as text.
///
/// # Errors
/// [`Fault::NotUtf8`] with the first byte that is not UTF-8; its place is a column of characters.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        Fault::NotUtf8 {
            byte: bytes[error.valid_up_to()],
            place: format!("column {}", characters(good) + 1),
            // What is text up to there says nothing of the rest, where two encodings are mixed.
            hint: likely(&bytes[error.valid_up_to()..]),
        }
    })
}

/// How many characters the bytes have, broken ones counted as one each.
pub(super) fn characters(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}

/// The encoding that the bytes most likely have, with the command that converts it.
fn likely(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny).name();
    // Names of the web, and those of `iconv`: Windows' own codes are wider than the standards they are named after.
    let (what, name) = match guess {
        "windows-1252"
            if bytes
                .iter()
                .any(|byte| b"\x81\x8D\x8F\x90\x9D".contains(byte)) =>
        {
            ("Latin-1", "ISO-8859-1")
        }
        "windows-1252" => ("Latin-1", "WINDOWS-1252"),
        "GBK" | "gb18030" => ("Chinese (GBK)", "GB18030"),
        "Big5" => ("Chinese (Big5)", "BIG5-HKSCS"),
        "Shift_JIS" => ("Japanese (Shift-JIS)", "CP932"),
        "EUC-JP" => ("Japanese (EUC)", "EUC-JP"),
        "EUC-KR" => ("Korean (EUC-KR)", "CP949"),
        "windows-874" => ("Thai", "CP874"),
        other => (other, other),
    };
    format!("if the file is {what}, convert it: `iconv -f {name} -t UTF-8 FILE`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_dropped_and_short_files_are_text() {
        assert_eq!(text_start(b"\xEF\xBB\xBF{").unwrap(), b"{");
        assert_eq!(text_start(b"\xEF\xBB\xBF\xEF\xBB\xBF{").unwrap(), b"{");
        assert_eq!(text_start(b"{\"a\"").unwrap(), b"{\"a\"");
        assert_eq!(text_start(b"").unwrap(), b"");
        assert!(text_start(b"e\0x\0").is_err() && text_start(b"\0e\0x").is_err());
        // A zero now and then is a text with a character that is refused for itself.
        assert!(text_start(b"{\"topic\":\"a\0b\"}").is_ok());
    }

    #[test]
    fn every_foreign_start_is_named() {
        let told = |head: &[u8]| {
            let fault = text_start(head).unwrap_err();
            format!("{fault} -> {}", fault.hint().unwrap())
        };
        let mut messages: Vec<String> = FOREIGN.iter().map(|(magic, ..)| told(magic)).collect();
        for (width, place, ..) in WIDE {
            let wide = "{\"topic\":\"日本\"".chars().flat_map(|character| {
                let mut bytes = vec![0; width];
                let code = (character as u32).to_be_bytes();
                bytes[place] = code[3];
                bytes[if place == 0 { 1 } else { place - 1 }] = code[2];
                bytes
            });
            messages.push(told(&wide.collect::<Vec<u8>>()));
        }
        insta::assert_snapshot!(messages.join("\n"), @"
        is UTF-32, not UTF-8 text -> convert it: `iconv -f UTF-32 -t UTF-8 FILE`
        is UTF-32, not UTF-8 text -> convert it: `iconv -f UTF-32 -t UTF-8 FILE`
        is UTF-16, not UTF-8 text -> convert it: `iconv -f UTF-16 -t UTF-8 FILE`
        is UTF-16, not UTF-8 text -> convert it: `iconv -f UTF-16 -t UTF-8 FILE`
        is a zip archive, not UTF-8 text -> unpack it (`unzip FILE`); a spreadsheet (.xlsx, .ods) is saved as CSV instead
        is an Office file, not UTF-8 text -> save it as CSV instead
        is gzip data, not UTF-8 text -> unpack it: `gzip -dc < FILE`
        is bzip2 data, not UTF-8 text -> unpack it: `bzip2 -dc < FILE`
        is zstd data, not UTF-8 text -> unpack it: `zstd -dc < FILE`
        is xz data, not UTF-8 text -> unpack it: `xz -dc < FILE`
        is a 7-Zip archive, not UTF-8 text -> unpack it: `7z x FILE`
        is a Parquet file, not UTF-8 text -> export it as JSON lines
        is an SQLite database, not UTF-8 text -> export it as CSV or JSON lines
        is a PDF, not UTF-8 text -> a brief comes as JSON lines or CSV
        is UTF-32 without a mark, not UTF-8 text -> convert it: `iconv -f UTF-32LE -t UTF-8 FILE`
        is UTF-32 without a mark, not UTF-8 text -> convert it: `iconv -f UTF-32BE -t UTF-8 FILE`
        is UTF-16 without a mark, not UTF-8 text -> convert it: `iconv -f UTF-16LE -t UTF-8 FILE`
        is UTF-16 without a mark, not UTF-8 text -> convert it: `iconv -f UTF-16BE -t UTF-8 FILE`
        ");
    }

    #[test]
    fn the_likely_encoding_is_told_by_the_bytes() {
        let texts = [
            ("WINDOWS-1252", "Le café est ouvert"),
            ("ISO-8859-1", "\u{81}caf\u{e9}"),
            ("GB18030", "今天的天气很好，我们去公园散步。"),
            ("CP932", "今日はとても良い天気です。カタカナ"),
            ("CP949", "오늘은 날씨가 매우 좋습니다."),
            ("windows-1251", "Сегодня очень хорошая погода"),
        ];
        let mut messages = Vec::new();
        for (name, text) in texts {
            let bytes = match name {
                "ISO-8859-1" => text.chars().map(|character| character as u8).collect(),
                name => {
                    let label = match name {
                        "CP932" => "shift_jis",
                        "CP949" => "euc-kr",
                        other => other,
                    };
                    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
                    encoding.encode(text).0.into_owned()
                }
            };
            let fault = utf8(&bytes).unwrap_err();
            messages.push(format!("{fault} -> {}", fault.hint().unwrap()));
        }
        insta::assert_snapshot!(messages.join("\n"), @"
        is not UTF-8: byte 0xE9 at column 7 -> if the file is Latin-1, convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE`
        is not UTF-8: byte 0x81 at column 1 -> if the file is Latin-1, convert it: `iconv -f ISO-8859-1 -t UTF-8 FILE`
        is not UTF-8: byte 0xBD at column 1 -> if the file is Chinese (GBK), convert it: `iconv -f GB18030 -t UTF-8 FILE`
        is not UTF-8: byte 0x8D at column 1 -> if the file is Japanese (Shift-JIS), convert it: `iconv -f CP932 -t UTF-8 FILE`
        is not UTF-8: byte 0xBF at column 1 -> if the file is Korean (EUC-KR), convert it: `iconv -f CP949 -t UTF-8 FILE`
        is not UTF-8: byte 0xD1 at column 1 -> if the file is windows-1251, convert it: `iconv -f windows-1251 -t UTF-8 FILE`
        ");
        assert_eq!(utf8("é café".as_bytes()).unwrap(), "é café");
        // Columns are characters: the é before the broken byte is one.
        insta::assert_snapshot!(utf8(b"\xC3\xA9 caf\xE9 {").unwrap_err(), @"is not UTF-8: byte 0xE9 at column 6");
    }
}
