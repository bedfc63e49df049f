//! What a model is asked: from a flag, a file or standard input, and what becomes of it where the model needs no prompt.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::{input_files, output};
use crate::domain::problem::Problem;
use crate::engine::{ChatMessage, DeclaredKind, Engine, EngineError};
use crate::files::MOST_TEXT;

#[derive(Debug, Args)]
pub(super) struct PromptArgs {
    /// What to ask; wrapped in the model's chat template. A model of the kind vae needs no prompt, and one of the kind
    /// one_shot reads none.
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    prompt: Option<String>,
    /// File that holds what to ask; `-` or neither this nor --prompt reads standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Standing instructions in front of it.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Give the prompt to the model as it is, without the chat template.
    #[arg(long, conflicts_with = "system")]
    raw: bool,
}

/// A prompt that was read.
pub(super) struct Prompt {
    /// None where the model needs none and nothing was asked.
    asked: Option<String>,
    system: Option<String>,
    raw: bool,
}

impl PromptArgs {
    /// Reads the prompt. A model of the kind `vae` writes without one too, and so does one that interpolates.
    pub(super) async fn read(
        self,
        kind: Option<DeclaredKind>,
        interpolates: bool,
    ) -> Result<Prompt, Failure> {
        let prompt = |asked| Prompt {
            asked,
            system: self.system.clone(),
            raw: self.raw,
        };
        let is_given = self.prompt.is_some() || self.file.is_some() || self.system.is_some();
        if kind == Some(DeclaredKind::OneShot) {
            if is_given {
                output::note(
                    "the prompt is not read: a model of the kind one_shot makes its texts of noise",
                );
            }
            return Ok(prompt(None));
        }
        let is_optional = kind == Some(DeclaredKind::Vae) || interpolates;
        let asked = match &self.prompt {
            Some(prompt) => prompt.clone(),
            None if self.file.is_none()
                && is_optional
                && (interpolates || std::io::stdin().is_terminal()) =>
            {
                String::new()
            }
            None => from_file(self.file.as_deref()).await?,
        };
        // The chat template would wrap nothing into a prompt that is not empty.
        if !asked.trim().is_empty() {
            return Ok(prompt(Some(asked)));
        }
        if is_optional {
            Ok(prompt(self.system.clone().map(|_| asked)))
        } else {
            Err(EngineError::EmptyPrompt.into())
        }
    }
}

impl Prompt {
    /// Its tokens, as the model reads them.
    pub(super) fn tokens(&self, engine: &Engine) -> Result<Vec<u32>, EngineError> {
        let Some(asked) = &self.asked else {
            return Ok(engine.empty_prompt());
        };
        if self.raw {
            return Ok(engine.tokenizer().encode(asked));
        }
        let system = self.system.as_deref().map(|content| ChatMessage {
            role: "system",
            content,
        });
        let user = ChatMessage {
            role: "user",
            content: asked,
        };
        let messages: Vec<_> = system.into_iter().chain([user]).collect();
        let today = chrono::Utc::now().date_naive();
        let text = engine.chat().render(&messages, today)?;
        Ok(engine.tokenizer().encode(&text))
    }
}

/// The prompt from a file or from standard input.
async fn from_file(file: Option<&Path>) -> Result<String, Failure> {
    if file.is_none() && std::io::stdin().is_terminal() {
        return Err(Problem::new("usage", "there is no prompt")
            .hint("give `--prompt TEXT`, `--file FILE`, or text on standard input")
            .into());
    }
    let file = file.unwrap_or(Path::new("-"));
    let text = input_files::read_text(file, MOST_TEXT)
        .await
        .map_err(|fault| {
            let place = match file.display().to_string() {
                stdin if stdin == "-" => "standard input".to_owned(),
                named => named,
            };
            Problem::new("prompt.unreadable", format!("cannot be read: {fault}"))
                .file(place)
                .hint(fault.hint().unwrap_or("a prompt is UTF-8 text"))
        })?;
    Ok(text)
}
