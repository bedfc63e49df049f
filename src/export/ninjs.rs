//! IPTC ninjs 3.1: one news object a text, checked against a schema before it is handed out.
//!
//! The schema beside this file is ours: from ninjs 3.1 it takes the properties that are used here, with their
//! types and values, and it asks for more than the standard does, the AI mark above all. What satisfies it
//! satisfies ninjs 3.1, whose own schema needs only `uri` and refuses unknown properties. A killed text keeps its
//! `uri` and comes as `pubStatus` `canceled`, without a word of the text.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::error::ExportError;
use super::instant::instant;
use super::mark::SourceType;
use crate::domain::publication::{Action, Publication};

/// The schema that every object satisfies, JSON Schema draft 2020-12.
pub const SCHEMA: &str = include_str!("ninjs.schema.json");

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is tested");
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&schema).expect("the schema is tested")
});

/// One object a text.
///
/// # Errors
/// [`ExportError::Schema`].
pub(super) fn objects(publications: &[Publication]) -> Result<Vec<Value>, ExportError> {
    let checked = |publication: &Publication| {
        let object = object(publication);
        check(publication, &object)?;
        Ok(object)
    };
    publications.iter().map(checked).collect()
}

fn check(publication: &Publication, object: &Value) -> Result<(), ExportError> {
    VALIDATOR
        .validate(object)
        .map_err(|error| ExportError::Schema {
            item: publication.item_id,
            at: error.instance_path().to_string(),
            reason: error.to_string(),
        })
}

fn object(publication: &Publication) -> Value {
    let brief = &publication.brief;
    let mut object = Map::new();
    let mut add = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    add("uri", publication.urn().into());
    add(
        "standard",
        json!({
            "name": "ninjs",
            "version": "3.1",
            "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
        }),
    );
    add("type", "text".into());
    add("profile", "nightdesk-text".into());
    add("version", publication.version.to_string().into());
    add("firstCreated", instant(publication.approved_at).into());
    add("versionCreated", instant(publication.changed_at).into());
    add("contentCreated", instant(publication.drafted_at).into());
    if let Some(until) = brief.embargo_until {
        add("embargoedUntil", instant(until).into());
    }
    let status = match publication.action {
        Action::Publish | Action::Correct => "usable",
        Action::Cancel => "canceled",
    };
    add("pubStatus", status.into());
    add("language", brief.language.clone().into());
    add("title", brief.topic.clone().into());
    if let Some(reason) = &publication.reason {
        add("edNote", reason.clone().into());
    }
    if let Some(copy) = publication.published() {
        let values = |role: &str, part: &str| -> Value {
            let entries = copy.entries(part).into_iter();
            let value =
                |text: &str| json!({"role": role, "contentType": "text/plain", "value": text});
            entries.map(value).collect()
        };
        match copy.headline() {
            Some(title) if copy.entries("headlines").is_empty() => {
                add(
                    "headlines",
                    json!([{"role": "main", "contentType": "text/plain", "value": title}]),
                );
            }
            Some(_) => add("headlines", values("main", "headlines")),
            None => {}
        }
        if !copy.entries("descriptions").is_empty() {
            add("descriptions", values("description", "descriptions"));
        }
        add(
            "bodies",
            json!([{
                "role": "main",
                "contentType": "text/plain",
                "charCount": copy.text.graphemes(true).count(),
                "wordCount": copy.text.unicode_words().count(),
                "value": copy.text,
            }]),
        );
    }
    let sources: Vec<Value> = publication
        .sources()
        .into_iter()
        // The standard wants an address here; what is none stays out rather than stopping the export.
        .filter(|url| VALID_URI.is_valid(&Value::from(*url)))
        .map(|url| json!({"role": "source", "uri": url}))
        .collect();
    if !sources.is_empty() {
        add("infoSources", sources.into());
    }
    add(
        "altIds",
        json!([
            {"role": "brief", "value": brief.external_ref},
            {"role": "draft", "value": publication.draft_id},
            {"role": "revision", "value": publication.revision_id},
        ]),
    );
    if let Some(expires) = brief.expires_at {
        add("expires", instant(expires).into());
    }
    let mark = SourceType::of(publication);
    add(
        "digitalSourceType",
        json!({"name": mark.code(), "uri": mark.uri()}),
    );
    Value::Object(object)
}

