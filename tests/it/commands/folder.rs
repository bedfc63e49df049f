//! A project folder to type commands in, and what they said.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::Value;
use sqlx::{ConnectOptions, PgPool};
use tempfile::TempDir;

/// The default model.
pub(crate) const MODEL: &str = "smollm2-135m-instruct";

/// Small, fast, and the same every time.
const CAMPAIGN: &str = r#"name = "explainers"
[draft]
template = "news/explainer"
model = "smollm2-135m-instruct"
candidates = 2
max_tokens = 12
seed = 7
"#;

/// An address at which no database is: for commands that must not want one.
const NOWHERE: &str = "postgresql://nobody@%2Fnowhere/none";

/// A project folder with the repository's model, templates and runtime.
pub(crate) struct Folder {
    dir: TempDir,
    pub(crate) database_url: String,
}

impl Folder {
    /// On a test's database.
    pub(crate) fn new(pool: &PgPool) -> Self {
        Self::at(pool.connect_options().to_url_lossy().as_str())
    }

    /// Without any database.
    pub(crate) fn without_database() -> Self {
        Self::at(NOWHERE)
    }

    fn at(database_url: &str) -> Self {
        let folder = Self {
            dir: tempfile::tempdir().unwrap(),
            database_url: database_url.to_owned(),
        };
        let config = format!(
            "models = {:?}\ntemplates = {:?}\nruntime_library = {:?}\nthreads = 2\n",
            repository("models"),
            repository("templates/prompts"),
            repository(".nightdesk/runtime/libonnxruntime.so"),
        );
        folder.write("nightdesk.toml", config);
        folder
    }

    /// Adds `jobs/explainers.toml` and applies it.
    pub(crate) fn with_campaign(self) -> Self {
        self.write("jobs/explainers.toml", CAMPAIGN);
        self.json(&["campaigns", "apply"]);
        self
    }

    /// Imports the first so many sample briefs.
    pub(crate) fn with_briefs(self, briefs: usize) -> Self {
        self.write("briefs.jsonl", fixture("factbook")[..briefs].join("\n"));
        self.json(&["briefs", "import", "briefs.jsonl"]);
        self
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Changes a file of the folder.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let before = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(before.contains(from), "`{from}` is not in {name}");
        self.write(name, before.replace(from, to));
    }

    /// `nightdesk ARGS` on the folder's database, in an environment that says nothing.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare();
        command
            .args(["--database-url", &self.database_url])
            .args(args);
        command
    }

    /// `nightdesk` and nothing else.
    pub(crate) fn bare(&self) -> Command {
        self.cleaned(Command::new(env!("CARGO_BIN_EXE_nightdesk")))
    }

    /// A program in this folder, in an environment that says nothing.
    pub(crate) fn cleaned(&self, mut program: Command) -> Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NIGHTDESK_")) {
            program.env_remove(name);
        }
        program
            .env_remove("DATABASE_URL")
            .env_remove("COLUMNS")
            .env("NO_COLOR", "1")
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        program
    }

    /// Runs `nightdesk ARGS` to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.said(&mut self.command(args))
    }

    /// Runs `nightdesk ARGS` as somebody to whom the rights of a file apply; they do not to root.
    pub(crate) fn unprivileged(&self, args: &[&str]) -> Said {
        let command = self.command(args);
        if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
            return self.run(args);
        }
        let mut setpriv = Command::new("setpriv");
        setpriv
            .arg("--bounding-set=-dac_override,-dac_read_search")
            .arg(command.get_program())
            .args(command.get_args());
        self.said(&mut self.cleaned(setpriv))
    }

    /// Runs a command to its end.
    pub(crate) fn said(&self, command: &mut Command) -> Said {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| self.masked(&String::from_utf8(bytes).expect("UTF-8"));
        Said {
            status: output.status.code().expect("no signal"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs `nightdesk ARGS` with something on standard input.
    pub(crate) fn fed(&self, input: &str, args: &[&str]) -> Said {
        let mut typed = tempfile::tempfile().unwrap();
        typed.write_all(input.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut typed).unwrap();
        self.said(self.command(args).stdin(typed))
    }

    /// Runs `nightdesk ARGS --json`, which has to succeed; nothing is masked.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.command(args).arg("--json").output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{args:?}: {}\n{stderr}",
            output.status
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Without what differs from run to run or from machine to machine.
    fn masked(&self, text: &str) -> String {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = text
            .replace(&self.database_url, "URL")
            .replace(&self.dir.path().display().to_string(), "DIR")
            .replace(root, "REPOSITORY");
        // As wide as what they stand for, so that tables keep their columns.
        let masks = [
            (r"(?m)^    \d+/\d+ briefs? .*\n", ""),
            (
                r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
                "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            ),
            (
                r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( UTC)?",
                "YYYY-MM-DD HH:MM:SS",
            ),
            (
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
                "YYYY-MM-DDTHH:MM:SSZ",
            ),
            (r"\b[0-9a-f]{64}\b", "SHA256"),
            (r"\([0-9a-f]{12}\)", "(HASH)"),
            (r"onnxruntime \d+\.\d+\.\d+", "onnxruntime VERSION"),
            (r"nightdesk \d+\.\d+\.\d+", "nightdesk VERSION"),
            (r"\b\d+ ms", "N ms"),
            // Changes with every word of a template.
            (r"the prompt has \d{4,} tokens", "the prompt has N tokens"),
            (r"(?m) +$", ""),
            (r"\b\d+ tok/s", "N tok/s"),
        ];
        masks.iter().fold(text, |text, (pattern, name)| {
            Regex::new(pattern)
                .unwrap()
                .replace_all(&text, *name)
                .into_owned()
        })
    }
}

/// What a command said; as text, without what differs from run to run.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The `error` object of a command that was refused under `--json`.
    pub(crate) fn error(&self) -> Value {
        assert_eq!((self.status, self.stdout.as_str()), (1, ""), "{self}");
        let mut said: Value = serde_json::from_str(&self.stderr).expect("JSON");
        assert_eq!(keys(&said), "error");
        let error = said["error"].take();
        assert_eq!(keys(&error), "code message file line key hint");
        error
    }

    /// Asserts that it was refused with one message that holds all of these.
    #[track_caller]
    pub(crate) fn refuses(&self, parts: &[&str]) {
        assert_eq!((self.status, self.stdout.as_str()), (1, ""), "{self}");
        assert!(self.stderr.starts_with("error: "), "{self}");
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is not said:\n{self}");
        }
        assert!(self.stderr.contains("\nhint: "), "no hint:\n{self}");
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}", self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "\n-- {name} --\n{}", text.trim_end_matches('\n'))?;
            }
        }
        Ok(())
    }
}

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The lines of a sample file: `factbook` or `products`.
pub(crate) fn fixture(name: &str) -> Vec<String> {
    let path = repository("tests/fixtures/briefs").join(format!("{name}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The keys of an object, in their order.
pub(crate) fn keys(object: &Value) -> String {
    let object = object.as_object().expect("an object");
    object.keys().cloned().collect::<Vec<_>>().join(" ")
}
