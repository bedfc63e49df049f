//! The model's own chat template: messages in, one prompt string out.
//!
//! Chat templates are Jinja written against Python (string methods, `raise_exception`, `%`), so they are rendered by
//! `minijinja` with its Python compatibility and what [`python`] adds; see the Hugging Face chat template docs.

mod python;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};
use serde::Serialize;

use super::error::EngineError;
use super::folder::{ChatTemplateFile, NamedTokens};

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

/// How they become what a small generator of one kind of text goes on from: nothing stands behind the last, so that
/// `It was a` is continued and not answered.
const CONTINUED: &str = "{{ bos_token }}{% for message in messages %}{{ message.content }}{{ '' if loop.last else '\n\n' }}{% endfor %}";

/// How they become what an encoder reads: one text, with the markers that its tokenizer puts around it.
const FOR_AN_ENCODER: &str = "{{ bos_token }}{% for message in messages %}{{ message.content }}{% if not loop.last %} {% endif %}{% endfor %}{{ eos_token }}";

/// Most steps of one rendering; a conversation of a hundred turns takes some ten thousand.
const MOST_STEPS: u64 = 10_000_000;

/// A compiled chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    tokens: NamedTokens,
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
    /// Compiles a chat template; the tokens are what it knows as `bos_token` and so on.
    ///
    /// # Errors
    /// [`EngineError::ModelFileInvalid`] when it is not a Jinja template.
    pub fn new(template: &ChatTemplateFile, tokens: NamedTokens) -> Result<Self, EngineError> {
        let file = template.file.as_path();
        let mut environment = Environment::new();
        // As transformers sets up Jinja: block tags on lines of their own leave no trace.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| failed(file, &error))?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(MOST_STEPS));
        python::extend(&mut environment);
        environment.add_function("raise_exception", |message: String| {
            Err::<String, _>(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment
            .add_template_owned("chat", python::rewritten(&template.source))
            .map_err(|error| EngineError::ModelFileInvalid {
                file: file.to_path_buf(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            environment,
            tokens,
            file: file.to_path_buf(),
        })
    }

    /// For a base model, which has no chat template: the messages one after the other.
    ///
    /// # Errors
    /// Those of [`ChatTemplate::new`]; it does not happen.
    pub fn plain(opening: String) -> Result<Self, EngineError> {
        Self::own(PLAIN, opening, String::new())
    }

    /// For a model of a declared kind without a chat template: the messages one after the other, to be continued.
    ///
    /// # Errors
    /// Those of [`ChatTemplate::new`]; it does not happen.
    pub fn continued(opening: String) -> Result<Self, EngineError> {
        Self::own(CONTINUED, opening, String::new())
    }

    /// For an encoder without a chat template: the messages as one text between the markers that its tokenizer opens
    /// and closes a text with.
    ///
    /// # Errors
    /// Those of [`ChatTemplate::new`]; it does not happen.
    pub fn for_encoder(opening: String, closing: String) -> Result<Self, EngineError> {
        Self::own(FOR_AN_ENCODER, opening, closing)
    }

    fn own(source: &str, bos_token: String, eos_token: String) -> Result<Self, EngineError> {
        let template = ChatTemplateFile {
            file: PathBuf::from("plain"),
            source: source.to_owned(),
        };
        let tokens = NamedTokens {
            bos_token: Some(bos_token),
            eos_token: Some(eos_token),
            ..NamedTokens::default()
        };
        Self::new(&template, tokens)
    }

    /// The prompt: every message, then the opening of the assistant's answer. `date` is what the template takes for
    /// today, at midnight. A system message that the template refuses, or leaves out, stands before the first
    /// question.
    ///
    /// # Errors
    /// [`EngineError::ChatTemplate`] when the template refuses the messages.
    pub fn render(
        &self,
        messages: &[ChatMessage<'_>],
        date: NaiveDate,
    ) -> Result<String, EngineError> {
        let written = self.write(messages, date, true);
        let [system, question, rest @ ..] = messages else {
            return written;
        };
        let is_heard = written
            .as_ref()
            .is_ok_and(|text| text.contains(system.content.trim()));
        if system.role != "system" || question.role != "user" || is_heard {
            return written;
        }
        let merged = format!("{}\n\n{}", system.content, question.content);
        let first = ChatMessage {
            role: "user",
            content: &merged,
        };
        let messages: Vec<ChatMessage<'_>> =
            [first].into_iter().chain(rest.iter().copied()).collect();
        // What it says of the messages as they were is what somebody can do something about.
        self.write(&messages, date, true).or(written)
    }

    /// A conversation that has ended: no answer is opened behind it.
    ///
    /// # Errors
    /// [`EngineError::ChatTemplate`] when the template refuses the messages.
    pub fn render_ended(
        &self,
        messages: &[ChatMessage<'_>],
        date: NaiveDate,
    ) -> Result<String, EngineError> {
        self.write(messages, date, false)
    }

    fn write(
        &self,
        messages: &[ChatMessage<'_>],
        date: NaiveDate,
        add_generation_prompt: bool,
    ) -> Result<String, EngineError> {
        let failed = |error: minijinja::Error| failed(&self.file, &error);
        let template = self.environment.get_template("chat").map_err(failed)?;
        template
            .render(context! {
                messages => minijinja::value::Serde(messages),
                add_generation_prompt,
                bos_token => self.tokens.bos_token.as_deref().unwrap_or_default(),
                eos_token => self.tokens.eos_token.as_deref().unwrap_or_default(),
                unk_token => self.tokens.unk_token.as_deref().unwrap_or_default(),
                pad_token => self.tokens.pad_token.as_deref().unwrap_or_default(),
                nightdesk_date => date.to_string(),
            })
            .map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'].strip() + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    fn template(source: &str) -> Result<ChatTemplate, EngineError> {
        let file = ChatTemplateFile {
            file: "chat_template.jinja".into(),
            source: source.to_owned(),
        };
        let tokens = NamedTokens {
            bos_token: Some("<s>".to_owned()),
            eos_token: Some("</s>".to_owned()),
            pad_token: Some("<pad>".to_owned()),
            unk_token: Some("<unk>".to_owned()),
        };
        ChatTemplate::new(&file, tokens)
    }

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 30).expect("a date")
    }

    const ASKED: [ChatMessage<'static>; 2] = [
        ChatMessage {
            role: "system",
            content: "Be plain.",
        },
        ChatMessage {
            role: "user",
            content: "Rain fell?",
        },
    ];

    /// What a template makes of a system message and a question.
    fn rendered(source: &str) -> String {
        let rendered = template(source).and_then(|template| template.render(&ASKED, date()));
        rendered.unwrap_or_else(|error| error.to_string())
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
        let prompt = template(CHATML).and_then(|t| t.render(&messages, date()));
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
        let prompt =
            ChatTemplate::plain("<bos>".to_owned()).and_then(|t| t.render(&messages, date()));
        assert_eq!(prompt.as_deref(), Ok("<bos>Be plain.\n\nRain fell.\n\n"));
        let prompt = ChatTemplate::continued("<bos>".to_owned());
        let prompt = prompt.and_then(|t| t.render(&messages, date()));
        assert_eq!(prompt.as_deref(), Ok("<bos>Be plain.\n\nRain fell."));
    }

    #[test]
    fn a_template_can_refuse_messages_in_its_own_words() {
        let refusing =
            template("{{ raise_exception('no system message allowed') }}").expect("compiles");
        let error = refusing.render(&[], date()).expect_err("refused");
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

    #[test]
    fn a_system_message_that_is_refused_or_left_out_stands_before_the_question() {
        let turns = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
        let refusing = format!(
            "{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no system') }}}}{{% endif %}}{turns}"
        );
        assert_eq!(rendered(&refusing), "<user>Be plain.\n\nRain fell?");
        let silent = "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}";
        assert_eq!(rendered(silent), "<user>Be plain.\n\nRain fell?");
        assert_eq!(rendered(turns), "<system>Be plain.<user>Rain fell?");
    }

    #[test]
    fn what_templates_take_from_python_is_there() {
        for (source, expected) in [
            ("{{ '%s: %d%%' % ('rain', 7) }}", "rain: 7%"),
            ("{{ '%.2f' % 3.14159 + '!' }}", "3.14!"),
            ("{{ \"%s\" % messages[1].content | upper }}", "RAIN FELL?"),
            ("{{ '%5d|%-5s|%05d' % (42, 'ab', 7) }}", "   42|ab   |00007"),
            ("{{ 7 % 4 }}", "3"),
            (
                "{# don't #}{{ '%s' % 1 }}{% generation %}x{% endgeneration %}",
                "1x",
            ),
            ("{{ messages[1].content.removeprefix('Rain ') }}", "fell?"),
            ("{{ messages[1].content.removesuffix('fell?') }}|", "Rain |"),
            ("{{ strftime_now('%d %b %Y') }}", "30 Nov 2026"),
            ("{%- generation -%} a {%- endgeneration %}", "a"),
            (
                "{{ bos_token }}{{ pad_token }}{{ unk_token }}",
                "<s><pad><unk>",
            ),
            ("{{ '{% generation %}' }}", "{% generation %}"),
            (
                "{% raw %}{{ '%s' % 1 }}{% generation %}{% endraw -%} {{ '%s' % 2 }}",
                "{{ '%s' % 1 }}{% generation %}2",
            ),
        ] {
            assert_eq!(rendered(source), expected, "{source}");
        }
    }

    #[test]
    fn a_template_that_never_ends_is_stopped() {
        let told = rendered(
            "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        );
        assert!(
            told.starts_with("the model's chat template failed: engine ran out of fuel"),
            "{told}"
        );
    }

    #[test]
    fn a_date_that_cannot_be_written_is_told() {
        assert_eq!(
            rendered("{{ strftime_now('%Q') }}"),
            "the model's chat template failed: invalid operation: `%Q` is no format of a date (in chat:1)"
        );
    }
}
