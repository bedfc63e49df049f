//! Cards as a whole: priorities worked out by hand, gates, and what holds for any text.

mod invariants;
mod markup;
mod pace;
mod set;

use serde_json::json;

use crate::domain::brief::{Brief, Length};
use crate::domain::draft::FinishReason;
use crate::domain::score::{ChannelFit, ChannelViolation, ScoreCard, Severity};
use crate::scoring::{Context, Text, rank, score};

pub(super) fn brief() -> Brief {
    serde_json::from_value(json!({
        "external_ref": "t", "kind": "news", "topic": "Ferry to Norland", "language": "en",
        "facts": [
            {"id": "speed", "label": "Top speed", "aliases": [], "value": "38 km/h"},
            {"id": "seats", "label": "Seats", "aliases": ["passengers"], "value": "420"},
            {"id": "start", "label": "First trip", "aliases": ["starts"], "value": "5 May 2027"},
            {"id": "owner", "label": "Owner", "aliases": ["operator", "NSC"], "value": "Norland Shipping Company"},
            {"id": "price", "label": "Ticket price", "aliases": ["ticket"], "value": "$12.50"},
        ],
        "must_include": [{"fact": "speed"}, {"fact": "start", "weight": 2}, {"fact": "owner"}, {"any_of": ["harbour", "port"], "weight": 0.5}, {"regex": "(?i)book(ing)?s?", "weight": 0.5}],
        "must_avoid": ["luxury", "world-class"],
        "length": {"min_words": 5, "max_words": 60},
    }))
    .expect("a brief")
}

fn card(text: &str) -> ScoreCard {
    score(
        &brief(),
        &Text {
            text,
            parts: None,
            finish: None,
        },
        &Context::default(),
    )
}

pub(super) fn rules(card: &ScoreCard) -> Vec<(&str, u8)> {
    card.findings
        .iter()
        .filter(|finding| finding.severity != Severity::Info)
        .map(|finding| (finding.rule.as_str(), finding.deduction))
        .collect()
}

const GOOD: &str = "The new ferry of the Norland Shipping Company leaves the harbour for its first trip on May 5, 2027. It reaches a top speed of 38 km/h and seats 420 passengers. Bookings are open.";

#[test]
fn a_good_text_keeps_all_points() {
    let card = card(GOOD);
    assert_eq!((card.priority, rules(&card)), (100, vec![]));
    assert_eq!(
        (card.value("grounding"), card.value("coverage")),
        (Some(1.0), Some(1.0))
    );
}

#[test]
fn priorities_are_what_a_hand_gets() {
    // 100 − 15 (440 is not in the brief) − 8 (the owner: 40 · 1 of 5) = 77.
    let text = "The new ferry leaves the harbour for its first trip on May 5, 2027. It reaches a top speed of 38 km/h and seats 440 passengers. Bookings are open.";
    let first = card(text);
    assert_eq!(
        (first.priority, rules(&first)),
        (
            77,
            vec![("number.unsupported", 15), ("coverage.missing", 8)]
        )
    );
    // 100 − 2 (!!) − 5 (four words) − 40 (nothing is mentioned) = 53.
    let second = card("The ferry is fast!!");
    assert_eq!(second.priority, 53);
    let mut points: Vec<u8> = second
        .findings
        .iter()
        .map(|finding| finding.deduction)
        .filter(|&points| points > 0)
        .collect();
    points.sort_unstable();
    assert_eq!(points, [2, 4, 4, 5, 8, 8, 16]);
    // Five inventions take 60, not 75: 100 − 60 − 8 (owner) = 32; the last one takes nothing.
    let many = card(
        "From the harbour the first trip on 5 May 2027 at a top speed of 38 km/h takes 21 minutes, 22 litres, 23 dollars, 24 hours and 25 tonnes. Bookings are open.",
    );
    assert_eq!(many.priority, 32);
    let taken: Vec<u8> = many
        .findings
        .iter()
        .filter(|finding| finding.rule == "number.unsupported")
        .map(|finding| finding.deduction)
        .collect();
    assert_eq!(taken, [15, 15, 15, 15, 0]);
}

