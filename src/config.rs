//! Configuration: flags, then environment, then `nightdesk.toml`, then defaults.
//!
//! Each value remembers where it came from, because "why does it use that database" is the first
//! question when a night went elsewhere; `nightdesk doctor` prints the answer.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::notify::NotifySettings;
use crate::domain::problem::Problem;
use crate::domain::retention::Retention;
use crate::domain::secret::SecretUrl;
use crate::domain::trusted_proxies::TrustedProxies;
use crate::files::{self, MOST_SETTINGS};
use crate::telemetry::LogFormat;

/// Name of the configuration file; the folder that holds it is the project.
pub const FILE: &str = "nightdesk.toml";

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in effect.
    pub value: T,
    /// `flag or variable`, `nightdesk.toml` or `default`.
    pub origin: &'static str,
}

impl<T> Setting<T> {
    /// The first of flag, file and default that is there.
    fn resolve(given: Option<T>, file: Option<T>, default: T) -> Self {
        match (given, file) {
            (Some(value), _) => Self {
                value,
                origin: "flag or variable",
            },
            (None, Some(value)) => Self {
                value,
                origin: FILE,
            },
            (None, None) => Self {
                value: default,
                origin: "default",
            },
        }
    }
}

/// What was given on the command line or in the environment.
#[derive(Debug, Clone, Default)]
#[expect(
    missing_docs,
    reason = "the fields are those of `Config`, explained there"
)]
pub struct Given {
    pub project: Option<PathBuf>,
    pub database_url: Option<SecretUrl>,
    pub runtime_library: Option<PathBuf>,
    pub models: Option<PathBuf>,
    pub templates: Option<PathBuf>,
    pub jobs: Option<PathBuf>,
    pub threads: Option<usize>,
    pub max_rows: Option<usize>,
    pub kv_mib: Option<usize>,
    pub lease_s: Option<f64>,
    pub step_s: Option<f64>,
    pub listen: Option<String>,
    pub log_format: Option<LogFormat>,
}

/// `nightdesk.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database_url: Option<SecretUrl>,
    runtime_library: Option<PathBuf>,
    models: Option<PathBuf>,
    templates: Option<PathBuf>,
    jobs: Option<PathBuf>,
    threads: Option<usize>,
    max_rows: Option<usize>,
    kv_mib: Option<usize>,
    lease_s: Option<f64>,
    step_s: Option<f64>,
    #[serde(default)]
    notify: NotifySettings,
    #[serde(default)]
    retention: Retention,
    listen: Option<String>,
    #[serde(default)]
    trusted_proxies: TrustedProxies,
    log_format: Option<LogFormat>,
}

/// The configuration in effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folder of the project: the nearest one upwards that holds `nightdesk.toml`, else the current one.
    pub project: PathBuf,
    /// Postgres to use; `None` is the project's private cluster.
    pub database_url: Setting<Option<SecretUrl>>,
    /// ONNX Runtime's shared library; `None` searches the usual places.
    pub runtime_library: Setting<Option<PathBuf>>,
    /// Folder of model folders.
    pub models: Setting<PathBuf>,
    /// Folder of prompt templates.
    pub templates: Setting<PathBuf>,
    /// Folder of campaign files.
    pub jobs: Setting<PathBuf>,
    /// Threads of the engine.
    pub threads: Setting<usize>,
    /// Most texts that are drafted together.
    pub max_rows: Setting<usize>,
    /// Most memory of the engine's KV cache, in MiB.
    pub kv_mib: Setting<usize>,
    /// Seconds after which a silent worker's items go to another.
    pub lease_s: Setting<f64>,
    /// Seconds after which a step of the model counts as hung, and its process is ended.
    pub step_s: Setting<f64>,
    /// Who hears of the night, and how.
    pub notify: NotifySettings,
    /// What `nightdesk prune` may delete; without it, nothing.
    pub retention: Retention,
    /// Where a role answers probes; `None` is nowhere.
    pub listen: Setting<Option<String>>,
    /// Proxies on other hosts that are believed whom they ask for.
    pub trusted_proxies: TrustedProxies,
    /// How logs are written.
    pub log_format: Setting<LogFormat>,
}

