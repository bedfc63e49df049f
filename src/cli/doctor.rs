//! `nightdesk doctor`: what is there, what is missing, how to get it; and the configuration in effect.

use owo_colors::Style;
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::hints::with_commands;
use super::output;
use crate::config::FILE;
use crate::domain::counted::count;
use crate::domain::notify::NotifySettings;
use crate::domain::problem::Problem;
use crate::domain::retention::Keep;
use crate::domain::secret::{HIDDEN, SecretUrl, variable_shown};
use crate::domain::trusted_proxies::TrustedProxies;
use crate::engine::{ModelFolder, runtime};
use crate::notify::Notify;
use crate::postgres::Installation;
use crate::store::{SchemaState, StoreError};

/// One thing that is looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    found: String,
    hint: Option<String>,
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            ok: true,
            found: found.into(),
            hint: None,
        }
    }

    fn bad(name: &'static str, problem: &Problem) -> Self {
        Self {
            name,
            ok: false,
            // With its place, such as the line of a template; the hint has a line of its own.
            found: Problem {
                hint: None,
                ..problem.clone()
            }
            .to_string(),
            hint: with_commands(problem.clone()).hint,
        }
    }
}

pub(super) async fn doctor(context: &Context) -> Result<(), Failure> {
    let mut checks = vec![runtime_check(context)];
    checks.extend(model_checks(context));
    checks.push(templates_check(context));
    if context.config.database_url.value.is_none() {
        checks.push(match Installation::find() {
            Ok(found) => Check::good(
                "postgres",
                format!("version {} in {}", found.version(), found.bin().display()),
            ),
            Err(error) => failed("postgres", error.into()),
        });
    }
    let database = database_check(context).await;
    let connected = database.ok;
    checks.push(database);
    if connected {
        checks.extend(encryption_check(context).await);
        checks.extend(schedule_check(context).await);
    }
    checks.extend(notify_check(context));
    let configuration = configuration(context);
    let healthy = checks.iter().all(|check| check.ok);
    if context.json {
        output::json(
            &serde_json::json!({ "ok": healthy, "checks": checks, "configuration": configuration }),
        )?;
    } else {
        print(&checks, &configuration)?;
    }
    if healthy {
        Ok(())
    } else {
        Err(Failure::Output)
    }
}

fn failed(name: &'static str, failure: Failure) -> Check {
    match failure {
        Failure::Problem(problem) => Check::bad(name, &problem),
        Failure::Output | Failure::BrokenPipe => {
            Check::bad(name, &Problem::new("unknown", "failed"))
        }
    }
}

fn runtime_check(context: &Context) -> Check {
    let found = runtime::find(
        context.config.runtime_library.value.as_deref(),
        &context.config.project,
    )
    .and_then(|path| runtime::load(&path));
    match found {
        Ok(runtime) => Check::good(
            "runtime",
            format!("{} in {}", runtime.version, runtime.path.display()),
        ),
        Err(error) => Check::bad("runtime", &error.problem()),
    }
}

/// Every folder under the models folder that looks like a model.
fn model_checks(context: &Context) -> Vec<Check> {
    let models = &context.config.models.value;
    let mut dirs: Vec<_> = std::fs::read_dir(models)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|dir| ModelFolder::is_one(dir))
        .collect();
    dirs.sort();
    if dirs.is_empty() {
        let message = format!("no model under {}", models.display());
        let problem = Problem::new("model.none", message)
            .hint("`make setup` makes the default model, smollm2-135m-instruct");
        return vec![Check::bad("model", &problem)];
    }
    dirs.iter()
        .map(|dir| match ModelFolder::open(dir, None) {
            Ok(folder) => {
                let verified = if dir.join("manifest.json").is_file() {
                    "files verified"
                } else {
                    "files there, but no manifest.json to verify them by"
                };
                Check::good(
                    "model",
                    format!("{} ({}), {verified}", folder.name, &folder.sha256[..12]),
                )
            }
            Err(error) => Check::bad("model", &error.problem()),
        })
        .collect()
}

