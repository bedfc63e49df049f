//! `drafts kill` and `drafts correct`: what becomes of an approved text afterwards.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::hints::of_publish;
use super::super::users::actor;
use super::super::{input_files, output};
use crate::domain::export::Format;
use crate::domain::problem::Problem;
use crate::domain::review::MAX_TEXT_BYTES;
use crate::files::FileFault;
use crate::publish::{self, Correction};
use crate::store::{Amended, Store};

#[derive(Debug, Args)]
#[command(after_help = KILL)]
pub(in crate::cli) struct KillArgs {
    /// The draft's id, or the beginning of it.
    id: String,
    /// Why; recorded, and told to whoever has the text.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

const KILL: &str = "\
The text never leaves again. In every format that it had left in, the next `drafts export` says that it has to
be taken down, with the reason and without the text. It cannot be brought back; approve another draft instead.

  nightdesk drafts kill 019b8e3a --reason \"the source withdrew the figures\"";

#[derive(Debug, Args)]
#[command(after_help = CORRECT)]
pub(in crate::cli) struct CorrectArgs {
    /// The draft's id, or the beginning of it.
    id: String,
    /// The whole corrected text; `-` reads standard input. For an ad set a JSON object of its parts.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Why; recorded, and told to whoever has the text.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

const CORRECT: &str = "\
The corrected text has to fit the draft's channel, as at the desk. It becomes a revision of its own: what the
model wrote and what was approved stay on record. In every format that the text had left in, the next `drafts
export` replaces it, with the reason.

  nightdesk drafts correct 019b8e3a --file corrected.txt --reason \"the figure was last year's\"
  echo '{\"headlines\":[…],\"descriptions\":[…]}' | nightdesk drafts correct 019b8e3a --file - --reason …";

/// `drafts kill`.
pub(super) async fn kill(context: &Context, store: &Store, args: KillArgs) -> Result<(), Failure> {
    let draft = store.draft(&args.id).await?.draft;
    let killed = publish::kill(store, draft.id, &args.reason, &actor()).await?;
    if context.json {
        return output::json(&killed);
    }
    let done = if killed.now { "is" } else { "was" };
    let before = if killed.now { "" } else { " already" };
    output::line(&format!(
        "draft {} of {} {done} killed{before}",
        killed.draft_id, draft.external_ref
    ))?;
    tell(&killed, "take it down");
    Ok(())
}

/// `drafts correct`.
pub(super) async fn correct(
    context: &Context,
    store: &Store,
    args: CorrectArgs,
) -> Result<(), Failure> {
    let draft = store.draft(&args.id).await?.draft;
    let text = read(&args.file).await?;
    let correction = Correction {
        draft_id: draft.id,
        text: &text,
        reason: &args.reason,
    };
    let in_file = |error: publish::PublishError| {
        let mut problem = of_publish(&error);
        // What is wrong with the text is wrong in the file.
        if [
            "draft.no_text",
            "draft.too_long",
            "draft.nul",
            "draft.not_parts",
            "draft.limits",
            "draft.same_text",
        ]
        .contains(&problem.code)
        {
            problem = problem.file(args.file.display().to_string());
        }
        Failure::from(problem)
    };
    let corrected = publish::correct(store, &correction, &actor())
        .await
        .map_err(in_file)?;
    if context.json {
        return output::json(&corrected);
    }
    output::line(&format!(
        "draft {} of {} is corrected: revision {} stands",
        corrected.draft_id, draft.external_ref, corrected.revision
    ))?;
    tell(&corrected, "replace it");
    Ok(())
}

fn tell(amended: &Amended, done: &str) {
    let formats: Vec<&str> = amended
        .left_in
        .iter()
        .map(|format: &Format| format.as_str())
        .collect();
    output::note(&match formats.as_slice() {
        [] => "it had not left in any format".to_owned(),
        formats => format!(
            "it had left as {}: the next `drafts export` of each says to {done}",
            formats.join(", ")
        ),
    });
}

/// The file, but no more of it than a text may have; what is longer is refused by its length.
async fn read(file: &Path) -> Result<String, Failure> {
    // Room for the marks and blank lines that are taken off.
    let most = MAX_TEXT_BYTES as u64 * 4;
    let shown = file.display().to_string();
    let text = input_files::read_text(file, most).await.map_err(|fault| {
        let problem = if matches!(fault, FileFault::TooLarge { .. }) {
            let most = MAX_TEXT_BYTES;
            publish::PublishError::TooLong { most }.problem()
        } else {
            Problem::new("draft.unreadable", format!("cannot be read: {fault}"))
                .hint(input_files::hint(&fault))
        };
        problem.file(&shown)
    })?;
    Ok(text)
}
