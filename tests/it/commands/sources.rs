//! `briefs pull`, `briefs rejects`, and what a run says about its source.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Folder, MODEL, Said, keys};
use crate::source::{NEWSROOM_SOURCE, Newsroom};

/// A folder with the campaign `wires`, and its newsroom.
struct Wires {
    folder: Folder,
    newsroom: Newsroom,
}

impl Wires {
    async fn new(pool: &PgPool) -> Self {
        let newsroom = Newsroom::beside(&pool.connect_options()).await;
        let folder = Folder::new(pool);
        let draft = format!(
            "[select]\ntags = [\"wires\"]\n[draft]\ntemplate = \"news/explainer\"\nmodel = \"{MODEL}\"\ncandidates = 1\nmax_tokens = 8\n"
        );
        folder.write(
            "jobs/wires.toml",
            format!("name = \"wires\"\n{NEWSROOM_SOURCE}{draft}"),
        );
        folder.json(&["campaigns", "apply"]);
        Self { folder, newsroom }
    }

    fn run(&self, args: &[&str]) -> Said {
        self.reaching(&self.newsroom.url(), args)
    }

    /// With another address in the variable.
    fn reaching(&self, address: &str, args: &[&str]) -> Said {
        let mut command = self.folder.command(args);
        let said = self
            .folder
            .said(command.env("NEWSROOM_DATABASE_URL", address));
        assert!(!said.to_string().contains("s3cret"), "{said}");
        said
    }

