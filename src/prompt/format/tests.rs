//! Helpers on values as facts carry them, and on any text at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn brief(language: &str) -> Value {
    json!({"language": language, "facts": [
        {"id": "f1", "label": "Magnitude", "value": "6.4", "unit": null, "as_of": "2024-05-12"},
        {"id": "f2", "label": "Depth", "value": "10", "unit": "km", "as_of": null},
        {"id": "f3", "label": "Feature", "value": "a", "unit": null, "as_of": null},
        {"id": "f4", "label": "Feature", "value": "b", "unit": null, "as_of": "Monday"},
    ]})
}

fn call(function: Function, arguments: &[Value]) -> Value {
    call_in("en", function, arguments)
}

fn call_in(language: &str, function: Function, arguments: &[Value]) -> Value {
    let arguments: Vec<&Value> = arguments.iter().collect();
    function(&arguments, &brief(language))
}

#[test]
fn numbers_are_grouped_by_language_and_other_text_stays() {
    let of = |language: &str, value: Value| call_in(language, number, &[value]);
    assert_eq!(of("en", json!("1345678")), "1,345,678");
    assert_eq!(of("en", json!(1345678)), "1,345,678");
    assert_eq!(of("de", json!("1345678.50")), "1.345.678,50");
    assert_eq!(of("hi", json!("1345678")), "13,45,678");
    assert_eq!(of("xx-nothing", json!("-0.3")), "-0.3");
    for text in [
        "",
        "1,345",
        "4.2 %",
        "$3 billion",
        "1.2.3",
        "12e3",
        ".5",
        "5.",
        "٣",
        "∞",
    ] {
        assert_eq!(of("en", json!(text)), text);
    }
    assert_eq!(of("en", Value::Null), Value::Null);
}

#[test]
fn rounding_is_decimal() {
    assert_eq!(call(round, &[json!("2.675"), json!(2)]), "2.68");
    assert_eq!(call(round, &[json!("-0.34"), json!(1)]), "-0.3");
    assert_eq!(call(round, &[json!("1249.5")]), "1250");
    assert_eq!(call(round, &[json!("about 4")]), "about 4");
    assert_eq!(call(percent, &[json!("0.0421")]), "4 %");
    assert_eq!(call(percent, &[json!("0.0421"), json!(1)]), "4.2 %");
    assert_eq!(call(percent, &[json!("4.2 %")]), "4.2 %");
}

#[test]
fn a_minus_is_read_in_every_form_and_a_name_is_no_number() {
    for minus in ["-", "−", "－", "﹣", "–", "‑"] {
        let of = |digits: &str| json!(format!("{minus}{digits}"));
        assert_eq!(call(number, &[of("1345678")]), "-1,345,678", "{minus}");
        assert_eq!(call(round, &[of("0.36"), json!(1)]), "-0.4", "{minus}");
        assert_eq!(call(percent, &[of("0.0421")]), "-4 %", "{minus}");
    }
    assert_eq!(call(number, &[json!("１３４５６７８")]), "1,345,678");
    assert_eq!(call(round, &[json!("-0.3")]), "0", "nothing has no sign");
    assert_eq!(call(percent, &[json!("−0.0004")]), "0 %");
    for name in ["00017", "-007", "00", "007.5", "０１"] {
        for function in [number as Function, round, percent] {
            assert_eq!(call(function, &[json!(name)]), name);
        }
    }
    assert_eq!(call(number, &[json!("0")]), "0");
    assert_eq!(call(number, &[json!("0.5")]), "0.5");
}

