//! Every message about a template's body.

use super::{FRONT, body, refused};

#[test]
fn variables_are_checked_on_every_branch() {
    let messages = [
        body(r#"["topic"]"#, "{{topc}}"),
        body(r#"["topic"]"#, "{{topic}}\n{{#if lenght}}\nx\n{{/if}}"),
        body(r#"["facts"]"#, "{{#each fact as |f|}}{{f.label}}{{/each}}"),
        body(
            r#"["facts"]"#,
            "{{#each facts as |fact|}}\n- {{fact.lable}}\n{{/each}}",
        ),
        body(r#"["facts"]"#, "{{#each facts}}{{lable}}{{/each}}"),
        body(r#"["facts", "topic"]"#, "{{#each facts}}{{topic}}{{/each}}"),
        body(r#"["facts", "tags"]"#, "{{#each tags}}{{facts}}{{/each}}"),
        body(r#"["topic"]"#, "{{#if topic}}a{{else if tpic}}b{{/if}}"),
        body(r#"["topic"]"#, "{{#unless topic}}\n\n{{tone}}{{/unless}}"),
        body(r#"["topic", "tone"]"#, "{{topic}}"),
        body(r#"["topic", "tune"]"#, "{{topic}}"),
        body(r#"["topic"]"#, "{{topic}} {{headline}}"),
        body(r#"["topic"]"#, "{{topic}} {{topic.text}}"),
        body(r#"["facts"]"#, "{{facts.0.label}}"),
        body(r#"["topic"]"#, "{{topic}} {{@index}}"),
        body(
            r#"["facts", "topic"]"#,
            "{{#each facts}}{{../topic}}{{/each}}",
        ),
        body(r#"["topic"]"#, "{{{tpoic}}}"),
        body(r#"["topic"]"#, "{{default tpoic \"x\"}}"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.unknown_variable] news/t.hbs:10: `topc`: unknown variable (hint: did you mean `topic`?)
    [prompt.unknown_variable] news/t.hbs:11: `lenght`: unknown variable (hint: did you mean `length`?)
    [prompt.unknown_variable] news/t.hbs:10: `fact`: unknown variable (hint: did you mean `facts`?)
    [prompt.unknown_part] news/t.hbs:11: `fact.lable`: a fact has no `lable` (hint: did you mean `label`?)
    [prompt.unknown_part] news/t.hbs:10: `lable`: a fact has no `lable` (hint: did you mean `label`?)
    [prompt.unknown_part] news/t.hbs:10: `topic`: a fact has no `topic` (hint: inside `{{#each}}` plain names belong to the item; write `@root.topic`)
    [prompt.unknown_part] news/t.hbs:10: `facts`: text has no `facts` (hint: inside `{{#each}}` plain names belong to the item; write `@root.facts`)
    [prompt.unknown_variable] news/t.hbs:10: `tpic`: unknown variable (hint: did you mean `topic`?)
    [prompt.undeclared_variable] news/t.hbs:12: `tone`: used in the body, but not declared in `variables` (hint: add it to `variables`)
    [prompt.unused_variable] news/t.hbs:5: `tone`: declared in `variables`, but never used in the body (hint: use it, or drop it from `variables`)
    [prompt.unknown_variable] news/t.hbs:5: `tune`: a brief has no variable of this name (hint: did you mean `tone`?)
    [prompt.unknown_variable] news/t.hbs:10: `headline`: unknown variable (hint: known: `topic`, `kind`, `language`, `language_name`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `cta`, `channel`, `length`, `tags`, `note`)
    [prompt.unknown_part] news/t.hbs:10: `topic.text`: text has no `text` (hint: it has no parts)
    [prompt.unknown_part] news/t.hbs:10: `facts.0.label`: a list has no `0` (hint: go through it with `{{#each}}`)
    [prompt.unknown_variable] news/t.hbs:10: `@index`: unknown variable (hint: `@index`, `@first` and `@last` are known inside `{{#each}}`)
    [prompt.unsupported] news/t.hbs:10: `../topic`: `../` is not supported here (hint: a variable of the brief is `@root.topic` wherever you are)
    [prompt.unknown_variable] news/t.hbs:10: `tpoic`: unknown variable (hint: did you mean `topic`?)
    [prompt.unknown_variable] news/t.hbs:10: `tpoic`: unknown variable (hint: did you mean `topic`?)
    "#);
}

#[test]
fn values_are_used_as_what_they_are() {
    let messages = [
        body(r#"["facts"]"#, "{{facts}}"),
        body(r#"["length"]"#, "{{length}}"),
        body(r#"["length"]"#, "{{#if length}}x{{/if}}"),
        body(r#"["topic"]"#, "{{#each topic}}x{{/each}}"),
        body(r#"["kind"]"#, "{{eq kind \"news\"}}"),
        body(r#"["facts"]"#, "{{#each facts as |one|}}{{one}}{{/each}}"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.shape] news/t.hbs:10: `facts`: is a list, so it cannot be printed as it is (hint: write `{{#each … as |item|}}`, or `{{join … ", "}}` for a list of texts)
    [prompt.shape] news/t.hbs:10: `length`: is a length, so it cannot be printed as it is (hint: print one of its parts, such as `{{fact.label}}`)
    [prompt.shape] news/t.hbs:10: `length`: is a length, so it cannot be tested, because it is always there (hint: test one of its parts, such as `length.max_words`)
    [prompt.shape] news/t.hbs:10: `topic`: is text, so it cannot be gone through with `{{#each}}` (hint: the lists are `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `tags`)
    [prompt.shape] news/t.hbs:10: `eq`: is true or false, so it cannot be printed as it is (hint: test it with `{{#if (…)}}`)
    [prompt.shape] news/t.hbs:10: `one`: is a fact, so it cannot be printed as it is (hint: print one of its parts, such as `{{fact.label}}`)
    "#);
}

#[test]
fn helpers_and_partials_have_to_exist() {
    let messages = [
        body(r#"["tags"]"#, "{{jion tags \", \"}}"),
        body(r#"["tags"]"#, "{{upper tags}}"),
        body(r#"["tags"]"#, "{{#ech tags}}x{{/ech}}"),
        body(r#"["topic"]"#, "{{#topic}}x{{/topic}}"),
        body(r#"["topic"]"#, "{{#with topic}}x{{/with}}"),
        body(r#"["tags"]"#, "{{join tags}}"),
        body(r#"["facts"]"#, "{{join facts \", \"}}"),
        body(r#"["facts"]"#, "{{default facts \"x\"}}"),
        body(r#"["topic"]"#, "{{#if}}x{{/if}}"),
        body(r#"["topic"]"#, "{{#if topic includeZero=true}}x{{/if}}"),
        body(r#"["topic"]"#, "{{#if (if topic)}}x{{/if}}"),
        body(r#"["topic"]"#, "{{topic}}\n{{> _fact}}"),
        refused(&[
            (
                "news/t.hbs",
                &format!("{FRONT}{{{{topic}}}}{{{{> _fact}}}}"),
            ),
            ("_facts.hbs", "x"),
        ]),
        refused(&[
            ("news/t.hbs", &format!("{FRONT}{{{{> _a}}}}")),
            ("_a.hbs", "\n{{> _b}}"),
            ("_b.hbs", "{{> _a}}"),
        ]),
        refused(&[
            ("news/t.hbs", &format!("{FRONT}{{{{> _a}}}}")),
            ("_a.hbs", "\n{{tpoic}}"),
        ]),
        body(r#"["topic"]"#, "{{> _a topic}}"),
        body(r#"["topic"]"#, "{{#> _a}}x{{/_a}}"),
        body(r#"["topic"]"#, "{{#*inline \"a\"}}x{{/inline}}"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.unknown_helper] news/t.hbs:10: `jion`: unknown helper (hint: did you mean `join`?)
    [prompt.unknown_helper] news/t.hbs:10: `upper`: unknown helper (hint: known: `if`, `unless`, `each`, `fact`, `as_of`, `fact_line`, `values`, `join`, `list`, `first`, `number`, `round`, `percent`, `date`, `plural`, `upper_first`, `lower`, `truncate_words`, `compare`, `direction`, `default`, `len`, `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `and`, `or`, `not`)
    [prompt.unknown_helper] news/t.hbs:10: `ech`: unknown helper (hint: did you mean `each`?)
    [prompt.unknown_helper] news/t.hbs:10: `topic`: unknown helper (hint: write `{{#if topic}}…{{/if}}`)
    [prompt.unknown_helper] news/t.hbs:10: `with`: unknown helper (hint: known: `if`, `unless`, `each`)
    [prompt.helper_call] news/t.hbs:10: `join`: called with other arguments than it takes (hint: write `{{join tags ", "}}`)
    [prompt.helper_call] news/t.hbs:10: `join`: called with other arguments than it takes (hint: write `{{join tags ", "}}`)
    [prompt.helper_call] news/t.hbs:10: `default`: called with other arguments than it takes (hint: write `{{default audience "everyone"}}`)
    [prompt.helper_call] news/t.hbs:10: `if`: called with other arguments than it takes (hint: write `{{#if audience}}…{{/if}}`)
    [prompt.helper_call] news/t.hbs:10: `if`: called with other arguments than it takes (hint: write `{{#if audience}}…{{/if}}`)
    [prompt.helper_call] news/t.hbs:10: `if`: called with other arguments than it takes (hint: write `{{#if audience}}…{{/if}}`)
    [prompt.unknown_partial] news/t.hbs:11: `_fact`: unknown partial (hint: known: none)
    [prompt.unknown_partial] news/t.hbs:10: `_fact`: unknown partial (hint: did you mean `_facts`?)
    [prompt.partial_cycle] _b.hbs:1: `_a`: the partial includes itself: _a → _b → _a (hint: take one of these out of the circle)
    [prompt.unknown_variable] _a.hbs:2: `tpoic`: unknown variable (hint: did you mean `topic`?)
    [prompt.unsupported] news/t.hbs:10: `_a`: a partial with arguments is not supported here (hint: a partial sees what its includer sees; write `{{> name}}`)
    [prompt.unsupported] news/t.hbs:10: a partial block or decorator is not supported here (hint: put the text into a file of its own, such as `_facts.hbs`, and write `{{> _facts}}`)
    [prompt.unsupported] news/t.hbs:10: a partial block or decorator is not supported here (hint: put the text into a file of its own, such as `_facts.hbs`, and write `{{> _facts}}`)
    "#);
}

#[test]
fn helpers_take_what_they_are_made_for() {
    let facts = r#"["facts", "topic", "tags"]"#;
    let all = "{{topic}}{{join tags \" \"}}{{#each facts as |f|}}{{f.value}}{{/each}}";
    let mut messages: Vec<String> = [
        "{{fact facts}}",
        "{{as_of}}",
        "{{fact_line tags}}",
        "{{values \"Feature\"}}",
        "{{list tags \"und\"}}",
        "{{list facts \"and\"}}",
        "{{#each (first facts 0) as |f|}}x{{/each}}",
        "{{#each (first topic 3) as |f|}}x{{/each}}",
        "{{number tags}}",
        "{{round topic 1.5}}",
        "{{percent topic -1}}",
        "{{date topic \"%Q\"}}",
        "{{date topic \"%H:%M %Z\"}}",
        "{{plural (len facts) \"fact\"}}",
        "{{upper_first tags}}",
        "{{lower}}",
        "{{truncate_words topic}}",
        "{{compare topic topic \"above\" \"below\"}}",
        "{{direction topic}}",
        "{{#fact \"x\"}}y{{/fact}}",
    ]
    .iter()
    .map(|call| body(facts, &format!("{call}{all}")))
    .collect();
    messages.push(body(r#"["topic"]"#, "{{topic}}{{fact \"Depth\"}}"));
    messages.push(body(
        r#"["topic"]"#,
        "{{topic}}{{#each (first facts 2) as |f|}}x{{/each}}",
    ));
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.helper_call] news/t.hbs:10: `fact`: called with other arguments than it takes (hint: write `{{fact "Population"}}`)
    [prompt.helper_call] news/t.hbs:10: `as_of`: called with other arguments than it takes (hint: write `{{as_of "Population"}}`)
    [prompt.helper_call] news/t.hbs:10: `fact_line`: called with other arguments than it takes (hint: write `{{fact_line "Population"}}`)
    [prompt.shape] news/t.hbs:10: `values`: is a list, so it cannot be printed as it is (hint: write `{{#each … as |item|}}`, or `{{join … ", "}}` for a list of texts)
    [prompt.helper_call] news/t.hbs:10: `list`: called with other arguments than it takes (hint: write `{{list tags "and"}}`)
    [prompt.helper_call] news/t.hbs:10: `list`: called with other arguments than it takes (hint: write `{{list tags "and"}}`)
    [prompt.helper_call] news/t.hbs:10: `first`: called with other arguments than it takes (hint: write `{{#each (first facts 5) as |fact|}}…{{/each}}`)
    [prompt.helper_call] news/t.hbs:10: `first`: called with other arguments than it takes (hint: write `{{#each (first facts 5) as |fact|}}…{{/each}}`)
    [prompt.helper_call] news/t.hbs:10: `number`: called with other arguments than it takes (hint: write `{{number (fact "Population")}}`)
    [prompt.helper_call] news/t.hbs:10: `round`: called with other arguments than it takes (hint: write `{{round (fact "Magnitude") 1}}`)
    [prompt.helper_call] news/t.hbs:10: `percent`: called with other arguments than it takes (hint: write `{{percent (fact "Share") 1}}`)
    [prompt.helper_call] news/t.hbs:10: `date`: called with other arguments than it takes (hint: write `{{date (as_of "Population") "%-d %B %Y"}}`)
    [prompt.helper_call] news/t.hbs:10: `date`: called with other arguments than it takes (hint: write `{{date (as_of "Population") "%-d %B %Y"}}`)
    [prompt.helper_call] news/t.hbs:10: `plural`: called with other arguments than it takes (hint: write `{{plural (len facts) "fact" "facts"}}`)
    [prompt.helper_call] news/t.hbs:10: `upper_first`: called with other arguments than it takes (hint: write `{{upper_first topic}}`)
    [prompt.helper_call] news/t.hbs:10: `lower`: called with other arguments than it takes (hint: write `{{lower topic}}`)
    [prompt.helper_call] news/t.hbs:10: `truncate_words`: called with other arguments than it takes (hint: write `{{truncate_words topic 12}}`)
    [prompt.helper_call] news/t.hbs:10: `compare`: called with other arguments than it takes (hint: write `{{compare (fact "Earnings") (fact "Expected") "above" "below" "level with"}}`)
    [prompt.helper_call] news/t.hbs:10: `direction`: called with other arguments than it takes (hint: write `{{direction (fact "Growth") "rose" "fell" "did not change"}}`)
    [prompt.unknown_helper] news/t.hbs:10: `fact`: unknown helper (hint: did you mean `each`?)
    [prompt.undeclared_variable] news/t.hbs:10: `facts`: used in the body, but not declared in `variables` (hint: add it to `variables`)
    [prompt.undeclared_variable] news/t.hbs:10: `facts`: used in the body, but not declared in `variables` (hint: add it to `variables`)
    "#);
}

#[test]
fn syntax_errors_name_the_line_of_the_file() {
    let messages = [
        body(r#"["topic"]"#, "a\n{{#if topic}}\nb\n"),
        body(r#"["topic"]"#, "{{#if topic}}\nb\n{{/each}}"),
        body(r#"["topic"]"#, "b\n{{/if}}"),
        body(r#"["topic"]"#, "a\n{{topic"),
        body(r#"["topic"]"#, "{{!-- a note"),
        body(r#"["topic"]"#, "{{topic}}\nx {{topic |}} y"),
        body(r#"["topic"]"#, "{{}}"),
        body(r#"["topic"]"#, "{{#if (eq topic}}x{{/if}}"),
        refused(&[
            ("news/t.hbs", &format!("{FRONT}{{{{topic}}}}")),
            ("_a.hbs", "{{#if x}}"),
        ]),
        body(r#"[]"#, "\n\n"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [prompt.block] news/t.hbs:11: the block `{{#if}}` that starts here is never closed (hint: close it with `{{/if}}`)
    [prompt.block] news/t.hbs:12: `{{/each}}` closes the block `{{#if}}` of line 10 (hint: write `{{/if}}` first)
    [prompt.block] news/t.hbs:11: `{{/if}}` closes a block that is not open (hint: open it with `{{#if …}}`, or drop it)
    [prompt.block] news/t.hbs:11: a tag that starts with `{{` is never closed (hint: close it with `}}`)
    [prompt.block] news/t.hbs:10: a tag that starts with `{{` is never closed (hint: close it with `--}}`)
    [prompt.syntax] news/t.hbs:11: does not parse as Handlebars at column 11, near `|}} y` (hint: look for a missing brace or quote)
    [prompt.syntax] news/t.hbs:10: does not parse as Handlebars at column 3, near `}}` (hint: look for a missing brace or quote)
    [prompt.syntax] news/t.hbs:10: does not parse as Handlebars at column 16, near `}}x{{/if}}` (hint: look for a missing brace or quote)
    [prompt.block] _a.hbs:1: the block `{{#if}}` that starts here is never closed (hint: close it with `{{/if}}`)
    [prompt.empty] news/t.hbs:10: the body renders to nothing (hint: write what the model is asked below the second `+++`)
    "#);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        failure_persistence: None, cases: 300, ..Default::default()
    })]

    /// Whatever stands in a body, the loader answers with a template or a message.
    #[test]
    fn no_body_makes_the_loader_panic(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "{{", "}}", "{{{", "}}}", "{{{{", "}}}}", "#if ", "/if", "{{#if topic}}", "{{/if}}",
            "{{else}}", "{{^}}", "{{#each facts as |f i|}}", "{{/each}}", "{{f.label}}", "{{i}}",
            "{{this}}", "{{label}}", "{{default topic ", "{{#if (eq topic @root.topic)}}",
            "{{len facts}}", "{{#each facts}}", "topic", "facts", " ", "\n", "~", "(", ")", "|",
            "as", "\"", "'", "=", "@root.", "@index", "../", "this", ".", "[", "]", "!--", "--",
            "!", ">", "*", "\\", "é", "0", "join ", "{{else if topic}}", "{{> _x}}", "\r\n",
            "+++\n",
        ]), 0..12),
    ) {
        // Every variable is used, so that what parses is also tried on the probes.
        let all = format!("{}{{{{topic}}}}{{{{#each facts}}}}x{{{{/each}}}}", parts.concat());
        let answer = body(r#"["topic", "facts"]"#, &all);
        proptest::prop_assert!(!answer.contains("prompt.render"), "{all:?}: {answer}");
    }
}

#[test]
fn what_a_partial_needs_is_asked_of_the_template_that_includes_it() {
    let text = |variables: &str| {
        let front = FRONT.replace(r#"["topic"]"#, variables);
        format!("{front}{{{{topic}}}}\n{{{{> _all}}}}")
    };
    let all = "{{#if topic}}x{{/if}}\n{{> news/_background}}";
    let background = "\n\n{{#each sources as |source|}}{{source.text}}{{/each}}";
    let refused = |variables: &str| {
        let text = text(variables);
        let partials = [("_all.hbs", all), ("news/_background.hbs", background)];
        refused(&[&[("news/t.hbs", text.as_str())], &partials[..]].concat())
    };
    assert_eq!(refused(r#"["topic", "sources"]"#), "loads");
    insta::assert_snapshot!(refused(r#"["topic"]"#), @"[prompt.undeclared_variable] news/t.hbs:11: `sources`: used by the partial `news/_background`, line 3, but not declared in `variables` (hint: add it to `variables`, or leave the partial out)");
}