fn templates_check(context: &Context) -> Check {
    match context.templates() {
        Ok(templates) => {
            let names: Vec<&str> = templates.names().collect();
            let refused: Vec<_> = templates.refused().collect();
            match refused.as_slice() {
                [] => Check::good("templates", names.join(", ")),
                [(_, error)] => Check::bad("templates", &error.problem()),
                several => {
                    let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
                    let message = format!("{} cannot be loaded", names.join(", "));
                    let problem = Problem::new("templates.refused", message);
                    let hint = "`nightdesk templates check` says why; the others can be used";
                    Check::bad("templates", &problem.hint(hint))
                }
            }
        }
        Err(failure) => failed("templates", failure),
    }
}

async fn database_check(context: &Context) -> Check {
    if context.is_without_database() {
        let found = "no private cluster yet: `nightdesk demo`, `migrate` or an import makes it";
        return Check::good("database", found);
    }
    let state = async {
        let store = context.any_store().await?;
        let state = store.schema_state().await?;
        if state == SchemaState::Current {
            store.require_writable().await?;
        }
        let briefs = match state {
            SchemaState::Current => store.count_briefs().await?,
            SchemaState::Missing | SchemaState::Older { .. } => 0,
        };
        Ok::<_, Failure>((state, briefs))
    };
    match state.await {
        Ok((SchemaState::Current, briefs)) => Check::good(
            "database",
            format!("schema as it should be, {}", count(briefs, "brief")),
        ),
        Ok((SchemaState::Missing, _)) if context.config.database_url.value.is_none() => {
            Check::good("database", "private cluster, still empty")
        }
        Ok((SchemaState::Missing, _)) => failed("database", StoreError::NotMigrated.into()),
        Ok((SchemaState::Older { found }, _)) => {
            let message = format!("the schema is at step {found}, older than this binary's");
            let problem =
                Problem::new("database.schema_older", message).hint("run `nightdesk migrate`");
            Check::bad("database", &problem)
        }
        Err(failure) => failed("database", failure),
    }
}

/// Whether what is said to the database of `DATABASE_URL` can be overheard; a private cluster has a socket of its own.
async fn encryption_check(context: &Context) -> Option<Check> {
    context.config.database_url.value.as_ref()?;
    let store = context.any_store().await.ok()?;
    let found = store.transport()?.in_words();
    Some(Check::good("encryption", found))
}

/// Campaigns that a wrong clock has silenced; nothing where there is none, or no database to ask.
async fn schedule_check(context: &Context) -> Option<Check> {
    let store = context.any_store().await.ok()?;
    let (campaigns, now) = (
        store.readable_campaigns().await.ok()?,
        store.now().await.ok()?,
    );
    let silent: Vec<_> = campaigns
        .iter()
        .filter(|campaign| campaign.spec.schedule.is_some() && campaign.paused_at.is_none())
        .filter(|campaign| campaign.silent_until(now).is_some())
        .map(|campaign| campaign.name.as_str())
        .collect();
    let first = silent.first()?;
    let (verb, whose) = match silent.len() {
        1 => ("is", "its cursor lies"),
        _ => ("are", "their cursors lie"),
    };
    let message = format!(
        "{} {verb} silent, as {whose} ahead of the database's clock",
        silent.join(", ")
    );
    let problem = Problem::new("campaign.silent", message).hint(format!(
        "a scheduler was started while the clock was wrong, or it is wrong now; once it is right, `nightdesk campaigns resume {first}` lets it go on"
    ));
    Some(Check::bad("schedule", &problem))
}

/// Who hears of the night; nothing where nobody is to. No address or password of it is printed.
fn notify_check(context: &Context) -> Option<Check> {
    let settings = &context.config.notify;
    if !settings.is_configured() {
        return None;
    }
    let found = Notify::new(settings, &|name| std::env::var(name).ok());
    Some(match found {
        Ok(notify) => {
            let channels = notify.destinations().into_iter();
            let channels = channels.map(|channel| format!("{} {}", channel.channel, channel.to));
            Check::good("notify", channels.collect::<Vec<_>>().join("; "))
        }
        Err(problem) => Check::bad("notify", &problem),
    })
}

