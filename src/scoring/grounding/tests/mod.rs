//! Grounding, case by case: a sentence about one small country, and what each number has to be.

mod factbook;

use serde_json::json;

use super::super::{Context, Text, score};
use crate::domain::brief::Brief;

fn brief() -> Brief {
    serde_json::from_value(json!({
        "external_ref": "t", "kind": "news", "topic": "Norland in 2024", "language": "en",
        "facts": [
            {"id": "pop", "label": "Population", "aliases": ["people", "inhabitants"], "value": "1,234,567", "as_of": "2024"},
            {"id": "growth", "label": "Population growth", "aliases": ["grew", "fell"], "value": "-0.3 %", "as_of": "2024"},
            {"id": "gdp", "label": "Real GDP", "aliases": ["economy", "output"], "value": "$42.765 billion", "as_of": "2023"},
            {"id": "econ", "label": "Economic growth", "aliases": ["rose", "declined"], "value": "2.1 %", "as_of": "2023"},
            {"id": "jobless", "label": "Unemployment rate", "aliases": ["jobless"], "value": "7.9 %", "as_of": "2023"},
            {"id": "infl", "label": "Inflation", "aliases": ["prices"], "value": "3.5 %", "as_of": "2022"},
            {"id": "area", "label": "Area", "aliases": ["covers", "land"], "value": "176,215", "unit": "sq km"},
            {"id": "age", "label": "Median age", "aliases": [], "value": "37.4", "unit": "years", "as_of": "2025"},
            {"id": "male", "label": "Life expectancy, male", "aliases": [], "value": "75.8 years"},
            {"id": "female", "label": "Life expectancy, female", "aliases": [], "value": "82.1 years"},
            {"id": "indep", "label": "Independence", "aliases": ["independent"], "value": "12 March 1968"},
            {"id": "const", "label": "Constitution", "aliases": [], "value": "adopted 27 November 1966 (effective 15 February 1967)"},
            {"id": "seats", "label": "Seats in parliament", "aliases": ["seats"], "value": "19"},
            {"id": "temp", "label": "Lowest temperature", "aliases": ["coldest"], "value": "-28 °C"},
            {"id": "partners", "label": "Main export partners", "aliases": ["buyers"], "value": "USA 16%, France 12%, Japan 8%"},
            {"id": "term", "label": "Term of office", "aliases": ["term"], "value": "3-5 years"},
            {"id": "birth", "label": "Birth rate", "aliases": ["births"], "value": "9.05 births/1,000 population"},
            {"id": "group", "label": "Member of", "aliases": [], "value": "G20, 7-Zip Council and Area 51 Trust"},
            {"id": "debt", "label": "Public debt", "aliases": [], "value": "more than 60 % of GDP"},
            {"id": "doors", "label": "Opening time", "aliases": ["opens"], "value": "19:30"},
            {"id": "change", "label": "Change in exports", "aliases": [], "value": "-4.5 %"},
            {"id": "balance", "label": "Current account balance", "aliases": ["current account"], "value": "-$489.659 million"},
        ],
        "quotes": [{"id": "q1", "text": "We sold 77 boats", "speaker": "Ann Ho"}],
        "sources": [{"id": "s1", "text": "The ferry service carried 61,300 passengers in its first season."}],
    }))
    .expect("a brief")
}

/// Quote, rule without its kind, and fact of every grounding finding.
fn found(text: &str) -> Vec<(String, String, Option<String>)> {
    let card = score(
        &brief(),
        &Text {
            text,
            parts: None,
            finish: None,
        },
        &Context::default(),
    );
    let grounding = card
        .findings
        .into_iter()
        .filter(|finding| finding.score == "grounding");
    grounding
        .map(|finding| (finding.quote, finding.rule, finding.fact_id))
        .collect()
}

