//! One template: what it says about itself, and a brief's way through it into a prompt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use handlebars::Handlebars;
use sha2::{Digest, Sha256};

use super::check::{Uses, check};
use super::error::{Fault, PromptError};
use super::files::File;
use super::front_matter::{FrontMatter, Parts};
use super::part::{ask_name, turns};
use super::printed::Printed;
use super::syntax::Compiled;
use super::{Message, PartSpec, Rendered, Role, bundle, probe, variables};
use crate::domain::brief::Brief;
use crate::domain::suggest;

/// A template that was loaded, checked and tried.
#[derive(Debug, Clone)]
pub struct Template {
    /// Folder and file name without ending, such as `news/explainer`.
    pub name: String,
    /// SHA-256 in hex: of the file, where it includes no partial; else of one line
    /// `<sha256>  <name>\n` for the file and for each partial it includes, sorted by name.
    pub sha256: String,
    /// The whole file as it is; with the partials it includes, all of them as one bundle.
    pub source: String,
    /// What the file says about itself.
    pub front: FrontMatter,
    /// The file, as messages name it.
    pub path: String,
    /// Variables that it prints where nothing asks whether the brief has them.
    pub bare: BTreeSet<&'static str>,
    /// System and example turns: the part that is the same for every brief.
    head: Vec<Message>,
    probes: Vec<Rendered>,
    example_entries: Vec<String>,
    example_topics: Vec<String>,
    offset: usize,
    registry: Arc<Handlebars<'static>>,
}

impl Template {
    /// The prompt of a brief.
    ///
    /// # Errors
    /// [`Fault::WrongKind`]; [`Fault::Render`] is not expected.
    pub fn render(&self, brief: &Brief) -> Result<Rendered, PromptError> {
        self.render_with_note(brief, "")
    }

    /// The prompt of a brief that is drafted again, with the editor's note on what to change.
    ///
    /// The note is lost on a template that does not use it: see [`Template::takes_note`].
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_with_note(&self, brief: &Brief, note: &str) -> Result<Rendered, PromptError> {
        if !self.front.kinds.contains(&brief.kind) {
            return Err(Fault::WrongKind {
                template: self.name.clone(),
                takes: suggest::listed(self.front.kinds.iter().map(|kind| kind.as_str())),
                external_ref: brief.external_ref.clone(),
                given: brief.kind,
            }
            .nowhere());
        }
        let mut messages = self.head.clone();
        let mut stop = self.front.stop.clone();
        let mut asked = self.body(brief, note)?;
        if let Some(part) = self.front.parts.first() {
            asked = self.question(&asked, brief, note, part)?;
            stop = part.stops(&stop);
        }
        messages.push(Message::printed(Role::User, asked));
        Ok(Rendered { messages, stop })
    }

