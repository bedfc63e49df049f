//! JSON lines: one object a text, with everything that is known about it; for programs of the same house.
//!
//! The only format besides CSV that names who approved: both stay inside. `text`, `parts` and `headline` of a
//! cancellation are null.

use serde_json::{Value, json};

use super::mark::SourceType;
use crate::domain::publication::Publication;

/// One line a text.
pub(super) fn lines(publications: &[Publication]) -> Vec<u8> {
    let lines = publications
        .iter()
        .map(|publication| format!("{}\n", line(publication)));
    lines.collect::<String>().into_bytes()
}

fn line(publication: &Publication) -> Value {
    let copy = publication.published();
    let mark = SourceType::of(publication);
    json!({
        "action": publication.action,
        "id": publication.item_id,
        "version": publication.version,
        "changed_at": publication.changed_at,
        "reason": publication.reason,
        "text": copy.map(|copy| &copy.text),
        "parts": copy.and_then(|copy| copy.parts.as_ref()),
        "headline": copy.and_then(|copy| copy.headline()),
        "language": publication.brief.language,
        "channel": publication.channel,
        "campaign": publication.campaign,
        "brief": {
            "external_ref": publication.brief.external_ref,
            "kind": publication.brief.kind,
            "topic": publication.brief.topic,
            "sources": publication.sources(),
            "embargo_until": publication.brief.embargo_until,
            "expires_at": publication.brief.expires_at,
        },
        "draft_id": publication.draft_id,
        "run_id": publication.run_id,
        "revision_id": publication.revision_id,
        "revision": publication.revision,
        "drafted_at": publication.drafted_at,
        "approved_at": publication.approved_at,
        "approved_by": publication.approved_by,
        "edited": publication.edited,
        "digital_source_type": mark.uri(),
        "model": publication.model,
        "model_sha256": publication.model_sha256,
        "template": publication.template,
        "template_sha256": publication.template_sha256,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{every_action, hostile, publication};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lines_of_every_action() {
        let lines = String::from_utf8(lines(&every_action())).expect("UTF-8");
        insta::assert_snapshot!(lines);
    }

    proptest! {
        #[test]
        fn a_line_reads_back(text in hostile()) {
            let lines = lines(&[publication(1, &text)]);
            prop_assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 1);
            let read: Value = serde_json::from_slice(&lines).expect("JSON");
            prop_assert_eq!(&read["text"], &text);
        }
    }
}
