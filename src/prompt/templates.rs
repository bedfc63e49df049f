//! All templates of a folder, loaded at the start. One that is wrong is told by file and line when it is
//! asked for, and keeps none of the others from drafting.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::bundle;
use super::error::{Fault, PromptError};
use super::files::{File, read_folder};
use super::front_matter;
use super::helpers;
use super::part;
use super::syntax::{Compiled, compile};
use super::template::{Template, uses};
use crate::domain::suggest;

/// The templates of a prompts folder, by name.
#[derive(Debug, Clone)]
pub struct Templates {
    templates: BTreeMap<String, Template>,
    refused: BTreeMap<String, PromptError>,
}

impl Templates {
    /// Loads `dir/<kind>/<name>.hbs`, and as partials every `_<name>.hbs` anywhere below `dir`.
    ///
    /// A partial is named by its path below `dir`: `{{> _facts}}`, `{{> news/_quotes}}`. A template that does
    /// not parse, or uses what a brief does not have, is kept as [`Self::refused`].
    ///
    /// # Errors
    /// A folder or a partial that cannot be read, or a partial that does not parse, as every template may include it.
    pub fn load(dir: &Path) -> Result<Self, PromptError> {
        let (files, unread) = read_folder(dir)?;
        let (partials, files): (Vec<File>, Vec<File>) =
            files.into_iter().partition(File::is_partial);
        let mut loaded = Self::compile(partials.clone())?;
        loaded.refused.extend(unread);
        for file in files {
            let name = file.name.clone();
            match Self::compile(partials.iter().cloned().chain([file]).collect()) {
                Ok(one) => loaded.templates.extend(one.templates),
                Err(error) => {
                    loaded.refused.insert(name, error);
                }
            }
        }
        Ok(loaded)
    }

    /// Compiles and checks files that belong together.
    fn compile(files: Vec<File>) -> Result<Self, PromptError> {
        let (partials, files): (Vec<File>, Vec<File>) =
            files.into_iter().partition(File::is_partial);
        let mut registry = helpers::registry();
        let mut compiled = BTreeMap::new();
        for partial in &partials {
            let tree = compile_partial(partial)?;
            registry.register_template(&partial.name, tree.tree.clone());
            compiled.insert(partial.name.clone(), tree);
        }
        let mut checked = Vec::new();
        for file in &files {
            let parts = front_matter::parse(file)?;
            let body = compile(&file.path, parts.body, parts.body_offset)?;
            let asks = part::compiled(file, &parts.front.parts)?;
            let uses = uses(file, &parts, &body, &asks, &compiled)?;
            registry.register_template(&file.name, body.tree);
            for (part, ask) in parts.front.parts.iter().zip(asks) {
                registry.register_template(&part::ask_name(&file.name, &part.name), ask.tree);
            }
            checked.push((file, parts, uses));
        }
        let registry = Arc::new(registry);
        let partials = partials
            .into_iter()
            .map(|file| (file.name.clone(), file))
            .collect();
        let templates = checked
            .into_iter()
            .map(|(file, parts, uses)| Template::new(file, &parts, &uses, &partials, &registry))
            .map(|template| template.map(|template| (template.name.clone(), template)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            templates,
            refused: BTreeMap::new(),
        })
    }

    /// The template of this name, such as `news/explainer`.
    ///
    /// # Errors
    /// What is wrong with it, or [`Fault::UnknownTemplate`] with the nearest name or all of them.
    pub fn get(&self, name: &str) -> Result<&Template, PromptError> {
        if let Some(error) = self.refused.get(name) {
            return Err(error.clone());
        }
        self.templates.get(name).ok_or_else(|| {
            let hint = suggest::hint(name, self.names());
            Fault::UnknownTemplate {
                name: name.to_owned(),
                hint,
            }
            .nowhere()
        })
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.templates.keys().map(String::as_str)
    }

    /// The templates that could not be loaded, and why.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &PromptError)> {
        self.refused
            .iter()
            .map(|(name, error)| (name.as_str(), error))
    }

    /// The templates, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.templates.values()
    }
}

impl Template {
    /// The template of a stored text, for a run that keeps what it began with: the text is
    /// [`Template::source`], and the template renders as the one it was taken from.
    ///
    /// # Errors
    /// As [`Templates::load`], and [`Fault::Bundle`] where the stored text is damaged.
    pub fn from_source(name: &str, source: &str) -> Result<Self, PromptError> {
        let files = bundle::unpack(name, source)?;
        Ok(Templates::compile(files)?.get(name)?.clone())
    }
}

fn compile_partial(file: &File) -> Result<Compiled, PromptError> {
    match file.text.lines().next().map(str::trim_end) {
        Some("+++") => Err(Fault::PartialFrontMatter.at(&file.path, 1, "")),
        _ => compile(&file.path, &file.text, 0),
    }
}