#[test]
fn a_change_is_told_by_its_sign_however_it_is_written() {
    let change = |value: &str| {
        let words = [json!("rose"), json!("fell"), json!("held")];
        let told = call(direction, &[&[json!(value)], &words[..]].concat());
        told.as_str().unwrap_or("nothing").to_owned()
    };
    for value in [
        "(1.2) million",
        "($1.2 million)",
        "$(1.2) million",
        "（1.2）",
        "－4 %",
        "﹣4 %",
        "–4 %",
        "- 4 %",
        "−US$ 5",
        "$-5",
        "USD -5",
        "minus 4 %",
        "1,234-",
        "−1 234 567",
        "−1'234",
        "−12,34,567",
        "-.5",
        "−４ ％",
    ] {
        assert_eq!(change(value), "fell", "{value}");
    }
    for value in [
        "+4 %",
        "4 ٪",
        "＋4",
        "pre-tax 4 %",
        "Growth (4 %)",
        "EUR 4",
        "1\u{a0}234 people",
        "0.125",
        "12,34,567",
    ] {
        assert_eq!(change(value), "rose", "{value}");
    }
    for value in ["−0", "0.0 %", "(0)"] {
        assert_eq!(change(value), "held", "{value}");
    }
    for value in [
        "n/a",
        "1e6",
        "Q4",
        "Q-4",
        "FY2024",
        "±4 %",
        "+/-4",
        "-(1.2)",
        "--4",
        "down 4 %",
        "4 % lower",
        "a loss of 4",
        "12,34",
        "1.250",
        "1,234.5.6",
        "2019–2024",
        "-",
        "",
    ] {
        assert_eq!(change(value), "nothing", "{value}");
    }
}

#[test]
fn plurals_follow_the_language() {
    let of =
        |language: &str, n: Value| call_in(language, plural, &[n, json!("one"), json!("many")]);
    assert_eq!(of("en", json!(1)), "one");
    assert_eq!(of("en", json!("1.0")), "many");
    assert_eq!(of("en", json!(0)), "many");
    assert_eq!(of("fr", json!(0)), "one");
    assert_eq!(of("en", json!("a few")), "many");
}

#[test]
fn dates_are_written_out_and_other_text_stays() {
    let of = |value: &str| call(date, &[json!(value)]);
    for text in [
        "1968-03-12",
        "1968-03-12T08:15:00Z",
        "12 March 1968",
        "12 Mar 1968",
        "March 12, 1968",
    ] {
        assert_eq!(of(text), "12 March 1968");
    }
    assert_eq!(of("1968-03"), "March 1968");
    for text in ["", "1968", "Monday", "1968-13-40", "12/03/1968", "mid-1968"] {
        assert_eq!(of(text), text);
    }
    let with = |value: &str, format: &str| call(date, &[json!(value), json!(format)]);
    assert_eq!(
        with("1968-03-12T08:15:00+05:00", "%H:%M on %A"),
        "08:15 on Tuesday"
    );
    assert_eq!(with("1968-03-12", "%d.%m.%Y"), "12.03.1968");
    assert_eq!(with("1968-03-12", "%H:%M"), "1968-03-12", "it has no time");
    assert_eq!(call_in("de", date, &[json!("1968-03-12")]), "1968-03-12");
    assert_eq!(
        call_in("de", date, &[json!("1968-03-12"), json!("%d.%m.%Y")]),
        "12.03.1968"
    );
}

#[test]
fn facts_are_found_by_id_or_label() {
    assert_eq!(call(fact, &[json!("f1")]), "6.4");
    assert_eq!(call(fact, &[json!("DEPTH")]), "10 km");
    assert_eq!(call(fact, &[json!("Wind")]), Value::Null);
    assert_eq!(call(as_of, &[json!("Magnitude")]), "2024-05-12");
    assert_eq!(call(values, &[json!("feature")]), json!(["a", "b"]));
    assert_eq!(call(values, &[json!("Wind")]), json!([]));
    assert_eq!(
        call(fact_line, &[json!("f1")]),
        "Magnitude: 6.4 (12 May 2024)"
    );
    assert_eq!(
        call(fact_line, &[brief("en")["facts"][3].clone()]),
        "Feature: b (Monday)"
    );
    assert_eq!(call(fact_line, &[json!("Wind")]), Value::Null);
}

#[test]
fn lists_are_written_as_the_language_writes_them() {
    let items = json!(["dairy", "slate", "tourism"]);
    let of = |language: &str, word: &str| call_in(language, list, &[items.clone(), json!(word)]);
    assert_eq!(of("en", "and"), "dairy, slate, and tourism");
    assert_eq!(of("en-GB", "and"), "dairy, slate and tourism");
    assert_eq!(of("en-GB", "or"), "dairy, slate or tourism");
    assert_eq!(of("de", "and"), "dairy, slate und tourism");
    assert_eq!(call(list, &[json!(["a"]), json!("and")]), "a");
    assert_eq!(call(list, &[json!([]), json!("and")]), "");
    assert_eq!(
        call(first, &[items.clone(), json!(2)]),
        json!(["dairy", "slate"])
    );
    assert_eq!(call(first, &[items, json!(9)]).as_array().unwrap().len(), 3);
    assert_eq!(
        call(join, &[json!(["a", "b & c"]), json!("; ")]),
        "a; b & c"
    );
}

