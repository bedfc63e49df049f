//! What a file is, told by its first bytes: text goes on, anything else is refused with a way out.

use std::io::{self, BufRead};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::conversion::{Conversion, Packing};
use super::fault::Fault;

/// How many bytes decide; a file may have fewer.
pub(super) const HEAD_BYTES: usize = 1024;

/// Bytes that a first line needs to decide alone: the longest of the marks and magic numbers.
const FEW_BYTES: usize = 16;

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// What to do about a file in another encoding.
const SAVE_AS_UTF8: &str = "save it as UTF-8";

/// What to do about a packed file.
const UNPACK: &str = "unpack it first";

/// What the first bytes of a file say that is not UTF-8 text.
#[derive(Debug, Clone, Copy)]
struct Foreign {
    /// What it is.
    what: &'static str,
    /// What to do about it.
    hint: &'static str,
    /// How it becomes text; none where only the program that wrote it can say that.
    conversion: Option<Conversion>,
}

impl Foreign {
    const fn encoding(what: &'static str, name: &'static str) -> Self {
        Self {
            what,
            hint: SAVE_AS_UTF8,
            conversion: Some(Conversion::Encoding(name)),
        }
    }

    const fn packed(what: &'static str, hint: &'static str, packing: Packing) -> Self {
        Self {
            what,
            hint,
            conversion: Some(Conversion::Packed(packing)),
        }
    }

    const fn document(what: &'static str, hint: &'static str) -> Self {
        Self {
            what,
            hint,
            conversion: None,
        }
    }
}

/// First bytes and what they mean. Longer ones come first: the mark of UTF-32 begins with that of UTF-16.
const FOREIGN: [(&[u8], Foreign); 14] = [
    (&[0xFF, 0xFE, 0, 0], Foreign::encoding("UTF-32", "UTF-32")),
    (&[0, 0, 0xFE, 0xFF], Foreign::encoding("UTF-32", "UTF-32")),
    (&[0xFF, 0xFE], Foreign::encoding("UTF-16", "UTF-16")),
    (&[0xFE, 0xFF], Foreign::encoding("UTF-16", "UTF-16")),
    (
        b"PK\x03\x04",
        Foreign::packed(
            "a zip archive",
            "unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV",
            Packing::Zip,
        ),
    ),
    (
        &[0xD0, 0xCF, 0x11, 0xE0],
        Foreign::document("an Office file", "save it as CSV instead"),
    ),
    (
        &[0x1F, 0x8B],
        Foreign::packed("gzip data", UNPACK, Packing::Gzip),
    ),
    (
        b"BZh",
        Foreign::packed("bzip2 data", UNPACK, Packing::Bzip2),
    ),
    (
        &[0x28, 0xB5, 0x2F, 0xFD],
        Foreign::packed("zstd data", UNPACK, Packing::Zstd),
    ),
    (
        &[0xFD, b'7', b'z', b'X', b'Z'],
        Foreign::packed("xz data", UNPACK, Packing::Xz),
    ),
    (
        b"7z\xBC\xAF",
        Foreign::packed("a 7-Zip archive", UNPACK, Packing::SevenZip),
    ),
    (
        b"PAR1",
        Foreign::document("a Parquet file", "export it as JSON lines"),
    ),
    (
        b"SQLite format 3",
        Foreign::document("an SQLite database", "export it as CSV or JSON lines"),
    ),
    (
        b"%PDF",
        Foreign::document("a PDF", "a brief comes as JSON lines or CSV"),
    ),
];

/// Encodings with zeros in every ASCII character, by how many bytes a character has and which of them is
/// not zero. Without a mark the name has to say the order of the bytes: a converter would guess it, and most often
/// wrongly.
const WIDE: [(usize, usize, Foreign); 4] = [
    (4, 0, Foreign::encoding("UTF-32 without a mark", "UTF-32LE")),
    (4, 3, Foreign::encoding("UTF-32 without a mark", "UTF-32BE")),
    (2, 0, Foreign::encoding("UTF-16 without a mark", "UTF-16LE")),
    (2, 1, Foreign::encoding("UTF-16 without a mark", "UTF-16BE")),
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
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, foreign)| *foreign);
    if let Some(foreign) = foreign.or_else(|| wide(head)) {
        return Err(Fault::NotText {
            what: foreign.what,
            hint: foreign.hint,
            conversion: foreign.conversion,
        });
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
fn wide(head: &[u8]) -> Option<Foreign> {
    // Half of it where it could be text with a zero or two in it, a tenth where it could not.
    let share = if str::from_utf8(head).is_ok() { 2 } else { 10 };
    WIDE.into_iter().find_map(|(width, place, foreign)| {
        let characters = head.chunks_exact(width);
        let (all, is_ascii) = (characters.len(), |character: &&[u8]| {
            let others = character.iter().enumerate().filter(|(at, _)| *at != place);
            character[place] != 0 && others.map(|(_, byte)| byte).all(|byte| *byte == 0)
        });
        let ascii = characters.filter(is_ascii).count();
        (all > 0 && ascii * share > all).then_some(foreign)
    })
}

/// The bytes as text.
///
/// # Errors
/// [`Fault::NotUtf8`] with the first byte that is not UTF-8; its place is a column of characters.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (good, rest) = bytes.split_at(error.valid_up_to());
        // What is text up to there says nothing of the rest, where two encodings are mixed.
        let (likely, name) = likely(rest);
        Fault::NotUtf8 {
            byte: rest[0],
            place: format!("column {}", characters(good) + 1),
            likely,
            conversion: Conversion::Encoding(name),
        }
    })
}

