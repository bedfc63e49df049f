//! What a template that loads can still do badly, held against sample briefs and its own example.

use serde::Serialize;
use serde_json::Value;

use super::Template;
use super::variables::variables;
use crate::domain::brief::Brief;

/// What briefs carry to be written about; a template that leaves one out loses it silently.
const CONTENT: [&str; 5] = ["facts", "quotes", "sources", "must_include", "cta"];

/// How bad a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Prompts come out wrong.
    Error,
    /// Worth a look.
    Warn,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// How bad it is.
    pub severity: Level,
    /// Stable word for programs, such as `variable.missing`.
    pub rule: &'static str,
    /// What is wrong, and in which briefs.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// A variable of the brief and how many sample briefs have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Sample briefs in which it is neither null nor empty.
    pub briefs: usize,
}

impl Remark {
    /// A remark that makes a check fail.
    pub fn error(rule: &'static str, message: String, hint: &'static str) -> Self {
        Self {
            severity: Level::Error,
            rule,
            message,
            hint,
        }
    }

    /// A remark that does not.
    pub fn warn(rule: &'static str, message: String, hint: &'static str) -> Self {
        let severity = Level::Warn;
        Self {
            severity,
            ..Self::error(rule, message, hint)
        }
    }
}

impl Template {
    /// The variables it uses, each with the number of these briefs that have it.
    pub fn coverage(&self, briefs: &[Brief]) -> Vec<Variable> {
        let seen = self.seen(briefs);
        let names = self.front.variables.iter();
        names
            .map(|name| Variable {
                name: name.clone(),
                briefs: seen.iter().filter(|(_, all)| has(all, name)).count(),
            })
            .collect()
    }

    /// Everything to look at; `briefs` are of the template's kinds.
    pub fn remarks(&self, briefs: &[Brief]) -> Vec<Remark> {
        let mut remarks = self.about_example();
        if briefs.is_empty() {
            remarks.push(Remark::warn(
                "briefs.none",
                "no sample brief is of its kinds: variables were not checked".to_owned(),
                "give it some of its kinds",
            ));
            return remarks;
        }
        let seen = self.seen(briefs);
        let listed = |having: bool, name: &str| {
            let of = seen.iter().filter(|(_, all)| has(all, name) == having);
            of.map(|(brief, _)| *brief).collect::<Vec<_>>()
        };
        for name in &self.bare {
            let missing = listed(false, name);
            if !missing.is_empty() {
                remarks.push(Remark::error(
                    "variable.missing",
                    format!(
                        "`{name}` is printed without a test, and {}",
                        counted(&missing, briefs.len(), ("lacks", "lack"))
                    ),
                    "put it between `{{#if …}}` and `{{/if}}`, or give it a `default`",
                ));
            }
        }
        for name in CONTENT {
            let having = listed(true, name);
            let used = self.front.variables.iter().any(|used| used == name);
            if !used && !having.is_empty() {
                remarks.push(Remark::warn(
                    "variable.unused",
                    format!(
                        "`{name}` is never used, and {}",
                        counted(&having, briefs.len(), ("has", "have"))
                    ),
                    "use it, or what those briefs say there is never written",
                ));
            }
        }
        remarks
    }

    fn seen<'b>(&self, briefs: &'b [Brief]) -> Vec<(&'b str, Value)> {
        let length = self.front.length;
        let all = |brief: &'b Brief| (brief.external_ref.as_str(), variables(brief, length, ""));
        briefs.iter().map(all).collect()
    }

    /// A small model copies the example: what is wrong with it is wrong with every draft.
    fn about_example(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let length = self.front.length;
        for (number, turns) in self.examples().enumerate() {
            let (asked, answer) = turns;
            let words = u32::try_from(answer.split_whitespace().count()).unwrap_or(u32::MAX);
            let short = length.min_words.filter(|min| words < *min);
            let long = length.max_words.filter(|max| words > *max);
            if let Some(bound) = short.or(long) {
                let side = if short.is_some() { "under" } else { "over" };
                remarks.push(Remark::error(
                    "example.length",
                    format!(
                        "example {} has {words} words, {side} its own {bound}",
                        number + 1
                    ),
                    "the model writes as much as the example does",
                ));
            }
            if let Some(stop) = self.front.stop.iter().find(|stop| answer.contains(*stop)) {
                remarks.push(Remark::error(
                    "example.stop",
                    format!("example {} holds the stop text {stop:?}", number + 1),
                    "a draft that follows it is cut off there",
                ));
            }
            let digits = |text: &str| {
                let parts = text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
                let parts = parts.map(|part| part.trim_matches(['.', ',']).to_owned());
                parts.filter(|part| !part.is_empty()).collect::<Vec<_>>()
            };
            let known = digits(asked);
            // The numbers of a numbered list are its form, and no facts.
            let answer: Vec<&str> = answer.lines().map(unnumbered).collect();
            if let Some(made_up) = digits(&answer.join("\n"))
                .into_iter()
                .find(|word| !known.contains(word))
            {
                remarks.push(Remark::warn(
                    "example.number",
                    format!(
                        "example {} says {made_up}, which its brief does not",
                        number + 1
                    ),
                    "the model learns from it to add numbers",
                ));
            }
        }
        remarks
    }
}

fn has(variables: &Value, name: &str) -> bool {
    match &variables[name] {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(parts) => parts.values().any(|part| !part.is_null()),
        _ => true,
    }
}

/// `3 of 11 sample briefs lack it: a, b, c`.
fn counted(briefs: &[&str], all: usize, (one, many): (&str, &str)) -> String {
    let shown: Vec<&str> = briefs.iter().take(5).copied().collect();
    let more = briefs.len() - shown.len();
    let more = (more > 0).then(|| format!(" and {more} more"));
    let verb = if briefs.len() == 1 { one } else { many };
    format!(
        "{} of {all} sample briefs {verb} it: {}{}",
        briefs.len(),
        shown.join(", "),
        more.unwrap_or_default()
    )
}

/// A line without the number of its place in a list, such as `2. `.
fn unnumbered(line: &str) -> &str {
    let text = line.trim_start_matches(|c: char| c.is_ascii_digit());
    text.strip_prefix(". ").unwrap_or(line)
}
