//! A file that somebody sent, read by the same rules as one of `nightdesk briefs import`.

use std::collections::HashMap;

use super::csv::columns::IN_A_MAPPING;
use super::{Mapping, Record, Rejection, read_csv, read_jsonl};

/// Most rejections that are kept for whoever sent it; the others are counted.
const KEPT: usize = 500;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Reading {
    /// What can be imported.
    pub records: Vec<Record>,
    /// The first 500.
    pub rejections: Vec<Rejection>,
    /// All of them.
    pub rejected: u64,
}

/// Reads all of it: CSV where the name says so, else JSON.
pub fn read_upload(name: &str, bytes: &[u8]) -> Reading {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let mut reading = Reading::default();
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut take = |read: Result<Record, Rejection>| {
        let read = read.and_then(|record| {
            let key = &record.brief.external_ref;
            match lines.get(key) {
                Some(first) => Err(Rejection::repeated(name, record.line, *first, key)),
                None => {
                    lines.insert(key.clone(), record.line);
                    Ok(record)
                }
            }
        });
        match read {
            Ok(record) => reading.records.push(record),
            Err(mut rejection) => {
                reading.rejected += 1;
                if reading.rejections.len() < KEPT {
                    rejection.hint = rejection.hint.map(|hint| for_a_page(&hint));
                    reading.rejections.push(rejection);
                }
            }
        }
    };
    if ending.is_some_and(|ending| ending == "csv" || ending == "tsv") {
        read_csv(bytes, name, Mapping::default()).for_each(&mut take);
    } else {
        let lines = lines_of(bytes);
        let bytes = lines.as_deref().unwrap_or(bytes);
        read_jsonl(bytes, name).for_each(&mut take);
    }
    reading
}

/// What to do, for somebody who sends the file by a page: a page takes no mapping, so the file itself is changed.
fn for_a_page(hint: &str) -> String {
    let in_the_file = "rename it in the file, or leave it out of it";
    let without = hint.replace(IN_A_MAPPING, in_the_file);
    without.replace(
        ", or leave it out with a mapping: `\"column\" = \"\"`",
        " in the file",
    )
}

/// A JSON document, one brief or an array of them, as a line a brief; none where it is something else. What is
/// between the entries goes, and nothing in them is touched: a line break inside a JSON text is written `\n`.
fn lines_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let opening = *text.trim_ascii_start().first()?;
    if !matches!(opening, b'[' | b'{') {
        return None;
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(text).ok()?;
    let outer = usize::from(opening == b'[');
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut lines = Vec::with_capacity(text.len());
    for &byte in text {
        let mut put = byte;
        if quoted {
            quoted = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
        } else {
            match byte {
                b'"' => quoted = true,
                b'[' | b'{' => {
                    if depth < outer {
                        put = b' ';
                    }
                    depth += 1;
                }
                b']' | b'}' => {
                    depth -= 1;
                    if depth < outer {
                        put = b' ';
                    }
                }
                b',' if depth == outer && outer == 1 => put = b'\n',
                b'\n' | b'\r' => put = b' ',
                _ => {}
            }
        }
        lines.push(put);
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Option<String> {
        let lines = lines_of(text.as_bytes())?;
        let lines = String::from_utf8(lines).expect("UTF-8");
        Some(lines.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn what_is_advised_needs_no_flag_that_a_page_does_not_have() {
        for (header, advised) in [
            (
                "external_ref,Product",
                "or rename it in the file, or leave it out of it",
            ),
            ("external_ref,topic.de", "; or rename it in the file"),
            ("external_ref,topic,topic", "drop one of them in the file"),
            ("tags,tags.0", "drop one of them in the file"),
        ] {
            let file = format!("{header}\n1,2,3\n");
            let reading = read_upload("briefs.csv", file.as_bytes());
            let hints: Vec<&str> = reading
                .rejections
                .iter()
                .filter_map(|rejection| rejection.hint.as_deref())
                .collect();
            assert!(
                hints.iter().any(|hint| hint.contains(advised)),
                "{header}: {hints:?}"
            );
            assert!(!hints.concat().contains("mapping"), "{header}: {hints:?}");
        }
    }

    #[test]
    fn a_document_becomes_a_line_a_brief() {
        let one = lines("\u{feff}{\n  \"a\": \"b\\\"}, {\",\r\n  \"c\": [1, 2]\n}\n");
        assert_eq!(
            one.as_deref(),
            Some("{   \"a\": \"b\\\"}, {\",    \"c\": [1, 2] }")
        );
        let two = lines("[\n{\"a\": [{}, {}]},\n{\"b\": \"],[\\\\\"}\n]");
        assert_eq!(
            two.as_deref(),
            Some("{\"a\": [{}, {}]}\n{\"b\": \"],[\\\\\"}")
        );
        assert_eq!(lines("{\"a\": 1}\n{\"a\": 2}\n"), None, "lines already");
        assert_eq!(lines("[{\"a\": 1}"), None);
        assert_eq!(lines("\"text\""), None);
        assert_eq!(lines(""), None);
    }
}
