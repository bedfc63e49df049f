//! `nightdesk demo`: one night in a few minutes, with nothing prepared by hand.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::run::{self, Wanted};
use super::{briefs, campaigns, drafts, output};
use crate::domain::counted::count;
use crate::domain::draft::Draft;
use crate::domain::problem::Problem;
use crate::domain::run::Run;
use crate::engine::runtime;
use crate::store::{DraftFilter, Store};

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Briefs of each campaign; a third as many where a draft is a set of many texts.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = super::numbers::at_least_one)]
    briefs: i64,
}

/// Sample briefs: what set-up makes of public data, and the committed stand-in where there is one.
const SAMPLES: [(&str, &str, Option<&str>); 3] = [
    (
        "country facts",
        ".nightdesk/briefs/factbook.jsonl",
        Some("tests/fixtures/briefs/factbook.jsonl"),
    ),
    (
        "products",
        ".nightdesk/briefs/appstream.jsonl",
        Some("tests/fixtures/briefs/products.jsonl"),
    ),
    ("earthquakes", ".nightdesk/briefs/earthquakes.jsonl", None),
];

/// Drafts in the table at the end.
const SHOWN: i64 = 10;

pub(super) async fn demo(context: &Context, args: DemoArgs) -> Result<(), Failure> {
    // What cannot work is said before anything is started.
    runtime::find(
        context.config.runtime_library.value.as_deref(),
        &context.config.project,
    )?;
    let templates = context.templates()?;
    output::step("Postgres");
    let store = context.any_store().await?;
    store.migrate().await?;
    import(context, &store).await?;
    output::step("Campaigns");
    let dir = context.config.jobs.value.clone();
    let applied = campaigns::apply_all(context, &dir).await?;
    let others = applied.iter().filter(|file| file.spec.schedule.is_none());
    let others: Vec<&str> = others.map(|file| file.spec.name.as_str()).collect();
    if !others.is_empty() {
        output::note(&format!(
            "    without a schedule, so not drafted here: {} (`nightdesk run NAME` drafts one)",
            others.join(", ")
        ));
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut loaded = None;
    // A night is what fires by itself; the other campaigns are there for who runs them.
    let scheduled = applied.iter().filter(|file| file.spec.schedule.is_some());
    for file in scheduled {
        let spec = &file.spec;
        let (model, variant) = (&spec.draft.model, &spec.draft.variant);
        let sets = !templates.get(&spec.draft.template)?.front.parts.is_empty();
        let engine = match loaded.take() {
            Some((name, engine)) if name == (model.clone(), variant.clone()) => engine,
            _ => run::load_for(context, &spec.draft).await?,
        };
        output::step(&format!("Drafting {} with {model}", spec.name));
        let wanted = Wanted {
            name: &spec.name,
            limit: Some(if sets {
                (args.briefs + 2) / 3
            } else {
                args.briefs
            }),
            new: false,
        };
        let worked = run::work(context, &store, &templates, &engine, &wanted).await?;
        loaded = Some(((model.clone(), variant.clone()), engine));
        if !context.json {
            run::summary(&store, &worked.run).await?;
        }
        worked.status()?;
        runs.push(worked.run);
    }
    if context.json {
        return output::json(&runs);
    }
    results(&store, &runs).await
}

async fn import(context: &Context, store: &Store) -> Result<(), Failure> {
    output::step("Briefs");
    for (what, made, fixture) in SAMPLES {
        let Some((file, is_fixture)) = sample(&context.config.project, made, fixture)? else {
            output::note(&format!(
                "    {what}: none, set-up could not fetch them here"
            ));
            continue;
        };
        let mut outcome = briefs::Outcome::new(&context.config.data().join("rejects"));
        briefs::import_file(store, &file, &briefs::Reading::default(), &mut outcome).await?;
        let imported = outcome.imported;
        let all = imported.new + imported.revised + imported.unchanged;
        let stand_in = if is_fixture {
            " (the committed sample: set-up found no larger set here)"
        } else {
            ""
        };
        output::note(&format!(
            "    {what}: {}, {} new{stand_in}",
            count(all as i64, "brief"),
            imported.new
        ));
        let rejects_file = outcome.rejects.close()?.unwrap_or_default();
        if let Some(rejection) = outcome.rejects.first().first() {
            output::note(&format!(
                "    {} rejected, all of them in {rejects_file}; the first: {rejection}",
                outcome.rejects.count()
            ));
        }
    }
    Ok(())
}

/// The file to import, and whether it is the stand-in; none where there is no stand-in either.
fn sample(
    project: &Path,
    made: &str,
    fixture: Option<&str>,
) -> Result<Option<(PathBuf, bool)>, Failure> {
    let made_file = project.join(made);
    if made_file.is_file() {
        return Ok(Some((made_file, false)));
    }
    let Some(fixture) = fixture else {
        return Ok(None);
    };
    let fixture_file = project.join(fixture);
    if fixture_file.is_file() {
        return Ok(Some((fixture_file, true)));
    }
    let message = format!("neither `{made}` nor `{fixture}` is in the project folder");
    Err(Problem::new("demo.no_briefs", message)
        .file(project.display().to_string())
        .hint("run it in a clone of Nightdesk, after `make setup`")
        .into())
}

/// The best drafts, one of them in full, and what to type next.
async fn results(store: &Store, runs: &[Run]) -> Result<(), Failure> {
    let mut best = Vec::new();
    for run in runs {
        best.extend(best_of(store, run).await?);
    }
    if best.is_empty() {
        return output::line("no drafts yet");
    }
    output::line("")?;
    output::heading("Best drafts")?;
    drafts::table(&best)?;
    output::line("")?;
    let detail = store.draft(&best[0].id.to_string()).await?;
    drafts::show(store, &detail).await?;
    output::line("")?;
    output::heading("Next")?;
    let id = best[0].id;
    for (command, what) in [
        (
            "nightdesk serve --no-auth".to_owned(),
            "review them in a browser, on this machine",
        ),
        ("nightdesk drafts list --all".to_owned(), "every candidate"),
        (
            format!("nightdesk drafts show {id} --json"),
            "scores, findings and provenance of one",
        ),
        (
            "nightdesk run nightly-explainers --limit 10".to_owned(),
            "draft ten more",
        ),
        (
            "nightdesk briefs list --tag economy".to_owned(),
            "what there is to write about",
        ),
        (
            "nightdesk doctor".to_owned(),
            "what is installed, and the configuration",
        ),
    ] {
        output::line(&format!("  {command:<48} {what}"))?;
    }
    Ok(())
}

/// The best drafts of a run; of its campaign's earlier runs when there was nothing left to draft.
async fn best_of(store: &Store, run: &Run) -> Result<Vec<Draft>, Failure> {
    let filter = DraftFilter {
        campaign: Some(run.campaign.clone()),
        run_id: (run.drafts > 0).then_some(run.id),
        limit: SHOWN / 2,
        ..DraftFilter::default()
    };
    Ok(store.drafts(&filter).await?)
}
