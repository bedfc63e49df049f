//! How quantities are read, notation by notation.

use super::{Class, Hedge, scan};

#[test]
fn reads_quantities_with_their_units() {
    let cases = [
        ("3,449,444 people", 3_449_444.0, Class::Plain, "3,449,444"),
        ("1.2 million", 1_200_000.0, Class::Plain, "1.2 million"),
        (
            "$108.502 billion",
            108.502e9,
            Class::Money("$"),
            "$108.502 billion",
        ),
        ("USD 5bn", 5e9, Class::Money("USD"), "USD 5bn"),
        (
            "5 million dollars",
            5e6,
            Class::Money("$"),
            "5 million dollars",
        ),
        ("€1.2m", 1.2e6, Class::Money("EUR"), "€1.2m"),
        ("-0.3 %", -0.3, Class::Percent, "-0.3 %"),
        ("−0.3 per cent", -0.3, Class::Percent, "−0.3 per cent"),
        ("minus 4 °C", -4.0, Class::Temperature, "minus 4 °C"),
        ("176,215 sq km", 176_215.0, Class::Area, "176,215 sq km"),
        ("10-year plan", 10.0, Class::Time, "10-year"),
        ("five percent", 5.0, Class::Percent, "five percent"),
        ("345万人", 3_450_000.0, Class::Plain, "345万"),
        ("1.3亿美元", 1.3e8, Class::Money("USD"), "1.3亿美元"),
        ("the 3rd largest", 3.0, Class::Plain, "3rd"),
        (".5 %", 0.5, Class::Percent, ".5 %"),
        ("180 km/h", 180.0, Class::Speed, "180 km/h"),
        ("20k", 20_000.0, Class::Plain, "20k"),
        ("5M", 5e6, Class::Plain, "5M"),
        ("births/1,000 population", 1000.0, Class::Plain, "1,000"),
    ];
    for (text, value, class, quote) in cases {
        let mentions = scan(text, "en");
        let mention = mentions.first().expect(text);
        let reading = mention.main().expect(text);
        assert_eq!(
            (mentions.len(), &text[mention.span.clone()]),
            (1, quote),
            "{text}"
        );
        assert!(
            (reading.value - value).abs() <= value.abs() * 1e-12,
            "{text}: {}",
            reading.value
        );
        assert_eq!(reading.unit.class, class, "{text}");
    }
}

#[test]
fn names_links_and_fixed_expressions_are_no_quantities() {
    for text in [
        "G20",
        "COVID-19",
        "MP3 files",
        "H.264",
        "CO2",
        "PM2.5",
        "3D",
        "open 24/7",
        "see https://a.org/2024/12",
        "#100days",
        "© 2024",
        "the 21st century",
        "1. First item",
        "a@b1.org",
        "Boeing-747",
        "two-thirds of it",
    ] {
        assert_eq!(scan(text, "en"), [], "{text}");
    }
}

#[test]
fn ranges_share_unit_and_scale() {
    for text in ["60–70 %", "60 to 70 per cent", "between 60 and 70 percent"] {
        let mentions = scan(text, "en");
        assert_eq!(mentions.len(), 2, "{text}");
        assert!(
            mentions[0]
                .readings
                .iter()
                .any(|reading| reading.unit.class == Class::Percent),
            "{text}"
        );
    }
    let money = scan("$3–5 million", "en");
    assert!(money[0].readings.iter().any(|reading| reading.value == 3e6));
    assert!(
        money[1]
            .readings
            .iter()
            .any(|reading| reading.value == 5e6 && reading.unit.class == Class::Money("$"))
    );
}

#[test]
fn years_dates_and_hedges() {
    let mentions = scan("In 1968 about 1968 seats, 12 March 1968, over 5 km", "en");
    let kinds: Vec<(bool, usize)> = mentions
        .iter()
        .map(|mention| (mention.is_date(), mention.readings.len()))
        .collect();
    assert_eq!(kinds, [(true, 1), (true, 1), (true, 0), (false, 1)]);
    assert_eq!(mentions[3].hedge, Hedge::Over);
    assert_eq!(scan("nearly 4 million", "en")[0].hedge, Hedge::Under);
}
