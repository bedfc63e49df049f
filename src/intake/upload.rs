//! A file that somebody sent, read by the same rules as one of `nightdesk briefs import`.

use std::collections::HashMap;

use super::{Mapping, Record, Rejection, read_csv, read_jsonl};
use crate::domain::problem::Problem;

/// Most rejections that are kept for whoever sent it; the others are counted.
const KEPT: usize = 500;

/// Most briefs, taken or refused, of what somebody sends at once: they are judged while that person and
/// everybody else waits. `nightdesk briefs import` takes any number.
pub const MOST_BRIEFS: usize = 50_000;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Upload {
    /// What can be imported.
    pub records: Vec<Record>,
    /// The first 500.
    pub rejections: Vec<Rejection>,
    /// All of them.
    pub rejected: u64,
}

/// Reads all of it: CSV where the name says so, else JSON.
///
/// # Errors
/// A [`Problem`] where it holds more than [`MOST_BRIEFS`]; then nothing of it counts.
pub fn read_upload(name: &str, bytes: &[u8]) -> Result<Upload, Problem> {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let mut upload = Upload::default();
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
            Ok(record) => upload.records.push(record),
            Err(rejection) => {
                upload.rejected += 1;
                if upload.rejections.len() < KEPT {
                    upload.rejections.push(rejection);
                }
            }
        }
    };
    if ending.is_some_and(|ending| ending == "csv" || ending == "tsv") {
        let mut rows = read_csv(bytes, name, Mapping::default());
        rows.by_ref().take(MOST_BRIEFS).for_each(&mut take);
        if rows.next().is_some() {
            return Err(too_many(name, "more".to_owned()));
        }
    } else {
        let document = lines_of(bytes);
        let bytes = document.as_deref().unwrap_or(bytes);
        // Counted before anything is judged: that costs next to nothing.
        let lines = bytes.split(|byte| *byte == b'\n');
        let given = lines.filter(|line| !line.trim_ascii().is_empty()).count();
        if given > MOST_BRIEFS {
            return Err(too_many(name, given.to_string()));
        }
        read_jsonl(bytes, name).for_each(&mut take);
    }
    Ok(upload)
}

fn too_many(name: &str, given: String) -> Problem {
    let message = format!("what is sent at once may hold {MOST_BRIEFS} briefs, this holds {given}");
    Problem::new("intake.too_many", message)
        .file(name)
        .hint("send it in parts")
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
        for (name, start, advised) in [
            ("briefs.jsonl", "{", "write each object on one line"),
            (
                "briefs.jsonl",
                "[{\"external_ref\":",
                "on a line of its own",
            ),
            ("briefs.jsonl", "external_ref,kind", "the ending `.csv`"),
            ("briefs.csv", "Key, ours;Name, long", "a first line `sep=;`"),
        ] {
            let reading = read_upload(name, format!("{start}\n1,2\n").as_bytes()).unwrap();
            let hint = reading.rejections[0].hint.clone().unwrap_or_default();
            assert!(hint.contains(advised), "{start}: {hint}");
            assert!(
                !hint.contains("--") && !hint.contains("jq"),
                "{start}: {hint}"
            );
        }
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
            let reading = read_upload("briefs.csv", file.as_bytes()).unwrap();
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

    #[test]
    fn more_than_can_be_judged_at_once_is_counted_and_refused() {
        let lines = "{}\n".repeat(2_500_000);
        let list = format!("[{}{{}}]", "{},".repeat(MOST_BRIEFS));
        let rows = format!("topic\n{}", "a\n".repeat(MOST_BRIEFS + 1));
        let told = [("r.jsonl", lines), ("r.json", list), ("r.csv", rows)]
            .map(|(name, text)| read_upload(name, text.as_bytes()).unwrap_err().to_string());
        insta::assert_snapshot!(told.join("\n"), @"
        r.jsonl: what is sent at once may hold 50000 briefs, this holds 2500000

        hint: send it in parts
        r.json: what is sent at once may hold 50000 briefs, this holds 50001

        hint: send it in parts
        r.csv: what is sent at once may hold 50000 briefs, this holds more

        hint: send it in parts
        ");
        let fits = read_upload("r.csv", format!("topic\n{}", "a\n".repeat(1000)).as_bytes());
        let fits = fits.unwrap();
        assert_eq!((fits.rejected, fits.rejections.len()), (1000, KEPT));
    }
}
