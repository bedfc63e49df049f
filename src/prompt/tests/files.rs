//! Every message about a template's file and front matter, and about asking for a template.

use std::path::Path;

use serde_json::json;

use super::super::{Fault, Templates};
use super::{FRONT, brief, load, refused, shown};

#[test]
fn an_example_may_have_the_ids_and_must_includes_of_a_whole_brief() {
    let with = |brief: &str| FRONT.replacen("{ topic = \"Rain\" }", brief, 1) + "{{topic}}";
    let whole = r#"{ topic = "Rain", facts = [{ label = "a", value = "1" }, { id = "f1", label = "b", value = "2", aliases = ["c"], source = "s1" }],
        quotes = [{ id = "q7", text = "Hm." }], sources = [{ text = "x" }], must_include = ["3-1", { fact = "f1" }, { any_of = ["a", "b"] }] }"#;
    let short =
        r#"{ topic = "Rain", facts = [{ label = "a", value = "1" }], must_include = ["3-1"] }"#;
    for brief in [whole, short] {
        assert!(
            load(&[("news/t.hbs", with(brief).as_bytes())]).is_ok(),
            "{brief}"
        );
    }
    let messages = [
        r#"{ topic = "Rain", facts = [{ id = "x", label = "a", value = "1" }, { id = "x", label = "b", value = "2" }] }"#,
        r#"{ topic = "Rain", facts = [{ label = "a", value = "1" }], must_include = [{ fact = "f2" }] }"#,
        r#"{ topic = "Rain", must_include = [{ fcat = "f1" }] }"#,
        r#"{ topic = "Rain", must_include = [3] }"#,
    ]
    .map(|brief| refused(&[("news/t.hbs", &with(brief))]));
    insta::assert_snapshot!(messages.join("\n"), @"
    [prompt.value] news/t.hbs:6: `example[0].brief.facts[1].id`: must be an id that no other entry of the list has, given `x` (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:6: `example[0].brief.must_include[0].fact`: no fact of the example has the id `f2` (hint: did you mean `f1`?)
    [prompt.front_matter] news/t.hbs:7: `example[0].brief.must_include[0].fcat`: unknown key (hint: did you mean `fact`?)
    [prompt.front_matter] news/t.hbs:7: `example[0].brief.must_include[0]`: must be a text or a table, given integer `3` (hint: see the templates that ship with Nightdesk for an example)
    ");
}

#[test]
fn front_matter_is_explained() {
    let with = |from: &str, to: &str| {
        refused(&[(
            "news/t.hbs",
            &format!("{}{{{{topic}}}}", FRONT.replacen(from, to, 1)),
        )])
    };
    let messages = [
        refused(&[("news/t.hbs", "Write about {{topic}}.")]),
        refused(&[("news/t.hbs", "+++\ndescription = \"d\"\n")]),
        with("description", "descripton"),
        with("description = \"d\"\n", ""),
        with("[\"news\"]", "\"news\""),
        with("[\"news\"]", "[\"newz\"]"),
        with("[\"news\"]", "[]"),
        with("\"You write.\"", "\"\""),
        with("\"You write.\"", "\"You"),
        with("\"You write.\"", "3"),
        with("system", "max_words = -1\nsystem"),
        with("system", "min_words = 9\nmax_words = 3\nsystem"),
        with("system", "stop = [\"\"]\nsystem"),
        with("{ topic = \"Rain\" }", "{ topic = \"Rain\", factz = [] }"),
        with(
            "{ topic = \"Rain\" }",
            "{ topic = \"Rain\", facts = [\n{ label = \"a\", value = \"1\" },\n{ label = \"a\", value = 1 } ] }",
        ),
        with("output = \"It rained.\"", ""),
        with("It rained.", " "),
        with(
            "[[example]]\nbrief = { topic = \"Rain\" }\noutput = \"It rained.\"\n",
            "",
        ),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.front_matter_missing] news/t.hbs:1: expected the line `+++`, given `Write about {{topic}}.` (hint: a template starts with TOML between two lines `+++`)
    [prompt.front_matter_missing] news/t.hbs:1: the front matter that starts here has no closing line `+++` (hint: close it with a line `+++` above the body)
    [prompt.front_matter] news/t.hbs:2: `descripton`: unknown key (hint: did you mean `description`?)
    [prompt.front_matter] news/t.hbs:2: `description`: required, but missing (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:3: `kinds`: must be a list, given string "news" (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:3: `kinds`: unknown value `newz` (hint: did you mean `news`?)
    [prompt.value] news/t.hbs:3: `kinds`: must be a list of at least one kind, given none (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:4: `system`: must be text that is not blank, given none (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:4: is not TOML: invalid basic string, expected `"` (hint: texts over several lines stand between `"""`)
    [prompt.front_matter] news/t.hbs:4: `system`: must be a string, given integer `3` (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:4: `max_words`: must be a whole number, 0 or more, given integer `-1` (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:4: `min_words`: must be at most `max_words`, given 9, above 3 (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:4: `stop`: must be texts that are not empty, given an empty one (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:7: `example[0].brief.factz`: unknown key (hint: did you mean `facts`?)
    [prompt.front_matter] news/t.hbs:9: `example[0].brief.facts[1].value`: must be a string, given integer `1` (hint: see the templates that ship with Nightdesk for an example)
    [prompt.front_matter] news/t.hbs:6: `example[0].output`: required, but missing (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:6: `example[0].output`: must be text that is not blank, given none (hint: see the templates that ship with Nightdesk for an example)
    [prompt.value] news/t.hbs:2: `example`: must be at least one worked example, `[[example]]`, given none (hint: see the templates that ship with Nightdesk for an example)
    "#);
}

#[test]
fn files_are_explained() {
    let template = format!("{FRONT}{{{{topic}}}}");
    let latin: &[u8] = b"+++\ncaf\xE9";
    let messages = [
        refused(&[("t.hbs", &template)]),
        refused(&[("news/deep/t.hbs", &template)]),
        refused(&[("news/_t.hbs", &template)]),
        shown(&load(&[("news/t.hbs", latin)]).unwrap_err()),
        shown(&Templates::load(Path::new("/nowhere/prompts")).unwrap_err()),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.misplaced] t.hbs: expected in a folder of the prompts folder, such as `news/explainer.hbs` (hint: move it into the folder of its kind, or start its name with `_` if it is a partial)
    [prompt.misplaced] news/deep/t.hbs: expected in a folder of the prompts folder, such as `news/explainer.hbs` (hint: move it into the folder of its kind, or start its name with `_` if it is a partial)
    [prompt.partial_front_matter] news/_t.hbs:1: a partial has no front matter, given the line `+++` (hint: keep only the text to include, or drop the `_` if it is a template)
    [prompt.not_utf8] news/t.hbs: is not UTF-8: byte 8 cannot be read as text (hint: save it as UTF-8)
    [prompt.read] nowhere/prompts: cannot be read: No such file or directory (os error 2) (hint: check that it exists and may be read; the configuration names the prompts folder)
    "#);
    assert_eq!(
        refused(&[
            ("news/.t.hbs.swp", "x"),
            ("news/.x.hbs", "x"),
            ("README.md", "x")
        ]),
        "loads"
    );
    assert_eq!(
        refused(&[(
            "news/t.hbs",
            &format!("\u{feff}{}", template.replace('\n', "\r\n"))
        )]),
        "loads"
    );
}

#[test]
fn asking_for_what_is_not_there_is_explained() {
    let text = format!("{FRONT}{{{{topic}}}}");
    let templates = load(&[
        ("news/explainer.hbs", text.as_bytes()),
        ("news/brief.hbs", text.as_bytes()),
    ])
    .unwrap();
    let messages = [
        templates.get("news/explaner").unwrap_err(),
        templates.get("ode").unwrap_err(),
        load(&[]).unwrap().get("news/t").unwrap_err(),
        templates
            .get("news/brief")
            .unwrap()
            .render(&brief(json!({"kind": "ad"})))
            .unwrap_err(),
    ];
    let messages: Vec<String> = messages
        .iter()
        .map(|error| error.problem().to_string())
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    no template is named `news/explaner`

    hint: did you mean `news/explainer`?
    no template is named `ode`

    hint: known: `news/brief`, `news/explainer`
    no template is named `news/t`

    hint: known: none
    template `news/brief` drafts `news`, the brief `a` is of kind `ad`

    hint: select briefs of its kinds, or choose another template
    "#);
    let broken = Fault::Render {
        reason: "helper not found".to_owned(),
    }
    .at("t.hbs", 3, "");
    insta::assert_snapshot!(shown(&broken), @"[prompt.render] t.hbs:3: cannot be rendered: helper not found (hint: this is a defect of Nightdesk; please report it with the template)");
}