    /// The prompts of a brief, one a part, in the order of [`FrontMatter::parts`].
    ///
    /// They differ in their last lines only: what is known about the brief comes first, and the
    /// question of the part last. Empty for a template without parts.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_parts(&self, brief: &Brief) -> Result<Vec<Rendered>, PromptError> {
        let Some((_, others)) = self.front.parts.split_first() else {
            return Ok(Vec::new());
        };
        let mut prompts = vec![self.render(brief)?];
        let body = self.body(brief, "")?;
        for part in others {
            let mut messages = self.head.clone();
            let asked = self.question(&body, brief, "", part)?;
            messages.push(Message::printed(Role::User, asked));
            prompts.push(Rendered {
                messages,
                stop: part.stops(&self.front.stop),
            });
        }
        Ok(prompts)
    }

    /// What the worked examples are about.
    pub fn example_topics(&self) -> &[String] {
        &self.example_topics
    }

    /// The entries that the worked examples show: copy that is no answer about another brief.
    pub fn example_entries(&self) -> &[String] {
        &self.example_entries
    }

    /// Prompts of three made-up briefs that have nothing in common.
    ///
    /// The tokens that all three begin with are the prefix that every prompt of this template shares.
    pub fn probes(&self) -> &[Rendered] {
        &self.probes
    }

    /// Its worked examples: what is asked, and the answer.
    pub fn examples(&self) -> impl Iterator<Item = (&str, &str)> {
        let turns = self.head.get(1..).unwrap_or_default().chunks_exact(2);
        turns.map(|turn| (turn[0].content.as_str(), turn[1].content.as_str()))
    }

    /// Whether the body uses `note`, an editor's words on what to change.
    pub fn takes_note(&self) -> bool {
        self.front
            .variables
            .iter()
            .any(|variable| variable == "note")
    }

    fn body(&self, brief: &Brief, note: &str) -> Result<Printed, PromptError> {
        self.filled(&self.name, brief, note)
    }

    /// A rendered body with the question of a part below it.
    fn question(
        &self,
        body: &Printed,
        brief: &Brief,
        note: &str,
        part: &PartSpec,
    ) -> Result<Printed, PromptError> {
        let ask = self.filled(&ask_name(&self.name, &part.name), brief, note)?;
        let mut asked = body.clone().trimmed_end();
        asked.push("\n");
        asked.append(&ask);
        Ok(asked)
    }

    fn filled(&self, name: &str, brief: &Brief, note: &str) -> Result<Printed, PromptError> {
        let variables = variables::variables(brief, self.front.length, note);
        let rendered = self.registry.render(name, &variables);
        let rendered = rendered.map_err(|error| {
            let line = error.line_no.map(|line| line + self.offset);
            Fault::Render {
                reason: error.reason().to_string(),
            }
            .at(&self.path, line, "")
        })?;
        Ok(Printed::read(&rendered))
    }

    /// Builds a template whose body is in the registry, and tries it on the example and the probes.
    pub(super) fn new(
        file: &File,
        parts: &Parts<'_>,
        uses: &Uses,
        partials: &BTreeMap<String, File>,
        registry: &Arc<Handlebars<'static>>,
    ) -> Result<Self, PromptError> {
        let included: Vec<&File> = uses
            .partials
            .iter()
            .filter_map(|name| partials.get(name))
            .collect();
        let mut template = Self {
            name: file.name.clone(),
            sha256: sha256(file, &included),
            source: bundle::pack(file, &included),
            front: parts.front.clone(),
            head: vec![Message::new(Role::System, &parts.front.system)],
            probes: Vec::new(),
            example_entries: Vec::new(),
            example_topics: Vec::new(),
            path: file.path.clone(),
            bare: uses.bare.clone(),
            offset: parts.body_offset,
            registry: Arc::clone(registry),
        };
        let kind = parts.front.kinds[0];
        for (number, (example, line)) in parts.examples.iter().enumerate() {
            example
                .check(&template.front.parts)
                .map_err(|(fault, key)| {
                    fault.at(&file.path, *line, &format!("example[{number}].{key}"))
                })?;
            let brief = example.brief.to_brief(kind);
            let asked = template.body(&brief, "")?;
            template.example_topics.push(brief.topic.clone());
            if let Some(output) = &example.output {
                template.head.push(Message::new(Role::User, &asked.text));
                template.head.push(Message::new(Role::Assistant, output));
            }
            for part in &parts.front.parts {
                let entries = example.parts.get(&part.name).into_iter().flatten();
                template.example_entries.extend(entries.clone().cloned());
                let entries: Vec<&str> = entries.map(String::as_str).collect();
                let question = template.question(&asked, &brief, "", part)?;
                template.head.extend(turns(part, &question.text, &entries));
            }
        }
        let probes = probe::briefs(&parts.front.kinds);
        if template.body(&probes[0], "")?.text.trim().is_empty() {
            return Err(Fault::Empty.at(&file.path, parts.body_offset + 1, ""));
        }
        template.probes = probes
            .iter()
            .map(|brief| template.render(brief))
            .collect::<Result<_, _>>()?;
        Ok(template)
    }
}

/// Walks the body and holds what it uses against what the front matter declares.
///
/// # Errors
/// As [`check`], and [`Fault::Unused`].
pub(super) fn uses(
    file: &File,
    parts: &Parts<'_>,
    body: &Compiled,
    asks: &[Compiled],
    partials: &BTreeMap<String, Compiled>,
) -> Result<Uses, PromptError> {
    let mut uses = check(body, &parts.front.variables, partials)?;
    for ask in asks {
        let also = check(ask, &parts.front.variables, partials)?;
        uses.variables.extend(also.variables);
        uses.partials.extend(also.partials);
    }
    for (variable, line) in parts.front.variables.iter().zip(&parts.variable_lines) {
        if !uses.variables.contains(variable.as_str()) {
            return Err(Fault::Unused.at(&file.path, *line, variable));
        }
    }
    Ok(uses)
}

fn sha256(file: &File, partials: &[&File]) -> String {
    let of = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    if partials.is_empty() {
        return of(&file.bytes);
    }
    let mut included = [partials, &[file]].concat();
    included.sort_by(|a, b| a.name.cmp(&b.name));
    let lines: Vec<String> = included
        .iter()
        .map(|file| format!("{}  {}\n", of(&file.bytes), file.name))
        .collect();
    of(lines.concat().as_bytes())
}
