//! `nightdesk run`: one run of a campaign, now, in this process.

use std::sync::Arc;

use chrono::Utc;
use clap::Args;
use uuid::Uuid;

use super::context::Context;
use super::failure::Failure;
use super::progress::{self, RunBar};
use super::users::actor;
use super::{briefs, campaigns, output};
use crate::domain::campaign::DraftSettings;
use crate::domain::counted::count;
use crate::domain::problem::Problem;
use crate::domain::run::{Run, RunState, run_date};
use crate::drafting::{self, DraftPlan};
use crate::engine::Engine;
use crate::prompt::{Template, Templates};
use crate::store::{CampaignRecord, OpenedRun, Pins, RunRequest, Store};
use crate::worker::{Assignment, Ended, ModelDrafter, OneRun, Worker};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Campaign to run, as in `campaigns list`.
    name: String,
    /// Take at most this many briefs.
    #[arg(long, value_name = "N", value_parser = super::numbers::at_least_one)]
    limit: Option<i64>,
    /// Start a new run; an unfinished one is cancelled, its drafts are kept.
    #[arg(long)]
    new: bool,
    /// Do not pull the campaign's `[source]` first: take the briefs that are there.
    #[arg(long)]
    no_pull: bool,
}

pub(super) async fn run(context: &Context, args: RunArgs) -> Result<(), Failure> {
    let store = context.store().await?;
    let templates = context.templates()?;
    let campaign = store.campaign(&args.name).await?;
    // A broken template is told before a model is loaded for it.
    templates.get(&campaign.spec.draft.template)?;
    if !args.no_pull {
        briefs::before_run(&store, &campaign, args.new).await?;
    }
    let engine = load_for(context, &campaign.spec.draft).await?;
    let wanted = Wanted {
        name: &args.name,
        limit: args.limit,
        new: args.new,
    };
    let finished = work(context, &store, &templates, &engine, &wanted).await?;
    if context.json {
        output::json(&finished.run)?;
    } else {
        summary(&store, &finished.run).await?;
    }
    finished.status()
}

/// A campaign that somebody wants to run.
pub(super) struct Wanted<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Most briefs.
    pub(super) limit: Option<i64>,
    /// Whether an unfinished run is cancelled.
    pub(super) new: bool,
}

/// A run after this process worked on it.
pub(super) struct Worked {
    /// The run.
    pub(super) run: Run,
    /// How this process's part ended.
    pub(super) ended: Ended,
}

impl Worked {
    /// An interrupted run is a failed command; a run with quarantined items is not.
    pub(super) fn status(&self) -> Result<(), Failure> {
        match self.ended {
            Ended::Finished => Ok(()),
            Ended::EngineLost => Err(Problem::new(
                "engine.stopped",
                format!("the engine has stopped; {} kept", count(self.run.drafts, "draft")),
            )
            .hint(format!(
                "`nightdesk run {}` takes the rest up; if it stops again, `nightdesk doctor` verifies the model",
                self.run.campaign
            ))
            .unexpected()
            .into()),
            Ended::Hung => end_hung(),
            Ended::Stopped => Err(Problem::new(
                "run.interrupted",
                format!("interrupted; {} kept", count(self.run.drafts, "draft")),
            )
            .hint(format!(
                "`nightdesk run {}` takes the rest up",
                self.run.campaign
            ))
            .into()),
        }
    }
}

/// Ends the process because a step of the model does not return: nothing else ends it, and an orderly end
/// would wait for it.
pub(super) fn end_hung() -> ! {
    let hung = Problem::new(
        "engine.hung",
        "a step of the model does not return; what was finished is kept",
    )
    .hint("its briefs are tried again one by one; `step_s` in nightdesk.toml says how long a step may take");
    Failure::from(hung.unexpected()).report(false);
    std::process::abort();
}

/// Loads the model that a campaign drafts with.
pub(super) async fn load_for(
    context: &Context,
    draft: &DraftSettings,
) -> Result<Arc<Engine>, Failure> {
    load(context, &draft.model, draft.variant.as_deref()).await
}

/// Loads a model with a spinner.
pub(super) async fn load(
    context: &Context,
    model: &str,
    variant: Option<&str>,
) -> Result<Arc<Engine>, Failure> {
    let spinner = progress::spinner(&format!("loading {model}"));
    let dir = context.model_dir(model);
    let engine = context.engine(dir, variant.map(str::to_owned)).await;
    spinner.finish_and_clear();
    engine
}

