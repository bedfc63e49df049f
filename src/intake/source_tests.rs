//! Rows and mappings as newsrooms have them.

use serde_json::json;

use super::*;
use crate::domain::campaign::CampaignSpec;

fn source(map: &str) -> Source {
    let toml = format!(
        "name = \"a\"\n[source]\nconnection_env = \"A\"\nquery = \"select 1\"\ncursor = \"updated_at\"\n{map}\n\
         [draft]\ntemplate = \"t\"\nmodel = \"m\"\n"
    );
    CampaignSpec::parse(&toml, "a.toml")
        .unwrap()
        .source
        .unwrap()
}

const MAP: &str = "[source.map]\nexternal_ref = \"slug\"\ntopic = \"headline\"\nfacts.0.label = \"label\"\n\
    facts.0.value = \"pop\"\ntags = \"topics\"\nmeta.desk = \"desk\"\n\
    [source.constants]\nkind = \"news\"\nlanguage = \"en\"\n";

fn names(names: &str) -> Vec<String> {
    names.split(' ').map(str::to_owned).collect()
}

fn text(text: &str) -> Field {
    Field::Text(text.to_owned())
}

#[test]
fn a_row_becomes_the_same_brief_as_a_line_of_csv() {
    let columns = names("slug headline label pop topics desk updated_at note priority");
    let map = RowMap::new(&source(MAP), &columns).unwrap();
    assert_eq!(map.reference(), "slug");
    assert_eq!(map.unused(), ["note"]);
    let values = |column: &str| match column {
        "slug" => text("x-1"),
        "headline" => text("Caf&eacute; <b>opens</b>"),
        "label" => text("Population"),
        "pop" => text("1234567.50"),
        "topics" => Field::List(vec!["a; b".to_owned(), "c".to_owned()]),
        "priority" => text("3"),
        _ => Field::Absent,
    };
    let row: Vec<Field> = map.wanted().iter().map(|column| values(column)).collect();
    let (brief, cleaned) = map.brief(&row).unwrap();
    assert_eq!(brief.topic, "Café opens");
    assert_eq!(cleaned.len(), 1);
    assert_eq!(
        (brief.facts[0].value.as_str(), brief.priority),
        ("1234567.50", 3)
    );
    assert_eq!(brief.tags, ["a; b", "c"]);
    assert_eq!(map.kept(&row)["desk"], json!(null));
}

