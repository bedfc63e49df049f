//! Every remark of the lint, and what calls for none.

use serde_json::json;

use super::{FRONT, brief, load};

fn remarks(front: &str, body: &str, briefs: &[serde_json::Value]) -> String {
    let text = format!("{front}{body}");
    let templates = load(&[("news/t.hbs", text.as_bytes())]).unwrap();
    let briefs: Vec<_> = briefs
        .iter()
        .map(|changes| brief(changes.clone()))
        .collect();
    let remarks = templates.get("news/t").unwrap().remarks(&briefs);
    let lines = remarks.iter().map(|remark| {
        format!(
            "{:?} [{}] {} ({})",
            remark.severity, remark.rule, remark.message, remark.hint
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn declared(variables: &str) -> String {
    FRONT.replace(r#"["topic"]"#, variables)
}

#[test]
fn holes_and_losses_name_the_briefs() {
    let briefs = [
        json!({"external_ref": "a", "audience": "drivers"}),
        json!({"external_ref": "b", "quotes": [{"id": "q", "text": "Stay in."}]}),
        json!({"external_ref": "c", "facts": []}),
    ];
    let messages = [
        remarks(
            &declared(r#"["facts", "audience"]"#),
            "For {{audience}}: {{#each facts as |f|}}{{f.value}}{{/each}}",
            &briefs,
        ),
        remarks(
            &declared(r#"["facts", "audience", "quotes"]"#),
            "{{#if (and audience facts)}}For {{audience}}: {{fact \"Depth\"}}{{/if}}{{default audience \"all\"}}{{len quotes}}",
            &briefs,
        ),
        remarks(&declared(r#"["topic"]"#), "{{topic}}", &[]),
    ];
    insta::assert_snapshot!(messages.join("\n--\n"), @"
    Error [variable.missing] `audience` is printed without a test, and 2 of 3 sample briefs lack it: b, c (put it between `{{#if …}}` and `{{/if}}`, or give it a `default`)
    Warn [variable.unused] `quotes` is never used, and 1 of 3 sample briefs has it: b (use it, or what those briefs say there is never written)
    --

    --
    Warn [briefs.none] no sample brief is of its kinds: variables were not checked (give it some of its kinds)
    ");
}

#[test]
fn an_example_keeps_its_own_rules() {
    let with = |keys: &str, output: &str| {
        let front = FRONT
            .replace("system", &format!("{keys}\nsystem"))
            .replace("It rained.", output);
        remarks(&front, "{{topic}} of 1968", &[json!({"facts": []})])
    };
    let messages = [
        with("min_words = 5", "It rained."),
        with("max_words = 1", "It rained."),
        with("stop = [\"\\n\", \"rain\"]", "It rained."),
        with("", "It rained 4 days in 1968."),
        with("min_words = 1\nmax_words = 9", "It rained in 1968."),
    ];
    insta::assert_snapshot!(messages.join("\n--\n"), @r#"
    Error [example.length] example 1 has 2 words, under its own 5 (the model writes as much as the example does)
    --
    Error [example.length] example 1 has 2 words, over its own 1 (the model writes as much as the example does)
    --
    Error [example.stop] example 1 holds the stop text "rain" (a draft that follows it is cut off there)
    --
    Warn [example.number] example 1 says 4, which its brief does not (the model learns from it to add numbers)
    --
    "#);
}