#[test]
fn coverage_takes_aliases_formats_and_never_more_than_its_share() {
    for text in [
        "It starts on 2027-05-05.",
        "It starts on 5 May.",
        "It starts in May 2027.",
    ] {
        let card = card(text);
        assert!(
            !card
                .findings
                .iter()
                .any(|finding| finding.fact_id.as_deref() == Some("start")
                    && finding.rule == "coverage.missing"),
            "{text}"
        );
    }
    let missing = |text: &str| {
        card(text).findings.iter().any(|finding| {
            finding.fact_id.as_deref() == Some("owner") && finding.rule == "coverage.missing"
        })
    };
    assert!(!missing("Norland Shipping runs it, the company says."));
    assert!(!missing("NSC runs it."), "initials stand for the value");
    assert!(
        missing("The operator runs it."),
        "an alias of the label is not the value"
    );
    let mut thirds = brief();
    thirds.must_include = (0..7)
        .map(|at| serde_json::from_value(json!({"text": format!("missing {at}")})).expect("one"))
        .collect();
    let card = score(
        &thirds,
        &Text {
            text: GOOD,
            parts: None,
            finish: None,
        },
        &Context::default(),
    );
    let taken: Vec<u8> = card
        .findings
        .iter()
        .map(|finding| finding.deduction)
        .filter(|&points| points > 0)
        .collect();
    assert_eq!(
        (taken.iter().sum::<u8>(), taken.len(), card.priority),
        (40, 7, 60)
    );
}

#[test]
fn the_clean_gate_says_what_an_editor_would() {
    let cases = [
        ("", "clean.empty"),
        (" \n ", "clean.empty"),
        ("\u{200b}\u{2060}\n\u{2800}", "clean.empty"),
        ("The {{product}} is here.", "clean.placeholder"),
        ("Dear [NAME], the ferry is here.", "clean.placeholder"),
        ("Call [insert phone number] to book.", "clean.placeholder"),
        ("The <product> is here.", "clean.placeholder"),
        ("The ferry is TODO fast.", "clean.placeholder"),
        ("Lorem ipsum dolor.", "clean.placeholder"),
        ("```\nThe ferry is here.\n```", "clean.fence"),
        ("The ferry is here.<|im_end|>", "clean.markup"),
        ("<think>\nHm.\n</think>\nThe ferry is here.", "clean.markup"),
        ("model\nThe ferry is here.", "clean.markup"),
        ("The ferry is here.<｜end▁of▁sentence｜>", "clean.markup"),
        (
            "As an AI language model, I like ferries.",
            "clean.assistant",
        ),
        (
            "Sure, here is a short text: The ferry is here.",
            "clean.preamble",
        ),
        (
            "The ferry is fast and the ferry is fast and the ferry is fast and the ferry is fast and",
            "clean.loop",
        ),
        (
            "Die neue Fähre fährt am Morgen vom alten Hafen aus über das Meer und kommt am Abend wieder zurück.",
            "clean.language",
        ),
    ];
    for (text, rule) in cases {
        let card = card(text);
        let gate = card
            .gates
            .iter()
            .find(|gate| gate.name == "gate.clean")
            .expect("the gate");
        assert!(
            !gate.pass && gate.reason.is_some() && card.priority == 0,
            "{text}"
        );
        assert!(
            card.findings.iter().any(|finding| finding.rule == rule),
            "{text}: {:?}",
            card.findings
        );
    }
    for text in [
        GOOD,
        "Very, very, very fast.",
        "Write <b>bold</b> text; call [1].",
        "The ferry [sic] is here, I can't complain.",
    ] {
        assert!(
            card(text).gates[0].pass,
            "{text}: {:?}",
            card(text).gates[0].reason
        );
    }
}

#[test]
fn a_cut_off_text_fails_only_when_the_budget_ran_out() {
    let judge = |text, finish| {
        score(
            &brief(),
            &Text {
                text,
                parts: None,
                finish,
            },
            &Context::default(),
        )
        .gates[0]
            .pass
    };
    assert!(!judge(
        "The ferry is here. It reaches",
        Some(FinishReason::Length)
    ));
    assert!(judge(
        "The ferry is here. It reaches",
        Some(FinishReason::Stop)
    ));
    assert!(judge("The ferry “is here.”", Some(FinishReason::Length)));
}