/// What of `[notify]` is set.
fn notify_rows(settings: &NotifySettings) -> Vec<(&'static str, String, &'static str)> {
    let webhook = settings.webhook.as_ref().map(|_| HIDDEN.to_owned());
    let by_name = settings.webhook_env.as_ref();
    let webhook = webhook.or_else(|| by_name.map(|name| format!("in {}", variable_shown(name))));
    let smtp = settings.smtp.as_ref().map(|smtp| {
        let login = match (&smtp.user, &smtp.password_env) {
            (Some(user), Some(name)) => {
                format!(", as {user} with the password in {}", variable_shown(name))
            }
            _ => String::new(),
        };
        format!("{}:{}{login}", smtp.host, smtp.port())
    });
    let report = settings
        .report
        .map(|time| format!("{} {}", time.format("%H:%M"), settings.timezone));
    [
        ("notify.webhook", webhook),
        ("notify.smtp", smtp),
        ("notify.report", report),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?, FILE)))
    .collect()
}

/// Every key with its value in effect and where that came from; no password.
fn configuration(context: &Context) -> Vec<(&'static str, String, &'static str)> {
    let config = &context.config;
    let path = |path: &std::path::Path| path.display().to_string();
    let url = config.database_url.value.as_ref();
    let library = config.runtime_library.value.as_deref();
    let mut rows = vec![
        ("project", path(&config.project), "nearest nightdesk.toml"),
        (
            "database_url",
            url.map_or("private cluster".to_owned(), SecretUrl::shown),
            config.database_url.origin,
        ),
        (
            "runtime_library",
            library.map_or("searched".to_owned(), path),
            config.runtime_library.origin,
        ),
        ("models", path(&config.models.value), config.models.origin),
        (
            "templates",
            path(&config.templates.value),
            config.templates.origin,
        ),
        ("jobs", path(&config.jobs.value), config.jobs.origin),
        (
            "threads",
            config.threads.value.to_string(),
            config.threads.origin,
        ),
        (
            "max_rows",
            config.max_rows.value.to_string(),
            config.max_rows.origin,
        ),
        (
            "kv_mib",
            config.kv_mib.value.to_string(),
            config.kv_mib.origin,
        ),
        (
            "lease_s",
            config.lease_s.value.to_string(),
            config.lease_s.origin,
        ),
        (
            "step_s",
            config.step_s.value.to_string(),
            config.step_s.origin,
        ),
        (
            "listen",
            config.listen.value.clone().unwrap_or("nowhere".to_owned()),
            config.listen.origin,
        ),
        (
            "trusted_proxies",
            config.trusted_proxies.to_string(),
            if config.trusted_proxies == TrustedProxies::default() {
                "default"
            } else {
                FILE
            },
        ),
        (
            "log_format",
            config.log_format.value.as_str().to_owned(),
            config.log_format.origin,
        ),
        kept("retention.keep_runs", config.retention.keep_runs),
        kept("retention.keep_drafts", config.retention.keep_drafts),
    ];
    rows.extend(notify_rows(&config.notify));
    rows
}

fn kept(key: &'static str, keep: Option<Keep>) -> (&'static str, String, &'static str) {
    match keep {
        Some(keep) => (key, keep.to_string(), FILE),
        None => (key, "for good".to_owned(), "default"),
    }
}

fn print(
    checks: &[Check],
    configuration: &[(&'static str, String, &'static str)],
) -> Result<(), Failure> {
    for check in checks {
        let mark = if check.ok {
            output::paint("ok     ", Style::new().green())
        } else {
            output::paint("missing", Style::new().red())
        };
        output::line(&format!("{mark}  {:<10} {}", check.name, check.found))?;
        if let Some(hint) = &check.hint {
            output::line(&format!("         {:<10} hint: {hint}", ""))?;
        }
    }
    output::line("")?;
    output::heading(&format!(
        "Configuration (flag, then variable, then {FILE}, then default)"
    ))?;
    let rows = configuration
        .iter()
        .map(|(key, value, origin)| vec![(*key).to_owned(), value.clone(), (*origin).to_owned()])
        .collect();
    output::table(&["KEY", "VALUE", "FROM"], rows)
}
