//! A template's syntax tree, walked against the shape of a brief before anything is rendered.
//!
//! Rendering in strict mode finds a mistyped name only on the branch it takes, and `{{#if tpoic}}`
//! never. The walk sees every branch: each name has to be a variable or a part of one, each helper
//! and partial has to exist, and each value has to be used as what it is.

use std::collections::{BTreeMap, BTreeSet};

use handlebars::Path;
use handlebars::template::{HelperTemplate, Parameter, Subexpression, TemplateElement};

use super::error::{Fault, PromptError};
use super::helpers::{HELPERS, helper};
use super::scope::Scope;
use super::shape::{BRIEF, Shape};
use super::syntax::Compiled;
use crate::domain::suggest;

/// What a body turned out to use.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Variables of the brief.
    pub variables: BTreeSet<&'static str>,
    /// Those printed where nothing around them asks whether they are there.
    pub bare: BTreeSet<&'static str>,
    /// Partials, those that partials include among them.
    pub partials: BTreeSet<String>,
}

/// Walks a body; `declared` are the names its front matter lists.
///
/// # Errors
/// The first mistake, with file and line: an unknown or undeclared variable, helper or partial, or a
/// value used as what it is not.
pub(super) fn check(
    body: &Compiled,
    declared: &[String],
    partials: &BTreeMap<String, Compiled>,
) -> Result<Uses, PromptError> {
    let mut walk = Walk {
        declared,
        partials,
        uses: Uses::default(),
        trail: Vec::new(),
        included_at: None,
        seen: Vec::new(),
        guards: Vec::new(),
    };
    walk.tree(body, &body.tree, 1, &Scope::brief())?;
    Ok(walk.uses)
}

struct Walk<'a> {
    declared: &'a [String],
    partials: &'a BTreeMap<String, Compiled>,
    uses: Uses,
    /// Partials being included right now, outermost first.
    trail: Vec<&'a str>,
    /// Where the template includes the outermost of them: file and line.
    included_at: Option<(String, usize)>,
    /// Variables met so far, in their order.
    seen: Vec<&'static str>,
    /// Variables that a block around this place tests or goes through.
    guards: Vec<&'static str>,
}

/// Where a mistake would be: the file and the line in it.
#[derive(Clone, Copy)]
struct Place<'p> {
    file: &'p str,
    line: usize,
}

impl Place<'_> {
    fn refuse<T>(self, key: &str, fault: Fault) -> Result<T, PromptError> {
        Err(fault.at(self.file, self.line, key))
    }

    fn misused<T>(
        self,
        key: &str,
        shape: Shape,
        used: &'static str,
        hint: &'static str,
    ) -> Result<T, PromptError> {
        let is = shape.noun();
        self.refuse(key, Fault::Shape { is, used, hint })
    }
}

type Tree = handlebars::Template;

