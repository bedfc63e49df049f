//! schema.org JSON-LD: what a page says about its text to machines.
//!
//! It goes between `<script type="application/ld+json">` tags as it is: `<`, `>` and `&` are escaped, so that no
//! text can end the tag. Reviewers are not named: pages are public.

use serde_json::{Map, Value, json};

use super::instant::instant;
use super::mark::SourceType;
use crate::domain::brief::BriefKind;
use crate::domain::publication::{Action, Publication};

const CONTEXT: &str = "https://schema.org";

/// All texts as one document.
pub(super) fn graph(publications: &[Publication]) -> Vec<u8> {
    let works: Vec<Value> = publications
        .iter()
        .map(|publication| Value::Object(work(publication)))
        .collect();
    let graph = json!({"@context": CONTEXT, "@graph": works});
    format!("{}\n", escaped(&graph)).into_bytes()
}

/// One text's document.
pub(super) fn document(publication: &Publication) -> String {
    let mut document = Map::new();
    document.insert("@context".to_owned(), CONTEXT.into());
    document.extend(work(publication));
    format!("{}\n", escaped(&Value::Object(document)))
}

/// What the text is to schema.org. Only articles have a body and a backstory.
fn kind(publication: &Publication) -> &'static str {
    match publication.brief.kind {
        BriefKind::News | BriefKind::Event => "NewsArticle",
        BriefKind::Social => "SocialMediaPosting",
        BriefKind::Ad | BriefKind::Fiction => "CreativeWork",
    }
}

fn work(publication: &Publication) -> Map<String, Value> {
    let brief = &publication.brief;
    let is_article = kind(publication) != "CreativeWork";
    let mut work = Map::new();
    let mut add = |key: &str, value: Value| {
        work.insert(key.to_owned(), value);
    };
    add("@type", kind(publication).into());
    add("@id", publication.urn().into());
    add("identifier", brief.external_ref.clone().into());
    add("version", publication.version.into());
    add("inLanguage", brief.language.clone().into());
    add("name", brief.topic.clone().into());
    if let Some(copy) = publication.published() {
        if let Some(headline) = copy.headline() {
            add("headline", headline.into());
        }
        let body = if is_article { "articleBody" } else { "text" };
        add(body, copy.text.clone().into());
    }
    add("dateCreated", instant(publication.drafted_at).into());
    add("dateModified", instant(publication.changed_at).into());
    if let Some(expires) = brief.expires_at {
        add("expires", instant(expires).into());
    }
    let mark = SourceType::of(publication);
    add("digitalSourceType", mark.schema_org().into());
    if is_article {
        add("backstory", backstory(publication).into());
    }
    if !publication.sources().is_empty() {
        add("isBasedOn", publication.sources().into());
    }
    if publication.action == Action::Cancel {
        add("creativeWorkStatus", "Obsolete".into());
    }
    if let Some(reason) = &publication.reason {
        add(
            "correction",
            json!({
                "@type": "CorrectionComment",
                "text": reason,
                "datePublished": instant(publication.changed_at),
            }),
        );
    }
    work
}

fn backstory(publication: &Publication) -> String {
    let edited = if publication.edited { ", changed" } else { "" };
    format!(
        "Drafted by the language model {} from the facts of a brief, then read{edited} and approved by an editor on {}.",
        publication.model,
        publication.approved_at.format("%Y-%m-%d")
    )
}

fn escaped(value: &Value) -> String {
    let marks = [
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ];
    // All of these can only stand inside of strings.
    marks
        .iter()
        .fold(format!("{value:#}"), |text, (mark, escape)| {
            text.replace(mark, escape)
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{every_action, hostile, publication};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_graph_of_every_action() {
        insta::assert_snapshot!(String::from_utf8(graph(&every_action())).expect("UTF-8"));
    }

    #[test]
    fn a_post_is_a_posting_and_an_ad_a_work() {
        let mut publication = publication(1, "A text.");
        let told = [BriefKind::Social, BriefKind::Fiction].map(|kind| {
            publication.brief.kind = kind;
            let document: Value = serde_json::from_str(&document(&publication)).expect("JSON");
            document["@type"].as_str().map(str::to_owned)
        });
        assert_eq!(
            told.map(Option::unwrap_or_default),
            ["SocialMediaPosting", "CreativeWork"]
        );
    }

    proptest! {
        #[test]
        fn a_document_reads_back_and_ends_no_tag(text in hostile(), topic in hostile()) {
            let mut publication = publication(1, &text);
            publication.brief.topic.clone_from(&topic);
            let document = document(&publication);
            prop_assert!(!document.contains(['<', '>', '&']));
            let read: Value = serde_json::from_str(&document).expect("JSON");
            prop_assert_eq!((&read["articleBody"], &read["name"]), (&Value::from(text), &Value::from(topic)));
        }
    }
}
