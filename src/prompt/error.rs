//! Everything that can be wrong with a template, and what to do about each.
//!
//! A [`Fault`] knows its words; [`PromptError`] adds the file, the line (counted from the top of the
//! file, front matter included) and the key.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::domain::brief::BriefKind;
use crate::domain::problem::Problem;
use crate::files::FileFault;

/// Most files of a prompts folder, partials included.
pub(super) const MOST_FILES: usize = 2_000;

/// Why templates cannot be loaded, found or rendered, and where.
#[derive(Debug, Clone, Error)]
#[error(transparent)]
pub struct PromptError(#[from] Arc<Located>);

/// A fault and its place.
#[derive(Debug)]
pub struct Located {
    /// File, where one is to blame.
    pub file: Option<String>,
    /// 1-based line in that file.
    pub line: Option<usize>,
    /// Key of the front matter, such as `example[0].brief.topic`, or the name in the body.
    pub key: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for Located {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.fault.source()
    }
}

/// What can be wrong.
#[derive(Debug, Error)]
pub enum Fault {
    /// A file or folder cannot be read.
    #[error("cannot be read")]
    Read(#[source] FileFault),
    /// More template files than anybody writes.
    #[error("a prompts folder may hold {MOST_FILES} templates, this one has more")]
    TooMany,
    /// A file is not UTF-8.
    #[error("is not UTF-8: byte {at} cannot be read as text")]
    NotUtf8 {
        /// 1-based byte.
        at: usize,
    },
    /// A template outside a kind's folder.
    #[error("expected in a folder of the prompts folder, such as `news/explainer.hbs`")]
    Misplaced,
    /// The file does not start with front matter.
    #[error("expected the line `+++`, given `{given}`")]
    FrontMatterMissing {
        /// The first line, cut.
        given: String,
    },
    /// The front matter has no end.
    #[error("the front matter that starts here has no closing line `+++`")]
    FrontMatterOpen,
    /// A partial with front matter, which would be printed into the prompt.
    #[error("a partial has no front matter, given the line `+++`")]
    PartialFrontMatter,
    /// The front matter is not TOML of the right shape.
    #[error("{message}")]
    FrontMatter {
        /// What, in the parser's words or ours.
        message: String,
        /// The nearest known word, or where the shape is told.
        hint: String,
    },
    /// A value of the front matter is out of bounds.
    #[error("must be {expected}, given {given}")]
    Value {
        /// What is allowed.
        expected: &'static str,
        /// What was found.
        given: String,
    },
    /// `variables` names something a brief does not have.
    #[error("a brief has no variable of this name")]
    UnknownDeclared {
        /// The nearest variable, or which there are.
        hint: String,
    },
    /// `variables` names something that the body never uses.
    #[error("declared in `variables`, but never used in the body")]
    Unused,
    /// The body uses something that `variables` does not name.
    #[error("used in the body, but not declared in `variables`")]
    Undeclared,
    /// A partial uses something that `variables` of the template that includes it does not name.
    #[error("used by the partial `{partial}`, line {line}, but not declared in `variables`")]
    UndeclaredInPartial {
        /// The partial's name.
        partial: String,
        /// 1-based line in the partial's file.
        line: usize,
    },
    /// The body uses something a brief does not have.
    #[error("unknown variable")]
    UnknownVariable {
        /// The nearest variable, or which there are.
        hint: String,
    },
    /// The body uses a part that its owner does not have.
    #[error("{owner} has no `{part}`")]
    UnknownPart {
        /// What is asked, such as `a fact`.
        owner: &'static str,
        /// What it is asked for.
        part: String,
        /// The nearest part, or which there are.
        hint: String,
    },
    /// A value is used as what it is not.
    #[error("is {is}, so it cannot be {used}")]
    Shape {
        /// What it is, such as `a list`.
        is: &'static str,
        /// What the body does with it.
        used: &'static str,
        /// What to write instead.
        hint: &'static str,
    },
    /// No such helper.
    #[error("unknown helper")]
    UnknownHelper {
        /// The nearest helper, or which there are.
        hint: String,
    },
    /// A helper called in a way it does not understand.
    #[error("called with other arguments than it takes")]
    HelperCall {
        /// An example of a right call.
        usage: &'static str,
    },
    /// No such partial.
    #[error("unknown partial")]
    UnknownPartial {
        /// The nearest partial, or which there are.
        hint: String,
    },
    /// Partials that include each other.
    #[error("the partial includes itself: {trail}")]
    PartialCycle {
        /// The way round.
        trail: String,
    },
    /// Something Handlebars has and these templates do without.
    #[error("{what} is not supported here")]
    Unsupported {
        /// What.
        what: &'static str,
        /// What to write instead.
        hint: &'static str,
    },
    /// A block that is not closed, or closed by another name.
    #[error("{message}")]
    Block {
        /// Which, and where it was opened.
        message: String,
        /// The tag to write.
        hint: String,
    },
    /// The body does not parse.
    #[error("does not parse as Handlebars at column {column}, near `{near}`")]
    Syntax {
        /// 1-based column.
        column: usize,
        /// What stands there, cut.
        near: String,
    },
    /// A stored template with partials that is not what was stored.
    #[error("the stored text is damaged: {reason}")]
    Bundle {
        /// What does not fit.
        reason: String,
    },
    /// A body that gives nothing for a brief in which everything is set.
    #[error("the body renders to nothing")]
    Empty,
    /// No template of this name.
    #[error("no template is named `{name}`")]
    UnknownTemplate {
        /// The name asked for.
        name: String,
        /// The nearest name, or which there are.
        hint: String,
    },
    /// A brief of a kind that the template does not draft.
    #[error("template `{template}` drafts {takes}, the brief `{external_ref}` is of kind `{}`", .given.as_str())]
    WrongKind {
        /// The template.
        template: String,
        /// Its kinds, listed.
        takes: String,
        /// The brief.
        external_ref: String,
        /// The brief's kind.
        given: BriefKind,
    },
    /// The body passed every check and still cannot be rendered: a defect of Nightdesk.
    #[error("cannot be rendered: {reason}")]
    Render {
        /// The library's words.
        reason: String,
    },
}

impl Fault {
    /// Without a place, for what is no file's fault.
    pub(super) fn nowhere(self) -> PromptError {
        PromptError::from(Arc::new(Located {
            file: None,
            line: None,
            key: None,
            fault: self,
        }))
    }

    /// At a place.
    pub(super) fn at(self, file: &str, line: impl Into<Option<usize>>, key: &str) -> PromptError {
        let key = Some(key.to_owned()).filter(|key| !key.is_empty());
        let (file, line) = (Some(file.to_owned()), line.into());
        PromptError::from(Arc::new(Located {
            file,
            line,
            key,
            fault: self,
        }))
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "prompt.read",
            Self::TooMany => "prompt.too_many",
            Self::NotUtf8 { .. } => "prompt.not_utf8",
            Self::Misplaced => "prompt.misplaced",
            Self::FrontMatterMissing { .. } | Self::FrontMatterOpen => {
                "prompt.front_matter_missing"
            }
            Self::PartialFrontMatter => "prompt.partial_front_matter",
            Self::FrontMatter { .. } => "prompt.front_matter",
            Self::Value { .. } => "prompt.value",
            Self::UnknownDeclared { .. } | Self::UnknownVariable { .. } => {
                "prompt.unknown_variable"
            }
            Self::Unused => "prompt.unused_variable",
            Self::Undeclared | Self::UndeclaredInPartial { .. } => "prompt.undeclared_variable",
            Self::UnknownPart { .. } => "prompt.unknown_part",
            Self::Shape { .. } => "prompt.shape",
            Self::UnknownHelper { .. } => "prompt.unknown_helper",
            Self::HelperCall { .. } => "prompt.helper_call",
            Self::UnknownPartial { .. } => "prompt.unknown_partial",
            Self::PartialCycle { .. } => "prompt.partial_cycle",
            Self::Unsupported { .. } => "prompt.unsupported",
            Self::Block { .. } => "prompt.block",
            Self::Syntax { .. } => "prompt.syntax",
            Self::Bundle { .. } => "prompt.bundle",
            Self::Empty => "prompt.empty",
            Self::UnknownTemplate { .. } => "prompt.unknown_template",
            Self::WrongKind { .. } => "prompt.wrong_kind",
            Self::Render { .. } => "prompt.render",
        }
    }

    fn hint(&self) -> String {
        let fixed = match self {
            Self::FrontMatter { hint, .. }
            | Self::UnknownDeclared { hint }
            | Self::UnknownVariable { hint }
            | Self::UnknownPart { hint, .. }
            | Self::UnknownHelper { hint }
            | Self::UnknownPartial { hint }
            | Self::UnknownTemplate { hint, .. }
            | Self::Block { hint, .. } => return hint.clone(),
            Self::HelperCall { usage } => return format!("write `{usage}`"),
            Self::Shape { hint, .. } | Self::Unsupported { hint, .. } => hint,
            Self::TooMany => {
                "is it the folder that was meant? The configuration names the prompts folder"
            }
            Self::Read(fault) if fault.hint().is_some() => fault.hint().unwrap_or_default(),
            Self::Read(_) => {
                "check that it exists and may be read; the configuration names the prompts folder"
            }
            Self::NotUtf8 { .. } => "save it as UTF-8",
            Self::Misplaced => {
                "move it into the folder of its kind, or start its name with `_` if it is a partial"
            }
            Self::FrontMatterMissing { .. } => {
                "a template starts with TOML between two lines `+++`"
            }
            Self::FrontMatterOpen => "close it with a line `+++` above the body",
            Self::PartialFrontMatter => {
                "keep only the text to include, or drop the `_` if it is a template"
            }
            Self::Value { .. } => "see the templates that ship with Nightdesk for an example",
            Self::Unused => "use it, or drop it from `variables`",
            Self::Undeclared => "add it to `variables`",
            Self::UndeclaredInPartial { .. } => "add it to `variables`, or leave the partial out",
            Self::PartialCycle { .. } => "take one of these out of the circle",
            Self::Syntax { .. } => "look for a missing brace or quote",
            Self::Bundle { .. } => "start a new run, which takes the template as it is now",
            Self::Empty => "write what the model is asked below the second `+++`",
            Self::WrongKind { .. } => "select briefs of its kinds, or choose another template",
            Self::Render { .. } => {
                "this is a defect of Nightdesk; please report it with the template"
            }
        };
        fixed.to_owned()
    }
}

impl PromptError {
    /// The fault and its place.
    pub fn located(&self) -> &Located {
        &self.0
    }

    /// The error as a person meets it.
    pub fn problem(&self) -> Problem {
        let Located {
            file,
            line,
            key,
            fault,
        } = &*self.0;
        let mut problem = Problem::new(fault.code(), fault.to_string()).hint(fault.hint());
        // A problem has no cause of its own, so the cause's words join the message.
        if let Some(cause) = std::error::Error::source(fault) {
            problem.message = format!("{}: {cause}", problem.message);
        }
        (problem.file, problem.line, problem.key) = (file.clone(), *line, key.clone());
        match fault {
            Fault::Render { .. } => problem.unexpected(),
            _ => problem,
        }
    }
}
