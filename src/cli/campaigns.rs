//! `nightdesk campaigns`: apply campaign files and look at what is applied.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::store::Applied;
use crate::worker::{check_parts, find_channel};

/// Every key of a campaign file, at the end of `campaigns --help`; other messages point there.
pub(super) const FILE_HELP: &str = r#"A campaign file is TOML. `name`, `[draft] template` and `[draft] model` are required:

  name     = "nightly-explainers"
  schedule = "30 2 * * 1-5"     # five-field crontab; kept for the scheduler, not fired yet
  timezone = "Europe/London"    # with it: window, overlap = "skip" | "buffer" | "allow",
                                # catch_up = "latest" | "skip" | "all", max_catch_up
  [select]                      # kind, tags, language, priority, external_ref (with *),
  tags     = ["factbook"]       # limit, redraft = "changed" | "never" | "always"
  [draft]                       # template, model, channel, candidates, max_tokens,
  template = "news/explainer"   # temperature, top_k, top_p, repetition_penalty, stop, seed
  model    = "smollm2-135m-instruct"
  [review]                      # reviews_required
  keep     = 1                  # best candidates that reach the queue
"#;

#[derive(Debug, Subcommand)]
pub(super) enum CampaignsCommand {
    /// Check every campaign file of a folder, then store them; a mistake in one file stores none.
    Apply {
        /// Folder of *.toml files; by default the project's jobs folder.
        dir: Option<PathBuf>,
    },
    /// List campaigns.
    List,
    /// Print one campaign.
    Show {
        /// Its name.
        name: String,
    },
}

pub(super) async fn campaigns(context: &Context, command: CampaignsCommand) -> Result<(), Failure> {
    match command {
        CampaignsCommand::Apply { dir } => {
            let dir = dir.unwrap_or_else(|| context.config.jobs.value.clone());
            let applied = apply(context, &dir).await?;
            if context.json {
                let rows: Vec<_> = applied
                    .iter()
                    .map(|(spec, applied)| serde_json::json!({ "name": spec.name, "applied": applied }))
                    .collect();
                return output::json(&rows);
            }
            for (spec, applied) in applied {
                let word = serde_json::json!(applied);
                output::line(&format!(
                    "{}: {}",
                    spec.name,
                    word.as_str().unwrap_or_default()
                ))?;
            }
            Ok(())
        }
        CampaignsCommand::List => list(context).await,
        CampaignsCommand::Show { name } => show(context, &name).await,
    }
}

/// Checks and stores every campaign file of a folder.
pub(super) async fn apply(
    context: &Context,
    dir: &Path,
) -> Result<Vec<(CampaignSpec, Applied)>, Failure> {
    let specs = read(context, dir)?;
    let store = context.store().await?;
    let mut applied = Vec::new();
    for (spec, file) in specs {
        let outcome = store.apply_campaign(&spec, &file).await?;
        applied.push((spec, outcome));
    }
    Ok(applied)
}

/// Reads a folder's campaign files and checks them against templates, models and channels.
fn read(context: &Context, dir: &Path) -> Result<Vec<(CampaignSpec, String)>, Failure> {
    let shown = |path: &Path| {
        path.strip_prefix(&context.config.project)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let unreadable = |path: &Path, error: std::io::Error, hint: &str| {
        Problem::new("campaign.unreadable", format!("cannot be read: {error}"))
            .file(shown(path))
            .hint(hint)
    };
    let not_a_folder =
        "give a folder of campaign files; without one it is the project's `jobs` folder";
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(|error| unreadable(dir, error, not_a_folder))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Problem::new("campaign.none", "holds no campaign file")
            .file(shown(dir))
            .hint("a campaign is one `*.toml` file; `nightdesk campaigns --help` shows one")
            .into());
    }
    let templates = context.templates()?;
    let mut specs: Vec<(CampaignSpec, String)> = Vec::new();
    for path in files {
        let file = shown(&path);
        let source = std::fs::read_to_string(&path)
            .map_err(|error| unreadable(&path, error, "a campaign is a file of UTF-8 text"))?;
        let spec = CampaignSpec::parse(&source, &file)?;
        let at = |mut problem: Problem, key: &str| {
            let name = key.rsplit('.').next().unwrap_or(key);
            problem.line = source
                .lines()
                .position(|line| line.trim_start().starts_with(name))
                .map(|line| line + 1);
            problem.file = Some(file.clone());
            problem.key(key)
        };
        let template = templates
            .get(&spec.draft.template)
            .map_err(|error| at(error.problem(), "draft.template"))?;
        let channel = spec.draft.channel.as_deref().map(find_channel).transpose();
        let channel = channel.map_err(|error| at(error.problem(), "draft.channel"))?;
        check_parts(template, channel, &spec).map_err(|error| {
            let problem = error.problem();
            let key = format!("draft.{}", problem.key.as_deref().unwrap_or("channel"));
            at(problem, &key)
        })?;
        if !context.model_dir(&spec.draft.model).is_dir() {
            return Err(at(unknown_model(context, &spec.draft.model), "draft.model").into());
        }
        if let Some((_, other)) = specs.iter().find(|(other, _)| other.name == spec.name) {
            let message = format!("`{}` is already the name of {other}", spec.name);
            let problem = Problem::new("campaign.duplicate", message)
                .hint("give each campaign a name of its own; nothing was stored");
            return Err(at(problem, "name").into());
        }
        specs.push((spec, file));
    }
    Ok(specs)
}

fn unknown_model(context: &Context, model: &str) -> Problem {
    let mut known: Vec<String> = std::fs::read_dir(&context.config.models.value)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("model.onnx").is_file())
        .map(|entry| format!("`{}`", entry.file_name().to_string_lossy()))
        .collect();
    known.sort();
    let known = if known.is_empty() {
        "none yet: `make setup` makes the default model".to_owned()
    } else {
        format!("these: {}", known.join(", "))
    };
    let folder = context.config.models.value.display();
    Problem::new("campaign.unknown_model", format!("no model `{model}`")).hint(format!(
        "models are the folders of {folder}; there are {known}"
    ))
}

async fn list(context: &Context) -> Result<(), Failure> {
    let campaigns = context.store().await?.campaigns().await?;
    if context.json {
        return output::json(&campaigns);
    }
    let rows = campaigns
        .iter()
        .map(|campaign| {
            let draft = &campaign.spec.draft;
            vec![
                campaign.name.clone(),
                campaign
                    .spec
                    .schedule
                    .clone()
                    .unwrap_or_else(|| "by hand".to_owned()),
                draft.template.clone(),
                draft.model.clone(),
                draft.candidates.to_string(),
                draft.channel.clone().unwrap_or_default(),
            ]
        })
        .collect();
    output::table(
        &[
            "CAMPAIGN",
            "SCHEDULE",
            "TEMPLATE",
            "MODEL",
            "CANDIDATES",
            "CHANNEL",
        ],
        rows,
    )
}

async fn show(context: &Context, name: &str) -> Result<(), Failure> {
    let campaign = context.store().await?.campaign(name).await?;
    if context.json {
        return output::json(&campaign);
    }
    if let Some(file) = &campaign.file {
        output::line(&format!("# from {file}, applied {}", campaign.updated_at))?;
    }
    let text = toml::to_string(&campaign.spec)
        .map_err(|error| Problem::new("campaign.unprintable", error.to_string()).unexpected())?;
    output::part(&text)
}
