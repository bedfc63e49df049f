//! The steps of scoring grow as the text does, whatever is in it, and as the brief does.

use serde_json::json;

use super::brief;
use crate::domain::brief::Brief;
use crate::scoring::{Context, Text, score, steps};

/// Twice the text may take this much more: twice the steps, and some for searching sorted lists.
const GROWTH: f64 = 2.3;

/// Texts of about `size` bytes that are made to be looked through again and again.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let counted = |from: &str, between: &str| {
        let numbers = (1..).map(|number| format!("{from}{number}{between}"));
        let mut text = String::new();
        for number in numbers {
            if text.len() >= size {
                break;
            }
            text.push_str(&number);
        }
        text
    };
    let again = |piece: &str| piece.repeat(size.div_ceil(piece.len()));
    vec![
        ("counting", counted("", ", ")),
        ("counting in one range", counted("", "-")),
        ("counting up", counted("from ", " to ")),
        ("sentences", counted("It was ", ". ")),
        ("lines", counted("", ". \n")),
        ("letters between", counted("x ", " y ")),
        ("one token", counted("", "/")),
        ("dotted", counted("", ".")),
        ("grouped", again("1,111,")),
        ("grouped, then a name", format!("{}foo", again("1,111,"))),
        ("a fact again", again("440 seats and 38 km/h, ")),
        ("a fact alone", again("420 ")),
        ("a fall", again("seats fell by 420 and rose to 38 km/h ")),
        ("comparing", again("420 seats exceed 420 ")),
        ("dates", again("5 May 2027, 12 March 1968, ")),
        ("years", again("1968 2027 ")),
        ("times", again("7:30 ")),
        ("ranges", again("60-70 % ")),
        ("fifty", again("50-50-")),
        ("addresses", again("a@b.c ")),
        ("at signs", again("a@")),
        (
            "a long head",
            format!("{} 420 {}", again("ferry "), again("38, ")),
        ),
        ("one word", again("ferry ")),
        ("number words", again("forty-two million ")),
        ("a label", again("top speed ")),
        ("letters", again("a")),
        ("digits", again("1")),
        ("full stops", again(".")),
        ("full stops and digits", again(". 1 ")),
        (
            "blanks behind a full stop",
            format!(".{}{}", " ".repeat(size / 2), again("1 ")),
        ),
        (
            "brackets behind full stops",
            again(&format!(".{}1 ", ")".repeat(100))),
        ),
        ("quotation marks", again("“")),
        ("straight marks", again("\"")),
        ("brackets", again("(")),
        ("braces", again("{{")),
        ("commas", again(",")),
        ("dashes", again("— ")),
        ("line ends", again("\n")),
        ("accents", again("a\u{301}")),
        ("only accents", again("\u{301}")),
        ("joiners", again("👩\u{200d}")),
        ("Han", again("三百万")),
        ("fences", again("```\n")),
        ("placeholders", again("[NAME] {{x}} TODO ")),
        ("double spaces", again("the  the !! ")),
        ("links", again("https://a.b ")),
    ]
}

fn steps_of(brief: &Brief, text: &str) -> u64 {
    let parts = json!({"lines": [text]});
    steps::taken_by(|| {
        for parts in [None, Some(&parts)] {
            let text = Text {
                text,
                parts,
                finish: None,
            };
            let context = Context {
                prompt: Some(
                    "Write a short news item of sixty to ninety words for general readers.",
                ),
                ..Context::default()
            };
            score(brief, &text, &context);
        }
    })
}

#[test]
fn twice_the_text_is_twice_the_steps() {
    let brief = brief();
    let mut told = Vec::new();
    for ((name, small), (_, large)) in hostile(3_000).into_iter().zip(hostile(6_000)) {
        let (few, many) = (steps_of(&brief, &small), steps_of(&brief, &large));
        assert!(few > 0, "{name}: nothing was counted");
        #[expect(clippy::cast_precision_loss, reason = "counts of steps")]
        let growth = many as f64 / few as f64;
        told.push(format!("{name}: {few} → {many} steps, {growth:.2} times"));
        if growth > GROWTH {
            told.push(format!("{name} grows too fast"));
        }
    }
    let told = told.join("\n");
    assert!(!told.contains("too fast"), "{told}");
}

/// A brief of so many facts; what they hold and are called is alike, as far as briefs allow.
fn long_brief(facts: usize, value: impl Fn(usize) -> String) -> Brief {
    let facts: Vec<_> = (0..facts)
        .map(|number| json!({"id": format!("f{number}"), "label": format!("Share, of part {number}"), "value": value(number)}))
        .collect();
    let wanted: Vec<_> = facts
        .iter()
        .map(|fact| json!({"fact": fact["id"]}))
        .collect();
    serde_json::from_value(json!({
        "external_ref": "x", "kind": "news", "topic": "Parts", "language": "en", "facts": facts, "must_include": wanted,
    }))
    .expect("a brief")
}

#[test]
fn twice_the_facts_are_twice_the_steps() {
    type Value = fn(usize) -> String;
    let values: [(&str, Value); 3] = [
        ("numbers", |number| format!("{number} %")),
        ("the same", |_| "5 %".to_owned()),
        ("words", |_| "somebody else".to_owned()),
    ];
    for (name, value) in values {
        let steps = |facts| {
            steps_of(
                &long_brief(facts, value),
                "The share of part 7 is 5 %, that of part 9 is 9 %.",
            )
        };
        let (few, many) = (steps(200), steps(400));
        #[expect(clippy::cast_precision_loss, reason = "counts of steps")]
        let growth = many as f64 / few as f64;
        assert!(growth <= GROWTH, "{name}: {few} → {many} steps");
    }
    let list = |entries: usize| {
        let entries: Vec<String> = (0..entries)
            .map(|number| format!("part{number} {number} %"))
            .collect();
        steps_of(&long_brief(1, |_| entries.join(", ")), "part7 is 7 %")
    };
    let (few, many) = (list(500), list(1000));
    assert!(many * 10 <= few * 23, "a list: {few} → {many} steps");
}
