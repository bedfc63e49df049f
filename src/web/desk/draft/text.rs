//! A draft's text with its findings as marks.
//!
//! Findings overlap: the text is cut wherever one begins or ends, and each piece carries all that cover it.

use maud::{Markup, html};

use crate::domain::score::{Finding, Severity};

/// A piece of the text, and which findings cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece<'a> {
    text: &'a str,
    findings: Vec<usize>,
}

/// Cuts a text at the borders of its findings. A border inside a character is moved to its beginning.
fn pieces<'a>(text: &'a str, findings: &[Finding]) -> Vec<Piece<'a>> {
    let on_border = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let ranges: Vec<(usize, usize)> = findings
        .iter()
        .map(|finding| (on_border(finding.bytes[0]), on_border(finding.bytes[1])))
        .collect();
    let mut cuts: Vec<usize> = ranges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .map(|cut| Piece {
            text: &text[cut[0]..cut[1]],
            findings: (0..ranges.len())
                .filter(|index| ranges[*index].0 <= cut[0] && cut[1] <= ranges[*index].1)
                .collect(),
        })
        .collect()
}

/// The text with marks. Each mark can be reached by the keyboard, names its finding, and says which fact it is about.
pub(super) fn marked(language: &str, text: &str, findings: &[Finding]) -> Markup {
    html! {
        div class="copy" dir="auto" lang=(language) {
            @for piece in pieces(text, findings) {
                @if let Some((index, finding)) = worst(&piece.findings, findings) {
                    mark class=(class(finding)) tabindex="0" aria-describedby={ "finding-" (index) }
                        data-fact=[finding.fact_id.as_deref()] { (piece.text) }
                } @else { (piece.text) }
            }
        }
    }
}

/// Of several findings the one that matters most; of equals the one that takes most.
fn worst<'a>(covering: &[usize], findings: &'a [Finding]) -> Option<(usize, &'a Finding)> {
    let of = covering.iter().map(|index| (*index, &findings[*index]));
    of.min_by_key(|(index, finding)| {
        (
            finding.severity,
            std::cmp::Reverse(finding.deduction),
            *index,
        )
    })
}

fn class(finding: &Finding) -> &'static str {
    match (finding.severity, finding.status.as_deref()) {
        (Severity::Block, _) => "bad",
        (Severity::Warn, _) => "warn",
        (Severity::Info, Some("supported" | "rounded" | "derived")) => "good",
        (Severity::Info, _) => "note",
    }
}

/// What was found, in words.
pub(super) fn findings(findings: &[Finding]) -> Markup {
    html! {
        section class="findings" aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            @if findings.is_empty() { p class="muted" { "None." } }
            ol {
                @for (index, finding) in findings.iter().enumerate() {
                    li id={ "finding-" (index) } data-fact=[finding.fact_id.as_deref()] {
                        span class={ "tag " (class(finding)) } { (finding.rule) }
                        " " bdi { (finding.message) }
                        @if !finding.quote.is_empty() { " " q dir="auto" { (finding.quote) } }
                        @if finding.deduction > 0 { " " strong { "−" (finding.deduction) } }
                        @if let Some(fact) = &finding.fact_id { " " a href={ "#fact-" (fact) } { "fact " bdi { (fact) } } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finding(from: usize, to: usize, severity: Severity) -> Finding {
        Finding {
            score: "grounding".to_owned(),
            rule: "number.unsupported".to_owned(),
            severity,
            status: None,
            bytes: [from, to],
            chars: [from, to],
            quote: String::new(),
            fact_id: Some("f1".to_owned()),
            deduction: 15,
            message: "no fact says so".to_owned(),
        }
    }

    #[test]
    fn overlapping_findings_share_a_piece_and_the_worst_one_marks_it() {
        let all = [
            finding(0, 5, Severity::Info),
            finding(3, 8, Severity::Block),
        ];
        let cut: Vec<(&str, Vec<usize>)> = pieces("abcdefghij", &all)
            .into_iter()
            .map(|piece| (piece.text, piece.findings))
            .collect();
        assert_eq!(
            cut,
            [
                ("abc", vec![0]),
                ("de", vec![0, 1]),
                ("fgh", vec![1]),
                ("ij", vec![])
            ]
        );
        assert_eq!(worst(&[0, 1], &all).map(|(index, _)| index), Some(1));
    }

    #[test]
    fn markup_in_a_draft_is_text() {
        let shown = marked(
            "en",
            "<script>alert(1)</script>",
            &[finding(0, 8, Severity::Warn)],
        )
        .into_string();
        assert!(!shown.contains("<script"), "{shown}");
        assert!(shown.contains("&lt;script&gt;</mark>alert(1)"), "{shown}");
    }

    proptest! {
        /// Whatever is found wherever, the text is all there.
        #[test]
        fn the_text_is_all_there(text in "[a-cé👩 <]{0,30}", at in prop::collection::vec((0..40usize, 0..40usize), 0..6)) {
            let all: Vec<Finding> = at.iter()
                .map(|(a, b)| finding(*a.min(b), *a.max(b), Severity::Warn)).collect();
            let joined: String = pieces(&text, &all).into_iter().map(|piece| piece.text).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