#[test]
fn values_are_compared_where_they_can_be() {
    let of = |a: &str, b: &str| {
        let words = ["above", "below", "level"].map(Value::from);
        call(compare, &[&[json!(a), json!(b)], &words[..]].concat())
    };
    assert_eq!(of("$1.20", "$1.15"), "above");
    assert_eq!(of("$4.1 billion", "$4.25 billion"), "below");
    assert_eq!(of("1,345,678", "1345678"), "level");
    assert_eq!(of("-0.3 %", "0.1 %"), "below");
    assert_eq!(of("(0.3) million", "0.1 million"), "below");
    assert_eq!(of("4 ％", "5 %"), "below");
    assert_eq!(of(".5", ".45"), "above");
    assert_eq!(of("1 234 567 km", "1,234,566 km"), "above");
    for (a, b) in [
        ("$1.20", "£1.15"),
        ("$4 billion", "$900 million"),
        ("1", "about 2 or 3"),
        ("", "1"),
        ("12,34", "1"),
    ] {
        assert_eq!(of(a, b), Value::Null, "{a} {b}");
    }
    let change = |value: &str| {
        call(
            direction,
            &[json!(value), json!("rose"), json!("fell"), json!("held")],
        )
    };
    assert_eq!(change("+4 %"), "rose");
    assert_eq!(change("−0.3 %"), "fell");
    assert_eq!(change("-$489 million"), "fell");
    assert_eq!(change("0"), "held");
    assert_eq!(change("sharply"), Value::Null);
}

#[test]
fn words_are_cut_between_words() {
    assert_eq!(call(upper_first, &[json!("élan vital")]), "Élan vital");
    assert_eq!(call(upper_first, &[Value::Null]), "");
    assert_eq!(call(lower, &[json!("Median AGE")]), "median age");
    assert_eq!(
        call(truncate_words, &[json!("one two, three"), json!(2)]),
        "one two…"
    );
    assert_eq!(
        call(truncate_words, &[json!("one two"), json!(2)]),
        "one two"
    );
}

#[test]
fn formats_are_known_before_a_date_comes() {
    assert!(is_format("%-d %B %Y") && is_format("%H:%M"));
    assert!(!is_format("") && !is_format("%Q") && !is_format("%Y %Z") && !is_format("%s"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..Default::default() })]

    /// Whatever a fact holds, a helper answers, and what is no number or date stays as it is.
    #[test]
    fn no_value_makes_a_helper_panic(
        value in prop_oneof![".{0,40}", "[-+$−－(]{0,2}[0-9０-９.,:T '\u{a0}-]{0,40}[)-]?( %| billion)?"],
        other in prop_oneof![".{0,10}", "[-+$]?[0-9.,]{0,12}"],
        count in any::<u64>(), language in "[a-zA-Z-]{0,12}", format in "[%a-zA-Z0-9 -]{0,12}",
    ) {
        let (value, other, count) = (json!(value), json!(other), json!(count));
        let facts: [Function; 4] = [fact, as_of, values, fact_line];
        for function in facts {
            call_in(&language, function, std::slice::from_ref(&value));
        }
        let one: [Function; 7] = [number, round, percent, date, upper_first, lower, truncate_words];
        for function in one {
            for arguments in [vec![value.clone()], vec![value.clone(), count.clone()]] {
                prop_assert!(call_in(&language, function, &arguments).is_string());
            }
        }
        let text = call_in(&language, date, &[value.clone(), json!(format)]);
        prop_assert!(text.is_string());
        let words = [json!("a"), json!("b"), json!("c")];
        call(compare, &[&[value.clone(), other.clone()], &words[..]].concat());
        call(direction, &[std::slice::from_ref(&value), &words[..]].concat());
        call_in(&language, plural, &[std::slice::from_ref(&value), &words[..2]].concat());
        let items = json!([value, other]);
        call_in(&language, list, &[items.clone(), json!("and")]);
        call(first, &[items.clone(), count]);
        call(join, &[items, value]);
    }
}
