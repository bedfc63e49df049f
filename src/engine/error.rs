//! What can go wrong between a model folder and a finished text.

use std::path::{Path, PathBuf};

use crate::domain::problem::Problem;
use crate::domain::suggest;

/// Errors of the engine; [`EngineError::problem`] says what to do about each.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// No shared library in any of the places.
    #[error("ONNX Runtime's shared library was not found; looked in {}", places(.searched))]
    RuntimeMissing {
        /// Where it was looked for, in order.
        searched: Vec<PathBuf>,
    },
    /// The shared library is there and cannot be used.
    #[error("ONNX Runtime could not be loaded from `{}`: {reason}", .path.display())]
    RuntimeUnusable {
        /// The library.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// No such folder.
    #[error("no model folder at `{}`", .dir.display())]
    ModelMissing {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder lacks a file.
    #[error("model folder `{}` has no `{file}`", .dir.display())]
    ModelFileMissing {
        /// The folder.
        dir: PathBuf,
        /// The file.
        file: String,
    },
    /// One half of a model is there without the other.
    #[error("model folder `{}` has `{there}` and no `{missing}`", .dir.display())]
    ModelHalf {
        /// The folder.
        dir: PathBuf,
        /// The graph that is there.
        there: String,
        /// The graph that belongs to it.
        missing: String,
    },
    /// Several graphs, and none of a name that an exporter gives.
    #[error("model folder `{}` has several graphs, and nothing says which is the model: {}", .dir.display(), quoted(.graphs))]
    ModelAmbiguous {
        /// The folder.
        dir: PathBuf,
        /// The graphs.
        graphs: Vec<String>,
    },
    /// A variant was asked for that the folder does not have.
    #[error("model folder `{}` has no variant `{wanted}`; there is {}", .dir.display(), .known.join(", "))]
    NoSuchVariant {
        /// The folder.
        dir: PathBuf,
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The folder has no tokenizer that this engine reads.
    #[error("model folder `{}` has no `tokenizer.json`", .dir.display())]
    TokenizerMissing {
        /// The folder.
        dir: PathBuf,
    },
    /// A file differs from what the manifest says.
    #[error("`{}` is damaged: expected {expected}, found {found}", .file.display())]
    ModelFileDamaged {
        /// The file.
        file: PathBuf,
        /// Size or hash by the manifest.
        expected: String,
        /// Size or hash on disk.
        found: String,
    },
    /// A file of the folder cannot be read as what it should be.
    #[error("`{}` cannot be used: {reason}", .file.display())]
    ModelFileInvalid {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is no graph at all.
    #[error("`{}` is not an ONNX graph: {reason}", .file.display())]
    NotOnnx {
        /// The file.
        file: PathBuf,
        /// What is there instead.
        reason: String,
    },
    /// The graph was written for a newer ONNX than the runtime knows.
    #[error("`{}` is of opset {given} of `{domain}`, and this ONNX Runtime knows up to {known}", .file.display())]
    OpsetTooNew {
        /// The graph.
        file: PathBuf,
        /// Domain of operators.
        domain: String,
        /// The graph's version of it.
        given: i64,
        /// The runtime's version of it.
        known: i64,
    },
    /// The graph uses an operator that nobody here has.
    #[error("`{}` needs the operator `{operator}`, at node `{node}`", .file.display())]
    UnknownOperator {
        /// The graph.
        file: PathBuf,
        /// Domain and name.
        operator: String,
        /// The first node that uses it.
        node: String,
    },
    /// The graph is none that this engine can drive.
    #[error("`{}` is no graph that this engine can run: {reason}", .file.display())]
    UnsupportedGraph {
        /// The graph.
        file: PathBuf,
        /// Which input or output is missing or different.
        reason: String,
    },
    /// Prompt and answer together do not fit.
    #[error(
        "the prompt has {prompt_tokens} tokens and `max_tokens` is {max_tokens}: together more than the limit of {limit}"
    )]
    PromptTooLong {
        /// Tokens of the prompt.
        prompt_tokens: usize,
        /// Tokens that may be generated.
        max_tokens: usize,
        /// Tokens that fit.
        limit: usize,
    },
    /// The prompt holds a token that the graph has no number for.
    #[error("the prompt holds token {token} (`{text}`), and the model knows {known} tokens")]
    TokenBeyondModel {
        /// The token's id.
        token: u32,
        /// How the vocabulary spells it.
        text: String,
        /// Tokens that the graph scores.
        known: usize,
    },
    /// Nothing to start from.
    #[error("the prompt is empty")]
    EmptyPrompt,
    /// A sampling parameter is out of range.
    #[error("`{key}` must be {expected}, given {given}")]
    InvalidParameter {
        /// The parameter.
        key: &'static str,
        /// Accepted values.
        expected: &'static str,
        /// The given value.
        given: String,
    },
    /// The model's own chat template cannot render the messages.
    #[error("the model's chat template failed: {reason}")]
    ChatTemplate {
        /// The template.
        file: PathBuf,
        /// 1-based line of it.
        line: Option<usize>,
        /// The template engine's words.
        reason: String,
    },
    /// The model produced no usable distribution.
    #[error("the model's output at position {position} is {what}")]
    BadLogits {
        /// Index of the token that could not be drawn.
        position: usize,
        /// What is wrong with the output.
        what: &'static str,
    },
    /// The parameters forbid every token.
    #[error(
        "no token is allowed at position {position}: banned words, `no_repeat_ngram`, `logit_bias` and `min_tokens` leave none"
    )]
    NothingAllowed {
        /// Index of the token that could not be drawn.
        position: usize,
    },
    /// ONNX Runtime refused a step.
    #[error("ONNX Runtime failed in {stage}: {reason}")]
    Inference {
        /// `prefill` or `decode`.
        stage: &'static str,
        /// ONNX Runtime's words.
        reason: String,
    },
    /// The engine's thread has ended.
    #[error("the engine has stopped")]
    Stopped,
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn places(searched: &[PathBuf]) -> String {
    let quoted: Vec<String> = searched
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    quoted.join(", ")
}

