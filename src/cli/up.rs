//! `nightdesk up`: a scheduler, workers and the review desk as processes of their own, watched.
//!
//! Processes and not threads, because a step of the model that never returns, or a library that aborts, can
//! only be ended with its process; the others go on meanwhile.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::probes::{self, ProbeArgs};
use super::{serve, supervised};
use crate::config::Config;
use crate::domain::problem::Problem;
use crate::web::{Listener, Purpose};

/// Shown below the flags of `up --help`.
pub(super) const UP_HELP: &str = "\
  nightdesk up                    # one scheduler, one worker
  nightdesk up --workers 2 --threads 8
  nightdesk up --desk 127.0.0.1:9640
A worker that dies is started again after a second, then two, up to a minute; one that shows no sign of life
is killed first. With --listen the scheduler answers probes on that address and the workers on the ports after
it; the desk answers them on its own address. Ctrl-C or SIGTERM stops all in order, a second one at once. Under systemd or Kubernetes run
`nightdesk scheduler`, `nightdesk worker` and `nightdesk serve` as units of their own instead: docs/OPERATIONS.md.";

/// The first pause before a process is started again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// A process that lived this long starts the pauses anew.
const LIVED: Duration = Duration::from_mins(1);

/// What was asked to stop and has not after this long is killed; its leases run out.
const GRACE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct UpArgs {
    /// Worker processes on this host; each has a model of its own in memory.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=256))]
    workers: u16,
    /// Do not run a scheduler here.
    #[arg(long)]
    no_scheduler: bool,
    /// Also run the review desk, on this address: `nightdesk serve --help`.
    #[arg(long, value_name = "ADDR")]
    desk: Option<String>,
    #[command(flatten)]
    pub(super) probes: ProbeArgs,
}