static VALID_URI: LazyLock<Validator> = LazyLock::new(|| {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let schema = json!({"type": "string", "format": "uri"});
    options.build(&schema).expect("the schema is tested")
});

#[cfg(test)]
mod tests {
    use super::super::tests::{every_action, hostile, publication};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_objects_of_every_action() {
        let objects = objects(&every_action()).expect("valid objects");
        let texts = objects.iter().map(|object| format!("{object:#}\n"));
        insta::assert_snapshot!(texts.collect::<String>());
    }

    #[test]
    fn an_object_without_its_mark_or_with_a_word_of_its_own_is_not_handed_out() {
        let publication = publication(1, "A text.");
        let told = |change: &dyn Fn(&mut Value)| {
            let mut object = object(&publication);
            change(&mut object);
            let refused = check(&publication, &object).expect_err("refused");
            refused.problem().to_string()
        };
        let without = |key: &'static str| {
            move |object: &mut Value| {
                object.as_object_mut().expect("an object").remove(key);
            }
        };
        insta::assert_snapshot!(told(&without("digitalSourceType")), @r#"the ninjs object of 00000000-0000-0000-0000-000000000001 does not satisfy the schema at ``: "digitalSourceType" is a required property"#);
        insta::assert_snapshot!(told(&|object| object["digitalSourceType"]["uri"] = "http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits".into()), @r#"the ninjs object of 00000000-0000-0000-0000-000000000001 does not satisfy the schema at `/digitalSourceType/uri`: "http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits" is not one of "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" or "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia""#);
        insta::assert_snapshot!(told(&|object| object["pubStatus"] = "killed".into()), @r#"the ninjs object of 00000000-0000-0000-0000-000000000001 does not satisfy the schema at `/pubStatus`: "killed" is not one of "usable", "withheld" or "canceled""#);
        insta::assert_snapshot!(told(&|object| object["AIGC"] = json!({})), @"the ninjs object of 00000000-0000-0000-0000-000000000001 does not satisfy the schema at ``: Additional properties are not allowed ('AIGC' was unexpected)");
        insta::assert_snapshot!(told(&|object| object["uri"] = "not an address".into()), @r#"the ninjs object of 00000000-0000-0000-0000-000000000001 does not satisfy the schema at `/uri`: "not an address" does not match "^urn:uuid:""#);
        insta::assert_snapshot!(told(&|object| object["versionCreated"] = "yesterday".into()), @r#"the ninjs object of 00000000-0000-0000-0000-000000000001 does not satisfy the schema at `/versionCreated`: "yesterday" is not a "date-time""#);
    }

    #[test]
    fn a_source_that_is_no_address_stays_out() {
        let mut publication = publication(1, "A text.");
        publication.brief.sources[0].url = Some("https://exa mple.org/\u{202e}<".to_owned());
        let objects = objects(&[publication]).expect("valid");
        assert_eq!(objects[0].get("infoSources"), None);
    }

    proptest! {
        #[test]
        fn every_text_makes_a_valid_object(text in hostile(), topic in hostile(), url in hostile()) {
            let mut publication = publication(1, &text);
            publication.brief.topic = topic;
            publication.brief.sources[0].url = Some(format!("https://{url}"));
            let objects = objects(&[publication]).expect("valid");
            let read: Value = serde_json::from_str(&objects[0].to_string()).expect("JSON");
            prop_assert_eq!(&read["bodies"][0]["value"], &text);
        }
    }
}
