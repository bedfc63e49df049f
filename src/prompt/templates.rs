//! All templates of a folder, loaded at the start: one that is wrong stops it, named by file and line.

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
}

/// A template that could not be loaded.
#[derive(Debug)]
pub struct Refused {
    /// Its name; none where a partial does not parse, which any template may include.
    pub name: Option<String>,
    /// Why.
    pub error: PromptError,
}

impl Templates {
    /// Loads `dir/<kind>/<name>.hbs`, and as partials every `_<name>.hbs` anywhere below `dir`.
    ///
    /// A partial is named by its path below `dir`: `{{> _facts}}`, `{{> news/_quotes}}`.
    ///
    /// # Errors
    /// The first file that cannot be read, does not parse, or uses what a brief does not have.
    pub fn load(dir: &Path) -> Result<Self, PromptError> {
        Self::compile(read_folder(dir)?)
    }

    /// Loads what can be loaded, and says what is wrong with each file that cannot.
    ///
    /// A partial that does not parse stops everything, as every template may include it.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    pub fn load_each(dir: &Path) -> Result<(Self, Vec<Refused>), PromptError> {
        let files = read_folder(dir)?;
        let (partials, files): (Vec<File>, Vec<File>) =
            files.into_iter().partition(File::is_partial);
        let mut loaded = Self {
            templates: BTreeMap::new(),
        };
        if let Err(error) = Self::compile(partials.clone()) {
            let name = None;
            return Ok((loaded, vec![Refused { name, error }]));
        }
        let mut refused = Vec::new();
        for file in files {
            let name = Some(file.name.clone());
            match Self::compile(partials.iter().cloned().chain([file]).collect()) {
                Ok(one) => loaded.templates.extend(one.templates),
                Err(error) => refused.push(Refused { name, error }),
            }
        }
        Ok((loaded, refused))
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
        Ok(Self { templates })
    }

    /// The template of this name, such as `news/explainer`.
    ///
    /// # Errors
    /// [`Fault::UnknownTemplate`], with the nearest name or all of them.
    pub fn get(&self, name: &str) -> Result<&Template, PromptError> {
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
