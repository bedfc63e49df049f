//! The model's own chat template: messages in, one prompt string out.
//!
//! Chat templates are Jinja written against Python (string methods, `raise_exception`), so they are
//! rendered by `minijinja` with its Python compatibility; see the Hugging Face chat template docs.

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};
use serde::Serialize;

use super::error::EngineError;

/// What `strftime_now` says. A real date would change the prompt at midnight: the shared prefix would
/// be computed again, and the same brief would get another text on another day.
const FIXED_DATE: &str = "2025-01-01";

/// One turn of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChatMessage<'a> {
    /// `system`, `user` or `assistant`.
    pub role: &'a str,
    /// What was said.
    pub content: &'a str,
}

/// How the messages of a model without a chat template become a prompt: one after the other, with the
/// markers that its tokenizer opens a text with.
const PLAIN: &str =
    "{{ bos_token }}{% for message in messages %}{{ message.content }}\n\n{% endfor %}";

/// A compiled chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos_token: String,
    eos_token: String,
    /// Where it came from.
    file: PathBuf,
}

fn failed(file: &Path, error: &minijinja::Error) -> EngineError {
    EngineError::ChatTemplate {
        file: file.to_path_buf(),
        line: error.line(),
        reason: error.to_string(),
    }
}

impl ChatTemplate {
    /// Compiles `chat_template.jinja`; the tokens are what the template knows as `bos_token` and `eos_token`.
    ///
    /// # Errors
    /// [`EngineError::ModelFileInvalid`] when it is not a Jinja template.
    pub fn new(
        source: String,
        file: &Path,
        bos_token: String,
        eos_token: String,
    ) -> Result<Self, EngineError> {
        let mut environment = Environment::new();
        // As transformers sets up Jinja: block tags on lines of their own leave no trace.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| failed(file, &error))?;
        environment.set_syntax(syntax);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| {
            Err::<String, _>(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |_format: String| FIXED_DATE);
        environment
            .add_template_owned("chat", source)
            .map_err(|error| EngineError::ModelFileInvalid {
                file: file.to_path_buf(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            environment,
            bos_token,
            eos_token,
            file: file.to_path_buf(),
        })
    }

    /// For a base model, which has no chat template: the messages one after the other.
    ///
    /// # Errors
    /// Those of [`ChatTemplate::new`]; it does not happen.
    pub fn plain(opening: String) -> Result<Self, EngineError> {
        Self::new(PLAIN.to_owned(), Path::new("plain"), opening, String::new())
    }

    /// The prompt: every message, then the opening of the assistant's answer.
    ///
    /// # Errors
    /// [`EngineError::ChatTemplate`] when the template refuses the messages.
    pub fn render(&self, messages: &[ChatMessage<'_>]) -> Result<String, EngineError> {
        let failed = |error: minijinja::Error| failed(&self.file, &error);
        let template = self.environment.get_template("chat").map_err(failed)?;
        template
            .render(context! {
                messages => minijinja::value::Serde(messages),
                add_generation_prompt => true,
                bos_token => self.bos_token.as_str(),
                eos_token => self.eos_token.as_str(),
            })
            .map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'].strip() + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    fn template(source: &str) -> Result<ChatTemplate, EngineError> {
        ChatTemplate::new(
            source.to_owned(),
            Path::new("chat_template.jinja"),
            "<s>".to_owned(),
            "</s>".to_owned(),
        )
    }

    #[test]
    fn python_methods_and_the_opening_of_the_answer() {
        let messages = [
            ChatMessage {
                role: "system",
                content: "Be plain. ",
            },
            ChatMessage {
                role: "user",
                content: "Hi & <b>",
            },
        ];
        let prompt = template(CHATML).and_then(|t| t.render(&messages));
        assert_eq!(
            prompt.as_deref(),
            Ok(
                "<|im_start|>system\nBe plain.<|im_end|>\n<|im_start|>user\nHi & <b><|im_end|>\n<|im_start|>assistant\n"
            )
        );
    }

    #[test]
    fn a_base_model_reads_the_messages_one_after_the_other() {
        let messages = ["Be plain.", "Rain fell."].map(|content| ChatMessage {
            role: "user",
            content,
        });
        let prompt = ChatTemplate::plain("<bos>".to_owned()).and_then(|t| t.render(&messages));
        assert_eq!(prompt.as_deref(), Ok("<bos>Be plain.\n\nRain fell.\n\n"));
    }

    #[test]
    fn a_template_can_refuse_messages_in_its_own_words() {
        let refusing =
            template("{{ raise_exception('no system message allowed') }}").expect("compiles");
        let error = refusing.render(&[]).expect_err("refused");
        assert!(error.to_string().contains("no system message allowed"));
    }

    #[test]
    fn a_broken_template_names_its_file() {
        let error = template("{% for x in %}").expect_err("broken");
        assert!(
            error
                .to_string()
                .starts_with("`chat_template.jinja` cannot be used: syntax error")
        );
    }
}