/// Each row: a sentence, and `quote rule` of what grounding finds, joined by `; `.
#[rustfmt::skip] // a table reads best with a row a line
const CASES: &[(&str, &str)] = &[
    // Formats of one value.
    ("The population is 1,234,567.", "1,234,567 number.supported"),
    ("The population is 1 234 567.", "1 234 567 number.supported"),
    ("The population is 1\u{202f}234\u{202f}567.", "1\u{202f}234\u{202f}567 number.supported"),
    ("The population is 1'234'567.", "1'234'567 number.supported"),
    ("The population is 1234567.", "1234567 number.supported"),
    ("The population is 1.2 million.", "1.2 million number.rounded"),
    ("The population is 1.23 million.", "1.23 million number.rounded"),
    ("It has 1.2m inhabitants.", "1.2m number.rounded"),
    ("The population is about 1,235,000.", "1,235,000 number.rounded"),
    ("The population is more than 1.2 million.", "1.2 million number.rounded"),
    ("The population is nearly 1.3 million.", "1.3 million number.rounded"),
    ("Norland has 123万 people.", "123万 number.rounded"),
    ("The population is 1.3 million.", "1.3 million number.unsupported"),
    ("The population is 1,234,568.", "1,234,568 number.unsupported"),
    ("The population is 1,324,567.", "1,324,567 number.unsupported"),
    ("The population is 12,345,670.", "12,345,670 number.unsupported"),
    ("The population is 1.2 billion.", "1.2 billion number.unsupported"),
    // Per cent.
    ("Unemployment stood at 7.9 %.", "7.9 % number.supported"),
    ("Unemployment stood at 7.9%.", "7.9% number.supported"),
    ("Unemployment stood at 7.9 per cent.", "7.9 per cent number.supported"),
    ("Unemployment stood at 7.9 percent.", "7.9 percent number.supported"),
    ("Unemployment stood at 7.9.", "7.9 number.supported"),
    ("Unemployment stood at 8 %.", "8 % number.rounded"),
    ("Unemployment stood at eight percent.", "eight percent number.rounded"),
    ("The jobless rate is seven point nine percent.", "seven point nine percent number.supported"),
    ("Unemployment stood at 9.7 %.", "9.7 % number.unsupported"),
    ("Unemployment stood at 7.9 percentage points.", "7.9 percentage points number.unsupported"),
    // Money.
    ("Real GDP reached $42.765 billion.", "$42.765 billion number.supported"),
    ("Real GDP reached 42.8 billion dollars.", "42.8 billion dollars number.rounded"),
    ("Real GDP reached US$42.8bn.", "US$42.8bn number.rounded"),
    ("Real GDP reached USD 43 billion.", "USD 43 billion number.rounded"),
    ("Real GDP reached €42.8 billion.", "€42.8 billion number.unsupported"),
    ("Real GDP reached $42.8 million.", "$42.8 million number.unsupported"),
    ("Real GDP reached £42.765 billion.", "£42.765 billion number.unsupported"),
    // Units.
    ("The area is 176,215 sq km.", "176,215 sq km number.supported"),
    ("It covers 176,215 km².", "176,215 km² number.supported"),
    ("It covers 176,215 square kilometres.", "176,215 square kilometres number.supported"),
    ("It covers about 176,000 square kilometers.", "176,000 square kilometers number.rounded"),
    ("It covers 176,215 sq km (68,037 sq mi).", "176,215 sq km number.supported; 68,037 sq mi number.derived"),
    ("It covers 176,215 square miles.", "176,215 square miles number.unsupported"),
    ("It covers 176,215 km.", "176,215 km number.unsupported"),
    ("It covers 176,215 hectares.", "176,215 hectares number.unsupported"),
    ("The median age is 37.4.", "37.4 number.supported"),
    ("The median age is 37 years.", "37 years number.rounded"),
    ("The median age is 37.4 months.", "37.4 months number.unsupported"),
    ("The coldest night brought -28 °C.", "-28 °C number.supported"),
    ("The coldest night brought minus 28 degrees Celsius.", "minus 28 degrees Celsius number.supported"),
    ("The coldest night brought -18.4 °F.", "-18.4 °F number.derived"),
    ("The coldest night brought -28 °F.", "-28 °F number.unsupported"),
    // Words.
    ("Parliament has nineteen seats.", "nineteen number.supported"),
    ("Parliament has ninety seats.", "ninety number.unsupported"),
    ("There are three reasons and two ways to see it.", ""),
    ("One of them left; two countries stayed.", ""),
    ("Here are 5 tips.", ""),
    // Ranges.
    ("A term of office lasts 3-5 years.", "3 number.supported; 5 years number.supported"),
    ("A term of office lasts between 3 and 5 years.", "3 number.supported; 5 years number.supported"),
    ("A term of office lasts three to five years.", "three number.supported; five years number.supported"),
    ("A term of office lasts 3 to 6 years.", "3 number.supported; 6 years number.unsupported"),
    // Signs and directions.
    ("The population fell by 0.3 %.", "0.3 % number.supported"),
    ("The population shrank 0.3 percent.", "0.3 percent number.supported"),
    ("Population growth was -0.3 %.", "-0.3 % number.supported"),
    ("Population growth was −0.3 %.", "−0.3 % number.supported"),
    ("Population growth was minus 0.3 percent.", "minus 0.3 percent number.supported"),
    ("The population saw a decline of -0.3 %.", "-0.3 % number.supported"),
    ("The population saw a 0.3 % decline.", "0.3 % number.supported"),
    ("Population growth was negative, at 0.3 %.", "0.3 % number.supported"),
    ("The population grew by 0.3 %.", "0.3 % number.direction"),
    ("The population saw a 0.3 % increase.", "0.3 % number.direction"),
    ("Population growth was 0.3 %.", "0.3 % number.direction"),
    ("The economy grew by 2.1 %.", "2.1 % number.supported"),
    ("Economic growth came to 2.1 %.", "2.1 % number.supported"),
    ("Economic output fell 2.1 %.", "2.1 % number.direction"),
    ("Economic growth was -2.1 %.", "-2.1 % number.direction"),
    ("Economic growth slowed to 2.1 %.", "2.1 % number.supported"),
    ("Economic growth fell to 2.1 %.", "2.1 % number.supported"),
    ("The economy did not shrink but grew 2.1 %.", "2.1 % number.supported"),
    ("Exports dropped 4.5 %.", "4.5 % number.supported"),
    ("Exports climbed 4.5 %.", "4.5 % number.direction"),
    ("The current account deficit was $489.659 million.", "$489.659 million number.supported"),
    ("The current account surplus was $489.659 million.", "$489.659 million number.direction"),
    ("The coldest night brought 28 °C.", "28 °C number.direction"),
    ("The coldest night was 28 °C below zero.", "28 °C number.supported"),
    ("The population is less than 1.2 million.", "1.2 million number.direction"),
    ("Public debt is more than 60 % of GDP.", "60 % number.supported"),
    ("Public debt is less than 60 % of GDP.", "60 % number.direction"),
    ("Inflation of 3.5 % exceeded unemployment of 7.9 %.", "3.5 % number.supported; 7.9 % number.direction"),
    ("Unemployment of 7.9 % exceeded inflation of 3.5 %.", "7.9 % number.supported; 3.5 % number.supported"),
    // Swaps.
    ("Unemployment stood at 3.5 %.", "3.5 % number.swapped"),
    ("Inflation was 3.5 % and unemployment 7.9 %.", "3.5 % number.supported; 7.9 % number.supported"),
    ("Inflation was 7.9 % and unemployment 3.5 %.", "7.9 % number.swapped; 3.5 % number.swapped"),
    ("Inflation (7.9 %) and unemployment (3.5 %) matter.", "7.9 % number.swapped; 3.5 % number.swapped"),
    ("Inflation of 3.5 % compares with unemployment of 7.9 %.", "3.5 % number.supported; 7.9 % number.supported"),
    ("At 3.5 % for inflation, prices worry many; 7.9 % are jobless.", "3.5 % number.supported; 7.9 % number.supported"),
    ("Life expectancy is 75.8 years for men and 82.1 for women.", "75.8 years number.supported; 82.1 number.supported"),
    ("Life expectancy is 82.1 years for men and 75.8 years for women.", "82.1 years number.swapped; 75.8 years number.swapped"),
    ("The median age is -0.3 %.", "-0.3 % number.swapped"),
    ("France takes 12 % of exports and Japan 8 %.", "12 % number.supported; 8 % number.supported"),
    ("France takes 8 % of exports and Japan 12 %.", "8 % number.swapped; 12 % number.swapped"),
    // No label near.
    ("It stood at 7.9 % again.", "7.9 % number.unbound"),
    // Dates.
    ("Norland became independent on 12 March 1968.", "12 March 1968 date.supported"),
    ("Norland became independent on March 12, 1968.", "March 12, 1968 date.supported"),
    ("Independence came on 1968-03-12.", "1968-03-12 date.supported"),
    ("Independence came on Tuesday, 12 March.", "12 March date.supported"),
    ("Independence came in March 1968.", "March 1968 date.supported"),
    ("Independence came in 1968.", "1968 date.supported"),
    ("Independence came in the 1960s.", "1960s date.supported"),
    ("Independence came on 12 March 1986.", "12 March 1986 date.unsupported"),
    ("Independence came on 21 March 1968.", "21 March 1968 date.unsupported"),
    ("Independence came on 12 May 1968.", "12 May 1968 date.unsupported"),
    ("Independence came on 27 November 1966.", "27 November 1966 date.swapped"),
    ("The constitution was adopted on 27 November 1966.", "27 November 1966 date.supported"),
    ("In 2024 the population was 1,234,567.", "2024 date.supported; 1,234,567 number.supported"),
    ("In 2022 inflation was 3.5 %.", "2022 date.supported; 3.5 % number.supported"),
    ("In 2023 inflation was 3.5 %.", "2023 date.swapped; 3.5 % number.supported"),
    ("In 2021 inflation was 3.5 %.", "2021 date.unsupported; 3.5 % number.supported"),
    ("It opens at 7:30 p.m.", "7:30 p.m. number.supported"),
    ("It opens at 8:30 p.m.", "8:30 p.m. number.unsupported"),
    // Names with digits.
    ("Norland joined the G20 and the 7-Zip Council.", ""),
    ("The Area 51 Trust met there during COVID-19.", ""),
    ("It plays MP3 files in H.264.", ""),
    // Derived.
    ("Unemployment exceeds inflation by 4.4 percentage points.", "4.4 percentage points number.derived"),
    ("Women have a life expectancy 6.3 years higher than men.", "6.3 years number.derived"),
    ("Unemployment exceeds inflation by 4.9 percentage points.", "4.9 percentage points number.unsupported"),
    // Rates, quotes, sources.
    ("The birth rate is 9.05 per 1,000 people.", "9.05 number.supported; 1,000 number.supported"),
    ("The birth rate is 9.5 per 1,000 people.", "9.5 number.unsupported; 1,000 number.supported"),
    ("“We sold 77 boats,” Ann Ho said.", "77 number.supported"),
    ("The ferry service carried 61,300 passengers.", "61,300 number.supported"),
    ("The airport handled 61,300 flights.", "61,300 number.unsupported"),
];

