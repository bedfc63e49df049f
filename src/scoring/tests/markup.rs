//! Control tokens of the model that wrote a text.

use super::brief;
use crate::scoring::{Context, Text, score};

#[test]
fn what_its_own_model_reads_as_a_control_token_is_markup_wherever_it_stands() {
    let text = "The ferry is here. ~go~";
    let spans: Vec<std::ops::Range<usize>> = std::iter::once(19..23).collect();
    let context = Context {
        control_tokens: &spans,
        ..Context::default()
    };
    let judged = Text {
        text,
        parts: None,
        finish: None,
    };
    let card = score(&brief(), &judged, &context);
    assert!(!card.gates[0].pass, "{card:?}");
    let found = card
        .findings
        .iter()
        .find(|finding| finding.rule == "clean.markup");
    assert_eq!(found.map(|finding| finding.quote.as_str()), Some("~go~"));
}