/// How many characters the bytes have, broken ones counted as one each.
pub(super) fn characters(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}

/// The encoding that the bytes most likely have: as people call it, and as `iconv` does.
fn likely(bytes: &[u8]) -> (&'static str, &'static str) {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny).name();
    // Names of the web, and those of `iconv`: Windows' own codes are wider than the standards they are named after.
    match guess {
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
    }
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
            let (hint, conversion) = (fault.hint().unwrap(), fault.conversion());
            format!("{fault} -> {hint}: {conversion:?}")
        };
        let mut messages: Vec<String> = FOREIGN.iter().map(|(magic, _)| told(magic)).collect();
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
        insta::assert_snapshot!(messages.join("\n"), @r#"
        is UTF-32, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-32"))
        is UTF-32, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-32"))
        is UTF-16, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-16"))
        is UTF-16, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-16"))
        is a zip archive, not UTF-8 text -> unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV: Some(Packed(Zip))
        is an Office file, not UTF-8 text -> save it as CSV instead: None
        is gzip data, not UTF-8 text -> unpack it first: Some(Packed(Gzip))
        is bzip2 data, not UTF-8 text -> unpack it first: Some(Packed(Bzip2))
        is zstd data, not UTF-8 text -> unpack it first: Some(Packed(Zstd))
        is xz data, not UTF-8 text -> unpack it first: Some(Packed(Xz))
        is a 7-Zip archive, not UTF-8 text -> unpack it first: Some(Packed(SevenZip))
        is a Parquet file, not UTF-8 text -> export it as JSON lines: None
        is an SQLite database, not UTF-8 text -> export it as CSV or JSON lines: None
        is a PDF, not UTF-8 text -> a brief comes as JSON lines or CSV: None
        is UTF-32 without a mark, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-32LE"))
        is UTF-32 without a mark, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-32BE"))
        is UTF-16 without a mark, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-16LE"))
        is UTF-16 without a mark, not UTF-8 text -> save it as UTF-8: Some(Encoding("UTF-16BE"))
        "#);
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
            let (hint, conversion) = (fault.hint().unwrap(), fault.conversion());
            messages.push(format!("{fault} -> {hint}: {conversion:?}"));
        }
        insta::assert_snapshot!(messages.join("\n"), @r#"
        is not UTF-8: byte 0xE9 at column 7 -> the file is most likely Latin-1: save it as UTF-8: Some(Encoding("WINDOWS-1252"))
        is not UTF-8: byte 0x81 at column 1 -> the file is most likely Latin-1: save it as UTF-8: Some(Encoding("ISO-8859-1"))
        is not UTF-8: byte 0xBD at column 1 -> the file is most likely Chinese (GBK): save it as UTF-8: Some(Encoding("GB18030"))
        is not UTF-8: byte 0x8D at column 1 -> the file is most likely Japanese (Shift-JIS): save it as UTF-8: Some(Encoding("CP932"))
        is not UTF-8: byte 0xBF at column 1 -> the file is most likely Korean (EUC-KR): save it as UTF-8: Some(Encoding("CP949"))
        is not UTF-8: byte 0xD1 at column 1 -> the file is most likely windows-1251: save it as UTF-8: Some(Encoding("windows-1251"))
        "#);
        assert_eq!(utf8("é café".as_bytes()).unwrap(), "é café");
        // Columns are characters: the é before the broken byte is one.
        insta::assert_snapshot!(utf8(b"\xC3\xA9 caf\xE9 {").unwrap_err(), @"is not UTF-8: byte 0xE9 at column 6");
    }
}
