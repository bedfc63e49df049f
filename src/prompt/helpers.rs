//! The helpers that templates may call, and how each is called.
//!
//! Few on purpose: what Handlebars brings for conditions and lists, and two of ours. The others it
//! brings are taken out of the registry, because the checker cannot follow them (`lookup`, `with`)
//! or they write to a log (`log`).

use handlebars::{Handlebars, handlebars_helper, no_escape};
use serde_json::Value;

/// A helper's name and how it is called.
#[derive(Debug)]
pub(super) struct Helper {
    pub name: &'static str,
    /// Whether it wraps a part of the body.
    pub block: bool,
    /// Fewest and most arguments.
    pub arguments: (usize, usize),
    /// An example, for messages.
    pub usage: &'static str,
}

const fn block(name: &'static str, usage: &'static str) -> Helper {
    Helper {
        name,
        block: true,
        arguments: (1, 1),
        usage,
    }
}

const fn inline(name: &'static str, arguments: (usize, usize), usage: &'static str) -> Helper {
    Helper {
        name,
        block: false,
        arguments,
        usage,
    }
}

/// Every helper.
pub(super) static HELPERS: [Helper; 15] = [
    block("if", "{{#if audience}}…{{/if}}"),
    block("unless", "{{#unless facts}}…{{/unless}}"),
    block("each", "{{#each facts as |fact|}}…{{/each}}"),
    inline("join", (2, 2), "{{join tags \", \"}}"),
    inline("default", (2, 2), "{{default audience \"everyone\"}}"),
    inline("len", (1, 1), "{{len facts}}"),
    inline("eq", (2, 2), "{{#if (eq kind \"news\")}}…{{/if}}"),
    inline("ne", (2, 2), "{{#if (ne language \"en\")}}…{{/if}}"),
    inline("gt", (2, 2), "{{#if (gt (len facts) 3)}}…{{/if}}"),
    inline("gte", (2, 2), "{{#if (gte (len facts) 3)}}…{{/if}}"),
    inline("lt", (2, 2), "{{#if (lt (len facts) 3)}}…{{/if}}"),
    inline("lte", (2, 2), "{{#if (lte (len facts) 3)}}…{{/if}}"),
    inline("and", (2, 8), "{{#if (and audience tone)}}…{{/if}}"),
    inline("or", (2, 8), "{{#if (or audience tone)}}…{{/if}}"),
    inline("not", (1, 1), "{{#if (not facts)}}…{{/if}}"),
];

/// The helper of this name.
pub(super) fn helper(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}

/// A registry with these helpers and no others, strict and unescaped.
pub(super) fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    // Prompts are plain text: an escaped `&` would reach the model as `&amp;`.
    registry.register_escape_fn(no_escape);
    registry.register_helper("join", Box::new(join));
    registry.register_helper("default", Box::new(default));
    for name in ["with", "lookup", "raw", "log"] {
        registry.unregister_helper(name);
    }
    registry
}

handlebars_helper!(join: |list: array, separator: str| {
    let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    texts.join(separator)
});

handlebars_helper!(default: |value: Json, fallback: Json| {
    let missing = value.is_null() || value.as_str().is_some_and(str::is_empty);
    if missing { fallback.clone() } else { value.clone() }
});

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(body: &str) -> String {
        let brief = json!({"tags": ["a", "b & c"], "none": [], "tone": null, "note": "", "topic": "T", "kind": "ad"});
        registry().render_template(body, &brief).unwrap()
    }

    #[test]
    fn lists_are_joined_and_gaps_filled() {
        assert_eq!(
            render("{{join tags \"; \"}}|{{join none \"; \"}}"),
            "a; b & c|"
        );
        assert_eq!(
            render("{{default tone \"plain\"}} {{default note topic}} {{default topic \"x\"}}"),
            "plain T T"
        );
    }

    #[test]
    fn every_helper_named_here_exists_and_no_other() {
        let brief = json!({"audience": "a", "tone": "t", "facts": [], "tags": ["x"], "kind": "ad", "language": "en"});
        for helper in &HELPERS {
            let rendered = registry().render_template(helper.usage, &brief);
            assert!(rendered.is_ok(), "{}: {rendered:?}", helper.name);
        }
        for body in [
            "{{#with tone}}{{/with}}",
            "{{lookup facts 0}}",
            "{{log tone}}",
        ] {
            let error = registry().render_template(body, &brief).unwrap_err();
            assert!(error.to_string().contains("not found"), "{body}: {error}");
        }
    }
}
