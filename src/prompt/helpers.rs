//! The helpers that templates may call, what each takes, and what it gives.
//!
//! What Handlebars brings for conditions, and ours for facts, lists, numbers, dates and words
//! (`format`). The others it brings are taken out of the registry, because the checker cannot follow
//! them (`lookup`, `with`) or they write to a log (`log`).

use handlebars::{
    Context, Handlebars, Helper as Call, HelperDef, RenderContext, RenderError, ScopedJson,
};
use serde_json::Value;

use super::format::{self, Function};
use super::printed;
use super::shape::Shape;

/// A helper's name and how it is called.
#[derive(Debug)]
pub(super) struct Helper {
    pub name: &'static str,
    /// Whether it wraps a part of the body.
    pub block: bool,
    /// What it takes; the last `optional` ones may be left out.
    takes: &'static [Takes],
    optional: usize,
    gives: Gives,
    /// An example, for messages.
    pub usage: &'static str,
    /// Ours; none where it is Handlebars' own.
    function: Option<Function>,
}

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Takes {
    Any,
    /// Text or a number.
    Plain,
    Text,
    List,
    Texts,
    /// A fact, or the id or label of one.
    Fact,
    /// A whole number from 1, written out.
    Count,
    /// A whole number from 0 to 9, written out.
    Digits,
    /// `"and"` or `"or"`, written out.
    Junction,
    /// A date format, written out.
    Format,
}

/// What a helper's value is.
#[derive(Debug, Clone, Copy)]
enum Gives {
    Text,
    Number,
    Truth,
    Texts,
    /// What its first argument is.
    First,
}

const fn block(name: &'static str, usage: &'static str) -> Helper {
    Helper {
        name,
        block: true,
        takes: &[Takes::Any],
        optional: 0,
        gives: Gives::Text,
        usage,
        function: None,
    }
}

const fn test(
    name: &'static str,
    takes: &'static [Takes],
    optional: usize,
    usage: &'static str,
) -> Helper {
    Helper {
        name,
        block: false,
        takes,
        optional,
        gives: Gives::Truth,
        usage,
        function: None,
    }
}

const fn text(
    name: &'static str,
    takes: &'static [Takes],
    optional: usize,
    usage: &'static str,
    function: Function,
) -> Helper {
    Helper {
        name,
        block: false,
        takes,
        optional,
        gives: Gives::Text,
        usage,
        function: Some(function),
    }
}

const TWO: &[Takes] = &[Takes::Any; 2];
const MANY: &[Takes] = &[Takes::Any; 8];
const NAMED: &[Takes] = &[Takes::Text];
const PLAIN: &[Takes] = &[Takes::Plain];
const ROUNDED: &[Takes] = &[Takes::Plain, Takes::Digits];

/// Every helper.
pub(super) static HELPERS: [Helper; 31] = [
    block("if", "{{#if audience}}…{{/if}}"),
    block("unless", "{{#unless facts}}…{{/unless}}"),
    block("each", "{{#each facts as |fact|}}…{{/each}}"),
    text("fact", NAMED, 0, "{{fact \"Population\"}}", format::fact),
    text("as_of", NAMED, 0, "{{as_of \"Population\"}}", format::as_of),
    text(
        "fact_line",
        &[Takes::Fact],
        0,
        "{{fact_line \"Population\"}}",
        format::fact_line,
    ),
    Helper {
        gives: Gives::Texts,
        ..text(
            "values",
            NAMED,
            0,
            "{{join (values \"Feature\") \", \"}}",
            format::values,
        )
    },
    text(
        "join",
        &[Takes::Texts, Takes::Text],
        0,
        "{{join tags \", \"}}",
        format::join,
    ),
    text(
        "list",
        &[Takes::Texts, Takes::Junction],
        0,
        "{{list tags \"and\"}}",
        format::list,
    ),
    Helper {
        gives: Gives::First,
        ..text(
            "first",
            &[Takes::List, Takes::Count],
            0,
            "{{#each (first facts 5) as |fact|}}…{{/each}}",
            format::first,
        )
    },
    text(
        "number",
        PLAIN,
        0,
        "{{number (fact \"Population\")}}",
        format::number,
    ),
    text(
        "round",
        ROUNDED,
        1,
        "{{round (fact \"Magnitude\") 1}}",
        format::round,
    ),
    text(
        "percent",
        ROUNDED,
        1,
        "{{percent (fact \"Share\") 1}}",
        format::percent,
    ),
    text(
        "date",
        &[Takes::Text, Takes::Format],
        1,
        "{{date (as_of \"Population\") \"%-d %B %Y\"}}",
        format::date,
    ),
    text(
        "plural",
        &[Takes::Plain, Takes::Text, Takes::Text],
        0,
        "{{plural (len facts) \"fact\" \"facts\"}}",
        format::plural,
    ),
    text(
        "upper_first",
        NAMED,
        0,
        "{{upper_first topic}}",
        format::upper_first,
    ),
    text("lower", NAMED, 0, "{{lower topic}}", format::lower),
    text(
        "truncate_words",
        &[Takes::Text, Takes::Count],
        0,
        "{{truncate_words topic 12}}",
        format::truncate_words,
    ),
    text(
        "compare",
        &[
            Takes::Plain,
            Takes::Plain,
            Takes::Text,
            Takes::Text,
            Takes::Text,
        ],
        0,
        "{{compare (fact \"Earnings\") (fact \"Expected\") \"above\" \"below\" \"level with\"}}",
        format::compare,
    ),
    text(
        "direction",
        &[Takes::Plain, Takes::Text, Takes::Text, Takes::Text],
        0,
        "{{direction (fact \"Growth\") \"rose\" \"fell\" \"did not change\"}}",
        format::direction,
    ),
    Helper {
        gives: Gives::First,
        ..text(
            "default",
            &[Takes::Plain, Takes::Any],
            0,
            "{{default audience \"everyone\"}}",
            default,
        )
    },
    Helper {
        gives: Gives::Number,
        ..test("len", &[Takes::Any], 0, "{{len facts}}")
    },
    test("eq", TWO, 0, "{{#if (eq kind \"news\")}}…{{/if}}"),
    test("ne", TWO, 0, "{{#if (ne language \"en\")}}…{{/if}}"),
    test("gt", TWO, 0, "{{#if (gt (len facts) 3)}}…{{/if}}"),
    test("gte", TWO, 0, "{{#if (gte (len facts) 3)}}…{{/if}}"),
    test("lt", TWO, 0, "{{#if (lt (len facts) 3)}}…{{/if}}"),
    test("lte", TWO, 0, "{{#if (lte (len facts) 3)}}…{{/if}}"),
    test("and", MANY, 6, "{{#if (and audience tone)}}…{{/if}}"),
    test("or", MANY, 6, "{{#if (or audience tone)}}…{{/if}}"),
    test("not", &[Takes::Any], 0, "{{#if (not facts)}}…{{/if}}"),
];

