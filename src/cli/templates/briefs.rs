//! Briefs that a template is tried on: its sample, beside the prompts, or one in a file that somebody names.

use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::input_files;
use crate::domain::brief::Brief;
use crate::domain::problem::Problem;
use crate::files::{self, FileFault, MOST_TEXT};
use crate::intake::parse_brief;

/// The sample brief and sample draft of a template: `samples/` beside the prompts folder.
pub(super) fn sample_file(context: &Context, template: &str, ending: &str) -> PathBuf {
    let prompts = &context.config.templates.value;
    let beside = prompts.parent().unwrap_or(Path::new(""));
    beside.join("samples").join(format!("{template}.{ending}"))
}

/// The sample brief of a template, where there is one.
pub(super) fn sample_brief(context: &Context, template: &str) -> Result<Option<Brief>, Failure> {
    let file = sample_file(context, template, "json");
    if !file.is_file() {
        return Ok(None);
    }
    let shown = file.display().to_string();
    let bytes = files::read(&file, MOST_TEXT).map_err(|fault| unreadable(&shown, &fault))?;
    Ok(Some(parse_brief(&bytes, &shown)?))
}

/// The brief in a file that somebody named, read as an import reads it.
pub(in crate::cli) async fn brief_of_file(file: &Path) -> Result<Brief, Failure> {
    let shown = file.display().to_string();
    let bytes = input_files::read(file, MOST_TEXT).await;
    let bytes = bytes.map_err(|fault| unreadable(&shown, &fault))?;
    Ok(parse_brief(&bytes, &shown)?)
}

pub(super) fn unreadable(file: &str, fault: &FileFault) -> Problem {
    Problem::new("briefs.unreadable", format!("cannot be read: {fault}"))
        .file(file)
        .hint(
            fault
                .hint()
                .unwrap_or("name a readable file of briefs in UTF-8"),
        )
}
