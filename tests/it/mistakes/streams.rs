//! What stands in the place of a file and is none: pipes, sockets, folders, links that lead nowhere, files
//! without end. Nothing of it holds a command up, and a command that waits for a pipe ends when it is told to.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::PgPool;

use crate::commands::{Folder, fixture, own_template};
use crate::support::until;

/// A named pipe in the folder.
fn pipe(folder: &Folder, name: &str) {
    let path = folder.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// The writing end of a pipe, once somebody reads it.
async fn writer(pipe: &Path) -> File {
    until("somebody to read the pipe", async || {
        let mut options = OpenOptions::new();
        options
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(pipe)
            .ok()
    })
    .await
}

#[test]
fn nothing_in_the_place_of_a_campaign_holds_the_command_up() {
    let folder = Folder::without_database();
    let file = folder.path("jobs/a.toml");
    std::fs::create_dir(folder.path("jobs")).unwrap();
    let mut told = String::new();
    let mut try_it = |what: &str| {
        let said = folder.run(&["campaigns", "apply"]);
        told += &format!("{what} -> {said}\n");
        let _ = std::fs::remove_file(&file).or_else(|_| std::fs::remove_dir(&file));
    };
    pipe(&folder, "jobs/a.toml");
    try_it("a pipe");
    std::fs::create_dir(&file).unwrap();
    try_it("a folder");
    let socket = UnixListener::bind(&file).unwrap();
    try_it("a socket");
    drop(socket);
    symlink("nowhere", &file).unwrap();
    try_it("a link to nothing");
    symlink("a.toml", &file).unwrap();
    try_it("a link to itself");
    symlink("/dev/zero", &file).unwrap();
    try_it("a device");
    // A hole, which takes no room on the disk.
    File::create(&file).unwrap().set_len(3 << 30).unwrap();
    try_it("3 GB");
    insta::assert_snapshot!(told, @"
    a pipe -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: it is a pipe, not a file

    hint: put a regular file in its place, or take it away
    a folder -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: it is a folder, not a file

    hint: put a regular file in its place, or take it away
    a socket -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: it is a socket, not a file

    hint: put a regular file in its place, or take it away
    a link to nothing -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: No such file or directory (os error 2)

    hint: it is a link that leads to nothing: make it lead to a file, or take it away
    a link to itself -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: Too many levels of symbolic links (os error 40)

    hint: it is a link that leads to nothing: make it lead to a file, or take it away
    a device -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: it is a device, not a file

    hint: put a regular file in its place, or take it away
    3 GB -> exit 1
    -- stderr --
    error: jobs/a.toml: cannot be read: it has 3221225472 bytes, and at most 1048576 bytes are read

    hint: is it the file that was meant? Nobody writes one of this size by hand
    ");
}

#[test]
fn a_folder_of_far_too_many_files_is_refused_by_their_number() {
    let folder = own_template();
    for number in 0..2_001 {
        folder.write(&format!("jobs/{number}.toml"), "");
        folder.write(&format!("t/prompts/news/x{number}.hbs"), "");
    }
    let said = folder.run(&["campaigns", "apply"]);
    said.refuses(&["jobs: a folder may hold 2000 campaign files, this one has 2001"]);
    let said = folder.run(&["templates", "list"]);
    said.refuses(&["a prompts folder may hold 2000 templates, this one has more"]);
}

#[test]
fn templates_and_settings_are_read_from_files_only() {
    let folder = own_template();
    pipe(&folder, "t/prompts/news/two.hbs");
    std::fs::create_dir(folder.path("t/prompts/news/folder.hbs")).unwrap();
    symlink("..", folder.path("t/prompts/news/up")).unwrap();
    let said = folder.run(&["templates", "check"]);
    assert_eq!(said.status, 1, "{said}");
    assert_eq!(
        said.stdout.matches("is a pipe, not a file").count(),
        1,
        "{said}"
    );
    assert_eq!(
        said.stdout.matches("is a folder, not a file").count(),
        1,
        "{said}"
    );
    assert!(
        said.stdout
            .contains("\nhint: put a regular file in its place"),
        "{said}"
    );

    std::fs::remove_file(folder.path("nightdesk.toml")).unwrap();
    pipe(&folder, "nightdesk.toml");
    let project = folder.path("");
    let said = folder.run(&["--project", project.to_str().unwrap(), "templates", "list"]);
    said.refuses(&["nightdesk.toml: cannot be read: it is a pipe, not a file"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_command_that_waits_for_a_pipe_ends_when_it_is_told_to(pool: PgPool) {
    let folder = Folder::new(&pool);
    pipe(&folder, "pipe");
    folder.write("b.json", &fixture("factbook")[0]);
    folder.write("b.csv", "external_ref\n");
    let commands: [&[&str]; 7] = [
        &["briefs", "import", "pipe"],
        &["briefs", "import", "pipe", "--strict"],
        &["briefs", "import", "b.csv", "--mapping", "pipe"],
        &["score", "--brief", "b.json", "--text", "pipe"],
        &["score", "--jsonl", "pipe"],
        &["generate", "--file", "pipe"],
        &["prompt", "news/explainer", "pipe"],
    ];
    for (signal, args) in ["TERM", "INT"].into_iter().cycle().zip(commands) {
        let mut command = folder.command(args);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        let open = writer(&folder.path("pipe")).await;
        let kill = format!("kill -{signal} {}", child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        until("the command to end", async || child.try_wait().unwrap()).await;
        drop(open);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("interrupted"), "{args:?}: {stderr}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn pipes_that_somebody_writes_are_read_where_a_file_is_named(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("b.jsonl", fixture("factbook")[..2].join("\n"));
    folder.write("b.json", &fixture("factbook")[0]);
    folder.write("p.csv", "Key;kind;topic;language\np-1;social;Rain;en\n");
    let told = [
        "briefs import <(cat b.jsonl)",
        "briefs import --format csv <(cat p.csv) --mapping <(echo '[columns]'; echo 'Key = \"external_ref\"')",
        "score --brief <(cat b.json) --text <(echo 'A text.') --json | head -c 14",
        "score --jsonl <(echo '{}') 2>&1",
    ]
    .map(|line| {
        let mut bash = Command::new("bash");
        let program = env!("CARGO_BIN_EXE_nightdesk");
        let url = &folder.database_url;
        bash.args(["-c", &format!("'{program}' --database-url '{url}' {line}")]);
        format!("{line} -> {}\n", folder.said(&mut folder.cleaned(bash)))
    });
    insta::assert_snapshot!(told.concat(), @r#"
    briefs import <(cat b.jsonl) -> exit 0
    -- stdout --
    2 new, 0 revised, 0 unchanged, 0 rejected
    briefs import --format csv <(cat p.csv) --mapping <(echo '[columns]'; echo 'Key = "external_ref"') -> exit 0
    -- stdout --
    1 new, 0 revised, 0 unchanged, 0 rejected
    score --brief <(cat b.json) --text <(echo 'A text.') --json | head -c 14 -> exit 0
    -- stdout --
    {
      "version":
    score --jsonl <(echo '{}') 2>&1 -> exit 1
    -- stdout --
    error: /dev/fd/63:1: no `text`

    hint: each line is {"brief":{…},"text":"…"}
    "#);
}
