//! The real program on the real model, in a project folder of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use tempfile::TempDir;

use super::until;

/// A prompt of a few tokens: these tests are about what happens around the model, and a long prompt
/// would be read again after every start.
const TEMPLATE: &str = r#"+++
description = "One line about a topic"
kinds       = ["news"]
variables   = ["topic"]
min_words   = 5
max_words   = 60
system      = "You write short lines."
[[example]]
brief  = { topic = "Harbour: fish" }
output = "The harbour lands less fish than it did."
+++
Write a line about {{topic}}.
"#;

/// A project folder: its own campaigns, template and data, this repository's model and runtime.
pub(crate) struct Project {
    folder: TempDir,
    database_url: String,
    variables: Vec<(String, String)>,
}

impl Project {
    /// A project with one campaign file and the first so many sample briefs, both in the database.
    pub(crate) async fn new(database_url: &str, campaign: &str, briefs: usize) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().expect("a folder");
        let config = format!(
            "models = {:?}\nruntime_library = {:?}\n",
            repository.join("models"),
            repository.join(".nightdesk/runtime/libonnxruntime.so"),
        );
        let fixture = repository.join("tests/fixtures/briefs/factbook.jsonl");
        let fixture = std::fs::read_to_string(fixture).expect("sample briefs");
        let lines: Vec<&str> = fixture.lines().take(briefs).collect();
        let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content);
        for folder_name in ["jobs", "templates/prompts/news"] {
            std::fs::create_dir_all(folder.path().join(folder_name)).expect("a folder");
        }
        write("nightdesk.toml", &config).expect("written");
        write("jobs/campaign.toml", campaign).expect("written");
        write("templates/prompts/news/line.hbs", TEMPLATE).expect("written");
        write("briefs.jsonl", &(lines.join("\n") + "\n")).expect("written");
        let project = Self {
            folder,
            database_url: database_url.to_owned(),
            variables: Vec::new(),
        };
        project.succeed(&["briefs", "import", "briefs.jsonl"]).await;
        project.succeed(&["campaigns", "apply"]).await;
        project
    }

    /// The project, reaching its database another way.
    pub(crate) fn through(mut self, database_url: &str) -> Self {
        self.database_url = database_url.to_owned();
        self
    }

    /// The project, with a variable in the environment of everything that is started.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts `nightdesk ARGS --json`.
    pub(crate) fn start(&self, args: &[&str]) -> Program {
        let output = |name: &str| {
            let path = self
                .folder
                .path()
                .join(format!("{name}-{}", uuid::Uuid::now_v7()));
            (File::create(&path).expect("a file"), path)
        };
        let ((stdout, stdout_path), (stderr, stderr_path)) = (output("stdout"), output("stderr"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightdesk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NIGHTDESK_")) {
            command.env_remove(name);
        }
        let child = command
            .env_remove("DATABASE_URL")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(["--json", "--database-url", &self.database_url])
            .args(args)
            .current_dir(self.folder.path())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("the program starts");
        Program {
            child,
            stdout_path,
            stderr_path,
        }
    }

    /// Runs a command that prints no data, and waits for its success.
    pub(crate) async fn succeed_quietly(&self, args: &[&str]) {
        let ended = self.start(args).end().await;
        assert!(ended.status.success(), "{args:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{args:?}");
    }

    /// Runs `nightdesk ARGS --json` to its end, which has to be a good one.
    pub(crate) async fn succeed(&self, args: &[&str]) -> serde_json::Value {
        let ended = self.start(args).end().await;
        assert!(ended.status.success(), "{args:?}: {ended:?}");
        serde_json::from_str(&ended.stdout).expect("JSON")
    }
}

/// A running program; killed when the test ends first.
pub(crate) struct Program {
    child: Child,
    stdout_path: PathBuf,
    stderr_path: PathBuf,
}

/// What a program left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The `code` of the error it ended with.
    pub(crate) fn error_code(&self) -> String {
        let error = self
            .stderr
            .lines()
            .find(|line| line.starts_with("{\"error\""));
        let error: serde_json::Value =
            serde_json::from_str(error.unwrap_or_default()).unwrap_or_default();
        error["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Program {
    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Ended {
        let status = until("the program to end", async || {
            self.child.try_wait().expect("a child")
        });
        let status = status.await;
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        Ended {
            status,
            stdout: read(&self.stdout_path),
            stderr: read(&self.stderr_path),
        }
    }

    /// What it wrote to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr_path).unwrap_or_default()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// SIGKILL: no destructor, no handler, no goodbye to the database.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("a child");
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell").success(), "{kill}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has usually ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
