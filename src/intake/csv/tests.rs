//! CSV files as people have them: exported from spreadsheets, in other languages, and broken.

use std::io::BufReader;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Mapping, read_csv};
use crate::domain::brief::Brief;

const HEADER: &str = "external_ref,kind,topic,language,facts.0.label,facts.0.value,facts.0.aliases,facts.1.label,facts.1.value,tags,priority,length.max_words,must_include.0.fact,meta.shelf";

/// Briefs, and what was refused, a line each.
fn read(csv: &[u8], mapping: &str) -> (Vec<Brief>, String) {
    let mapping = Mapping::parse(mapping, "m.toml").expect("a mapping");
    let (mut briefs, mut refused) = (Vec::new(), String::new());
    // A small buffer, so that rows lie across reads.
    for record in read_csv(BufReader::with_capacity(7, csv), "b.csv", mapping) {
        match record {
            Ok(record) => briefs.push(record.brief),
            Err(rejection) => refused += &format!("{rejection}\n"),
        }
    }
    (briefs, refused)
}

fn refused(csv: &str) -> String {
    read(csv.as_bytes(), "").1
}

#[test]
fn a_row_is_the_brief_that_a_line_of_json_would_be() {
    let csv = format!(
        "\u{feff}{HEADER}\r\np-1,ad,\"A \"\"quiet\"\" kettle, at last\",en,Volume,1.7 l,capacity; size,,,kitchen; kettles,3,40,f1,A7\r\n"
    );
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!(refused, "");
    let expected = json!({
        "external_ref": "p-1", "kind": "ad", "topic": "A \"quiet\" kettle, at last", "language": "en",
        "facts": [{ "id": "f1", "label": "Volume", "value": "1.7 l", "aliases": ["capacity", "size"] }],
        "tags": ["kitchen", "kettles"], "priority": 3, "length": { "max_words": 40 },
        "must_include": [{ "fact": "f1" }], "meta": { "shelf": "A7" },
    });
    let expected: Brief = serde_json::from_value(expected).unwrap();
    assert_eq!(briefs, [expected]);
}

#[test]
fn a_mapping_names_foreign_columns_and_fills_in_what_every_row_shares() {
    let mapping = "list_separator = \"|\"\n[columns]\nSKU = \"external_ref\"\nName = \"topic\"\nPreis = \"facts.0.value\"\nLabels = \"tags\"\nLager = \"\"\n\
        [constants]\nkind = \"ad\"\nlanguage = \"de\"\n\"facts.0.label\" = \"Preis\"\n\"facts.1.label\" = \"Farbe\"\n";
    // Semicolons, as a German spreadsheet exports them, and a blank column at the end.
    let csv = "SKU;Name;Preis;Labels;Lager;\nk-1;Kessel;\"19,90 €\";Haus|Küche;7;\n;;;;;\nk-2;Tasse;;;;\n";
    let (briefs, refused) = read(csv.as_bytes(), mapping);
    assert_eq!(briefs.len(), 1);
    assert_eq!(briefs[0].tags, ["Haus", "Küche"]);
    let fact: Value = serde_json::to_value(&briefs[0].facts).unwrap();
    assert_eq!(
        (&fact[0]["label"], &fact[0]["value"]),
        (&json!("Preis"), &json!("19,90 €"))
    );
    assert_eq!(
        fact.as_array().unwrap().len(),
        1,
        "a constant begins no entry"
    );
    insta::assert_snapshot!(refused, @"");
}

#[test]
fn entries_that_a_row_leaves_empty_move_up_and_messages_name_the_column() {
    let mapping = "[columns]\nPriority = \"priority\"\n";
    let csv = format!(
        "{}\np-1,ad,t,en,,,,Volume,1.7 l,,high,,,\n",
        HEADER.replace("priority", "Priority")
    );
    let (_, refused) = read(csv.as_bytes(), mapping);
    insta::assert_snapshot!(refused, @"");
    let (briefs, refused) = read(csv.replace("high", "2").as_bytes(), mapping);
    assert_eq!(refused, "");
    assert_eq!(
        (briefs[0].facts.len(), briefs[0].facts[0].id.as_str()),
        (1, "f1")
    );
}

#[test]
fn a_header_row_that_fits_no_brief_is_refused_whole() {
    let broad = vec!["x"; 10_000].join(",");
    let told: Vec<String> = [
        "external_ref,knid,topic\na,ad,t\n",
        "external_ref,facts,topic\na,b,c\n",
        "external_ref,facts.one.value\na,b\n",
        "external_ref,topic.de\na,b\n",
        "external_ref,length\na,b\n",
        "topic,topic\na,b\n",
        "tags,tags.0\na,b\n",
        ",,\na,b,c\n",
        "",
        broad.as_str(),
    ]
    .map(refused)
    .to_vec();
    insta::assert_snapshot!(told.join(""), @"");
    let mapping = "[columns]\nSku = \"external_ref\"\n";
    insta::assert_snapshot!(read(b"SKU,topic\na,b\n", mapping).1, @"");
}

#[test]
fn broken_rows_are_refused_by_their_line_and_the_rest_goes_on() {
    let row = "ad,t,en,Volume,1.7 l,,,,,,,,";
    let csv = format!(
        "{HEADER}\nok-1,{row}\nshort,ad\n\"two\nlines\",{}\nok-2,{row}\n",
        row.replace("ad", "advert")
    );
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!(briefs.len(), 2);
    insta::assert_snapshot!(refused, @"");
    let latin = [HEADER.as_bytes(), b"\np-1,ad,caf\xE9,en,a,b,,,,,,,,\n"].concat();
    insta::assert_snapshot!(read(&latin, "").1, @"");
    let huge = format!("{HEADER}\np-1,ad,{},en,a,b,,,,,,,,\n", "x".repeat(2 << 20));
    insta::assert_snapshot!(read(huge.as_bytes(), "").1, @"");
    insta::assert_snapshot!(read(b"PK\x03\x04 and so on", "").1, @"");
}

#[test]
fn a_mapping_that_is_none_is_told_with_its_line() {
    let told: Vec<String> = [
        "[columns]\nSKU = 3\n",
        "[column]\nSKU = \"topic\"\n",
        "list_separator = \"\"\n",
        "[columns]\n\"SKU = \"topic\"\n",
    ]
    .iter()
    .map(|source| Mapping::parse(source, "m.toml").unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(told.join("\n"), @"");
}

proptest! {
    #[test]
    fn any_text_comes_through_a_row_as_it_was(
        topic in "[ -~äéß€中😀]{0,30}x[ -~]{0,9}", value in "[a-z,;\"\n\t|]{0,20}z", separator in prop::sample::select(vec![b',', b';', b'\t', b'|']),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(["external_ref", "kind", "topic", "language", "facts.0.label", "facts.0.value"]).unwrap();
        writer.write_record(["a", "ad", &topic, "en", "Label", &value]).unwrap();
        let csv = writer.into_inner().unwrap();
        let (briefs, refused) = read(&csv, "");
        prop_assert_eq!(refused, "");
        prop_assert_eq!(&briefs[0].topic, topic.trim());
        prop_assert_eq!(&briefs[0].facts[0].value, value.trim());
    }

    #[test]
    fn no_bytes_make_it_panic_or_go_on_for_ever(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let csv = [HEADER.as_bytes(), b"\n", &bytes[..]].concat();
        let (briefs, _) = read(&csv, "");
        prop_assert!(briefs.len() <= bytes.len());
        read(&bytes, "");
    }
}
