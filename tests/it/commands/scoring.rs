//! `score`, which needs neither a database nor a model.

use serde_json::{Value, json};

use super::{Folder, fixture, keys};

const TEXT: &str = "Estonia's economy shrank by 0.3 % in 2024 – its GDP was $42.765 billion.\n\n\
    About 12 % of the workforce were out of work, the café owners say, and industry did no better.\n";

fn folder() -> Folder {
    let folder = Folder::without_database();
    folder.write("brief.json", &fixture("factbook")[0]);
    folder.write("text.txt", TEXT);
    folder
}

const ARGS: [&str; 5] = ["score", "--brief", "brief.json", "--text", "text.txt"];

#[test]
fn a_score_card_has_the_fixed_keys_and_adds_up() {
    let card = folder().json(&ARGS);
    assert_card(&card, TEXT.trim());
    let unsupported = card["findings"].as_array().unwrap().iter();
    let unsupported: Vec<_> = unsupported
        .filter(|found| found["status"] == "unsupported")
        .collect();
    assert!(
        unsupported.iter().any(|found| found["quote"] == "12 %"),
        "{unsupported:?}"
    );
}

/// The shape that other programs rely on, and the arithmetic an editor can repeat.
pub(super) fn assert_card(card: &Value, text: &str) {
    assert_eq!(keys(card), "version priority gates scores findings");
    let list = |key: &str| card[key].as_array().unwrap().clone();
    for gate in list("gates") {
        assert_eq!(keys(&gate), "name pass reason");
    }
    for score in list("scores") {
        assert_eq!(keys(&score), "name version value status");
    }
    for found in list("findings") {
        assert_eq!(
            keys(&found),
            "score rule severity status bytes chars quote fact_id deduction message"
        );
        let span = |key: &str| {
            let end = |index: usize| usize::try_from(found[key][index].as_u64().unwrap()).unwrap();
            (end(0), end(1))
        };
        let (start, end) = span("bytes");
        assert_eq!(text[start..end], found["quote"], "{found}");
        let (start, end) = span("chars");
        let quote: String = text.chars().skip(start).take(end - start).collect();
        assert_eq!(quote, found["quote"], "{found}");
    }
    let points: i64 = list("findings")
        .iter()
        .filter_map(|found| found["deduction"].as_i64())
        .sum();
    let passes = list("gates").iter().all(|gate| gate["pass"] == true);
    assert_eq!(
        card["priority"],
        if passes { (100 - points).max(0) } else { 0 },
        "{card}"
    );
}

#[test]
fn pairs_give_a_card_a_line_equal_to_the_card_of_the_text() {
    let folder = folder();
    let brief: Value = serde_json::from_str(&fixture("factbook")[0]).unwrap();
    let pairs = [TEXT.trim(), "A text that is about something else."]
        .map(|text| json!({ "brief": brief, "text": text }).to_string());
    folder.write("pairs.jsonl", pairs.join("\n\n"));
    let said = folder.run(&["score", "--jsonl", "pairs.jsonl"]);
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
    let cards: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cards.len(), 2);
    assert_eq!(cards[0], folder.json(&ARGS));
    assert_ne!(cards[0], cards[1]);
    let typed = folder.fed(&pairs.join("\n"), &["score", "--jsonl", "-"]);
    assert_eq!(typed.stdout, said.stdout);
}

#[test]
fn a_score_for_people_names_gates_values_and_reasons() {
    let said = folder().run(&ARGS);
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
    assert!(said.stdout.starts_with("priority "), "{said}");
    for part in [
        "  pass  gate.policy\n",
        " grounding\n",
        "[number.unsupported]\n",
    ] {
        assert!(said.stdout.contains(part), "{part}: {said}");
    }
    assert!(!said.stdout.contains("−0 "), "{said}");
}

#[test]
fn a_channel_given_on_the_command_line_counts() {
    let folder = folder();
    folder.write("long.txt", "Estonia is small. ".repeat(30));
    let args = [
        "score",
        "--brief",
        "brief.json",
        "--text",
        "long.txt",
        "--channel",
        "x-post",
    ];
    let gates = folder.json(&args)["gates"].take();
    let failed: Vec<_> = gates
        .as_array()
        .unwrap()
        .iter()
        .filter(|gate| gate["pass"] == false)
        .collect();
    assert!(
        failed.iter().any(|gate| gate["name"] == "gate.channel"),
        "{gates}"
    );
}