#[test]
fn every_case_is_judged_as_written() {
    let mut wrong = Vec::new();
    for (text, expected) in CASES {
        let got: Vec<String> = found(text)
            .into_iter()
            .map(|(quote, rule, _)| format!("{quote} {rule}"))
            .collect();
        if got.join("; ") != *expected {
            wrong.push(format!(
                "{text}\n  expected {expected}\n  got      {}",
                got.join("; ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        CASES.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_finding_names_the_fact_and_takes_its_points() {
    let card = score(
        &brief(),
        &Text {
            text: "Inflation was 7.9 %. The population is 5 million. In 2022 prices rose 3.5 %.",
            parts: None,
            finish: None,
        },
        &Context::default(),
    );
    let points: Vec<(&str, u8, Option<&str>)> = card
        .findings
        .iter()
        .map(|finding| {
            (
                finding.rule.as_str(),
                finding.deduction,
                finding.fact_id.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        points,
        [
            ("number.swapped", 20, Some("infl")),
            ("number.unsupported", 15, Some("pop")),
            ("date.supported", 0, Some("infl")),
            ("number.supported", 0, Some("infl")),
        ]
    );
    assert_eq!(
        (
            card.priority,
            card.value("grounding"),
            card.value("unsupported")
        ),
        (65, Some(0.5), Some(4.0))
    );
    assert_eq!(
        card.findings[0].message,
        "“7.9 %” belongs to Unemployment rate (7.9 %, as of 2023), not to Inflation"
    );
    assert_eq!(
        card.findings[1].message,
        "“5 million” is not in the brief; Population is 1,234,567, as of 2024"
    );
}

#[test]
fn without_anything_to_check_the_value_is_null() {
    let card = score(
        &brief(),
        &Text {
            text: "Norland is a quiet place.",
            parts: None,
            finish: None,
        },
        &Context::default(),
    );
    assert_eq!(
        (card.value("grounding"), card.value("unsupported")),
        (None, Some(0.0))
    );
}
