//! `runs cancel` and `runs redrive`, as a person and a program see them.

use nightdesk::domain::run::FailureKind;
use serde_json::json;
use sqlx::PgPool;

use super::Folder;
use crate::support::{Desk, campaign, done, failed};

#[sqlx::test(migrations = "./migrations")]
async fn a_run_is_cancelled_and_says_what_becomes_of_its_briefs(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(4).await.to_string();
    let lease = desk.claim(run.parse().unwrap(), 3).await.unwrap();
    desk.commit(run.parse().unwrap(), &lease, &[done(&lease.items[0])])
        .await;
    let folder = Folder::new(&desk.pool);
    insta::assert_snapshot!(folder.run(&["runs", "cancel", &run]), @"
    exit 0
    -- stdout --
    nightly: run xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx is cancelled; drafts are kept: 1 brief done, 3 left
      2 of these were being drafted; what their workers still send is refused
    -- stderr --
    it cannot be opened again; `nightdesk run nightly` makes a new run of what it left
    ");
    insta::assert_snapshot!(folder.run(&["runs", "cancel", &run, "--yes"]), @"
    exit 0
    -- stdout --
    nightly: run xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx was cancelled already; drafts are kept: 1 brief done, 3 left
    -- stderr --
    it cannot be opened again; `nightdesk run nightly` makes a new run of what it left
    ");
    let shown = folder.json(&["runs", "show", &run]);
    assert_eq!(
        (&shown["state"], &shown["error"]),
        (&json!("cancelled"), &json!("cancelled by hand"))
    );
    assert_eq!(shown["audit"]["inconsistent"], 0);
    let next = desk.open_run(&campaign("nightly")).await;
    assert_eq!(next.items, 3);
    let next = folder.json(&["runs", "cancel", &next.id.to_string()]);
    assert_eq!(
        (&next["state"], &next["taken_back"]),
        (&json!("cancelled"), &json!(0))
    );
    folder.run(&["runs", "redrive", &run]).refuses(&[
        "is cancelled, so it cannot be redriven",
        "the next run of its campaign takes",
    ]);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_a_run_gave_up_is_listed_by_cause_and_tried_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    let lease = desk.claim(run, 3).await.unwrap();
    let quarantined = |n: usize| failed(&lease.items[n], FailureKind::Permanent);
    let outcomes = [done(&lease.items[0]), quarantined(1), quarantined(2)];
    desk.commit(run, &lease, &outcomes).await;
    let folder = Folder::new(&desk.pool);
    let run = run.to_string();
    insta::assert_snapshot!(folder.run(&["runs", "redrive", &run, "--dry-run"]), @r"
    exit 0
    -- stdout --
     CAUSE        TRIED AGAIN  TAKEN SINCE  NOT AVAILABLE  MESSAGE
     test.failed  2            0            0              it did not work
    -- stderr --
    a dry run: 2 briefs would be tried again
    ");
    folder
        .run(&["runs", "redrive", &run, "--code", "test.faild"])
        .refuses(&[
            "gave up no brief like that",
            "--dry-run` lists what it gave up, by cause",
        ]);
    let refused = folder.run(&["runs", "redrive", &run, "--code", "test.faild", "--json"]);
    assert!(
        refused.stderr.contains(r#""code":"run.not_given_up""#),
        "{refused}"
    );
    let one = folder.json(&["runs", "redrive", &run, "--brief", "b-01"]);
    assert_eq!(
        (&one["redriven"], &one["reopened"]),
        (&json!(1), &json!(true))
    );
    insta::assert_snapshot!(folder.run(&["runs", "redrive", &run]), @r"
    exit 0
    -- stdout --
     CAUSE        TRIED AGAIN  TAKEN SINCE  NOT AVAILABLE  MESSAGE
     test.failed  1            0            0              it did not work
    -- stderr --
    1 brief goes back to the queue; `nightdesk run nightly` or any worker takes the rest up
    ");
    insta::assert_snapshot!(folder.run(&["runs", "redrive", &run]), @r"
    exit 0
    -- stderr --
    no brief of run xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx is given up
    ");
    insta::assert_snapshot!(folder.run(&["runs", "show", &run]), @"
    exit 0
    -- stdout --
    xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
    nightly: running, 1 brief, 2 drafts, 6 tokens
      no worker has any of it in hand; `nightdesk worker` or `nightdesk up` works on what waits
      tried again: b-01 (ready now), given up before for test.failed
      tried again: b-02 (ready now), given up before for test.failed
    audit: 3 briefs = 1 drafted + 0 given up + 2 pending; 2 drafts, 2 distinct, 0 inconsistent
    ");
    let shown = folder.json(&["runs", "show", &run]);
    assert_eq!(
        shown["redriven"][0]["redriven"][0]["error"]["code"],
        "test.failed"
    );
    folder.json(&["runs", "cancel", &run]);
    folder
        .run(&["runs", "cancel", "0000"])
        .refuses(&["no run `0000`"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_that_is_over_is_not_cancelled(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.open_run(&campaign("nightly")).await.id.to_string();
    let folder = Folder::new(&desk.pool);
    let refused = folder.run(&["runs", "cancel", &run]);
    refused.refuses(&[
        "is completed, so it cannot be cancelled",
        "nothing of it is left to stop",
    ]);
}
