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
pub(super) fn sheet(publications: &[Publication]) -> Result<Vec<u8>, ExportError> {
    let rows: Vec<Vec<String>> = publications.iter().map(row).collect();
    let mut bytes = BYTE_ORDER_MARK.as_bytes().to_vec();
    bytes.extend(table(Format::Csv, &HEADER.map(str::to_owned), &rows)?);
    Ok(bytes)
}

fn row(publication: &Publication) -> Vec<String> {
    let copy = publication.published();
    let parts = copy.and_then(|copy| copy.parts.as_ref());
    let cells = [
        publication.action.as_str().to_owned(),
        publication.item_id.to_string(),
        publication.version.to_string(),
        instant(publication.changed_at),
        publication.reason.clone().unwrap_or_default(),
        copy.and_then(|copy| copy.headline())
            .unwrap_or_default()
            .to_owned(),
        copy.map(|copy| copy.text.clone()).unwrap_or_default(),
        parts.map(ToString::to_string).unwrap_or_default(),
        publication.brief.language.clone(),
        publication.channel.clone().unwrap_or_default(),
        publication.campaign.clone(),
        publication.brief.external_ref.clone(),
        publication.brief.kind.as_str().to_owned(),
        publication.brief.topic.clone(),
        publication.draft_id.to_string(),
        publication.run_id.to_string(),
        publication.revision_id.to_string(),
        publication.revision.to_string(),
        instant(publication.approved_at),
        publication.approved_by.join("; "),
        publication.edited.to_string(),
        SourceType::of(publication).uri().to_owned(),
        publication.model.clone(),
        publication.model_sha256.clone(),
        publication.template.clone(),
        publication.template_sha256.clone(),
    ];
    cells
        .iter()
        .map(|cell| guarded(cell).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::cells::{runs, unguarded};
    use super::super::tests::{every_action, hostile, publication};
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
            let mut hostile = publication(1, &text);
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
