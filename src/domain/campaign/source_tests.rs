//! `[source]` as people write it, and what they get wrong.

use super::*;
use crate::domain::campaign::CampaignSpec;

const GOOD: &str = r#"name = "wires"
[source]
connection_env = "NEWSROOM_DATABASE_URL"
query = """
select slug, headline, updated_at
from articles;
"""
cursor = "updated_at"
[source.map]
external_ref = "slug"
topic = "headline"
facts.0.value = "population"
"facts.0.label" = "label"
[source.constants]
kind = "news"
priority = 5
tags = ["wires", "europe"]
[draft]
template = "news/explainer"
model = "m"
"#;

fn said(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    match CampaignSpec::parse(&GOOD.replacen(from, to, 1), "jobs/wires.toml") {
        Ok(_) => "accepted\n".to_owned(),
        Err(problem) => format!("{problem}\n"),
    }
}

#[test]
fn a_source_is_read_with_its_defaults_and_reads_back_from_what_is_stored() {
    let spec = CampaignSpec::parse(GOOD, "jobs/wires.toml").unwrap();
    let source = spec.source.clone().unwrap();
    assert_eq!((source.page, source.list_separator.as_str()), (500, ";"));
    assert_eq!(source.overlap(), Duration::from_mins(5));
    assert!(source.statement().ends_with("from articles"));
    let pairs = |map: &BTreeMap<String, String>| {
        let pairs: Vec<String> = map
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        pairs.join(" ")
    };
    assert_eq!(
        pairs(&source.map),
        "external_ref=slug facts.0.label=label facts.0.value=population topic=headline"
    );
    assert_eq!(
        pairs(&source.constants),
        "kind=news priority=5 tags.0=wires tags.1=europe"
    );
    let stored = serde_json::to_value(&spec).unwrap();
    assert_eq!(
        serde_json::from_value::<CampaignSpec>(stored).unwrap(),
        spec
    );
    let printed = toml::to_string(&spec).unwrap();
    assert_eq!(CampaignSpec::parse(&printed, "printed").unwrap(), spec);
}

#[test]
fn only_what_decides_about_rows_changes_the_hash() {
    let source = |from: &str, to: &str| {
        let spec = CampaignSpec::parse(&GOOD.replacen(from, to, 1), "w.toml").unwrap();
        spec.source.unwrap().sha256()
    };
    let before = source("", "");
    assert_eq!(
        before,
        source("cursor =", "page = 7\noverlap = \"1h\"\ncursor =")
    );
    assert_ne!(before, source("= \"population\"", "= \"inhabitants\""));
    assert_ne!(before, source("= 5", "= 6"));
    assert_ne!(
        before,
        source("from articles;", "from articles where true;")
    );
}

#[test]
fn mistakes_name_line_key_and_way_out() {
    let address = "\"postgresql://ann:s3cret@db/news\"";
    let told = [
        said("\"NEWSROOM_DATABASE_URL\"", address),
        said("\"NEWSROOM_DATABASE_URL\"", "\"host=db password=s3cret\""),
        said("\"NEWSROOM_DATABASE_URL\"", "\"NEWSROOM-DB\""),
        said("\"NEWSROOM_DATABASE_URL\"", "\"\""),
        said("from articles;", "from articles; delete from articles;"),
        said("select slug", "delete slug"),
        said("cursor = \"updated_at\"", "cursor = \"\""),
        said("cursor = \"updated_at\"\n", ""),
        said("cursor =", "page = 0\ncursor ="),
        said("cursor =", "pages = 10\ncursor ="),
        said("cursor =", "timeout = \"2h\"\ncursor ="),
        said("cursor =", "overlap = \"0s\"\ncursor ="),
        said("cursor =", "list_separator = \"\"\ncursor ="),
        said("topic = \"headline\"", "topic = 3"),
    ];
    assert!(!told.concat().contains("s3cret"));
    insta::assert_snapshot!(told.concat(), @r"
    jobs/wires.toml:3: `source.connection_env`: must be the name of an environment variable, not an address

    hint: put the address into a variable, `export NEWSROOM_DATABASE_URL='postgresql://…'`, and its name here; campaign files are no place for passwords
    jobs/wires.toml:3: `source.connection_env`: must be the name of an environment variable, not an address

    hint: put the address into a variable, `export NEWSROOM_DATABASE_URL='postgresql://…'`, and its name here; campaign files are no place for passwords
    jobs/wires.toml:3: `source.connection_env`: must be the name of an environment variable, given `NEWSROOM-DB`

    hint: such as `NEWSROOM_DATABASE_URL`: letters, digits and underscores
    jobs/wires.toml:3: `source.connection_env`: must be the name of an environment variable, given ``

    hint: such as `NEWSROOM_DATABASE_URL`: letters, digits and underscores
    jobs/wires.toml:4: `source.query`: must be one statement, given several

    hint: write one `select`, or one `with … select`
    jobs/wires.toml:4: `source.query`: must begin with `select` or `with`, given `delete`

    hint: write one `select`, or one `with … select`
    jobs/wires.toml:8: `source.cursor`: must not be empty

    hint: name the column that grows with every change of a row, such as `updated_at`
    jobs/wires.toml:2: `source`: missing field `cursor`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    jobs/wires.toml:8: `source.page`: must be from 1 to 5000, given 0
    jobs/wires.toml:8: `source.pages`: unknown field `pages`, expected one of `connection_env`, `query`, `cursor`, `page`, `overlap`, `timeout`, `patience`, `list_separator`, `map`, `constants`

    hint: did you mean `page`?
    jobs/wires.toml:8: `source.timeout`: must be from 1s to 1h, given `2h`
    jobs/wires.toml:8: `source.overlap`: must be from 1s to 31days, given `0s`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    jobs/wires.toml:8: `source.list_separator`: must not be empty
    jobs/wires.toml:9: `source.map`: expected the name of a column in quotes for `topic`, given 3

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    ");
}
