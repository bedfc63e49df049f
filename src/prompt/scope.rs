//! What names mean at a place in a template: the item of the list around it, names given with
//! `as |…|`, the brief itself behind `@root`.

use super::error::Fault;
use super::shape::{BRIEF, Record, Shape};
use crate::domain::suggest;

/// The meaning of names at a place.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    this: Shape,
    /// Names given with `as |…|`, innermost last.
    names: Vec<(String, Shape)>,
    in_list: bool,
}

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Found {
    /// The variable of the brief that it starts from, where it does.
    pub variable: Option<&'static str>,
    pub shape: Shape,
}

impl Scope {
    /// At the top of a body.
    pub(super) fn brief() -> Self {
        Self {
            this: Shape::Record(&BRIEF),
            names: Vec::new(),
            in_list: false,
        }
    }

    /// Inside `{{#each}}`: plain names belong to the item; `names` are what `as |item index|` gives.
    pub(super) fn item(&self, item: Shape, names: Vec<String>) -> Self {
        let mut inner = self.clone();
        inner.this = item;
        inner.in_list = true;
        inner
            .names
            .extend(names.into_iter().zip([item, Shape::Number]));
        inner
    }

    /// Inside a partial: Handlebars hides the includer's `as |…|` names from it, and only those.
    pub(super) fn partial(&self) -> Self {
        Self {
            names: Vec::new(),
            ..self.clone()
        }
    }

    /// The shape of `@index`, `@first`, `@last`; `levels` counts the `../` in it.
    pub(super) fn local(&self, levels: usize, name: &str) -> Result<Shape, Fault> {
        match name {
            "index" if levels == 0 && self.in_list => Ok(Shape::Number),
            "first" | "last" if levels == 0 && self.in_list => Ok(Shape::Truth),
            _ => Err(Fault::UnknownVariable {
                hint: "`@index`, `@first` and `@last` are known inside `{{#each}}`".to_owned(),
            }),
        }
    }

    /// Follows a path such as `topic`, `fact.label`, `this` or `@root.topic`.
    pub(super) fn resolve(&self, path: &str) -> Result<Found, Fault> {
        if path.starts_with("..") {
            let hint = "a variable of the brief is `@root.topic` wherever you are";
            return Err(Fault::Unsupported {
                what: "`../`",
                hint,
            });
        }
        let from_root = path
            .strip_prefix("@root.")
            .or_else(|| path.strip_prefix("@root/"));
        let from_this = path
            .strip_prefix("this.")
            .or_else(|| path.strip_prefix("./"));
        let (start, rest) = match (from_root, from_this) {
            (Some(rest), _) => (Shape::Record(&BRIEF), rest),
            (None, Some(rest)) => (self.this, rest),
            (None, None) if path == "this" => (self.this, ""),
            (None, None) => {
                let (first, rest) = path.split_once(['.', '/']).unwrap_or((path, ""));
                match self.names.iter().rev().find(|(name, _)| name == first) {
                    Some((_, shape)) => (*shape, rest),
                    None => (self.this, path),
                }
            }
        };
        let mut found = Found {
            variable: None,
            shape: start,
        };
        for name in rest.split(['.', '/']).filter(|name| !name.is_empty()) {
            let owner = found.shape;
            let (name, shape) = part(owner, name)?;
            if owner == Shape::Record(&BRIEF) {
                found.variable = Some(name);
            }
            found.shape = shape;
        }
        Ok(found)
    }
}

fn part(owner: Shape, name: &str) -> Result<(&'static str, Shape), Fault> {
    let unknown = |hint: String| Fault::UnknownPart {
        owner: owner.noun(),
        part: name.to_owned(),
        hint,
    };
    match owner {
        Shape::Record(record) => record.part(name).ok_or_else(|| {
            let hint = || suggest::hint(name, record.names());
            if *record == BRIEF {
                Fault::UnknownVariable { hint: hint() }
            } else {
                unknown(of_the_brief(&BRIEF, name).unwrap_or_else(hint))
            }
        }),
        Shape::List(_) => Err(unknown("go through it with `{{#each}}`".to_owned())),
        _ => Err(unknown(
            of_the_brief(&BRIEF, name).unwrap_or_else(|| "it has no parts".to_owned()),
        )),
    }
}

fn of_the_brief(brief: &Record, name: &str) -> Option<String> {
    let (name, _) = brief.part(name)?;
    Some(format!(
        "inside `{{{{#each}}}}` plain names belong to the item; write `@root.{name}`"
    ))
}
