//! A template as a pinned run keeps it: partials and all, whatever becomes of the files.

use serde_json::json;

use super::super::Template;
use super::{FRONT, brief, load, shown};

fn with_partials() -> Template {
    let text = format!("\u{feff}{FRONT}Hé.\n{{{{> news/_a}}}}\nEnd of {{{{topic}}}}.\n")
        .replace('\n', "\r\n");
    let files: [(&str, &[u8]); 4] = [
        ("news/t.hbs", text.as_bytes()),
        ("news/_a.hbs", b"== news/_a 3\n{{> _b}}\n"),
        ("_b.hbs", "On {{topic}}, é.\n".as_bytes()),
        ("_unused.hbs", b"no"),
    ];
    load(&files).unwrap().get("news/t").unwrap().clone()
}

#[test]
fn a_stored_template_renders_as_it_did_with_its_partials() {
    let template = with_partials();
    let stored = Template::from_source("news/t", &template.source).unwrap();
    let brief = brief(json!({}));
    assert_eq!(
        stored.render(&brief).unwrap(),
        template.render(&brief).unwrap()
    );
    assert_eq!(
        (&stored.sha256, &stored.source),
        (&template.sha256, &template.source)
    );
    assert!(!template.source.contains("_unused"));
}

#[test]
fn a_damaged_store_is_told() {
    let source = with_partials().source;
    let of = |source: String| shown(&Template::from_source("news/t", &source).unwrap_err());
    let messages = [
        of(source.replace("== _b", "=== _b")),
        of(source.replace("== _b 18", "== _b 9999")),
        of(source.replace("== _b 18", "== _b 2")),
        of(source.replace("== news/t ", "== news/u ")),
        of("Write.".to_owned()),
    ];
    insta::assert_snapshot!(messages.join("\n"), @"
    [prompt.bundle] t` as stored: the stored text is damaged: expected `== NAME BYTES`, given `=== _b 18` (hint: start a new run, which takes the template as it is now)
    [prompt.bundle] t` as stored: the stored text is damaged: `_b` has fewer than 9999 bytes (hint: start a new run, which takes the template as it is now)
    [prompt.bundle] t` as stored: the stored text is damaged: `_b` has more than 2 bytes (hint: start a new run, which takes the template as it is now)
    [prompt.bundle] t` as stored: the stored text is damaged: `news/t` is not in it (hint: start a new run, which takes the template as it is now)
    [prompt.front_matter_missing] t` as stored:1: expected the line `+++`, given `Write.` (hint: a template starts with TOML between two lines `+++`)
    ");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// However a stored text was cut or joined, the answer is a template or a message.
    #[test]
    fn no_stored_text_makes_the_reader_panic(cut in 0usize..400, more in ".{0,20}") {
        let source = with_partials().source;
        let kept: String = source.chars().take(cut).collect();
        let _ = Template::from_source("news/t", &format!("{kept}{more}"));
    }
}
