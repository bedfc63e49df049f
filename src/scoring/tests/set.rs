//! Copy of several parts: a set is judged as a set, not blamed for being one.

use serde_json::json;

use super::{brief, rules};
use crate::domain::brief::{Brief, Length};
use crate::domain::draft::FinishReason;
use crate::domain::score::ScoreCard;
use crate::scoring::{Context, Text, score};

#[test]
fn a_set_is_not_blamed_for_being_one() {
    let brief = Brief {
        length: Some(Length {
            min_words: Some(5),
            max_words: Some(9),
        }),
        ..brief()
    };
    let parts = json!({
        "headlines": ["Norland Shipping Company ferry", "Book Norland Shipping Company", "Fast: up to 38 km/h"],
        "descriptions": ["The Norland Shipping Company leaves the harbour on 5 May 2027.", "Seats for 420 passengers at $12.50."],
    });
    let text = "Norland Shipping Company ferry\nBook Norland Shipping Company\nFast: up to 38 km/h\n\nThe Norland Shipping Company leaves the harbour on 5 May 2027.\nSeats for 420 passengers at $12.50.";
    let of = |parts| {
        let text = Text {
            text,
            parts,
            finish: Some(FinishReason::Stop),
        };
        score(&brief, &text, &Context::default())
    };
    let (set, running) = (of(Some(&parts)), of(None));
    let blamed = |card: &ScoreCard, rule: &str| rules(card).iter().any(|(name, _)| *name == rule);
    for rule in ["band.length", "repetition.repeated"] {
        assert!(blamed(&running, rule) && !blamed(&set, rule), "{rule}");
    }
    // What has to be mentioned is mentioned once in the whole set; numbers are looked up as ever.
    assert_eq!(set.value("coverage"), Some(1.0));
    assert_eq!(set.value("grounding"), running.value("grounding"));

    let stuck = json!({"headlines": ["so fast so fast so fast so fast"]});
    let text = Text {
        text: "so fast so fast so fast so fast",
        parts: Some(&stuck),
        finish: None,
    };
    assert!(blamed(
        &score(&brief, &text, &Context::default()),
        "repetition.repeated"
    ));
}
