//! CSV files as people have them: exported from spreadsheets, in other languages, and broken.

mod header;

use std::io::BufReader;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Mapping, read_csv};
use crate::domain::brief::Brief;

pub(super) const HEADER: &str = "external_ref,kind,topic,language,facts.0.label,facts.0.value,facts.0.aliases,facts.1.label,facts.1.value,tags,priority,length.max_words,must_include.0.fact,meta.shelf";

/// Briefs, and what was refused, a line each.
pub(super) fn read(csv: &[u8], mapping: &str) -> (Vec<Brief>, String) {
    let mapping = Mapping::parse(mapping, "m.toml").expect("a mapping");
    let (mut briefs, mut refused) = (Vec::new(), String::new());
    // A small buffer, so that rows lie across reads.
    for record in read_csv(
        BufReader::with_capacity(if csv.len() > 1 << 20 { 1 << 16 } else { 7 }, csv),
        "b.csv",
        mapping,
    ) {
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
    let mapping = "list_separator = \"|\"\n[columns]\nSKU = \"external_ref\"\nName = \"topic\"\nPreis = \"facts.0.value\"\nLabels = \"tags\"\nFarbe = \"facts.1.value\"\nLager = \"\"\n\
        [constants]\nkind = \"ad\"\nlanguage = \"de\"\n\"facts.0.label\" = \"Preis\"\n\"facts.1.label\" = \"Farbe\"\n";
    // Semicolons, as a German spreadsheet exports them, and a blank column at the end.
    let csv = "SKU;Name;Preis;Labels;Lager;Farbe;\nk-1;Kessel;\"19,90 €\";Haus|Küche;7;;\n;;;;;;\nk-2;Tasse;;;;;\n";
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
    insta::assert_snapshot!(refused, @r#"
    b.csv:4: `facts`: a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none

    hint: add what the copy may state, such as `"facts":[{"id":"f1","label":"Population","value":"212,400"}]`
    "#);
}

#[test]
fn entries_that_a_row_leaves_empty_move_up_and_messages_name_the_column() {
    let mapping = "[columns]\nPriority = \"priority\"\n";
    let csv = format!(
        "{}\np-1,ad,t,en,,,,Volume,1.7 l,,high,,,\n",
        HEADER.replace("priority", "Priority")
    );
    let (_, refused) = read(csv.as_bytes(), mapping);
    insta::assert_snapshot!(refused, @"
    b.csv:2: `priority`: column `Priority`: must be a whole number, given `high`

    hint: A whole number; higher is drafted first
    ");
    let (briefs, refused) = read(csv.replace("high", "2").as_bytes(), mapping);
    assert_eq!(refused, "");
    assert_eq!(
        (briefs[0].facts.len(), briefs[0].facts[0].id.as_str()),
        (1, "f2")
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
    insta::assert_snapshot!(told.join(""), @r#"
    b.csv:1: column `knid`: a brief has no key `knid`

    hint: did you mean `kind`? Or rename it in the file, or leave it out of it
    b.csv:1: column `facts`: a brief has no key `facts`

    hint: a cell cannot fill all of it; write `facts.0.id` and so on; or rename it in the file, or leave it out of it
    b.csv:1: column `facts.one.value`: a brief has no key `facts.one.value`

    hint: after `facts` comes the number of an entry, from 0 to 499; or rename it in the file, or leave it out of it
    b.csv:1: column `topic.de`: a brief has no key `topic.de`

    hint: `topic` has no parts; write the column `topic`; or rename it in the file, or leave it out of it
    b.csv:1: column `length`: a brief has no key `length`

    hint: a cell cannot fill all of it; write `length.min_words` and so on; or rename it in the file, or leave it out of it
    b.csv:1: column `topic` fills what column `topic` fills already

    hint: drop one of them in the file
    b.csv:1: column `tags.0` fills what column `tags` fills already

    hint: drop one of them in the file
    b.csv:1: the header row names no column

    hint: the first row names the keys that the columns fill, such as `external_ref,kind,topic,language,facts.0.label,facts.0.value`
    b.csv:1: the header row names no column

    hint: the first row names the keys that the columns fill, such as `external_ref,kind,topic,language,facts.0.label,facts.0.value`
    b.csv:1: a file may have 2000 columns, this one has 10000

    hint: leave out the blank columns; docs/BRIEFS.md lists a brief's keys
    "#);
    let mapping = "[columns]\nSku = \"external_ref\"\n";
    insta::assert_snapshot!(read(b"SKU,topic\na,b\n", mapping).1, @"
    b.csv:1: the mapping names a column `Sku`, which the header row has not

    hint: did you mean `SKU`?
    b.csv:1: column `SKU`: a brief has no key `SKU`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or rename it in the file, or leave it out of it
    ");
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
    insta::assert_snapshot!(refused, @"
    b.csv:3: the row has 2 fields, the header row has 14

    hint: put fields that hold the separator or a line break into double quotes, and double the quotes inside
    b.csv:4: `kind`: must be one of `news`, `event`, `ad`, `social`, `fiction`, given `advert`

    hint: Family of copy; decides which templates can draft it
    ");
    let latin = [HEADER.as_bytes(), b"\np-1,ad,caf\xE9,en,a,b,,,,,,,,\n"].concat();
    insta::assert_snapshot!(read(&latin, "").1, @"
    b.csv:2: is not UTF-8: byte 0xE9 at character 4 of column 3, `topic`

    hint: the file is most likely Latin-1: save it as UTF-8
    ");
    let huge = format!("{HEADER}\np-1,ad,{},en,a,b,,,,,,,,\n", "x".repeat(2 << 20));
    insta::assert_snapshot!(read(huge.as_bytes(), "").1, @"
    b.csv:2: a line may have 1048576 bytes, this one has 2097161

    hint: shorten the `sources`, or split the brief
    ");
    insta::assert_snapshot!(read(b"PK\x03\x04 and so on", "").1, @"
    b.csv:1: is a zip archive, not UTF-8 text

    hint: unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV
    ");
}

#[test]
fn lists_inside_lists_lose_nothing_when_what_is_before_them_is_empty() {
    let csv = "external_ref,kind,topic,language,facts.0.label,facts.0.value,facts.1.label,facts.1.value,facts.1.aliases.0,facts.1.aliases.1,facts.2.label,facts.2.value,facts.2.aliases.0,facts.2.aliases.1\n\
        a,ad,t,en,,,L1,v1,,bee,L2,v2,x0,x1\n";
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!(refused, "");
    let facts: Vec<_> = briefs[0]
        .facts
        .iter()
        .map(|fact| (fact.id.as_str(), fact.aliases.join(" ")))
        .collect();
    assert_eq!(
        facts,
        [("f2", "bee".to_owned()), ("f3", "x0 x1".to_owned())]
    );
}

#[test]
fn a_must_include_never_slips_to_another_fact() {
    let csv = "external_ref,kind,topic,language,facts.0.label,facts.0.value,facts.1.label,facts.1.value,must_include.0.fact\n\
        a,ad,t,en,Price,7,Colour,red,f1\nb,ad,t,en,,,Colour,red,f1\n";
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!(briefs.len(), 1);
    insta::assert_snapshot!(refused, @"
    b.csv:3: `must_include[0].fact`: column `must_include.0.fact`: no fact of this brief has the id `f1`

    hint: its facts are `f2`; for plain words use `text`
    ");
}

#[test]
fn a_constant_that_no_column_could_begin_is_in_every_row() {
    let mapping = "[constants]\nkind = \"ad\"\nlanguage = \"en\"\n\"tags.0\" = \"spring\"\n\"must_include.0.text\" = \"tea\"\n";
    let (briefs, refused) = read(
        b"sep=;\nexternal_ref;topic;facts.0.label;facts.0.value\na;t;L;v\n",
        mapping,
    );
    assert_eq!(refused, "");
    assert_eq!(briefs[0].tags, ["spring"]);
    assert_eq!(briefs[0].must_include[0].text.as_deref(), Some("tea"));
}

#[test]
fn lines_are_counted_over_blank_ones_and_a_file_without_rows_is_told() {
    let told = [
        "topic\n\n\nx,y\n",
        "topic\n\nx,y",
        "topic\r\n\r\n\"a\nb\",c\r\n",
        "topic\n",
        "topic\n\n",
    ];
    insta::assert_snapshot!(told.map(refused).concat(), @"
    b.csv:4: the row has 2 fields, the header row has 1

    hint: put fields that hold the separator or a line break into double quotes, and double the quotes inside
    b.csv:3: the row has 2 fields, the header row has 1

    hint: put fields that hold the separator or a line break into double quotes, and double the quotes inside
    b.csv:3: the row has 2 fields, the header row has 1

    hint: put fields that hold the separator or a line break into double quotes, and double the quotes inside
    b.csv: holds no row below its header

    hint: was it exported whole? One row is one brief
    b.csv: holds no row below its header

    hint: was it exported whole? One row is one brief
    ");
}

#[test]
fn a_quote_without_end_is_given_up_before_it_fills_the_memory() {
    let rows = "b,ad,t,en,L,v,,,,,,,,\n".repeat(1_200_000);
    let csv = format!("{HEADER}\na,ad,t,en,L,v,,,,,,,,\nb,ad,\"t,en\n{rows}");
    assert!(csv.len() > 17 << 20);
    let (briefs, refused) = read(csv.as_bytes(), "");
    assert_eq!(briefs.len(), 1);
    insta::assert_snapshot!(refused, @"
    b.csv:3: a row that starts here has more than 16777216 bytes

    hint: look for a double quote that is opened and not closed; rows above this line are in, those below were not read
    ");
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
    insta::assert_snapshot!(told.join("\n"), @r#"
    m.toml:2: invalid type: integer `3`, expected a string

    hint: a mapping file has `[columns]` ("column" = "key.path"), `[constants]`, `separator` and `list_separator`; docs/BRIEFS.md shows one
    m.toml:1: unknown field `column`, expected one of `separator`, `list_separator`, `columns`, `constants`

    hint: a mapping file has `[columns]` ("column" = "key.path"), `[constants]`, `separator` and `list_separator`; docs/BRIEFS.md shows one
    m.toml: `list_separator`: must not be empty

    hint: a mapping file has `[columns]` ("column" = "key.path"), `[constants]`, `separator` and `list_separator`; docs/BRIEFS.md shows one
    m.toml:2: key with no value, expected `=`

    hint: a mapping file has `[columns]` ("column" = "key.path"), `[constants]`, `separator` and `list_separator`; docs/BRIEFS.md shows one
    "#);
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
        // The reader adds nothing and takes nothing; the cleaning is another room's.
        let mut wanted = json!({"topic": topic, "facts": [{"value": value}]});
        crate::intake::clean::clean(&mut wanted);
        prop_assert_eq!(&briefs[0].topic, wanted["topic"].as_str().unwrap());
        prop_assert_eq!(&briefs[0].facts[0].value, wanted["facts"][0]["value"].as_str().unwrap());
    }

    #[test]
    fn no_bytes_make_it_panic_or_go_on_for_ever(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let csv = [HEADER.as_bytes(), b"\n", &bytes[..]].concat();
        let (briefs, _) = read(&csv, "");
        prop_assert!(briefs.len() <= bytes.len());
        read(&bytes, "");
    }
}
