//! JSON lines: one object a text, with everything that is known about it; for programs of the same house.
//!
//! The only format besides CSV that names who approved: both stay inside. `text`, `parts` and `headline` of a
//! cancellation are null.

use serde_json::{Value, json};

use super::mark::SourceType;
use crate::domain::publication::Publication;

/// One line a text.
pub(super) fn lines(releases: &[Publication]) -> Vec<u8> {
    let lines = releases
        .iter()
        .map(|release| format!("{}\n", line(release)));
    lines.collect::<String>().into_bytes()
}

fn line(release: &Publication) -> Value {
    let copy = release.published();
    let mark = SourceType::of(release);
    json!({
        "action": release.action,
        "id": release.item_id,
        "version": release.version,
        "changed_at": release.changed_at,
        "reason": release.reason,
        "text": copy.map(|copy| &copy.text),
        "parts": copy.and_then(|copy| copy.parts.as_ref()),
        "headline": copy.and_then(|copy| copy.headline()),
        "language": release.brief.language,
        "channel": release.channel,
        "campaign": release.campaign,
        "brief": {
            "external_ref": release.brief.external_ref,
            "kind": release.brief.kind,
            "topic": release.brief.topic,
            "sources": release.sources(),
            "embargo_until": release.brief.embargo_until,
            "expires_at": release.brief.expires_at,
        },
        "draft_id": release.draft_id,
        "run_id": release.run_id,
        "revision_id": release.revision_id,
        "revision": release.revision,
        "drafted_at": release.drafted_at,
        "approved_at": release.approved_at,
        "approved_by": release.approved_by,
        "edited": release.edited,
        "digital_source_type": mark.uri(),
        "model": release.model,
        "model_sha256": release.model_sha256,
        "template": release.template,
        "template_sha256": release.template_sha256,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{every_action, hostile, release};
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
            let lines = lines(&[release(1, &text)]);
            prop_assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 1);
            let read: Value = serde_json::from_slice(&lines).expect("JSON");
            prop_assert_eq!(&read["text"], &text);
        }
    }
}
