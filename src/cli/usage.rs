//! What is said to somebody whose command line cannot be read, without the secrets in it.
//!
//! clap repeats what was typed, and an address typed in the wrong place, or behind a misspelt flag, has its password
//! in it. What may be an address is shown as [`SecretUrl::shown`] shows it.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::failure::Failure;
use crate::domain::secret::{SecretUrl, may_hold_a_secret};

/// Help and version are answers; everything else clap says is a mistake of the user's, status 1.
pub(super) fn usage(
    error: clap::Error,
    arguments: &[OsString],
    command: clap::Command,
) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is listening when it fails.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let mut error = without_secrets(error);
    if error.kind() == ErrorKind::UnknownArgument {
        name_the_flags(&mut error, arguments, command);
    }
    if arguments.iter().any(|argument| argument == "--json") {
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

/// clap's advice for a flag that is not there is to pass it as a value, which no command here takes: the flags that
/// there are help more.
fn name_the_flags(error: &mut clap::Error, arguments: &[OsString], command: clap::Command) {
    error.remove(ContextKind::Suggested);
    if error.get(ContextKind::SuggestedArg).is_some() {
        return;
    }
    let (path, command) = asked_for(arguments, command);
    let flags: Vec<String> = command
        .get_arguments()
        .filter(|argument| !argument.is_positional() && !argument.is_global_set())
        .filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
        .filter_map(
            |argument| match (argument.get_long(), argument.get_short()) {
                (Some(long), _) => Some(format!("'--{long}'")),
                (None, short) => short.map(|short| format!("'-{short}'")),
            },
        )
        .collect();
    let tip = if flags.is_empty() {
        format!("'{path}' has no flags of its own")
    } else {
        format!("the flags of '{path}' are {}", flags.join(", "))
    };
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![tip.into()]),
    );
}

/// The command that was meant, as far as it could be read, with its name.
fn asked_for(arguments: &[OsString], mut command: clap::Command) -> (String, clap::Command) {
    let mut path = command.get_name().to_owned();
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(found) = command.find_subcommand(word) {
            path = format!("{path} {word}");
            command = found.clone();
        }
    }
    (path, command)
}