impl EngineError {
    /// Whether the same request would fail the same way again.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::PromptTooLong { .. }
                | Self::TokenBeyondModel { .. }
                | Self::EmptyPrompt
                | Self::InvalidParameter { .. }
                | Self::NothingAllowed { .. }
                | Self::ChatTemplate { .. }
        )
    }

    /// The message without the path in front, which a [`Problem`] carries on its own.
    fn without_path(&self) -> String {
        let text = self.to_string();
        let path = match self {
            Self::ModelFileMissing { dir, .. }
            | Self::ModelHalf { dir, .. }
            | Self::ModelAmbiguous { dir, .. }
            | Self::NoSuchVariant { dir, .. }
            | Self::TokenizerMissing { dir } => format!("model folder `{}` ", dir.display()),
            Self::ModelFileDamaged { file, .. }
            | Self::ModelFileInvalid { file, .. }
            | Self::NotOnnx { file, .. }
            | Self::OpsetTooNew { file, .. }
            | Self::UnknownOperator { file, .. }
            | Self::UnsupportedGraph { file, .. } => format!("`{}` ", file.display()),
            _ => return text,
        };
        text.strip_prefix(&path).unwrap_or(&text).to_owned()
    }

    /// The message for a person.
    pub fn problem(&self) -> Problem {
        let text = self.without_path();
        match self {
            Self::RuntimeMissing { .. } => Problem::new("runtime.missing", text)
                .hint("`make setup` fetches it; or name it with `--runtime-library`"),
            Self::RuntimeUnusable { .. } => Problem::new("runtime.unusable", text)
                .hint("it must be ONNX Runtime 1.28 or newer for this machine; `make setup` fetches one that fits"),
            Self::ModelMissing { dir } => Problem::new("model.missing", text).hint(match near(dir) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`make setup` makes the default model".to_owned(),
            }),
            Self::ModelFileMissing { dir, .. } => Problem::new("model.incomplete", text)
                .file(dir.display().to_string())
                .hint("a model folder holds a graph (model.onnx, or onnx/model….onnx), its weights, tokenizer.json, and config.json or genai_config.json; see docs/MODELS.md"),
            Self::ModelHalf { dir, .. } => Problem::new("model.incomplete", text)
                .file(dir.display().to_string())
                .hint("an encoder and its decoder are exported together; put both into the folder"),
            Self::ModelAmbiguous { dir, .. } => Problem::new("model.ambiguous", text)
                .file(dir.display().to_string())
                .hint("name one as the variant"),
            Self::NoSuchVariant { dir, .. } => {
                Problem::new("model.variant", text).file(dir.display().to_string())
            }
            Self::TokenizerMissing { dir } => Problem::new("model.tokenizer", text)
                .file(dir.display().to_string())
                .hint("where the folder has the files of a slow tokenizer, this makes one: python -c \"from transformers import AutoTokenizer as T; T.from_pretrained('.').save_pretrained('.')\""),
            Self::ModelFileDamaged { file, .. } => Problem::new("model.damaged", text)
                .file(file.display().to_string())
                .hint("delete the folder and make it again (`make setup` for the default model)"),
            Self::ModelFileInvalid { file, .. } => Problem::new("model.invalid", text)
                .file(file.display().to_string())
                .hint("docs/MODELS.md says what each file of a model folder holds"),
            Self::NotOnnx { file, .. } => Problem::new("model.not_onnx", text)
                .file(file.display().to_string())
                .hint("a `.onnx` file is the graph that an exporter wrote; download it again where it was cut off"),
            Self::OpsetTooNew { file, .. } => Problem::new("model.opset", text)
                .file(file.display().to_string())
                .hint("export the model with that opset or an older one, or name a newer library with `--runtime-library`"),
            Self::UnknownOperator { file, .. } => Problem::new("model.operator", text)
                .file(file.display().to_string())
                .hint("ONNX Runtime has the operators of `ai.onnx`, `ai.onnx.ml` and `com.microsoft`; export the model without custom ones"),
            Self::UnsupportedGraph { file, .. } => Problem::new("model.unsupported", text)
                .file(file.display().to_string())
                .hint("docs/MODELS.md lists the exports that run; onnxruntime-genai's builder, optimum and models/export write such graphs"),
            Self::PromptTooLong { .. } => Problem::new("prompt.too_long", text)
                .hint("give fewer or shorter facts, or a smaller `max_tokens`"),
            Self::TokenBeyondModel { .. } => Problem::new("prompt.token", text)
                .hint("`tokenizer.json` and the graph are of two models, or the token was added after the export"),
            Self::EmptyPrompt => Problem::new("prompt.empty", text),
            Self::InvalidParameter { key, expected, given } => {
                // The key stands in front of it.
                Problem::new("generate.parameter", format!("must be {expected}, given {given}")).key(*key)
            }
            Self::ChatTemplate { file, line, .. } => Problem {
                line: *line,
                ..Problem::new("model.chat_template", text)
            }
            .file(file.display().to_string())
            .hint("some models refuse a `system` text or two turns of one role: leave it out of the prompt template, take the template that came with the model, or another model"),
            Self::BadLogits { .. } => Problem::new("model.bad_output", text)
                .hint("the model's weights or its precision are at fault"),
            Self::NothingAllowed { .. } => Problem::new("generate.nothing_allowed", text)
                .hint("loosen one of them"),
            Self::Inference { .. } => Problem::new("model.inference", text).unexpected(),
            Self::Stopped => Problem::new("engine.stopped", text).unexpected(),
        }
    }
}