impl Config {
    /// Puts the configuration together.
    ///
    /// # Errors
    /// A [`Problem`] with file, line and key for a bad `nightdesk.toml`, or with the key for a value
    /// out of range.
    pub fn load(given: Given, current_dir: &Path) -> Result<Self, Problem> {
        let project = match &given.project {
            Some(project) if !project.is_dir() => {
                let path = project.display();
                return Err(
                    Problem::new("config.project", format!("no folder at `{path}`"))
                        .key("project")
                        .hint("name the folder that holds `nightdesk.toml`"),
                );
            }
            Some(project) => current_dir.join(project),
            None => current_dir
                .ancestors()
                .find(|folder| folder.join(FILE).is_file())
                .unwrap_or(current_dir)
                .to_path_buf(),
        };
        let file = read_file(&project)?;
        let inside = |path: Option<PathBuf>| path.map(|path| project.join(path));
        let path = |flag: Option<PathBuf>, key: Option<PathBuf>, default: &str| {
            let flag = flag.map(|flag| current_dir.join(flag));
            Setting::resolve(flag, inside(key), project.join(default))
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let config = Self {
            database_url: Setting::resolve(
                given.database_url.filter(|url| !url.is_empty()).map(Some),
                file.database_url.map(Some),
                None,
            ),
            runtime_library: Setting::resolve(
                given
                    .runtime_library
                    .map(|path| Some(current_dir.join(path))),
                inside(file.runtime_library).map(Some),
                None,
            ),
            models: path(given.models, file.models, "models"),
            templates: path(given.templates, file.templates, "templates/prompts"),
            jobs: path(given.jobs, file.jobs, "jobs"),
            threads: Setting::resolve(given.threads, file.threads, cores),
            max_rows: Setting::resolve(given.max_rows, file.max_rows, 32),
            kv_mib: Setting::resolve(given.kv_mib, file.kv_mib, 2048),
            lease_s: Setting::resolve(given.lease_s, file.lease_s, 15.0),
            step_s: Setting::resolve(given.step_s, file.step_s, 300.0),
            notify: file.notify,
            retention: file.retention,
            listen: Setting::resolve(
                given.listen.filter(|address| !address.is_empty()).map(Some),
                file.listen.map(Some),
                None,
            ),
            trusted_proxies: file.trusted_proxies,
            log_format: Setting::resolve(given.log_format, file.log_format, LogFormat::default()),
            project,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Problem> {
        let value =
            |key: &str, message: String| Err(Problem::new("config.value", message).key(key));
        let counts = [
            ("threads", self.threads.value, 1, 512),
            ("max_rows", self.max_rows.value, 1, 512),
            ("kv_mib", self.kv_mib.value, 16, 1 << 20),
        ];
        for (key, given, least, most) in counts {
            if !(least..=most).contains(&given) {
                return value(
                    key,
                    format!("must be from {least} to {most}, given {given}"),
                );
            }
        }
        let step = self.step_s.value;
        if !(1.0..=86400.0).contains(&step) {
            return value(
                "step_s",
                format!("must be from 1 to 86400 seconds, given {step}"),
            );
        }
        let lease = self.lease_s.value;
        if !(0.5..=3600.0).contains(&lease) {
            return value(
                "lease_s",
                format!("must be from 0.5 to 3600 seconds, given {lease}"),
            );
        }
        self.notify.check()
    }

    /// Folder of this project's own data: logs, rejects, the runtime library, the private cluster.
    pub fn data(&self) -> PathBuf {
        self.project.join(".nightdesk")
    }
}

fn read_file(project: &Path) -> Result<File, Problem> {
    let path = project.join(FILE);
    let source = match files::read_text(&path, MOST_SETTINGS) {
        Ok(source) => source,
        Err(fault) if fault.is_missing() => return Ok(File::default()),
        Err(fault) => {
            let hint = "make it a file of UTF-8 text that this user may read";
            return Err(
                Problem::new("config.unreadable", format!("cannot be read: {fault}"))
                    .file(path.display().to_string())
                    .hint(fault.hint().unwrap_or(hint)),
            );
        }
    };
    toml::from_str(&source).map_err(|error: toml::de::Error| {
        Problem::from_toml(
            "config.invalid",
            &error,
            &source,
            path.display().to_string(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(file: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join(FILE), file).expect("written");
        dir
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let dir = project("threads = 3\nmax_rows = 8\n");
        let below = dir.path().join("jobs");
        std::fs::create_dir(&below).expect("made");
        let given = Given {
            threads: Some(5),
            ..Given::default()
        };
        let config = Config::load(given, &below).expect("valid");
        assert_eq!(config.project, dir.path());
        assert_eq!(
            (config.threads.value, config.threads.origin),
            (5, "flag or variable")
        );
        assert_eq!((config.max_rows.value, config.max_rows.origin), (8, FILE));
        assert_eq!(
            (config.kv_mib.value, config.kv_mib.origin),
            (2048, "default")
        );
        assert_eq!(config.models.value, dir.path().join("models"));
    }

    #[test]
    fn mistakes_name_file_line_and_key() {
        let message = |file: &str| {
            let dir = project(file);
            let problem = Config::load(Given::default(), dir.path()).expect_err("refused");
            problem
                .to_string()
                .replace(&dir.path().display().to_string(), "DIR")
        };
        insta::assert_snapshot!(message("threads = 2\nthread = 3\n"), @r#"
        DIR/nightdesk.toml:2: unknown field `thread`, expected one of `database_url`, `runtime_library`, `models`, `templates`, `jobs`, `threads`, `max_rows`, `kv_mib`, `lease_s`, `step_s`, `notify`, `retention`, `listen`, `trusted_proxies`, `log_format`
        "#);
        insta::assert_snapshot!(message("threads = \"two\"\n"), @r#"
        DIR/nightdesk.toml:1: invalid type: string "two", expected a whole number
        "#);
        insta::assert_snapshot!(message("threads = 0\n"), @"`threads`: must be from 1 to 512, given 0");
        insta::assert_snapshot!(message("lease_s = 0.1\n"), @"`lease_s`: must be from 0.5 to 3600 seconds, given 0.1");
        insta::assert_snapshot!(message("step_s = 0\n"), @"`step_s`: must be from 1 to 86400 seconds, given 0");
        insta::assert_snapshot!(message("[retention]\nkeep_runs = \"3h\"\n"), @r#"
        DIR/nightdesk.toml:2: must be from 1day to 100years, given `3h`
        "#);
        let given = Given {
            project: Some("/nowhere".into()),
            ..Given::default()
        };
        let problem = Config::load(given, Path::new("/")).expect_err("refused");
        insta::assert_snapshot!(problem, @r#"
        `project`: no folder at `/nowhere`

        hint: name the folder that holds `nightdesk.toml`
        "#);
    }
}
