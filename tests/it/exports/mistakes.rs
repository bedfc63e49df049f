//! What is refused, in the words that people read.

use nightdesk::domain::export::Format;
use nightdesk::domain::publication::Selection;
use nightdesk::domain::review::{MAX_NOTE_CHARS, MAX_TEXT_BYTES, Verdict};
use nightdesk::publish::{self, PublishError};
use sqlx::PgPool;

use super::{ACTOR, Outbox, ad_parts};
use crate::commands::Folder;
use crate::support::brief;

#[sqlx::test(migrations = "./migrations")]
async fn an_export_that_cannot_be_is_refused_before_anything_is_recorded(pool: PgPool) {
    let outbox = Outbox::of(pool, 1).await;
    outbox.approve(1).await;
    let folder = Folder::new(&outbox.desk.pool);
    folder.write("file", "");
    let commands: [&[&str]; 8] = [
        &["drafts", "export"],
        &["drafts", "export", "--format", "docx"],
        &["drafts", "export", "-f", "csv", "--campaign", "nope"],
        &["drafts", "export", "-f", "csv", "--run", "nope"],
        &["drafts", "export", "-f", "csv", "--out", "nowhere/out.csv"],
        &["drafts", "export", "-f", "ninjs", "--out", "file/"],
        &["drafts", "export", "-f", "csv", "--json"],
        &["drafts", "kill", "nope", "--reason", "x"],
    ];
    let told: Vec<String> = commands
        .iter()
        .map(|command| {
            let said = folder.run(command);
            assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
            format!("{}\n{}", command.join(" "), said.stderr)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(outbox.count("select count(*) from exports").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_correction_that_cannot_be_is_refused_and_changes_nothing(pool: PgPool) {
    let briefs = vec![brief("b-00"), brief("b-01"), brief("b-02")];
    let outbox = Outbox::with(pool, briefs, |n| (n == 1).then(|| ad_parts("Fresh Fish"))).await;
    outbox.approve(2).await;
    let folder = Folder::new(&outbox.desk.pool);
    let [text, ad, open] = [0, 1, 2].map(|n| outbox.items[n].to_string());
    folder.write("same.txt", "b-00 at epoch 1\n");
    folder.write("blank.txt", " \n\n");
    folder.write("long.txt", "x".repeat(MAX_TEXT_BYTES + 1));
    folder.write("huge.txt", "ü".repeat(MAX_TEXT_BYTES * 4));
    folder.write("nul.txt", "a\0b");
    folder.write("latin1.txt", b"caf\xE9");
    folder.write("list.json", "[]");
    folder.write(
        "over.json",
        ad_parts("A headline that is longer than thirty!").to_string(),
    );
    folder.write(
        "other.json",
        r#"{"headlines":["a","b","c"],"descriptions":["d","e"],"bodies":["f"]}"#,
    );
    folder.write(
        "nul.json",
        r#"{"headlines":["a\u0000","b","c"],"descriptions":["d","e"]}"#,
    );
    let long = "x".repeat(MAX_NOTE_CHARS + 1);
    let cases = [
        (&text, "same.txt", "why"),
        (&text, "blank.txt", "why"),
        (&text, "long.txt", "why"),
        (&text, "huge.txt", "why"),
        (&text, "nul.txt", "why"),
        (&text, "latin1.txt", "why"),
        (&text, "nowhere.txt", "why"),
        (&text, "list.json", " "),
        (&text, "list.json", &long),
        (&ad, "same.txt", "why"),
        (&ad, "list.json", "why"),
        (&ad, "over.json", "why"),
        (&ad, "other.json", "why"),
        (&ad, "nul.json", "why"),
        (&open, "list.json", "why"),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(id, file, reason)| {
            let said = folder.run(&["drafts", "correct", id, "--file", file, "--reason", reason]);
            said.refuses(&[]);
            said.stderr
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    insta::assert_snapshot!(folder.run(&["drafts", "kill", &open, "--reason", "why"]));
    folder.run(&["drafts", "kill", &text, "--reason", "why"]);
    insta::assert_snapshot!(folder.run(&[
        "drafts",
        "correct",
        &text,
        "--file",
        "list.json",
        "--reason",
        "why"
    ]));
    assert_eq!(outbox.count("select count(*) from amendments").await, 1);
    assert_eq!(
        outbox
            .count("select count(*) from revisions where author_kind = 'human'")
            .await,
        0
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_channel_that_is_gone_and_a_desk_that_never_rests_are_told(pool: PgPool) {
    let outbox = Outbox::with(pool, vec![brief("b-00")], |_| Some(ad_parts("Fresh Fish"))).await;
    outbox.decide(outbox.items[0], Verdict::Approve, None).await;
    outbox.desk.pass(std::time::Duration::from_secs(11));
    let item = outbox.items[0];
    let text = ad_parts("Fresh Cod").to_string();
    sqlx::query("update drafts set channel = 'gone'")
        .execute(&outbox.desk.pool)
        .await
        .unwrap();
    let correction = publish::Correction {
        draft_id: item,
        text: &text,
        reason: "why",
    };
    let refused = publish::correct(&outbox.desk.store, &correction, ACTOR)
        .await
        .unwrap_err();
    insta::assert_snapshot!(
        refused
            .problem()
            .to_string()
            .replace(&item.to_string(), "ID")
    );

    // A version that is there and says something else: as if another export had left in the same moment, each time.
    sqlx::query(
        "create function meanwhile() returns trigger language plpgsql as $$
         begin new.version := new.version + 1; new.kind := 'correct'; return new; end $$",
    )
    .execute(&outbox.desk.pool)
    .await
    .unwrap();
    sqlx::query("create trigger meanwhile before insert on export_items for each row execute function meanwhile()")
        .execute(&outbox.desk.pool)
        .await
        .unwrap();
    let refused = outbox
        .try_export(Format::Jsonl, Selection::default())
        .await
        .unwrap_err();
    assert!(matches!(refused, PublishError::Overtaken { .. }));
    insta::assert_snapshot!(refused.problem());
    assert_eq!(outbox.count("select count(*) from exports").await, 0);
}
