//! The commands as people type them: data on standard output, everything else on stderr.

use nightdesk::domain::export::Format;
use serde_json::Value;
use sqlx::PgPool;

use super::Outbox;
use crate::commands::{Folder, keys};

#[sqlx::test(migrations = "./migrations")]
async fn an_export_goes_where_it_is_sent(pool: PgPool) {
    let outbox = Outbox::of(pool, 3).await;
    let folder = Folder::new(&outbox.desk.pool);
    insta::assert_snapshot!(folder.run(&["drafts", "export", "--format", "jsonl"]));
    outbox.approve(2).await;

    let said = folder.run(&["drafts", "export", "--format", "jsonl"]);
    assert_eq!((said.status, said.stdout.lines().count()), (0, 2), "{said}");
    insta::assert_snapshot!(said.stderr);
    let again = folder.run(&["drafts", "export", "-f", "jsonl"]);
    assert_eq!(again.stdout, said.stdout);
    let words = again.stderr.split_once(" by cli:").expect("who made it").0;
    insta::assert_snapshot!(words);

    let file = folder.run(&["drafts", "export", "-f", "csv", "--out", "out.csv"]);
    assert_eq!((file.status, file.stdout.as_str()), (0, ""), "{file}");
    let bytes = std::fs::read(folder.path("out.csv")).unwrap();
    assert_eq!(bytes, outbox.export(Format::Csv).await.bytes);

    let told = folder.json(&[
        "drafts",
        "export",
        "-f",
        "markdown",
        "--campaign",
        "nightly",
        "--out",
        "site/posts/",
    ]);
    assert_eq!(
        keys(&told),
        "format export again texts written_to held others waiting warnings"
    );
    assert_eq!(
        keys(&told["export"]),
        "id format selection sha256 bytes texts made_by made_at"
    );
    assert_eq!(told["written_to"], "2 files in site/posts/");
    assert_eq!(told["export"]["selection"]["campaign"], "nightly");
    let mut names: Vec<String> = std::fs::read_dir(folder.path("site/posts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2);
    assert!(
        names[0].starts_with("b-00-") && names[1].starts_with("b-01-"),
        "{names:?}"
    );
    // A format that is one file by nature, in a folder that is there.
    let told = folder.json(&[
        "drafts",
        "export",
        "-f",
        "jsonl",
        "--run",
        &outbox.run.to_string(),
        "--out",
        "site",
    ]);
    let name = told["written_to"].as_str().unwrap();
    assert!(
        name.starts_with("site/nightdesk-run-") && folder.path(name).is_file(),
        "{name}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_text_is_corrected_and_killed_by_hand(pool: PgPool) {
    let outbox = Outbox::of(pool, 2).await;
    outbox.approve(2).await;
    let folder = Folder::new(&outbox.desk.pool);
    let (first, second) = (outbox.items[0].to_string(), outbox.items[1].to_string());
    folder.run(&["drafts", "export", "-f", "jsonl"]);
    folder.run(&["drafts", "export", "-f", "ninjs"]);
    folder.write("new.txt", "What is right.\n");
    insta::assert_snapshot!(folder.run(&[
        "drafts",
        "correct",
        &first,
        "--file",
        "new.txt",
        "--reason",
        "it was wrong"
    ]));
    let fed = folder.fed(
        "What is more right.",
        &[
            "drafts", "correct", &first, "--file", "-", "--reason", "again", "--json",
        ],
    );
    let told: Value = serde_json::from_str(&fed.stdout).unwrap();
    assert_eq!(keys(&told), "item_id draft_id revision now left_in");
    assert_eq!(told["revision"], 3);
    insta::assert_snapshot!(folder.run(&[
        "drafts",
        "kill",
        &second,
        "--reason",
        "the source withdrew it"
    ]));
    insta::assert_snapshot!(folder.run(&["drafts", "kill", &second, "--reason", "once more"]));
    let exported = folder.run(&["drafts", "export", "-f", "jsonl", "--new"]);
    let actions: Vec<Value> = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["action"].take())
        .collect();
    assert_eq!(actions, ["correct", "cancel"]);
    insta::assert_snapshot!(exported.stderr);
    let actors: Vec<String> = outbox
        .events()
        .await
        .into_iter()
        .map(|(actor, _)| actor)
        .collect();
    assert!(
        actors.iter().all(|actor| actor.starts_with("cli:")),
        "{actors:?}"
    );
}