/// The model beside a folder that is not there whose name is nearest to its.
fn near(missing: &Path) -> Option<String> {
    let beside = std::fs::read_dir(missing.parent()?).ok()?.flatten();
    let models = beside.filter(|entry| entry.path().join("config.json").is_file());
    let names: Vec<String> = models
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let wanted = missing.file_name()?.to_str()?;
    suggest::nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_an_item_while_it_runs_is_told_apart() {
        let errors = [
            EngineError::ChatTemplate {
                file: "models/small/chat_template.jinja".into(),
                line: Some(3),
                reason: "undefined value (in chat_template:3)".to_owned(),
            },
            EngineError::Inference {
                stage: "decode",
                reason: "out of memory".to_owned(),
            },
            EngineError::Stopped,
        ];
        let told = errors.iter().map(|error| {
            let problem = error.problem();
            format!("{} ({:?}): {problem}", problem.code, problem.blame)
        });
        insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
        model.chat_template (Input): models/small/chat_template.jinja:3: the model's chat template failed: undefined value (in chat_template:3)

        hint: some models refuse a `system` text or two turns of one role: leave it out of the prompt template, take the template that came with the model, or another model
        model.inference (Unexpected): ONNX Runtime failed in decode: out of memory
        engine.stopped (Unexpected): the engine has stopped
        ");
    }
}