    fn json(&self, args: &[&str]) -> Value {
        let said = self.run(&[args, &["--json"]].concat());
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn pulling_by_hand_says_what_came_and_what_did_not(pool: PgPool) {
    let wires = Wires::new(&pool).await;
    for n in 0..4 {
        wires
            .newsroom
            .writes(&format!("a-{n}"), "Harbour &amp; bridge", n)
            .await;
    }
    wires
        .newsroom
        .does("update desk.articles set headline = '' where slug = 'a-2'; update desk.articles set updated_at = null where slug = 'a-3'")
        .await;
    insta::assert_snapshot!(wires.run(&["briefs", "pull", "wires", "--dry-run"]), @r"
    exit 1
    -- stdout --
    wires: 3 rows, 2 new, 0 revised, 0 unchanged, 1 rejected
     BRIEF  CHANGE  TOPIC
     a-0    new     Harbour & bridge
     a-1    new     Harbour & bridge
    -- stderr --
    1 row has no `updated_at` or no key and cannot be read; `coalesce` in the query gives it one
    texts of 2 were cleaned; `nightdesk briefs show ID` says what was changed
    rejected: a-2: `topic`: column `headline`: required, but missing
    a dry run: nothing was imported
    ");
    insta::assert_snapshot!(wires.run(&["briefs", "pull", "wires"]), @r"
    exit 1
    -- stdout --
    wires: 3 rows, 2 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    1 row has no `updated_at` or no key and cannot be read; `coalesce` in the query gives it one
    texts of 2 were cleaned; `nightdesk briefs show ID` says what was changed
    rejected: a-2: `topic`: column `headline`: required, but missing
    every rejected row with its reason: `nightdesk briefs rejects wires`
    ");
    insta::assert_snapshot!(wires.run(&["briefs", "rejects", "wires"]), @r"
    exit 0
    -- stdout --
    a-2  (since YYYY-MM-DD HH:MM:SS, read last YYYY-MM-DD HH:MM:SS)
      `topic`: column `headline`: required, but missing
      hint: One line that says what the copy is about
    -- stderr --
    1 row is rejected; last pulled YYYY-MM-DD HH:MM:SS: 3 rows
    ");
    let rejects = wires.json(&["briefs", "rejects", "wires"]);
    assert_eq!(
        keys(&rejects[0]),
        "external_ref code key message hint raw first_seen_at last_seen_at"
    );
    wires.newsroom.writes("a-2", "Bridge", 5).await;
    let pulled = wires.json(&["briefs", "pull", "wires", "--limit", "2"]);
    assert_eq!(
        keys(&pulled),
        "rows new revised unchanged rejected cleaned unplaced unused_columns more rejections briefs campaign dry_run"
    );
    assert_eq!(
        (&pulled["rows"], &pulled["more"]),
        (&json!(2), &json!(true))
    );
    let all = wires.json(&["briefs", "pull", "wires", "--all"]);
    assert_eq!(
        (&all["rows"], &all["new"], &all["unchanged"]),
        (&json!(3), &json!(1), &json!(2))
    );
    insta::assert_snapshot!(wires.run(&["briefs", "rejects", "wires"]), @r"
    exit 0
    -- stderr --
    no row is rejected; last pulled YYYY-MM-DD HH:MM:SS: 3 rows
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_pulls_first_and_does_without_only_when_it_is_told_to(pool: PgPool) {
    let wires = Wires::new(&pool).await;
    wires.newsroom.writes("a-1", "Harbour", 0).await;
    // Down: it is waited for as long as the campaign says, and then nothing has been begun.
    wires
        .folder
        .edit("jobs/wires.toml", "page = 3", "page = 3\npatience = \"1s\"");
    wires.folder.json(&["campaigns", "apply"]);
    let down = wires.reaching(
        "postgresql://ann:s3cret@127.0.0.1:1/news",
        &["run", "wires"],
    );
    assert_eq!(wires.folder.json(&["runs", "list"]), json!([]));
    let unset = wires.folder.run(&["run", "wires"]);
    insta::assert_snapshot!(format!("{down}\n{unset}"), @"
    exit 1
    -- stderr --
    source: cannot reach the source at `127.0.0.1:1`, database `news`: Connection refused (os error 111); asking again for 1 s
    error: jobs/wires.toml: cannot reach the source at `127.0.0.1:1`, database `news`: Connection refused (os error 111)

    hint: check that it runs and listens there, and host and port in `NEWSROOM_DATABASE_URL`; `run --no-pull` takes the briefs that are there
    exit 1
    -- stderr --
    error: jobs/wires.toml: `source.connection_env`: the environment variable `NEWSROOM_DATABASE_URL`, which holds the source's address, is not set

    hint: `export NEWSROOM_DATABASE_URL='postgresql://user:password@host/database'`, where the scheduler runs too
    ");

    let without = wires.folder.run(&["run", "wires", "--no-pull"]);
    assert!(without.stderr.contains("nothing to draft"), "{without}");
    let drafted = wires.run(&["run", "wires"]);
    assert_eq!(drafted.status, 0, "{drafted}");
    let came = "source: 1 rows, 1 new, 0 revised, 0 unchanged, 0 rejected";
    assert!(drafted.stderr.contains(came), "{drafted}");
    assert!(
        drafted
            .stdout
            .starts_with("wires: completed, 1 briefs, 1 drafts"),
        "{drafted}"
    );

    // A run that is taken up has its briefs already, and asks nobody.
    sqlx::raw_sql("update runs set state = 'running', finished_at = null; update work_items set state = 'ready', finished_at = null, batch_id = null; delete from scores; delete from findings; delete from drafts")
        .execute(&pool)
        .await
        .unwrap();
    let again = wires.folder.run(&["run", "wires"]);
    assert!(again.stderr.contains("taking up run "), "{again}");
}

#[sqlx::test(migrations = "./migrations")]
async fn mistakes_in_a_source_are_told_when_it_is_applied(pool: PgPool) {
    let wires = Wires::new(&pool).await;
    let good = std::fs::read_to_string(wires.folder.path("jobs/wires.toml")).unwrap();
    let mut told = String::new();
    for (from, to) in [
        (
            "\"NEWSROOM_DATABASE_URL\"",
            "\"postgresql://ann:s3cret@db/news\"",
        ),
        ("topic = \"headline\"", "topik = \"headline\""),
        ("kind = \"news\"", "knd = \"news\""),
        ("where a.state = 'live'", "limit 100"),
        ("cursor =", "cursr ="),
    ] {
        assert!(good.contains(from), "{from}");
        wires
            .folder
            .write("jobs/wires.toml", good.replacen(from, to, 1));
        let said = wires.run(&["campaigns", "apply"]);
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        told.push_str(&said.stderr);
    }
    insta::assert_snapshot!(told, @r"
    error: jobs/wires.toml:4: `source.connection_env`: must be the name of an environment variable, not an address

    hint: put the address into a variable, `export NEWSROOM_DATABASE_URL='postgresql://…'`, and its name here; campaign files are no place for passwords
    error: jobs/wires.toml:16: `source.map.topik`: a brief has no key `topik`

    hint: did you mean `topic`?
    error: jobs/wires.toml:20: `source.constants.knd`: a brief has no key `knd`

    hint: did you mean `kind`?
    error: jobs/wires.toml:5: `source.query`: must not be cut off, given `limit`

    hint: rows behind the cut would never be reached; `page` says how many are read at a time
    error: jobs/wires.toml:12: `source.cursr`: unknown field `cursr`, expected one of `connection_env`, `query`, `cursor`, `page`, `overlap`, `timeout`, `patience`, `list_separator`, `map`, `constants`

    hint: did you mean `cursor`?
    ");
    wires.folder.write("jobs/wires.toml", good);
    assert_eq!(
        wires.folder.json(&["campaigns", "apply"])[0]["applied"],
        "unchanged"
    );
    let shown = wires.run(&["campaigns", "show", "wires"]);
    wires.folder.write("jobs/wires.toml", &shown.stdout);
    assert_eq!(
        wires.folder.json(&["campaigns", "apply"])[0]["applied"],
        "unchanged",
        "{shown}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_campaign_without_a_source_says_so(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    for command in ["pull", "rejects"] {
        folder.run(&["briefs", command, "explainers"]).refuses(&[
            "jobs/explainers.toml: `source`: the campaign has no `[source]`",
            "docs/SOURCES.md",
        ]);
    }
}
