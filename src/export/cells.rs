//! CSV as spreadsheets read it: no cell is ever run as a formula, and what was written reads back.
//!
//! Every cell is quoted, and every line ends with CR and LF (RFC 4180). A cell that a spreadsheet would run gets an apostrophe in front, and so does
//! one that begins with an apostrophe, so that taking one apostrophe off a cell that begins with one always
//! gives back what was there.

use std::borrow::Cow;

use super::error::ExportError;
use crate::domain::export::Format;
use crate::domain::visible::visible;

/// Whether a spreadsheet may take the cell for a formula, or for a command to another program.
///
/// Spreadsheets disagree about what they skip before they look, so what cannot be seen does not count.
/// The wide forms are read as formulas by East Asian versions.
pub fn runs(cell: &str) -> bool {
    let first = visible(cell).chars().next();
    cell.starts_with(['\t', '\r', '\n'])
        || matches!(
            first,
            Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
        )
}

/// The cell as it can be opened anywhere.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if runs(cell) || cell.starts_with('\'') {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// What was in a cell before [`guarded`].
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// Rows under a header as a CSV file, read back by another reader and compared before it is handed out.
///
/// # Errors
/// [`ExportError::ReadBack`].
pub(super) fn table(
    format: Format,
    header: &[String],
    rows: &[Vec<String>],
) -> Result<Vec<u8>, ExportError> {
    let all = || std::iter::once(header).chain(rows.iter().map(Vec::as_slice));
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // A row of another length than the header's would not read back either.
    let against = |row| ExportError::ReadBack { format, row };
    for (number, row) in (1..).zip(all()) {
        writer.write_record(row).map_err(|_| against(number))?;
    }
    let bytes = writer.into_inner().map_err(|_| against(rows.len() + 1))?;
    compare(format, &bytes, all())?;
    Ok(bytes)
}

fn compare<'a>(
    format: Format,
    bytes: &[u8],
    rows: impl Iterator<Item = &'a [String]>,
) -> Result<(), ExportError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes);
    let mut read = reader.records();
    let mut number = 0;
    for row in rows {
        number += 1;
        let same = matches!(read.next(), Some(Ok(found)) if found.iter().eq(row.iter().map(String::as_str)));
        if !same {
            return Err(ExportError::ReadBack {
                format,
                row: number,
            });
        }
    }
    match read.next() {
        None => Ok(()),
        Some(_) => Err(ExportError::ReadBack {
            format,
            row: number + 1,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_known() {
        let runs_it = [
            "=cmd|'/c calc'!A0",
            "+1",
            "-20 % on bread",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            "  =1+1",
            "\u{feff}=1",
            "\u{200f}-1",
            "＝1+1",
            "＠x",
        ];
        for cell in runs_it {
            assert!(runs(cell), "{cell:?}");
            assert!(guarded(cell).starts_with('\''), "{cell:?}");
        }
        for cell in [
            "",
            "a=b",
            "20 % off",
            "“-”",
            "<script>",
            "'Tis the season",
            "\"=1\"",
        ] {
            assert!(!runs(cell), "{cell:?}");
        }
        assert_eq!(guarded("'Tis"), "''Tis");
    }

    #[test]
    fn a_file_that_reads_back_differently_is_not_handed_out() {
        let row = vec!["a".to_owned(), "b\r\n\"c\"".to_owned()];
        let bytes = table(Format::Csv, &row, &[row.clone(), row.clone()]).expect("a file");
        let rows = || [row.as_slice(); 3].into_iter();
        compare(Format::Csv, &bytes, rows()).expect("equal");
        let told = |bytes: &[u8], rows: usize| {
            let wrong = compare(
                Format::Csv,
                bytes,
                [row.as_slice()].into_iter().cycle().take(rows),
            );
            wrong.expect_err("a difference").problem().to_string()
        };
        insta::assert_snapshot!(told(&bytes, 2), @"row 3 of the csv file reads back differently from what was written, so nothing was handed out and nothing recorded");
        insta::assert_snapshot!(told(&bytes[..bytes.len() - 4], 3), @"row 3 of the csv file reads back differently from what was written, so nothing was handed out and nothing recorded");
        insta::assert_snapshot!(told(b"", 1), @"row 1 of the csv file reads back differently from what was written, so nothing was handed out and nothing recorded");
    }

    proptest! {
        #[test]
        fn every_text_reads_back_and_none_is_run(rows in prop::collection::vec(prop::collection::vec(super::super::tests::hostile(), 3), 0..6)) {
            let guard = |row: &Vec<String>| -> Vec<String> { row.iter().map(|cell| guarded(cell).into_owned()).collect() };
            let written: Vec<Vec<String>> = rows.iter().map(guard).collect();
            let header = ["a", "b", "c"].map(str::to_owned);
            let bytes = table(Format::Csv, &header, &written).expect("a file");
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let read: Vec<Vec<String>> = reader.records().map(|row| {
                row.expect("a row").iter().map(|cell| { assert!(!runs(cell)); unguarded(cell).to_owned() }).collect()
            }).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
