//! CSV for a spreadsheet: one row a text, one column a field, opened without harm.
//!
//! It begins with the byte order mark that spreadsheets need to read UTF-8 as UTF-8. Parts of an ad set are one
//! cell of JSON beside their plain rendering.

use super::cells::{guarded, table};
use super::error::ExportError;
use super::instant::instant;
use super::mark::SourceType;
use crate::domain::export::Format;
use crate::domain::publication::Publication;

const HEADER: [&str; 26] = [
    "action",
    "id",
    "version",
    "changed_at",
    "reason",
    "headline",
    "text",
    "parts",
    "language",
    "channel",
    "campaign",
    "external_ref",
    "kind",
    "topic",
    "draft_id",
    "run_id",
    "revision_id",
    "revision",
    "approved_at",
    "approved_by",
    "edited",
    "digital_source_type",
    "model",
    "model_sha256",
    "template",
    "template_sha256",
];

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The whole file.
pub(super) fn sheet(releases: &[Publication]) -> Result<Vec<u8>, ExportError> {
    let rows: Vec<Vec<String>> = releases.iter().map(row).collect();
    let mut bytes = BYTE_ORDER_MARK.as_bytes().to_vec();
    bytes.extend(table(Format::Csv, &HEADER.map(str::to_owned), &rows)?);
    Ok(bytes)
}

fn row(release: &Publication) -> Vec<String> {
    let copy = release.published();
    let parts = copy.and_then(|copy| copy.parts.as_ref());
    let cells = [
        release.action.as_str().to_owned(),
        release.item_id.to_string(),
        release.version.to_string(),
        instant(release.changed_at),
        release.reason.clone().unwrap_or_default(),
        copy.and_then(|copy| copy.headline())
            .unwrap_or_default()
            .to_owned(),
        copy.map(|copy| copy.text.clone()).unwrap_or_default(),
        parts.map(ToString::to_string).unwrap_or_default(),
        release.brief.language.clone(),
        release.channel.clone().unwrap_or_default(),
        release.campaign.clone(),
        release.brief.external_ref.clone(),
        release.brief.kind.as_str().to_owned(),
        release.brief.topic.clone(),
        release.draft_id.to_string(),
        release.run_id.to_string(),
        release.revision_id.to_string(),
        release.revision.to_string(),
        instant(release.approved_at),
        release.approved_by.join("; "),
        release.edited.to_string(),
        SourceType::of(release).uri().to_owned(),
        release.model.clone(),
        release.model_sha256.clone(),
        release.template.clone(),
        release.template_sha256.clone(),
    ];
    cells
        .iter()
        .map(|cell| guarded(cell).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::cells::{runs, unguarded};
    use super::super::tests::{every_action, hostile, release};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rows_of_every_action() {
        let text = String::from_utf8(sheet(&every_action()).expect("a file")).expect("UTF-8");
        insta::assert_snapshot!(text.replace("\r\n", "\n"));
    }

    proptest! {
        #[test]
        fn a_row_reads_back_and_runs_nothing(text in hostile(), name in hostile(), topic in hostile()) {
            let mut hostile = release(1, &text);
            hostile.approved_by = vec![name.clone()];
            hostile.brief.topic.clone_from(&topic);
            let bytes = sheet(&[hostile]).expect("a file");
            let mut reader = csv::Reader::from_reader(&bytes[BYTE_ORDER_MARK.len()..]);
            let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
            prop_assert_eq!(rows.len(), 1);
            prop_assert!(rows[0].iter().all(|cell| !runs(cell)));
            let cell = |name: &str| unguarded(&rows[0][HEADER.iter().position(|header| *header == name).expect("a column")]);
            prop_assert_eq!(cell("text"), text);
            prop_assert_eq!(cell("approved_by"), name);
            prop_assert_eq!(cell("topic"), topic);
        }
    }
}
