//! What every message to a person says: what was wrong, where, and what to do.
//!
//! Each layer has its own small error enum; the edges turn it into a `Problem`, print it once, and
//! choose the exit status from its [`Blame`].

use serde::Serialize;

use super::secret::may_hold_a_secret;

/// An error as a person meets it; under `--json` it is the `error` object of the interfaces document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable word for programs, such as `campaign.unknown_key`.
    pub code: &'static str,
    /// What was wrong, with the limit and the given value.
    pub message: String,
    /// File it was found in.
    pub file: Option<String>,
    /// 1-based line in that file.
    pub line: Option<usize>,
    /// Key in that file, such as `draft.top_p`.
    pub key: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the user or Nightdesk is at fault; decides the exit status.
    #[serde(skip)]
    pub blame: Blame,
}

/// Whether the user or Nightdesk is at fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Blame {
    /// The user's input or surroundings; exit status 1.
    #[default]
    Input,
    /// Nobody expected it; exit status 2.
    Unexpected,
}

impl Problem {
    /// A problem of the user's input, with nothing but a message yet.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            file: None,
            line: None,
            key: None,
            hint: None,
            blame: Blame::Input,
        }
    }

    /// What the TOML reader says about a file, with the line it says it about.
    ///
    /// Its words list the accepted keys and values; types of this program become words of the user's.
    pub fn from_toml(
        code: &'static str,
        error: &toml::de::Error,
        source: &str,
        file: impl Into<String>,
    ) -> Self {
        let mut message = error.message().replace('\n', ", ");
        for (ours, theirs) in [
            ("expected u32", "expected a whole number"),
            ("expected u64", "expected a whole number"),
            ("expected i64", "expected a whole number"),
            ("expected i32", "expected a whole number"),
            ("expected usize", "expected a whole number"),
            ("expected f32", "expected a number"),
            ("expected f64", "expected a number"),
        ] {
            message = message.replace(ours, theirs);
        }
        if let Some((before, _)) = message.split_once("expected struct ") {
            message = format!("{before}expected a table");
        }
        let value = error
            .span()
            .and_then(|span| source.get(span))
            .unwrap_or_default();
        // Of a table they repeat nothing.
        if value.starts_with(['"', '\'']) && may_hold_a_secret(value) {
            // Its words repeat the value.
            message = match message.rsplit_once(", expected ") {
                Some((_, expected)) => {
                    format!("an address is not shown, and not what is wanted: expected {expected}")
                }
                None => "an address is not shown, and not what is wanted".to_owned(),
            };
        }
        let line = error
            .span()
            .map(|span| source[..span.start.min(source.len())].matches('\n').count() + 1);
        let mut problem = Self::new(code, message).file(file);
        problem.line = line;
        problem
    }

    /// Names the file.
    #[must_use]
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Names the 1-based line.
    #[must_use]
    pub fn line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// Names the key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks it as nobody's input.
    #[must_use]
    pub fn unexpected(mut self) -> Self {
        self.blame = Blame::Unexpected;
        self
    }
}

/// `file:line: key: message`, then a `hint:` line: the form on a terminal.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}")?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            write!(f, ": ")?;
        }
        if let Some(key) = self.key.as_deref().filter(|key| !key.is_empty()) {
            write!(f, "`{key}`: ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n\nhint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_sees_place_message_and_hint() {
        let problem = Problem::new("campaign.value", "must be between 0 and 1, given 7")
            .file("jobs/ads.toml")
            .line(12)
            .key("draft.top_p")
            .hint("leave it out for the default, 0.95");
        assert_eq!(
            problem.to_string(),
            "jobs/ads.toml:12: `draft.top_p`: must be between 0 and 1, given 7\n\nhint: leave it out for the default, 0.95"
        );
    }
}
