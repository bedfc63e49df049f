//! Nights that end early: windows, embargoes, pauses, as `run` tells them.

use serde_json::json;
use sqlx::PgPool;

use super::{Folder, fixture};

/// So short that it closes while the first of many briefs are drafted, however fast the machine.
const WINDOW: &str = "window = \"1s\"\n";

#[sqlx::test(migrations = "./migrations")]
async fn a_run_whose_window_closes_is_no_failure_and_says_what_it_left(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(20).with_campaign();
    let campaign = std::fs::read_to_string(folder.path("jobs/explainers.toml")).unwrap();
    let campaign = campaign.replace("max_tokens = 12", "max_tokens = 60");
    folder.write("jobs/explainers.toml", format!("{WINDOW}{campaign}"));
    folder.json(&["campaigns", "apply"]);
    folder.json(&["campaigns", "pause", "explainers"]);
    // One text at a time, so that little is in hand when the window closes.
    let said = folder.run(&["run", "explainers", "--max-rows", "2"]);
    assert_eq!(said.status, 0, "{said}");
    assert!(
        said.stdout.starts_with("explainers: window expired, "),
        "{said}"
    );
    let left = " briefs were left for the next run";
    assert!(said.stdout.contains("  its window closed at "), "{said}");
    assert!(said.stdout.contains(left), "{said}");
    assert!(
        said.stderr.contains("explainers is paused since "),
        "{said}"
    );
    let run = &folder.json(&["runs", "list"])[0];
    assert_eq!(run["state"], "window_expired");
    assert_eq!(run["counts"]["leased"], 0);
    let done = run["counts"]["done"].as_i64().unwrap();
    assert_eq!(run["counts"]["ready"], json!(20 - done), "none is lost");

    // As after a power cut in that night: nobody ended the run.
    let id = run["id"].as_str().unwrap();
    let undone = "update runs set state = 'running', finished_at = null where id = $1::uuid";
    sqlx::query(undone).bind(id).execute(&pool).await.unwrap();
    sqlx::query("update briefs set expires_at = '2020-01-01'")
        .execute(&pool)
        .await
        .unwrap();
    let next = folder.run(&["run", "explainers"]);
    let ended = "is past its window and has been ended; what it left open is taken anew\n";
    assert!(next.stderr.contains(ended), "{next}");
    let nothing = "nothing to draft: of 20 briefs that match, 20 expired\n";
    assert!(next.stderr.contains(nothing), "{next}");
    let old = fixture("factbook")[0].replacen('{', r#"{"expires_at":"2020-01-01T00:00:00Z","#, 1);
    folder.write("brief.json", old);
    let warned = folder.run(&["prompt", "explainers", "brief.json"]);
    let warning = "factbook-en-economy is expired 2020-01-01 00:00 UTC: no run takes it\n";
    assert!(warned.stderr.starts_with(warning), "{warned}");
}