impl<'a> Walk<'a> {
    fn tree(
        &mut self,
        source: &Compiled,
        tree: &Tree,
        above: usize,
        scope: &Scope,
    ) -> Result<(), PromptError> {
        for (index, element) in tree.elements.iter().enumerate() {
            // `else if` comes without a line of its own; it then counts as its block's.
            let line = tree.mapping.get(index).map_or(above, |place| place.0);
            let place = Place {
                file: &source.file,
                line: line + source.offset,
            };
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => {
                    self.printed(place, call, scope)?;
                }
                TemplateElement::HelperBlock(call) => self.block(source, line, call, scope)?,
                TemplateElement::PartialExpression(include) => {
                    let name = include.name.as_name().unwrap_or_default();
                    if !include.params.is_empty() || !include.hash.is_empty() {
                        let what = "a partial with arguments";
                        let hint = "a partial sees what its includer sees; write `{{> name}}`";
                        return place.refuse(name, Fault::Unsupported { what, hint });
                    }
                    self.partial(place, name, scope)?;
                }
                _ => {
                    let what = "a partial block or decorator";
                    let hint = "put the text into a file of its own, such as `_facts.hbs`, and write `{{> _facts}}`";
                    return place.refuse("", Fault::Unsupported { what, hint });
                }
            }
        }
        Ok(())
    }

    fn printed(
        &mut self,
        place: Place<'_>,
        call: &HelperTemplate,
        scope: &Scope,
    ) -> Result<(), PromptError> {
        let named = call.name.as_name().unwrap_or_default();
        let plain = call.params.is_empty() && call.hash.is_empty() && helper(named).is_none();
        let before = self.seen.len();
        let shape = if plain {
            self.shape(place, &call.name, scope)?
        } else {
            self.call(place, call, scope)?
        };
        let bare = self.seen[before..].iter();
        let bare = bare.filter(|variable| !self.guards.contains(variable));
        self.uses.bare.extend(bare.copied());
        let hint = match shape {
            Shape::Text | Shape::Number => return Ok(()),
            Shape::List(_) => {
                "write `{{#each … as |item|}}`, or `{{join … \", \"}}` for a list of texts"
            }
            Shape::Truth => "test it with `{{#if (…)}}`",
            Shape::Record(_) => "print one of its parts, such as `{{fact.label}}`",
        };
        place.misused(named, shape, "printed as it is", hint)
    }

    fn block(
        &mut self,
        source: &Compiled,
        line: usize,
        call: &HelperTemplate,
        scope: &Scope,
    ) -> Result<(), PromptError> {
        let place = Place {
            file: &source.file,
            line: line + source.offset,
        };
        let named = call.name.as_name().unwrap_or_default();
        let Some(known) = helper(named).filter(|helper| helper.block) else {
            let hint = match BRIEF.part(named) {
                Some(_) => format!("write `{{{{#if {named}}}}}…{{{{/if}}}}`"),
                None => suggest::hint(
                    named,
                    HELPERS
                        .iter()
                        .filter(|helper| helper.block)
                        .map(|helper| helper.name),
                ),
            };
            return place.refuse(named, Fault::UnknownHelper { hint });
        };
        let [argument] = call.params.as_slice() else {
            return place.refuse(named, Fault::HelperCall { usage: known.usage });
        };
        if !call.hash.is_empty() {
            return place.refuse(named, Fault::HelperCall { usage: known.usage });
        }
        let before = self.seen.len();
        let shape = self.shape(place, argument, scope)?;
        let outside = self.guards.len();
        self.guards.extend_from_slice(&self.seen[before..]);
        let name = written(argument);
        let inner = match (named, shape) {
            ("each", Shape::List(item)) => scope.item(*item, block_names(call)),
            ("each", _) => return place.misused(
                &name,
                shape,
                "gone through with `{{#each}}`",
                "the lists are `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `tags`",
            ),
            (_, Shape::Record(_)) => {
                return place.misused(
                    &name,
                    shape,
                    "tested, because it is always there",
                    "test one of its parts, such as `length.max_words`",
                );
            }
            _ => scope.clone(),
        };
        if let Some(tree) = &call.template {
            self.tree(source, tree, line, &inner)?;
        }
        if let Some(tree) = &call.inverse {
            self.tree(source, tree, line, scope)?;
        }
        self.guards.truncate(outside);
        Ok(())
    }

    fn partial(&mut self, place: Place<'_>, name: &str, scope: &Scope) -> Result<(), PromptError> {
        let Some((name, partial)) = self.partials.get_key_value(name) else {
            let hint = suggest::hint(name, self.partials.keys().map(String::as_str));
            return place.refuse(name, Fault::UnknownPartial { hint });
        };
        if self.trail.contains(&name.as_str()) {
            let trail = [&self.trail[..], &[name.as_str()]].concat().join(" → ");
            return place.refuse(name, Fault::PartialCycle { trail });
        }
        self.uses.partials.insert(name.clone());
        if self.trail.is_empty() {
            self.included_at = Some((place.file.to_owned(), place.line));
        }
        self.trail.push(name);
        self.tree(partial, &partial.tree, 1, &scope.partial())?;
        self.trail.pop();
        Ok(())
    }

    fn shape(
        &mut self,
        place: Place<'_>,
        parameter: &Parameter,
        scope: &Scope,
    ) -> Result<Shape, PromptError> {
        match parameter {
            Parameter::Literal(value) if value.is_number() => Ok(Shape::Number),
            Parameter::Literal(value) if value.is_boolean() => Ok(Shape::Truth),
            Parameter::Literal(_) => Ok(Shape::Text),
            Parameter::Name(name) => self.path(place, name, scope),
            Parameter::Path(Path::Local((levels, name, raw))) => scope
                .local(*levels, name)
                .or_else(|fault| place.refuse(raw, fault)),
            Parameter::Path(Path::Relative((_, raw))) => self.path(place, raw, scope),
            Parameter::Subexpression(inner) => self.subexpression(place, inner, scope),
            _ => place.refuse("", Fault::HelperCall { usage: "{{name}}" }),
        }
    }

    fn subexpression(
        &mut self,
        place: Place<'_>,
        inner: &Subexpression,
        scope: &Scope,
    ) -> Result<Shape, PromptError> {
        match inner.as_element() {
            TemplateElement::Expression(call) => self.call(place, call, scope),
            _ => Ok(Shape::Text),
        }
    }

    fn call(
        &mut self,
        place: Place<'_>,
        call: &HelperTemplate,
        scope: &Scope,
    ) -> Result<Shape, PromptError> {
        let named = call.name.as_name().unwrap_or_default();
        let Some(known) = helper(named) else {
            let names = HELPERS.iter().map(|helper| helper.name);
            return place.refuse(
                named,
                Fault::UnknownHelper {
                    hint: suggest::hint(named, names),
                },
            );
        };
        let before = self.seen.len();
        let shapes: Vec<Shape> = call
            .params
            .iter()
            .map(|argument| self.shape(place, argument, scope))
            .collect::<Result<_, _>>()?;
        if known.reads_facts() {
            self.variable(place, "facts")?;
        }
        // These say something of their own where the variable is missing.
        if matches!(named, "default" | "len") {
            self.seen.truncate(before);
        }
        let literals = call.params.iter().map(|argument| match argument {
            Parameter::Literal(value) => Some(value),
            _ => None,
        });
        let arguments: Vec<_> = shapes.into_iter().zip(literals).collect();
        let plainly = !known.block && call.hash.is_empty();
        let gives = known.gives(&arguments).filter(|_| plainly);
        match gives {
            Some(shape) => Ok(shape),
            None => place.refuse(named, Fault::HelperCall { usage: known.usage }),
        }
    }

    fn path(&mut self, place: Place<'_>, raw: &str, scope: &Scope) -> Result<Shape, PromptError> {
        let found = scope
            .resolve(raw)
            .or_else(|fault| place.refuse(raw, fault))?;
        if let Some(variable) = found.variable {
            self.variable(place, variable)?;
        }
        Ok(found.shape)
    }

    fn variable(&mut self, place: Place<'_>, variable: &'static str) -> Result<(), PromptError> {
        if !self.declared.iter().any(|declared| declared == variable) {
            // The partial is fine; it is the template that lacks the declaration.
            if let (Some(partial), Some((file, line))) = (self.trail.last(), &self.included_at) {
                let fault = Fault::UndeclaredInPartial {
                    partial: (*partial).to_owned(),
                    line: place.line,
                };
                return Err(fault.at(file, *line, variable));
            }
            return place.refuse(variable, Fault::Undeclared);
        }
        self.uses.variables.insert(variable);
        self.seen.push(variable);
        Ok(())
    }
}

fn written(parameter: &Parameter) -> String {
    parameter.as_name().unwrap_or_default().to_owned()
}

fn block_names(call: &HelperTemplate) -> Vec<String> {
    use handlebars::template::BlockParam;
    match &call.block_param {
        Some(BlockParam::Single(item)) => vec![written(item)],
        Some(BlockParam::Pair((item, index))) => vec![written(item), written(index)],
        _ => Vec::new(),
    }
}
