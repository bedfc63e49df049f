//! Reading a folder of campaign files, each checked against templates, models and channels.

use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::hints::of_encoding;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::domain::suggest;
use crate::drafting::{check_parts, find_channel};
use crate::files::{self, FileFault, MOST_SETTINGS};
use crate::intake::RowMap;
use crate::schedule::Schedule;
use crate::store::CampaignFile;

/// Most campaign files of a folder: all of them are stored together.
const MOST_FILES: usize = 2_000;

/// Reads every campaign file of a folder, in the order of their names.
pub(super) fn read(context: &Context, dir: &Path) -> Result<Vec<CampaignFile>, Failure> {
    let project = &context.config.project;
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<_, std::io::Error>>()
        })
        .map_err(|error| {
            unreadable(
                &shown(project, dir),
                &error.into(),
                "give a folder of campaign files; without one it is the project's `jobs` folder",
            )
        })?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    if paths.len() > MOST_FILES {
        let message = format!(
            "a folder may hold {MOST_FILES} campaign files, this one has {}",
            paths.len()
        );
        return Err(Problem::new("campaign.too_many", message)
            .file(shown(project, dir))
            .hint("is it the folder that was meant? Campaigns that are not used any more can go")
            .into());
    }
    if paths.is_empty() {
        return Err(Problem::new("campaign.none", "holds no campaign file")
            .file(shown(project, dir))
            .hint("a campaign is one `*.toml` file; `nightdesk campaigns --help` shows one")
            .into());
    }
    let templates = context.templates()?;
    let mut read: Vec<CampaignFile> = Vec::new();
    for path in paths {
        let file = shown(project, &path);
        let source = text(&path, &file)?;
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
        Schedule::of(&spec).map_err(|error| {
            let (problem, key) = (error.problem(), error.key());
            at(problem, key)
        })?;
        if let Some(from) = &spec.source {
            RowMap::check(from)
                .map_err(|fault| CampaignSpec::source_problem(fault.problem(), &source, &file))?;
        }
        let template = templates.get(&spec.draft.template).map_err(|error| {
            let problem = error.problem();
            // A template that is broken is to blame itself, not the campaign that names it.
            match problem.file {
                Some(_) => problem,
                None => at(problem, "draft.template"),
            }
        })?;
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
        if let Some(other) = read.iter().find(|other| other.spec.name == spec.name) {
            let message = format!("`{}` is already the name of {}", spec.name, other.file);
            let problem = Problem::new("campaign.duplicate", message)
                .hint("give each campaign a name of its own; nothing was stored");
            return Err(at(problem, "name").into());
        }
        read.push(CampaignFile { spec, file });
    }
    Ok(read)
}

/// A path as messages and the database name it: from the project folder, wherever the command was
/// typed, so that `--prune` knows a folder again.
pub(super) fn shown(project: &Path, path: &Path) -> String {
    if let Ok(inside) = path.strip_prefix(project) {
        return inside.display().to_string();
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = absolute.canonicalize().unwrap_or(absolute);
    let project = project
        .canonicalize()
        .unwrap_or_else(|_| project.to_owned());
    let inside = real.strip_prefix(&project).unwrap_or(&real);
    inside.display().to_string()
}

fn text(path: &Path, file: &str) -> Result<String, Problem> {
    let bytes = files::read(path, MOST_SETTINGS).map_err(|fault| {
        let hint = if path.is_symlink() && !path.exists() {
            "it is a link that leads to nothing: make it lead to a file, or take it away"
        } else {
            "a campaign is a file of UTF-8 text"
        };
        unreadable(file, &fault, hint)
    })?;
    // Editors on Windows begin a file with a mark.
    let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let wide = start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]);
    if wide || start.contains(&0) {
        return Err(
            Problem::new("campaign.not_text", "is UTF-16 or no text at all")
                .file(file)
                .hint(of_encoding("UTF-16", "UTF-16", file)),
        );
    }
    match std::str::from_utf8(start) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let good = &start[..error.valid_up_to()];
            let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
            let byte = start[error.valid_up_to()];
            Err(Problem::new(
                "campaign.not_text",
                format!("is not UTF-8: byte 0x{byte:02X}"),
            )
            .file(file)
            .line(line)
            .hint(of_encoding("Latin-1", "WINDOWS-1252", file)))
        }
    }
}

fn unreadable(file: &str, fault: &FileFault, hint: &str) -> Problem {
    Problem::new("campaign.unreadable", format!("cannot be read: {fault}"))
        .file(file)
        .hint(fault.hint().unwrap_or(hint))
}

fn unknown_model(context: &Context, model: &str) -> Problem {
    let mut known: Vec<String> = std::fs::read_dir(&context.config.models.value)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("model.onnx").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    known.sort();
    let known = if known.is_empty() {
        "none yet: `make setup` makes the default model".to_owned()
    } else {
        format!(
            "these: {}",
            suggest::listed(known.iter().map(String::as_str))
        )
    };
    let folder = context.config.models.value.display();
    Problem::new("campaign.unknown_model", format!("no model `{model}`")).hint(format!(
        "models are the folders of {folder}; there are {known}"
    ))
}