pub(super) async fn up(context: &Context, args: UpArgs) -> Result<(), Failure> {
    let interrupted = context.interrupt.handle();
    let mut roles = Vec::new();
    if !args.no_scheduler {
        roles.push(Role::new("scheduler".to_owned(), "scheduler"));
    }
    roles.extend((1..=args.workers).map(|n| Role::new(format!("worker {n}"), "worker")));
    if roles.is_empty() && args.desk.is_none() {
        return Err(nothing_to_run().into());
    }
    // What a role would refuse is said once and here, before anything is started, and not by each of its processes
    // again and again.
    let addresses = addresses(context, &args, roles.len()).await?;
    // So are the private cluster, which is started and upgraded here, and what is wrong with the database's schema.
    match context.store().await {
        // Each role waits for it by itself, and answers its probes meanwhile.
        Err(failure) if failure.is_database_away() => {
            tracing::warn!("{failure}; the roles wait for it");
        }
        Ok(store) if args.desk.is_some() => serve::somebody_can_sign_in(&store).await?,
        other => drop(other?),
    }
    let mut listen = addresses.into_iter();
    let silence_s = args.probes.silence_s;
    let silence = Duration::from_secs(silence_s);
    let program = std::env::current_exe()?;
    let variables = variables(&context.config);
    let (stop_all, stop) = watch::channel(*interrupted.borrow());
    let mut watched = JoinSet::new();
    // The last, so that the addresses for probes go to the others.
    roles.extend(args.desk.as_deref().map(Role::desk));
    for role in roles {
        let mut command = Command::new(&program);
        command
            .args(&role.arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env(supervised::VARIABLE, "1")
            .env("NIGHTDESK_SILENCE_S", silence_s.to_string());
        if let Some(address) = listen.next() {
            command.env("NIGHTDESK_LISTEN", address);
        }
        watched.spawn(keep_running(role, command, silence, stop.clone()));
    }
    output::note(&format!("running {}; Ctrl-C stops", running(&args)));
    let refused = until_all_ended(watched, interrupted, &stop_all).await?;
    output::note("stopped");
    match refused {
        None => Ok(()),
        Some(role) => Err(refused_to_start(&role).into()),
    }
}

/// Waits for the end of every role. One that refuses to start ends the others too; it is given.
async fn until_all_ended(
    mut watched: JoinSet<Option<String>>,
    mut interrupted: watch::Receiver<bool>,
    stop_all: &watch::Sender<bool>,
) -> Result<Option<String>, Failure> {
    let mut refused = None;
    loop {
        tokio::select! {
            ended = watched.join_next() => match ended {
                None => return Ok(refused),
                Some(ended) => {
                    if let Some(role) = ended? {
                        refused.get_or_insert(role);
                        stop_all.send_replace(true);
                    }
                }
            },
            _ = interrupted.changed(), if !*stop_all.borrow() => {
                stop_all.send_replace(true);
            }
        }
    }
}

/// Where the roles answer probes. All are free, and so is the desk's address.
async fn addresses(context: &Context, args: &UpArgs, roles: usize) -> Result<Vec<String>, Failure> {
    let desk = match &args.desk {
        Some(address) => Some(Listener::bind_for(address, Purpose::Desk).await?),
        None => None,
    };
    let addresses = match &context.config.listen.value {
        Some(first) => probes::addresses(first, roles).await?,
        None => Vec::new(),
    };
    // Kept until here: two that are the same would both seem to be free.
    drop(desk);
    Ok(addresses)
}

fn nothing_to_run() -> Problem {
    Problem::new("up.nothing", "there is nothing to run")
        .hint("leave `--no-scheduler` out, let `--workers` be 1 or more, or give `--desk`")
}

fn refused_to_start(role: &str) -> Problem {
    Problem::new(
        "up.refused",
        format!("{role} refused to start, so everything was stopped"),
    )
    .hint("what it said stands above; mend that, and type the same command again")
}

/// What runs, in words.
fn running(args: &UpArgs) -> String {
    let mut parts = Vec::new();
    if !args.no_scheduler {
        parts.push("a scheduler".to_owned());
    }
    match args.workers {
        0 => {}
        1 => parts.push("a worker".to_owned()),
        workers => parts.push(format!("{workers} workers")),
    }
    if let Some(address) = &args.desk {
        parts.push(format!("the desk at http://{address}/"));
    }
    match parts.pop() {
        None => "nothing".to_owned(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// A process to keep running.
#[derive(Debug)]
struct Role {
    name: String,
    arguments: Vec<OsString>,
}

impl Role {
    fn new(name: String, command: &str) -> Self {
        Self {
            name,
            arguments: vec![command.into()],
        }
    }

    fn desk(address: &str) -> Self {
        Self {
            name: "desk".to_owned(),
            arguments: vec!["serve".into(), "--desk".into(), address.into()],
        }
    }
}

/// How one life of a process ended.
enum Life {
    /// By itself.
    Ended(ExitStatus),
    /// It was silent, and was killed.
    Silent,
    /// It was asked to stop.
    Stopped,
}

/// Starts a process again and again, until it is asked to stop. Gives its name if the first one refuses to start:
/// nothing but a person mends that. Later ones may find a schema or a port that is about to change.
async fn keep_running(
    role: Role,
    mut command: Command,
    silence: Duration,
    mut stop: watch::Receiver<bool>,
) -> Option<String> {
    let mut pause = PAUSES.0;
    let mut first = true;
    while !*stop.borrow() {
        let started = Instant::now();
        let spawned = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C is for the supervisor, which asks each process once; a second asking would end them at once.
            .process_group(0)
            .spawn();
        let what = match spawned {
            Err(error) => format!("could not be started: {error}"),
            Ok(mut child) => {
                let pid = child.id().unwrap_or_default();
                tracing::info!(role = role.name, pid, "{} is process {pid}", role.name);
                match live(&mut child, silence, &mut stop).await {
                    Life::Stopped => return None,
                    Life::Ended(status)
                        if first && started.elapsed() < LIVED && status.code() == Some(1) =>
                    {
                        return Some(role.name);
                    }
                    Life::Silent => format!(
                        "showed no sign of life for {} s and was killed",
                        silence.as_secs()
                    ),
                    Life::Ended(status) => format!("has ended ({status})"),
                }
            }
        };
        first = false;
        if started.elapsed() >= LIVED {
            pause = PAUSES.0;
        }
        tracing::error!(
            role = role.name,
            "{} {what}; it is started again in {} s",
            role.name,
            pause.as_secs()
        );
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
        pause = (pause * 2).min(PAUSES.1);
    }
    None
}

/// Watches one life of a process.
async fn live(child: &mut Child, silence: Duration, stop: &mut watch::Receiver<bool>) -> Life {
    let stdin = child.stdin.take();
    let Some(mut signs) = child.stdout.take() else {
        return Life::Silent;
    };
    let mut buffer = [0; 256];
    loop {
        tokio::select! {
            sign = tokio::time::timeout(silence, signs.read(&mut buffer)) => match sign {
                Ok(Ok(1..)) => {}
                // It has closed stdout, so it is about to end.
                Ok(_) => break,
                Err(_) => {
                    // SIGKILL: whatever hangs in it would hang at a request as well.
                    let _ = child.kill().await;
                    return Life::Silent;
                }
            },
            _ = stop.changed() => {
                drop(stdin);
                if tokio::time::timeout(GRACE, drain(child, &mut signs)).await.is_err() {
                    let _ = child.kill().await;
                }
                return Life::Stopped;
            }
        }
    }
    let ended = tokio::time::timeout(GRACE, child.wait()).await;
    match ended {
        Ok(Ok(status)) => Life::Ended(status),
        Ok(Err(_)) | Err(_) => {
            let _ = child.kill().await;
            Life::Silent
        }
    }
}

/// Waits for the end of a process that was asked to stop; its signs of life have to be read, or it
/// would wait for room in the pipe.
async fn drain(child: &mut Child, signs: &mut tokio::process::ChildStdout) {
    let mut buffer = [0; 256];
    while signs.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    let _ = child.wait().await;
}

/// The configuration in effect as variables, so that every process has the same whatever was given here.
fn variables(config: &Config) -> Vec<(&'static str, OsString)> {
    let mut variables: Vec<(&str, OsString)> = vec![
        ("NIGHTDESK_PROJECT", config.project.clone().into()),
        ("NIGHTDESK_MODELS", config.models.value.clone().into()),
        ("NIGHTDESK_TEMPLATES", config.templates.value.clone().into()),
        ("NIGHTDESK_JOBS", config.jobs.value.clone().into()),
        ("NIGHTDESK_THREADS", config.threads.value.to_string().into()),
        (
            "NIGHTDESK_MAX_ROWS",
            config.max_rows.value.to_string().into(),
        ),
        ("NIGHTDESK_KV_MIB", config.kv_mib.value.to_string().into()),
        ("NIGHTDESK_LEASE_S", config.lease_s.value.to_string().into()),
        ("NIGHTDESK_STEP_S", config.step_s.value.to_string().into()),
        (
            "NIGHTDESK_LOG_FORMAT",
            config.log_format.value.as_str().into(),
        ),
    ];
    if let Some(url) = &config.database_url.value {
        variables.push(("DATABASE_URL", url.expose().into()));
    }
    if let Some(library) = &config.runtime_library.value {
        variables.push(("NIGHTDESK_RUNTIME_LIBRARY", library.clone().into()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_run_is_said_once() {
        insta::assert_snapshot!(nothing_to_run(), @"
        there is nothing to run

        hint: leave `--no-scheduler` out, let `--workers` be 1 or more, or give `--desk`
        ");
        insta::assert_snapshot!(refused_to_start("worker 1"), @"
        worker 1 refused to start, so everything was stopped

        hint: what it said stands above; mend that, and type the same command again
        ");
    }

    #[test]
    fn what_runs_is_said_in_words() {
        let said = |workers, no_scheduler, desk: Option<&str>| {
            running(&UpArgs {
                workers,
                no_scheduler,
                desk: desk.map(str::to_owned),
                probes: ProbeArgs {
                    listen: None,
                    silence_s: 120,
                },
            })
        };
        assert_eq!(said(1, false, None), "a scheduler and a worker");
        assert_eq!(said(2, true, None), "2 workers");
        assert_eq!(
            said(3, false, Some("127.0.0.1:9640")),
            "a scheduler, 3 workers and the desk at http://127.0.0.1:9640/"
        );
        assert_eq!(said(0, true, None), "nothing");
    }
}
