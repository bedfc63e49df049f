//! What a person types: one file a command, and what commands share.
//!
//! Data goes to stdout, everything else to stderr. Exit status: 0 success, 1 the user's input or a
//! failed run, 2 unexpected.

mod alerts;
mod audit;
mod briefs;
mod campaigns;
mod channels;
mod confirm;
mod context;
mod demo;
mod doctor;
mod drafts;
mod failure;
mod generate;
mod hints;
mod input_files;
mod interrupt;
mod migrate;
mod models;
mod numbers;
mod output;
mod postgres;
mod probes;
mod progress;
mod prompt;
mod prune;
mod report;
mod run;
mod runs;
mod sampling;
mod scheduler;
mod score;
mod serve;
mod supervised;
mod templates;
mod up;
mod usage;
mod users;
mod watched;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{Config, Given};
use crate::domain::secret::SecretUrl;
use crate::telemetry::{self, LogFormat};
use context::Context;
use failure::Failure;

/// Drafts copy overnight and hands editors a scored review queue in the morning.
///
/// Start with `nightdesk demo`. Everything is kept in one Postgres: the one in DATABASE_URL, or else a
/// private cluster of this project that is started and stopped as needed.
#[derive(Debug, Parser)]
#[command(
    name = "nightdesk",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
struct Global {
    /// Print JSON: a listing is an array, `show` an object, an error `{"error":{…}}` on stderr.
    #[arg(long, global = true)]
    json: bool,
    /// Log more to stderr: -v what happens, -vv details. NIGHTDESK_LOG takes a tracing filter.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Project folder; by default the nearest one upwards that holds nightdesk.toml.
    #[arg(long, global = true, env = "NIGHTDESK_PROJECT", value_name = "DIR")]
    project: Option<PathBuf>,
    /// Postgres to use, such as postgresql://user@host/database; by default the project's private cluster.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: Option<SecretUrl>,
    /// ONNX Runtime's shared library; by default the one that `make setup` put into .nightdesk/runtime.
    #[arg(
        long,
        global = true,
        env = "NIGHTDESK_RUNTIME_LIBRARY",
        value_name = "FILE"
    )]
    runtime_library: Option<PathBuf>,
    /// Folder of model folders.
    #[arg(long, global = true, env = "NIGHTDESK_MODELS", value_name = "DIR")]
    models: Option<PathBuf>,
    /// Folder of prompt templates.
    #[arg(long, global = true, env = "NIGHTDESK_TEMPLATES", value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Folder of campaign files.
    #[arg(long, global = true, env = "NIGHTDESK_JOBS", value_name = "DIR")]
    jobs: Option<PathBuf>,
    /// Threads of the engine; by default all cores.
    #[arg(long, global = true, env = "NIGHTDESK_THREADS", value_name = "N")]
    threads: Option<usize>,
    /// Most texts that are drafted together.
    #[arg(long, global = true, env = "NIGHTDESK_MAX_ROWS", value_name = "N")]
    max_rows: Option<usize>,
    /// Most memory of the engine's KV cache, in MiB.
    #[arg(long, global = true, env = "NIGHTDESK_KV_MIB", value_name = "MIB")]
    kv_mib: Option<usize>,
    /// Seconds of silence after which a worker's items go to another.
    #[arg(long, global = true, env = "NIGHTDESK_LEASE_S", value_name = "S")]
    lease_s: Option<f64>,
    /// Seconds after which a step of the model counts as hung, and the process is ended.
    #[arg(long, global = true, env = "NIGHTDESK_STEP_S", value_name = "S")]
    step_s: Option<f64>,
    /// How logs are written: text for people, json for machines.
    #[arg(
        long,
        global = true,
        env = "NIGHTDESK_LOG_FORMAT",
        value_name = "FORMAT",
        value_parser = PossibleValuesParser::new(LogFormat::ALL.map(LogFormat::as_str)).try_map(|word| word.parse::<LogFormat>())
    )]
    log_format: Option<LogFormat>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show it all once: sample briefs, the real model, one night, the result on screen.
    Demo(demo::DemoArgs),
    /// Create or upgrade the database's schema.
    Migrate,
    /// Import, pull and look at briefs.
    #[command(subcommand)]
    Briefs(briefs::BriefsCommand),
    /// Apply and look at campaigns.
    #[command(subcommand, after_help = campaigns::FILE_HELP)]
    Campaigns(campaigns::CampaignsCommand),
    /// Look at channels: where copy goes, and what fits there.
    #[command(subcommand)]
    Channels(channels::ChannelsCommand),
    /// Run a campaign once now, in this process; takes up its unfinished run if there is one.
    Run(run::RunArgs),
    /// Draft whatever is due, night after night, until it is stopped. Any number of workers may run.
    #[command(after_help = worker::WORKER_HELP)]
    Worker(worker::WorkerArgs),
    /// Fire campaigns when they are due, until it is stopped. Any number of schedulers may run.
    #[command(after_help = scheduler::SCHEDULER_HELP)]
    Scheduler(scheduler::SchedulerArgs),
    /// Run a scheduler, workers and the desk, and start again what dies or hangs.
    #[command(after_help = up::UP_HELP)]
    Up(up::UpArgs),
    /// Open the review desk: the queue, drafts beside their briefs, decisions. Until it is stopped.
    #[command(after_help = serve::SERVE_HELP)]
    Serve(serve::ServeArgs),
    /// Make and change the people who review.
    #[command(subcommand, after_help = users::USERS_HELP)]
    Users(users::UsersCommand),
    /// Look at the record of every write, and check that it holds.
    #[command(subcommand, after_help = audit::AUDIT_HELP)]
    Audit(audit::AuditCommand),
    /// Look at runs, cancel one, and try again what one gave up.
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    /// Delete old nights from the queue, and old drafts that nobody reviewed.
    #[command(after_help = prune::PRUNE_HELP)]
    Prune(prune::PruneArgs),
    /// Look at drafts; export approved ones, correct one, take one back.
    #[command(subcommand)]
    Drafts(drafts::DraftsCommand),
    /// Say what the night came to, as text or a page; or send it by webhook and mail.
    ///
    /// Runs, drafts, failures by cause, skipped slots, what is late, what waits for review. Without a period it covers the 24 hours before now, so that one report a day leaves nothing out.
    Report(report::ReportArgs),
    /// Print the exact prompt of a brief, its token count and its shared prefix.
    Prompt(prompt::PromptArgs),
    /// Look at prompt templates: list, check, show, and draft their samples.
    #[command(subcommand)]
    Templates(templates::TemplatesCommand),
    /// Score any text against a brief, without a database.
    Score(score::ScoreArgs),
    /// Run one prompt through the engine and print the text as it comes.
    Generate(Box<generate::GenerateArgs>),
    /// List models, and check one.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Say what is installed, what is missing and how to get it, and print the configuration in effect.
    Doctor,
    /// Run another program with DATABASE_URL set to this project's database.
    #[command(subcommand)]
    Postgres(postgres::PostgresCommand),
}

