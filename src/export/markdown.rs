//! Markdown with YAML front matter, as Hugo, Jekyll, Eleventy and Astro read it.
//!
//! The copy is plain text, and whatever a site generator would run or follow in it is written as a character
//! reference: tags (`<`), shortcodes and template code (`{`), links (`[`). Front matter is one double-quoted
//! string a key (YAML 1.2, 7.3.1), so no text can end it. Reviewers are not named: these files get published.

use std::fmt::Write;

use super::instant::instant;
use super::mark::SourceType;
use crate::domain::publication::{Action, Publication};

/// Between two documents on standard output: it cannot stand in a document, where `<` is always a reference.
const BETWEEN: &str = "<!-- nightdesk: next document -->\n";

/// Written as references, `&` first: it begins them.
const REFERENCES: [(&str, &str); 4] = [
    ("&", "&amp;"),
    ("<", "&lt;"),
    ("{", "&#123;"),
    ("[", "&#91;"),
];

/// All documents, one after the other.
pub(super) fn stream(publications: &[Publication]) -> Vec<u8> {
    let documents: Vec<String> = publications.iter().map(document).collect();
    documents.join(BETWEEN).into_bytes()
}

/// One text's file. A cancellation has no body, and `draft: true` keeps it off the site.
pub(super) fn document(publication: &Publication) -> String {
    let mut page = String::from("---\n");
    let copy = publication.published();
    let brief = &publication.brief;
    let headline = copy.and_then(|copy| copy.headline());
    let mut add = |key: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{key}: {value}");
    };
    add("title", &quoted(headline.unwrap_or(&brief.topic)));
    add("date", &quoted(&instant(publication.approved_at)));
    add("lastmod", &quoted(&instant(publication.changed_at)));
    add("draft", if copy.is_none() { "true" } else { "false" });
    add("lang", &quoted(&brief.language));
    if let Some(until) = brief.embargo_until {
        add("publishDate", &quoted(&instant(until)));
    }
    if let Some(expires) = brief.expires_at {
        add("expiryDate", &quoted(&instant(expires)));
    }
    add(
        "digitalSourceType",
        &quoted(SourceType::of(publication).uri()),
    );
    add("aiModel", &quoted(&publication.model));
    add("aiModelSha256", &quoted(&publication.model_sha256));
    add("aiTemplate", &quoted(&publication.template));
    add("aiTemplateSha256", &quoted(&publication.template_sha256));
    add("humanReviewed", "true");
    add(
        "humanEdited",
        if publication.edited { "true" } else { "false" },
    );
    add("nightdeskId", &quoted(&publication.urn()));
    add("nightdeskVersion", &publication.version.to_string());
    add("nightdeskAction", &quoted(publication.action.as_str()));
    if let Some(reason) = &publication.reason {
        let key = match publication.action {
            Action::Cancel => "nightdeskWithdrawn",
            _ => "nightdeskCorrection",
        };
        add(key, &quoted(reason));
    }
    add("campaign", &quoted(&publication.campaign));
    if let Some(channel) = &publication.channel {
        add("channel", &quoted(channel));
    }
    add("briefRef", &quoted(&brief.external_ref));
    add("briefKind", &quoted(brief.kind.as_str()));
    page.push_str("---\n");
    match copy {
        None => {}
        Some(copy) if copy.parts.is_some() => {
            for (name, entries) in copy.parts() {
                let _ = write!(page, "\n## {}\n\n", escaped(name));
                for entry in entries {
                    let _ = writeln!(page, "- {}", escaped(entry));
                }
            }
        }
        Some(copy) => {
            let _ = write!(page, "\n{}\n", escaped(&copy.text));
        }
    }
    page
}

fn escaped(text: &str) -> String {
    let written = REFERENCES.iter();
    written.fold(text.to_owned(), |text, (mark, reference)| {
        text.replace(mark, reference)
    })
}

/// The copy that a document's body was made from.
pub fn plain(body: &str) -> String {
    let read = REFERENCES.iter().rev();
    read.fold(body.to_owned(), |text, (mark, reference)| {
        text.replace(reference, mark)
    })
}

/// A double-quoted YAML string on one line; JSON strings are such strings, but for what YAML does not print.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            // Nothing in front matter is code either: Jekyll would not run it here, other tools might.
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{every_action, hostile, publication};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_documents_of_every_action() {
        let text = String::from_utf8(stream(&every_action())).expect("UTF-8");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn nothing_in_a_text_is_run_or_ends_the_front_matter() {
        let mut hostile = publication(
            1,
            "---\ndraft: true\n---\n<script>x</script> {{< raw >}} {% include x %} [a](javascript:x) &lt; AT&T",
        );
        hostile.brief.topic = "a\"\n---\nx: \\ \u{85}\u{2028}{{ x }}".to_owned();
        let page = document(&hostile);
        let (head, body) = page[4..].split_once("---\n").expect("front matter");
        assert!(head.lines().all(|line| line.contains(": ")), "{head}");
        insta::assert_snapshot!(head.lines().next().expect("a title"), @r#"title: "a\"\n---\nx: \\ \u0085\u2028{{ x }}""#);
        assert!(!body.contains(['<', '{', '[']), "{body}");
        assert_eq!(plain(body).trim(), hostile.copy.text);
    }

    proptest! {
        #[test]
        fn a_document_reads_back(text in hostile(), topic in hostile()) {
            let mut publication = publication(1, &text);
            publication.brief.topic.clone_from(&topic);
            let stream = String::from_utf8(stream(&[publication.clone(), publication])).expect("UTF-8");
            let pages: Vec<&str> = stream.split(BETWEEN).collect();
            prop_assert_eq!(pages.len(), 2);
            let (head, body) = pages[0][4..].split_once("\n---\n\n").expect("front matter");
            prop_assert_eq!(plain(body.strip_suffix('\n').expect("an end")), text);
            let title = head.lines().next().expect("a title").strip_prefix("title: ").expect("a title");
            let read: String = serde_json::from_str(title).expect("a string");
            prop_assert_eq!(read, topic);
        }
    }
}