/// The helper of this name.
pub(super) fn helper(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}

impl Helper {
    /// What a call gives, or nothing where it is called with what it does not take. Each argument
    /// comes with the value it is written as, where it is written out.
    pub(super) fn gives(&self, arguments: &[(Shape, Option<&Value>)]) -> Option<Shape> {
        let fewest = self.takes.len() - self.optional;
        let fits = (fewest..=self.takes.len()).contains(&arguments.len())
            && self
                .takes
                .iter()
                .zip(arguments)
                .all(|(takes, (shape, written))| takes.fit(*shape, *written));
        fits.then(|| match self.gives {
            Gives::Text => Shape::Text,
            Gives::Number => Shape::Number,
            Gives::Truth => Shape::Truth,
            Gives::Texts => Shape::List(&Shape::Text),
            Gives::First => arguments.first().map_or(Shape::Text, |(shape, _)| *shape),
        })
    }

    /// Whether it looks into the brief's facts by itself, so that `facts` has to be declared.
    pub(super) fn reads_facts(&self) -> bool {
        matches!(self.name, "fact" | "as_of" | "values" | "fact_line")
    }
}

impl Takes {
    fn fit(self, shape: Shape, written: Option<&Value>) -> bool {
        let whole = written.and_then(Value::as_u64);
        let word = written.and_then(Value::as_str);
        match self {
            Self::Any => true,
            Self::Plain => matches!(shape, Shape::Text | Shape::Number),
            Self::Text => shape == Shape::Text,
            Self::List => matches!(shape, Shape::List(_)),
            Self::Texts => shape == Shape::List(&Shape::Text),
            Self::Fact => shape == Shape::Text || shape.noun() == "a fact",
            Self::Count => whole.is_some_and(|count| count > 0),
            Self::Digits => whole.is_some_and(|digits| digits < 10),
            Self::Junction => matches!(word, Some("and" | "or")),
            Self::Format => word.is_some_and(format::is_format),
        }
    }
}

/// A registry with these helpers and no others, strict, and with values marked instead of escaped.
pub(super) fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    // Prompts are plain text: an escaped `&` would reach the model as `&amp;`.
    registry.register_escape_fn(printed::marked);
    for helper in &HELPERS {
        if let Some(function) = helper.function {
            registry.register_helper(helper.name, Box::new(Ours(function)));
        }
    }
    for name in ["with", "lookup", "raw", "log"] {
        registry.unregister_helper(name);
    }
    registry
}

/// A function as Handlebars calls it: with its arguments, and the brief that is rendered.
struct Ours(Function);

impl HelperDef for Ours {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        _: &'reg Handlebars<'reg>,
        brief: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let arguments: Vec<&Value> = call.params().iter().map(|param| param.value()).collect();
        Ok((self.0)(&arguments, brief.data()).into())
    }
}

fn default(arguments: &[&Value], _: &Value) -> Value {
    let missing = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_empty);
    let given = arguments.iter().find(|value| !missing(value));
    given
        .or(arguments.last())
        .copied()
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(body: &str) -> String {
        let brief = json!({"tags": ["a", "b & c"], "none": [], "tone": null, "note": "", "topic": "T", "kind": "ad"});
        let rendered = registry().render_template(body, &brief).unwrap();
        printed::Printed::read(&rendered).text
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
        let brief = json!({"topic": "t", "audience": "a", "tone": "t", "facts": [], "tags": ["x"], "kind": "ad", "language": "en"});
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
