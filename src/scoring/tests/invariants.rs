//! What holds for every text and every brief, checked on generated ones.

use proptest::prelude::*;
use serde_json::json;

use super::brief;
use crate::domain::brief::Brief;
use crate::domain::draft::FinishReason;
use crate::domain::score::{ChannelFit, ChannelViolation};
use crate::scoring::{Context, Text, score};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_gets_a_card_that_adds_up(text in "(\\PC|[0-9 .,%$€–-]|The |speed |fell |by |5 May |\n|seats |million | km/h|“|”|万|\\{\\{|`){0,60}", finish in any::<bool>()) {
        let (brief, fit) = (brief(), ChannelFit { channel: "c@1".into(), violations: vec![ChannelViolation { bytes: [1, 7], rule: "channel.too_long".into(), message: "m".into(), field: None }], margin: None });
        let text = Text { text: &text, parts: None, finish: finish.then_some(FinishReason::Length) };
        let context = Context { channel: finish.then_some(&fit), prompt: Some("Write at most sixty words about the ferry and its harbour."), length: None, control_tokens: &[] };
        let card = score(&brief, &text, &context);
        let taken: u32 = card.findings.iter().map(|finding| u32::from(finding.deduction)).sum();
        prop_assert!(taken <= 100);
        prop_assert_eq!(u32::from(card.priority), if card.passes() { 100 - taken } else { 0 });
        for finding in &card.findings {
            let [start, end] = finding.bytes;
            prop_assert_eq!(text.text.get(start..end), Some(finding.quote.as_str()));
            prop_assert_eq!(finding.chars, [text.text[..start].chars().count(), text.text[..end].chars().count()]);
        }
        for name in ["grounding", "coverage", "repetition"] {
            prop_assert!(card.value(name).is_none_or(|value| (0.0..=1.0).contains(&value)));
        }
        let again = score(&brief, &text, &context);
        prop_assert_eq!(serde_json::to_vec(&card).expect("json"), serde_json::to_vec(&again).expect("json"));
    }

    #[test]
    fn any_brief_is_read_without_panic(value in "\\PC{0,24}", label in "\\PC{0,16}", unit in "\\PC{0,8}", text in "\\PC{0,80}", language in "[a-z]{0,3}(-[A-Z]{2})?") {
        let brief: Brief = serde_json::from_value(json!({
            "external_ref": "x", "kind": "news", "topic": label, "language": language,
            "facts": [{"id": "f1", "label": label, "value": value, "unit": unit, "as_of": value, "aliases": [unit]}],
            "must_include": [{"fact": "f1", "text": label, "weight": 0.3}], "must_avoid": [value], "sources": [{"id": "s", "text": text}],
        })).expect("a brief");
        let whole = format!("{text} {label} {value} {unit}");
        let card = score(&brief, &Text { text: &whole, parts: None, finish: None }, &Context { prompt: Some(&whole), ..Context::default() });
        prop_assert!(card.priority <= 100);
    }
}
