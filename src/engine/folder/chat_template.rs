//! Where a folder keeps its chat template and the tokens that templates name.

use std::path::PathBuf;

use serde_json::Value;

use super::super::error::EngineError;
use super::directory::{Directory, invalid};

const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// A chat template as its file spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTemplateFile {
    /// The file it came from.
    pub file: PathBuf,
    /// Jinja source.
    pub source: String,
}

/// Texts of the tokens that chat templates name: empty where the tokenizer says that it has none, and none where it
/// says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedTokens {
    /// Opens a text.
    pub bos_token: Option<String>,
    /// Ends a text.
    pub eos_token: Option<String>,
    /// Stands for what the vocabulary lacks.
    pub unk_token: Option<String>,
    /// Fills up.
    pub pad_token: Option<String>,
}

/// What a folder says about chats, and the files that say it.
#[derive(Debug, Default)]
pub(super) struct Chat {
    pub(super) template: Option<ChatTemplateFile>,
    pub(super) tokens: NamedTokens,
    pub(super) files: Vec<String>,
}

/// Looks in `chat_template.jinja`, then `chat_template.json`, then `tokenizer_config.json`, as transformers does.
pub(super) fn read(directory: &Directory) -> Result<Chat, EngineError> {
    let mut chat = Chat::default();
    let settings: Option<Value> = directory.json(TOKENIZER_CONFIG)?;
    if let Some(settings) = &settings {
        let token = |key: &str| token(settings, key);
        chat.tokens = NamedTokens {
            bos_token: token("bos_token"),
            eos_token: token("eos_token"),
            unk_token: token("unk_token"),
            pad_token: token("pad_token"),
        };
        chat.files.push(TOKENIZER_CONFIG.to_owned());
    }
    let mut found = |name: &str, source: String| {
        chat.template = Some(ChatTemplateFile {
            file: directory.path(name),
            source,
        });
        if !chat.files.iter().any(|file| file == name) {
            chat.files.push(name.to_owned());
        }
    };
    for name in ["chat_template.jinja", "chat_template.json"] {
        if !directory.has(name) {
            continue;
        }
        if name.ends_with(".jinja") {
            found(name, directory.text(name)?);
        } else if let Some(value) = directory.json::<Value>(name)? {
            let source = template(&value).ok_or_else(|| {
                let reason = "`chat_template` must be a text, or a list with one named `default`";
                invalid(&directory.path(name), reason.to_owned())
            })?;
            found(name, source);
        }
        return Ok(chat);
    }
    if let Some(source) = settings.as_ref().and_then(template) {
        found(TOKENIZER_CONFIG, source);
    }
    Ok(chat)
}

/// `chat_template` is a text, or a list of named ones of which `default` is for plain chats.
fn template(value: &Value) -> Option<String> {
    match value.get("chat_template")? {
        Value::String(source) => Some(source.clone()),
        Value::Array(named) => {
            let is_default = |entry: &&Value| entry["name"] == "default";
            let entry = named.iter().find(is_default).or_else(|| named.first())?;
            entry["template"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// A token is a text, or an object with its `content`.
fn token(settings: &Value, key: &str) -> Option<String> {
    let value = settings.get(key)?;
    if value.is_null() {
        return Some(String::new());
    }
    let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
    Some(text.to_owned())
}