#[test]
fn json_fills_lists_whole_and_a_text_gets_no_json() {
    let map = "[source.map]\nexternal_ref = \"slug\"\nfacts = \"figures\"\n";
    let columns = names("slug kind topic language figures");
    let map = RowMap::new(&source(map), &columns).unwrap();
    let row = |topic: Field, figures: &str| -> Vec<Field> {
        let values = |column: &str| match column {
            "slug" => text("x"),
            "kind" => text("news"),
            "topic" => topic.clone(),
            "language" => text("en"),
            _ => Field::read(Some("array"), Some(figures.to_owned())),
        };
        map.wanted().iter().map(|column| values(column)).collect()
    };
    let figures =
        r#"[{"label":"Population","value":"3"},{"id":"area","label":"Area","value":"4"}]"#;
    let (brief, _) = map.brief(&row(text("t"), figures)).unwrap();
    let ids: Vec<&str> = brief.facts.iter().map(|fact| fact.id.as_str()).collect();
    assert_eq!(ids, ["f1", "area"]);
    let told = [
        (text("t"), r#"[{"label":"Population","value":3}]"#),
        (text("t"), "[]"),
        (text("t"), r#"["a"]"#),
        (Field::Json(json!({"en": "t"})), figures),
        (Field::Absent, figures),
    ]
    .map(|(topic, figures)| {
        let refused = map.brief(&row(topic, figures)).unwrap_err();
        let key = refused.key.unwrap_or_default();
        format!("{} `{key}`: {}", refused.code, refused.message)
    });
    insta::assert_snapshot!(told.join("\n"), @r"
    brief.value `facts[0].value`: column `figures`: must be text, given `3`
    brief.no_material `facts`: column `figures`: a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none
    brief.value `facts[0]`: column `figures`: must be an object, given `a`
    brief.value `topic`: must be text, given an object
    brief.missing_key `topic`: required, but missing
    ");
}

#[test]
fn values_come_as_postgres_writes_them() {
    let read = |kind: &str, text: &str| Field::read(Some(kind), Some(text.to_owned()));
    assert_eq!(
        read("number", "1.500000000000000000001"),
        text("1.500000000000000000001")
    );
    assert_eq!(read("string", "[1]"), text("[1]"));
    assert_eq!(read("boolean", "true"), text("true"));
    assert_eq!(
        read("array", r#"["1.50",null,true]"#),
        Field::List(vec!["1.50".to_owned(), "true".to_owned()])
    );
    assert_eq!(read("object", r#"{"a":1}"#), Field::Json(json!({"a": 1})));
    assert_eq!(Field::read(None, None), Field::Absent);
    let long = "é".repeat(9000);
    assert_eq!(
        text(&long).kept().as_str().unwrap().chars().count(),
        RAW_CHARS
    );
}

#[test]
fn mappings_that_cannot_work_are_named() {
    let columns = names("slug headline updated_at facts");
    let told = [
        "[source.map]\nexternal_ref = \"slug\"\ntopik = \"headline\"",
        "[source.map]\nexternal_ref = \"slug\"\nfacts.one.value = \"headline\"",
        "[source.constants]\nknd = \"news\"",
        "[source.constants]\nfacts = \"news\"",
        "[source.constants]\nexternal_ref = \"x\"",
        "[source.map]\ntopic = \"headline\"",
        "[source.map]\nexternal_ref = \"slug\"\ntopic = \"headlines\"",
        "[source.map]\nexternal_ref = \"slug\"\nfacts = \"facts\"\nfacts_ = \"x\"",
        "[source.map]\nexternal_ref = \"slug\"\nfacts = \"facts\"\n[source.constants]\n\"facts.0.label\" = \"x\"",
        "[source.map]\nexternal_ref = \"slug\"\n[source.constants]\n\"facts.0.label\" = \"x\"",
    ]
    .map(|map| RowMap::new(&source(map), &columns).unwrap_err().problem().to_string());
    insta::assert_snapshot!(told.join("\n"), @r#"
    `source.map.topik`: a brief has no key `topik`

    hint: did you mean `topic`?
    `source.map.facts.one.value`: a brief has no key `facts.one.value`

    hint: after `facts` comes the number of an entry, from 0 to 499
    `source.constants.knd`: a brief has no key `knd`

    hint: did you mean `kind`?
    `source.constants.facts`: a brief has no key `facts`

    hint: a cell cannot fill all of it; write `facts.0.id` and so on
    `source.constants.external_ref`: `external_ref` cannot be the same for every row

    hint: name a column that is unique: `external_ref = "id"` under `[source.map]`
    `source.map.external_ref`: no column fills `external_ref`

    hint: name the column that is unique and never changes: `external_ref = "id"` under `[source.map]`, or call it so in the query
    `source.map.topic`: the query gives no column `headlines`

    hint: did you mean `headline`?
    `source.map.facts_`: a brief has no key `facts_`

    hint: did you mean `facts`?
    `source.constants.facts.0.label`: `facts.0.label` lies inside `facts`, which a column fills whole

    hint: drop one of the two; the query itself can add to a list: `array['wires'] || topics as tags`
    `source.constants.facts.0.label`: `facts.0.label` lies inside `facts`, which a column fills whole

    hint: drop one of the two; the query itself can add to a list: `array['wires'] || topics as tags`
    "#);
    let left_out =
        "[source.map]\nexternal_ref = \"slug\"\nfacts = \"\"\n\"facts.0.value\" = \"headline\"";
    let map = RowMap::new(&source(left_out), &columns).unwrap();
    assert_eq!(map.wanted(), ["slug", "headline"]);
    assert_eq!(map.unused(), ["facts"]);
}
