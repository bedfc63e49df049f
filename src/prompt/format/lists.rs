//! Lists: their beginning, and their items as running text.

use icu_list::ListFormatter;
use icu_list::options::ListFormatterOptions;
use serde_json::Value;

use super::values::{locale, text, unchanged};

/// `join items ", "`: the texts with this between them.
pub(in crate::prompt) fn join(arguments: &[&Value], _: &Value) -> Value {
    let between = text(arguments.get(1));
    texts(arguments.first()).join(&between).into()
}

/// `list items "and"`, or `"or"`: `a, b and c` as the brief's language writes it (Unicode CLDR): the
/// word is the language's own, and the comma before it is there in `en` and `en-US`, not in `en-GB`.
pub(in crate::prompt) fn list(arguments: &[&Value], brief: &Value) -> Value {
    let items = texts(arguments.first());
    let options = ListFormatterOptions::default();
    let formatter = match text(arguments.get(1)).as_ref() {
        "or" => ListFormatter::try_new_or(locale(brief).into(), options),
        _ => ListFormatter::try_new_and(locale(brief).into(), options),
    };
    match formatter {
        Ok(formatter) => formatter.format(items.iter()).to_string().into(),
        Err(_) => items.join(", ").into(),
    }
}

/// `first items 5`: at most so many, from the front.
pub(in crate::prompt) fn first(arguments: &[&Value], _: &Value) -> Value {
    let most = arguments.get(1).and_then(|most| most.as_u64());
    match (arguments.first(), most) {
        (Some(Value::Array(items)), Some(most)) => {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            items.iter().take(most).cloned().collect()
        }
        (list, _) => unchanged(list),
    }
}

fn texts<'v>(list: Option<&&'v Value>) -> Vec<&'v str> {
    let items = list.and_then(|list| list.as_array());
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
