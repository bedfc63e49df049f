//! Every message of the schema, and the promise that what it accepts can be loaded.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn full() -> Value {
    json!({
        "external_ref": "x-1", "kind": "news", "topic": "t", "language": "pt-BR",
        "facts": [{"id": "f1", "label": "Population", "aliases": ["inhabitants"], "value": "1.3 million",
            "unit": null, "as_of": "2024", "source": "s1", "private": false, "public_figure": false}],
        "quotes": [{"id": "q1", "text": "Hm.", "speaker": "A"}],
        "sources": [{"id": "s1", "text": "Yearbook", "url": null}],
        "must_include": [{"fact": "f1", "text": null, "any_of": ["a"], "regex": null, "weight": 1}],
        "must_avoid": ["x"], "audience": null, "tone": null, "channel": null, "cta": null,
        "length": {"min_words": 60, "max_words": 120}, "tags": ["t"], "priority": 0, "risk": "low",
        "due_at": "2026-03-01T06:00:00Z", "embargo_until": null, "expires_at": null,
        "jurisdictions": ["GB"], "meta": {"any": [1.0, {"thing": null}]}
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut brief = full();
    if let Some(slot) = brief.pointer_mut(pointer) {
        *slot = value;
        return brief;
    }
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    brief
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .insert(key.to_owned(), value);
    brief
}

fn without(key: &str) -> Value {
    let mut brief = full();
    brief.as_object_mut().unwrap().shift_remove(key).unwrap();
    brief
}

fn message(value: Value) -> String {
    brief(value).unwrap_err().told()
}

#[test]
fn the_schema_is_a_valid_draft_2020_12_schema() {
    jsonschema::draft202012::meta::validate(&SCHEMA).unwrap();
}

#[test]
fn the_shape_of_the_interfaces_document_is_accepted_and_survives_a_round_trip() {
    let loaded = brief(full()).unwrap();
    let again = serde_json::to_value(&loaded).unwrap();
    assert!(VALIDATOR.is_valid(&again), "{again}");
    assert_eq!(brief(again).unwrap(), loaded);
}

#[test]
fn the_schema_names_every_key_of_a_brief_and_no_other() {
    let known: Vec<&String> = SCHEMA["properties"].as_object().unwrap().keys().collect();
    let written = serde_json::to_value(brief(full()).unwrap()).unwrap();
    assert_eq!(
        known,
        written.as_object().unwrap().keys().collect::<Vec<_>>()
    );
}

#[test]
fn keys_are_explained() {
    let mut misspelt = without("facts");
    misspelt["factz"] = json!([]);
    let messages = [
        message(json!([1, 2])),
        message(misspelt),
        message(without("topic")),
        message(with("/headline", json!("x"))),
        message(with("/facts/0/vlaue", json!("x"))),
        message(with("/length/words", json!(3))),
        message(with("/facts/0", json!({"id": "f1", "label": "Population"}))),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    brief.not_object ``: a brief is a JSON object, given a list (hint: docs/BRIEFS.md shows the shape)
    brief.unknown_key `factz`: unknown key (hint: did you mean `facts`?)
    brief.missing_key `topic`: required, but missing (hint: One line that says what the copy is about)
    brief.unknown_key `headline`: unknown key (hint: known keys: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; your own data goes under `meta`)
    brief.unknown_key `facts[0].vlaue`: unknown key (hint: did you mean `value`?)
    brief.unknown_key `length.words`: unknown key (hint: known keys: `min_words`, `max_words`)
    brief.missing_key `facts[0].value`: required, but missing (hint: The value as text, the way it may be printed, such as `1.3 million` or `-0.3 %`)
    "#);
}

#[test]
fn values_are_explained() {
    let messages = [
        message(with("/kind", json!("nws"))),
        message(with("/kind", json!(3))),
        message(with("/risk", json!(null))),
        message(with("/topic", json!(" "))),
        message(with("/topic", json!("\u{3164} \u{2800}"))),
        message(with("/facts/0/label", json!("\u{115f}"))),
        message(with("/language", json!("english"))),
        message(with("/external_ref", json!("x".repeat(201)))),
        message(with("/facts/0/value", json!(1.3))),
        message(with("/facts/0/private", json!("yes"))),
        message(with("/facts", json!({}))),
        message(with("/tags/0", json!(""))),
        message(with("/must_include/0/weight", json!(0))),
        message(with("/must_include/0/weight", json!(1e7))),
        message(with("/length/max_words", json!(0))),
        message(with("/length/min_words", json!(10.5))),
        message(with("/priority", json!("high"))),
        message(with("/due_at", json!("tomorrow"))),
        message(with("/due_at", json!("2026-03-01"))),
        message(with("/meta", json!([]))),
        message(with("/audience", json!(["a very long list"]))),
        message(with(
            "/kind",
            json!("a word that is far too long to be shown in a message"),
        )),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    brief.value `kind`: must be one of `news`, `event`, `ad`, `social`, `fiction`, given `nws` (hint: did you mean `news`?)
    brief.value `kind`: must be one of `news`, `event`, `ad`, `social`, `fiction`, given `3` (hint: Family of copy; decides which templates can draft it)
    brief.value `risk`: must be one of `low`, `medium`, `high`, given `null` (hint: How much harm a mistake would do; decides how many reviews a draft needs)
    brief.value `topic`: must be text that is not blank, given ` ` (hint: One line that says what the copy is about)
    brief.value `topic`: must be text that is not blank, given U+3164 U+0020 U+2800 (hint: One line that says what the copy is about)
    brief.value `facts[0].label`: must be text that is not blank, given U+115F (hint: Plain name of what the value is, such as `Population`)
    brief.value `language`: must be of a form such as `en`, `pt-BR`, given `english` (hint: BCP 47 tag of the language to write in, such as `en` or `pt-BR`)
    brief.value `external_ref`: must be at most 200 characters long, given 201 (hint: Your own key for this brief. Importing the same key again makes a new revision, not a second brief)
    brief.value `facts[0].value`: must be text, given `1.3` (hint: write it as text: `"1.3"`)
    brief.value `facts[0].private`: must be `true` or `false`, given `yes` (hint: `true` if it must not be published; a private fact never reaches a prompt)
    brief.value `facts`: must be a list, given an object (hint: What the copy may state. Nothing else may be stated as fact)
    brief.value `tags[0]`: must be text that is not blank, given `` (hint: A word or a phrase, not blank)
    brief.value `must_include[0].weight`: must be above 0, given `0` (hint: Share in the coverage score, relative to the others: a number above 0)
    brief.value `must_include[0].weight`: must be at most 1000000, given `10000000.0` (hint: Share in the coverage score, relative to the others: a number above 0)
    brief.value `length.max_words`: must be at least 1, given `0` (hint: Most words: a whole number from 1 to 100000, or null; not below `min_words`)
    brief.value `length.min_words`: must be a whole number or `null`, given `10.5` (hint: Fewest words: a whole number from 0 to 100000, or null)
    brief.value `priority`: must be a whole number, given `high` (hint: A whole number; higher is drafted first)
    brief.value `due_at`: must be an RFC 3339 time such as `2026-03-01T06:00:00Z`, given `tomorrow` (hint: When the copy is needed: an RFC 3339 time with its offset, or null)
    brief.value `due_at`: must be an RFC 3339 time such as `2026-03-01T06:00:00Z`, given `2026-03-01` (hint: When the copy is needed: an RFC 3339 time with its offset, or null)
    brief.value `meta`: must be an object, given a list (hint: Your own data, carried along unread; any keys and values)
    brief.value `audience`: must be text or `null`, given a list (hint: Who reads it, in a few words)
    brief.value `kind`: must be one of `news`, `event`, `ad`, `social`, `fiction`, given `a word that is far too long to be shown …` (hint: Family of copy; decides which templates can draft it)
    "#);
}

#[test]
fn factual_kinds_need_something_to_write_from() {
    for kind in ["news", "event", "ad", "social", "fiction"] {
        let bare =
            json!({"external_ref": "a", "kind": kind, "topic": "t", "language": "en", "facts": []});
        match kind {
            "social" | "fiction" => assert!(brief(bare).is_ok()),
            _ => assert_eq!(brief(bare).unwrap_err().first().code(), "brief.no_material"),
        }
        let sourced = json!({"external_ref": "a", "kind": kind, "topic": "t", "language": "en",
            "sources": [{"id": "s1"}]});
        assert!(brief(sourced).is_ok());
    }
    let bare = json!({"external_ref": "a", "kind": "ad", "topic": "t", "language": "en"});
    insta::assert_snapshot!(message(bare), @r#"brief.no_material `facts`: a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none (hint: add what the copy may state, such as `"facts":[{"id":"f1","label":"Population","value":"212,400"}]`)"#);
}

#[test]
fn a_whole_number_with_a_point_is_a_whole_number_except_under_meta() {
    let mut value = with("/priority", json!(3.0));
    value["length"]["min_words"] = json!(60.0);
    let loaded = brief(value).unwrap();
    assert_eq!(loaded.priority, 3);
    assert_eq!(loaded.meta["any"][0], json!(1.0));
}

#[test]
fn a_promise_the_program_cannot_keep_is_our_defect() {
    let faults = load(json!({"external_ref": 1})).unwrap_err();
    let fault = faults.first();
    insta::assert_snapshot!(fault, @"passes the schema, but cannot be loaded: invalid type: integer `1`, expected a string");
    assert_eq!(fault.blame(), crate::domain::problem::Blame::Unexpected);
}

fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                all.push(format!("{at}/{key}"));
                pointers(inner, &format!("{at}/{key}"), all);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                all.push(format!("{at}/{index}"));
                pointers(inner, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    let times = [
        "2026-03-01T06:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-03-01t06:00:00z",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.123456789012-00:00",
        "2026-03-01 06:00:00Z",
        "2026-02-30T06:00:00Z",
    ];
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!("")),
        Just(json!("x")),
        Just(json!("\u{0}")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null])),
        Just(json!(-0.0)),
        Just(json!(1e300)),
        Just(json!(u64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!(2147483648_i64)),
        any::<i32>().prop_map(Value::from),
        (-10.0..10.0).prop_map(|n: f64| json!(n)),
        any::<i16>().prop_map(|n| json!(f64::from(n))),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(times.to_vec()).prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 3000, ..ProptestConfig::default() })]

    /// A brief that the schema accepts is loaded, or refused for a reason that is told.
    #[test]
    fn what_the_schema_accepts_can_be_loaded(
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..3),
    ) {
        let mut value = full();
        for (index, odd) in changes {
            let mut all = Vec::new();
            pointers(&value, "", &mut all);
            *value.pointer_mut(&all[index.index(all.len())]).unwrap() = odd;
        }
        if VALIDATOR.is_valid(&value) && rules::check_characters(&value).is_ok() {
            let mut accepted = value.clone();
            crate::intake::accepted::accept(&mut accepted).unwrap();
            let loaded = brief(accepted);
            prop_assert!(loaded.is_ok(), "{value} gave {:?}", loaded);
        }
    }
}
