//! `prune`: nothing without being asked, nothing without being told, and what went.

use regex::Regex;
use sqlx::PgPool;

use super::{Folder, Said};
use crate::support::{Desk, campaign, done};

/// Moves the only run into January 2026, and ends the first partition with that month.
const LONG_AGO: [&str; 13] = [
    "delete from scores",
    "delete from findings",
    "insert into runs (id, campaign_id, state, spec, template_sha256, model_sha256, drafts, finished_at)
         select uuid_floor('2026-01-05'), campaign_id, state, spec, template_sha256, model_sha256, drafts, finished_at from runs",
    "alter table work_items detach partition work_items_before",
    "update work_items_before set run_id = uuid_floor('2026-01-05')",
    "alter table review_items drop constraint review_items_draft_fkey",
    "update drafts set run_id = uuid_floor('2026-01-05'), id = overlay(id::text placing '019b9000' from 1 for 8)::uuid",
    "update review_items set run_id = uuid_floor('2026-01-05'), id = overlay(id::text placing '019b9000' from 1 for 8)::uuid",
    "alter table review_items add constraint review_items_draft_fkey foreign key (id) references drafts (id) on delete cascade",
    "update batches set run_id = uuid_floor('2026-01-05')",
    "delete from runs where id <> uuid_floor('2026-01-05')",
    "update drafts set state = 'approved' where kept and brief_id = (select id from briefs where external_ref = 'b-00')",
    "do $$ begin execute format('alter table work_items attach partition work_items_before
         for values from (minvalue) to (%L)', uuid_floor('2026-02-01')); end $$",
];

/// Without the dates, which are another day's tomorrow.
fn undated(said: &Said) -> String {
    let date = Regex::new(r"\d{4}-\d\d-\d\d").unwrap();
    date.replace_all(&said.to_string(), "YYYY-MM-DD")
        .into_owned()
}

#[sqlx::test(migrations = "./migrations")]
async fn old_nights_go_when_somebody_says_so(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    let lease = desk.claim(run, 3).await.unwrap();
    let outcomes: Vec<_> = lease.items.iter().map(done).collect();
    desk.commit(run, &lease, &outcomes).await;
    let folder = Folder::new(&desk.pool);
    folder.run(&["prune"]).refuses(&[
        "nothing says how long to keep anything, so nothing is deleted",
        "set them under [retention] in `nightdesk.toml`",
    ]);
    let short = folder.run(&["prune", "--keep-runs", "3h"]);
    let told = "'3h' for '--keep-runs <SPAN>': must be from 1day to 100years, given `3h`";
    assert!(short.status == 1 && short.stderr.contains(told), "{short}");
    insta::assert_snapshot!(folder.run(&["prune", "--keep-runs", "90days"]), @r"
    exit 0
    -- stdout --
    no part of the queue is old enough as a whole
    ");
    for statement in LONG_AGO {
        sqlx::query(statement).execute(&desk.pool).await.unwrap();
    }
    folder.edit(
        "nightdesk.toml",
        "threads = 2\n",
        "threads = 2\n[retention]\nkeep_runs = \"90days\"\nkeep_drafts = \"90 days\"\n",
    );
    folder.run(&["prune"]).refuses(&[
        "nothing was deleted: nobody is here to confirm it",
        "`--yes` deletes without asking",
    ]);
    insta::assert_snapshot!(undated(&folder.run(&["prune", "--dry-run"])), @r"
    exit 0
    -- stdout --
     PARTITION          RUNS BEFORE (UTC)  RUNS  ITEMS
     work_items_before  YYYY-MM-DD         1     3
    5 unreviewed drafts from before YYYY-MM-DD
    -- stderr --
    a dry run: nothing was deleted
    ");
    let planned = folder.json(&["prune", "--dry-run"]);
    insta::assert_snapshot!(undated(&folder.run(&["prune", "--yes"])), @r"
    exit 0
    -- stdout --
     PARTITION          RUNS BEFORE (UTC)  RUNS  ITEMS
     work_items_before  YYYY-MM-DD         1     3
    5 unreviewed drafts from before YYYY-MM-DD
    ");
    assert_eq!(
        (&planned["dry_run"], &planned["partitions"][0]["fate"]),
        (&true.into(), &"goes".into())
    );
    insta::assert_snapshot!(undated(&folder.run(&["prune"])), @r"
    exit 0
    -- stdout --
    no part of the queue is old enough as a whole
    0 unreviewed drafts from before YYYY-MM-DD
    ");
    let shown = folder.run(&["runs", "show", "019b"]);
    insta::assert_snapshot!(undated(&shown), @r"
    exit 0
    -- stdout --
    xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
    nightly: completed, 3 briefs, 6 drafts, 0 tokens
    its items were pruned on YYYY-MM-DD; they were counted then and cannot be audited
    ");
    assert_eq!(
        folder
            .json(&["drafts", "list", "--all"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // What nobody decided about has left the queue with its drafts.
    let waiting: Vec<String> = sqlx::query_scalar("select external_ref from review_items")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(waiting, ["b-00"]);
    assert_eq!(desk.open_run(&campaign("nightly")).await.items, 0);
}