/// Opens a run of the campaign and works on it until it has ended or Ctrl-C.
pub(super) async fn work(
    context: &Context,
    store: &Store,
    templates: &Templates,
    engine: &Arc<Engine>,
    wanted: &Wanted<'_>,
) -> Result<Worked, Failure> {
    let campaign = store.campaign(wanted.name).await?;
    if let Some(paused) = campaigns::paused(&campaign) {
        output::note(&format!(
            "{} is {paused}; run by hand all the same",
            campaign.name
        ));
    }
    let template = templates.get(&campaign.spec.draft.template)?;
    // What every brief would fail for must not leave a run behind.
    let today = Utc::now().date_naive();
    DraftPlan::new(campaign.spec.clone(), template.clone(), engine, today)?;
    let pins = pins(template, engine);
    store.record_pins(&pins).await?;
    let opened = store
        .open_run(&RunRequest {
            campaign_id: campaign.id,
            spec: &campaign.spec,
            pins: &pins,
            limit: wanted.limit,
            new: wanted.new,
            actor: &actor(),
        })
        .await?;
    say_what_was_opened(store, &opened, &campaign, wanted.limit.is_some()).await?;
    let template = pinned(store, template, &opened, engine).await?;
    let date = run_date(opened.id);
    let plan = DraftPlan::new(opened.spec, template, engine, date).map_err(|error| {
        let problem = error.problem();
        let hint = problem.hint.clone().unwrap_or_default();
        let way_out =
            "the run is pinned to the campaign as it was; `--new` starts over with it as it is";
        problem.hint(format!(
            "{hint}{}{way_out}",
            if hint.is_empty() { "" } else { "; " }
        ))
    })?;
    let counted = Arc::clone(engine);
    let tokens = move || counted.generated_tokens();
    let bar = Arc::new(RunBar::new(
        opened.items,
        drafting::most_tokens(&plan),
        tokens,
    ));
    let drafter = OneRun {
        engine: Arc::clone(engine),
        drafter: Arc::new(ModelDrafter::new(Arc::clone(engine), plan)),
    };
    let worker = Worker::new(
        store.clone(),
        Box::new(drafter),
        Assignment::Run(opened.id),
        context.worker_options(),
    );
    let stop = context.interrupt.handle();
    let outcome = worker.work(stop, &|progress| bar.show(&progress)).await;
    bar.finish();
    let ended = outcome?;
    let run = store.run(&opened.id.to_string()).await?;
    Ok(Worked { run, ended })
}

async fn say_what_was_opened(
    store: &Store,
    opened: &OpenedRun,
    campaign: &CampaignRecord,
    limited: bool,
) -> Result<(), Failure> {
    if let Some(ended) = opened.ended {
        output::note(&format!(
            "run {ended} is past its window and has been ended; what it left open is taken anew"
        ));
    }
    if opened.resumed {
        let counts = store.item_counts(opened.id).await?;
        output::note(&format!(
            "taking up run {}: {} of {} done",
            opened.id,
            counts.done,
            count(counts.total(), "brief")
        ));
        if limited {
            output::note("the number of briefs asked for applies to new runs only");
        }
    } else if opened.items == 0 {
        let selected = store
            .selected(Some(campaign.id), &opened.spec.select)
            .await?;
        output::note(&match selected.matching {
            0 => "nothing to draft: no brief is as the campaign's [select] says".to_owned(),
            matching => format!(
                "nothing to draft: of {} that match, {}",
                count(matching, "brief"),
                campaigns::reasons(&selected)
            ),
        });
    }
    Ok(())
}

fn pins(template: &Template, engine: &Engine) -> Pins {
    Pins {
        template: template.name.clone(),
        template_sha256: template.sha256.clone(),
        template_source: template.source.clone(),
        model: engine.model().name.clone(),
        model_sha256: engine.model().sha256.clone(),
        model_files: serde_json::json!(engine.model().files),
        context_limit: engine.model().configuration.stored_context_limit(),
    }
}

/// The template and model that a run began with: what it drafts must not change half-way.
async fn pinned(
    store: &Store,
    current: &Template,
    opened: &OpenedRun,
    engine: &Engine,
) -> Result<Template, Failure> {
    let model = engine.model();
    if opened.model_sha256 != model.sha256 {
        return Err(Problem::new(
            "run.other_model",
            format!(
                "run {} was begun with another model than `{}` is now ({} then, {} now)",
                opened.id,
                model.name,
                &opened.model_sha256[..12],
                &model.sha256[..12]
            ),
        )
        .hint("put the model back, or start over with `--new`")
        .into());
    }
    if opened.template_sha256 == current.sha256 {
        return Ok(current.clone());
    }
    let (name, source) = store.template_source(&opened.template_sha256).await?;
    output::note(&format!(
        "template `{name}` has changed since; this run keeps the text it began with"
    ));
    Ok(Template::from_source(&name, &source)?)
}

/// What a run came to, for people.
pub(super) async fn summary(store: &Store, run: &Run) -> Result<(), Failure> {
    let word = serde_json::json!(run.state);
    let speed = run.tok_s.map(|speed| format!(", {speed:.0} tok/s"));
    output::line(&format!(
        "{}: {}, {}, {}, {}{}",
        run.campaign,
        word.as_str().unwrap_or_default().replace('_', " "),
        count(run.counts.done, "brief"),
        count(run.drafts, "draft"),
        count(run.output_tokens, "token"),
        speed.unwrap_or_default()
    ))?;
    if run.state == RunState::WindowExpired {
        window_expired(run)?;
    }
    if run.counts.quarantined > 0 {
        quarantined(store, run.id).await?;
    }
    Ok(())
}

/// Not a failure: the campaign asked for it. Its exit status is 0, and the next run takes the rest.
fn window_expired(run: &Run) -> Result<(), Failure> {
    let closed = run
        .window_ends_at
        .map(|at| format!(" at {}", at.format("%Y-%m-%d %H:%M:%S UTC")));
    output::line(&format!(
        "  its window closed{}; {} {} left for the next run",
        closed.unwrap_or_default(),
        count(run.counts.open(), "brief"),
        if run.counts.open() == 1 {
            "was"
        } else {
            "were"
        }
    ))
}

/// Briefs of a run that were given up, with their reasons.
pub(super) async fn quarantined(store: &Store, run_id: Uuid) -> Result<(), Failure> {
    for item in store.quarantined(run_id).await? {
        let error = item.error.unwrap_or_default();
        let message = error["message"].as_str().unwrap_or("no reason was kept");
        output::line(&format!("  given up: {}: {message}", item.external_ref))?;
    }
    Ok(())
}