impl Command {
    /// Whether it may make the project's private database where there is none yet. Any other would answer a
    /// mistyped `--project` with a new database and an empty list.
    fn may_make_database(&self) -> bool {
        match self {
            Self::Demo(_) | Self::Migrate | Self::Run(_) | Self::Up(_) | Self::Postgres(_) => true,
            Self::Briefs(command) => command.brings_briefs(),
            Self::Campaigns(command) => command.brings_campaigns(),
            _ => false,
        }
    }

    /// The flags of a role: a command that runs for good.
    fn probes(&self) -> Option<&probes::ProbeArgs> {
        match self {
            Self::Worker(args) => Some(&args.probes),
            Self::Scheduler(args) => Some(&args.probes),
            Self::Up(args) => Some(&args.probes),
            _ => None,
        }
    }
}

/// Parses the command line, runs the command, and turns its result into an exit status.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::usage(error, &arguments, Cli::command()),
    };
    let json = cli.global.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(error).report(json),
    };
    let status = match runtime.block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    };
    // A model that is still loading must not hold up the end of an interrupted command.
    runtime.shutdown_background();
    status
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let global = cli.global;
    // Roles run unattended: what they do is in the log without being asked for.
    let probes = cli.command.probes();
    let runs_for_good = probes.is_some() || matches!(cli.command, Command::Serve(_));
    let verbose = global.verbose + u8::from(runs_for_good);
    let listen = probes.and_then(|probes| probes.listen.clone());
    let given = Given {
        project: global.project,
        database_url: global.database_url,
        runtime_library: global.runtime_library,
        models: global.models,
        templates: global.templates,
        jobs: global.jobs,
        threads: global.threads,
        max_rows: global.max_rows,
        kv_mib: global.kv_mib,
        lease_s: global.lease_s,
        step_s: global.step_s,
        listen,
        log_format: global.log_format,
    };
    let config = Config::load(given, &std::env::current_dir()?)?;
    let telemetry = telemetry::start(config.log_format.value, verbose)?;
    let context = Context::new(config, global.json, cli.command.may_make_database());
    let work = async {
        match cli.command {
            Command::Demo(args) => demo::demo(&context, args).await,
            Command::Migrate => migrate::migrate(&context).await,
            Command::Briefs(command) => briefs::briefs(&context, command).await,
            Command::Campaigns(command) => campaigns::campaigns(&context, command).await,
            Command::Channels(command) => channels::channels(&context, command),
            Command::Run(args) => run::run(&context, args).await,
            Command::Worker(args) => worker::worker(&context, args).await,
            Command::Scheduler(args) => scheduler::scheduler(&context, args).await,
            Command::Up(args) => up::up(&context, args).await,
            Command::Serve(args) => serve::serve(&context, args).await,
            Command::Users(command) => users::users(&context, command).await,
            Command::Audit(command) => audit::audit(&context, command).await,
            Command::Runs(command) => runs::runs(&context, command).await,
            Command::Prune(args) => prune::prune(&context, args).await,
            Command::Drafts(command) => drafts::drafts(&context, command).await,
            Command::Report(args) => report::report(&context, args).await,
            Command::Prompt(args) => prompt::prompt(&context, args).await,
            Command::Templates(command) => templates::templates(&context, command).await,
            Command::Score(args) => score::score(&context, args).await,
            Command::Generate(args) => generate::generate(&context, *args).await,
            Command::Models(command) => models::models(&context, command).await,
            Command::Doctor => doctor::doctor(&context).await,
            Command::Postgres(command) => postgres::postgres(&context, command).await,
        }
    };
    // `run` and `demo` stop in order by themselves; everything else ends where it is.
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = context.interrupt.unhandled() => Err(Failure::interrupted()),
    };
    context.close().await;
    // Sending what is left of the traces may take a moment of waiting.
    let sent = tokio::task::spawn_blocking(move || drop(telemetry));
    sent.await?;
    outcome
}

#[cfg(test)]
mod tests;
