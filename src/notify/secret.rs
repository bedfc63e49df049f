//! Secrets of `[notify]`: the file names an environment variable, and only the variable holds the value.

use crate::domain::problem::Problem;
use crate::domain::secret::{Secret, variable_shown};

/// A value that only a variable holds.
pub(super) fn secret(
    name: &str,
    key: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Secret, Problem> {
    variable(name)
        .filter(|value| !value.is_empty())
        .map(Secret::new)
        .ok_or_else(|| {
            // It may be the secret itself, put where the name of its variable belongs.
            let name = variable_shown(name);
            Problem::new(
                "notify.variable",
                format!("the environment variable `{name}` is not set"),
            )
            .key(format!("notify.{key}"))
            .hint("set it where Nightdesk is started; secrets are in no file")
        })
}