#[test]
fn channel_and_policy_close_their_gates() {
    let fit = ChannelFit {
        channel: "x-post@1".into(),
        violations: vec![ChannelViolation {
            bytes: [4, 900],
            rule: "channel.too_long".into(),
            message: "too long".into(),
            field: None,
        }],
        margin: Some(-3),
    };
    let context = Context {
        channel: Some(&fit),
        ..Context::default()
    };
    let card = score(
        &brief(),
        &Text {
            text: "The luxury ferry. A World-Class ferry.",
            parts: None,
            finish: None,
        },
        &context,
    );
    let failed: Vec<(&str, Option<&str>)> = card
        .gates
        .iter()
        .filter(|gate| !gate.pass)
        .map(|gate| (gate.name.as_str(), gate.reason.as_deref()))
        .collect();
    assert_eq!(
        failed,
        [
            ("gate.channel", Some("too long")),
            (
                "gate.policy",
                Some("“luxury” is on the brief's list of words to avoid (and 1 more)")
            )
        ]
    );
    assert_eq!(
        (card.priority, card.value("channel_margin")),
        (0, Some(-3.0))
    );
}

#[test]
fn repetition_and_length_are_measured() {
    let text = "The ferry leaves the harbour at noon today. The ferry leaves the harbour at noon today. Then it returns.";
    let found = card(text);
    let repetition = found
        .findings
        .iter()
        .find(|finding| finding.score == "repetition")
        .expect("a finding");
    assert_eq!(
        (
            repetition.deduction,
            found
                .value("repetition")
                .map(|value| (value * 100.0).round())
        ),
        (20, Some(50.0))
    );
    assert_eq!(card("Short.").value("repetition"), None);
    let band = Length {
        min_words: None,
        max_words: Some(3),
    };
    let mut open = brief();
    open.length = None;
    let long = score(
        &open,
        &Text {
            text: "One two three four five.",
            parts: None,
            finish: None,
        },
        &Context {
            length: Some(band),
            ..Context::default()
        },
    );
    let finding = long
        .findings
        .iter()
        .find(|finding| finding.rule == "band.length")
        .expect("a finding");
    assert_eq!(
        (finding.quote.as_str(), finding.message.as_str()),
        ("four five.", "5 words, at most 3 are wanted")
    );
}

#[test]
fn style_warns_of_certain_slips_only() {
    let style = |text: &str| {
        card(text)
            .findings
            .iter()
            .filter(|finding| finding.score == "style")
            .map(|finding| finding.rule.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        style("It is  the the ferry (fast!!"),
        [
            "style.double_space",
            "style.repeated_word",
            "style.unbalanced",
            "style.punctuation"
        ]
    );
    for text in [
        GOOD,
        "1) First\na) Second",
        "A smile :) and “quotes” (with brackets).",
        "That that is, is; 1,234 and 5;6",
        "Er sagt: „Hallo“.",
    ] {
        assert_eq!(style(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn candidates_rank_by_gates_then_inventions_then_coverage_then_priority() {
    let cards = [
        card("The luxury ferry is here, out of the harbour."),
        card("The ferry reaches a top speed of 48 km/h from the harbour on 5 May 2027."),
        card("The ferry is here today, at last."),
        card(GOOD),
        card("The ferry is here today, at last!!"),
    ];
    assert_eq!(rank(&cards.iter().collect::<Vec<_>>()), [3, 2, 4, 1, 0]);
    assert_eq!(rank(&[&cards[2], &cards[2]]), [0, 1]);
}

#[test]
fn fiction_states_nothing() {
    let mut story = brief();
    story.kind = crate::domain::brief::BriefKind::Fiction;
    let card = score(
        &story,
        &Text {
            text: "In 1811 she counted 999 ships.",
            parts: None,
            finish: None,
        },
        &Context::default(),
    );
    assert_eq!(
        (card.value("grounding"), card.value("unsupported")),
        (None, None)
    );
}
