//! Texts for the tests of every format, and what holds for all formats.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::{File, render};
use crate::domain::export::Format;
use crate::domain::publication::{Action, CopyText, Publication};

fn at(instant: &str) -> DateTime<Utc> {
    instant.parse().expect("an instant")
}

/// An approved news text; everything but its text is ordinary.
pub(super) fn publication(id: u128, text: &str) -> Publication {
    let brief = json!({
        "external_ref": format!("harbour/{id}"), "kind": "news", "topic": "The harbour: fish", "language": "en",
        "facts": [{"id": "f1", "label": "Landings", "value": "1,200 tonnes"}],
        "sources": [{"id": "s1", "url": "https://example.org/harbour?year=2025&kind=fish"}, {"id": "s2", "url": "javascript:alert(1)"}],
        "expires_at": "2026-12-31T00:00:00Z",
    });
    Publication {
        action: Action::Publish,
        version: 1,
        left: false,
        item_id: Uuid::from_u128(id),
        draft_id: Uuid::from_u128(id),
        run_id: Uuid::from_u128(0xa),
        revision_id: Uuid::from_u128(0xb00 + id),
        revision: 1,
        copy: CopyText {
            text: text.to_owned(),
            parts: None,
        },
        before: None,
        drafted: text.to_owned(),
        edited: false,
        channel: Some("web-article".to_owned()),
        campaign: "harbours".to_owned(),
        brief: serde_json::from_value(brief).expect("a brief"),
        drafted_at: at("2026-01-05T02:00:00Z"),
        approved_at: at("2026-01-05T08:30:00.25Z"),
        approved_by: vec!["ann".to_owned(), "<b>Bo</b>".to_owned()],
        changed_at: at("2026-01-05T08:30:00.25Z"),
        reason: None,
        model: "smollm2-135m-instruct".to_owned(),
        model_sha256: "b".repeat(64),
        template: "news/explainer".to_owned(),
        template_sha256: "a".repeat(64),
    }
}

/// An approved responsive search ad.
pub(super) fn ad(id: u128) -> Publication {
    let copy = CopyText {
        text: format!(
            "Fresh Fish Daily {id}\nFrom the Harbour\nOpen at Six\n\nLanded this morning.\nNo “farmed” fish."
        ),
        parts: Some(json!({
            "descriptions": ["Landed this morning.", "No “farmed” fish."],
            "headlines": [format!("Fresh Fish Daily {id}"), "From the Harbour", "Open at Six"],
        })),
    };
    let mut ad = Publication {
        drafted: copy.text.clone(),
        copy,
        channel: Some("google-rsa".to_owned()),
        ..publication(id, "")
    };
    ad.brief.kind = crate::domain::brief::BriefKind::Ad;
    ad.brief.meta = [("final_url", "https://example.org/fish"), ("path1", "fish")]
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .into();
    ad
}

/// A published text, an ad, a correction and a cancellation.
pub(super) fn every_action() -> Vec<Publication> {
    let published = publication(
        1,
        "The harbour lands less fish than it did.\n\n“=1+1,” said Bo. <b>No</b> joke: 🐟 & عربي.",
    );
    let corrected = Publication {
        action: Action::Correct,
        version: 2,
        revision: 2,
        edited: true,
        copy: CopyText {
            text: "The harbour lands 1,200 tonnes, the port office says in its report.".to_owned(),
            parts: None,
        },
        before: Some(CopyText {
            text: "The harbour lands 12,000 tonnes.".to_owned(),
            parts: None,
        }),
        drafted: "The harbour lands 12,000 tonnes.".to_owned(),
        changed_at: at("2026-01-06T09:00:00Z"),
        reason: Some("the figure had a zero too many".to_owned()),
        ..publication(3, "")
    };
    let cancelled = Publication {
        action: Action::Cancel,
        version: 2,
        copy: CopyText {
            text: "What must not leave once more.".to_owned(),
            parts: None,
        },
        changed_at: at("2026-01-06T10:00:00Z"),
        reason: Some("-- the source withdrew it --".to_owned()),
        ..publication(4, "")
    };
    vec![published, ad(2), corrected, cancelled]
}

/// Texts as a model, a brief or an editor may have them, the worst ones included.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("=cmd|'/c calc'!A0"),
        Just("+1"),
        Just("-20 %"),
        Just("@SUM(A1)"),
        Just("'"),
        Just("\""),
        Just("\\"),
        Just(","),
        Just(";"),
        Just("\r\n"),
        Just("\n"),
        Just("\r"),
        Just("\t"),
        Just("---\n"),
        Just("<script>alert(1)</script>"),
        Just("</script>"),
        Just("<!-- nightdesk: next document -->\n"),
        Just("{{< x >}}"),
        Just("{% x %}"),
        Just("[x](javascript:x)"),
        Just("&amp;lt;"),
        Just("\u{202e}"),
        Just("\u{200f}"),
        Just("\u{feff}"),
        Just("\u{2028}"),
        Just("\u{85}"),
        Just("👩‍👩‍👧"),
        Just("＝1"),
        Just("新鲜"),
        Just("عربي"),
        Just("a "),
        Just(" "),
    ];
    let pieces = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    // Postgres stores no NUL, so no text has one.
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop_oneof![3 => pieces, 1 => any]
}

#[test]
fn the_same_texts_are_the_same_bytes_and_every_text_carries_its_mark() {
    for format in Format::ALL {
        let once = render(format, every_action()).expect("an export");
        let again = render(format, every_action()).expect("an export");
        assert_eq!(once, again, "{format}");
        let text = String::from_utf8(once.bytes).expect("UTF-8").to_lowercase();
        let marks = text.matches("trainedalgorithmicmedia").count();
        assert!(marks >= once.texts.len(), "{format}: {marks} marks");
        let killed = "what must not leave once more";
        assert!(!text.contains(killed), "{format} repeats a killed text");
        let nobody = format == Format::Jsonl || format == Format::Csv || !text.contains("\"ann\"");
        assert!(nobody, "{format} names a reviewer");
    }
}

#[test]
fn a_folder_has_one_file_a_text_and_no_name_leads_out_of_it() {
    let mut publications = every_action();
    "../../etc/passwd\0 /ÄÖ.x".clone_into(&mut publications[0].brief.external_ref);
    "..".clone_into(&mut publications[1].brief.external_ref);
    "x".repeat(500)
        .clone_into(&mut publications[2].brief.external_ref);
    for format in Format::ALL {
        let rendered = render(format, publications.clone()).expect("an export");
        let names: Vec<&str> = rendered
            .files
            .iter()
            .map(|file| file.name.as_str())
            .collect();
        match format {
            Format::Jsonl | Format::Csv | Format::GoogleAdsEditor => assert!(names.is_empty()),
            _ => assert_eq!(names.len(), 4, "{format}"),
        }
        for File { name, bytes } in &rendered.files {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
            assert!(
                name.chars().all(plain) && !name.contains("..") && name.len() < 120,
                "{name}"
            );
            assert!(!bytes.is_empty());
        }
        if format == Format::Markdown {
            insta::assert_snapshot!(names.join("\n"));
        }
    }
}
