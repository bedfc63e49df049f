//! What is wrong with a command line, said without the secrets in it.
//!
//! clap repeats what was typed, and an address typed in the wrong place, or behind a misspelt flag, has its password
//! in it. What may be an address is shown as [`SecretUrl::shown`] shows it.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};

use super::failure::Failure;
use crate::domain::secret::{SecretUrl, may_hold_a_secret};

/// Help and version are answers; everything else clap says is a mistake of the user's, status 1.
pub(super) fn usage(error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is listening when it fails.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let error = without_secrets(error);
    if std::env::args_os().any(|arg| arg == "--json") {
        return Failure::usage(&error).report(true);
    }
    let _ = error.print();
    ExitCode::from(1)
}

fn without_secrets(mut error: clap::Error) -> clap::Error {
    let hidden: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| Some((kind, hide(value)?)))
        .collect();
    if !hidden.is_empty() {
        // "To pass it as a value, write …": the same text once more, already put together.
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in hidden {
        error.insert(kind, value);
    }
    error
}

/// A value without its secrets; `None` where it has none.
fn hide(value: &ContextValue) -> Option<ContextValue> {
    match value {
        ContextValue::String(text) => hidden(text).map(ContextValue::String),
        ContextValue::Strings(texts) if texts.iter().any(|text| hidden(text).is_some()) => {
            let texts = texts
                .iter()
                .map(|text| hidden(text).unwrap_or_else(|| text.clone()));
            Some(ContextValue::Strings(texts.collect()))
        }
        _ => None,
    }
}

fn hidden(typed: &str) -> Option<String> {
    let (flag, value) = match typed.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') => (format!("{flag}="), value),
        _ => (String::new(), typed),
    };
    may_hold_a_secret(value).then(|| format!("{flag}{}", SecretUrl::new(value).shown()))
}
