//! Runs: the list, a run's page, its live events to the end, cancelling and trying again.

use nightdesk::domain::run::FailureKind;
use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::{Site, holds};
use crate::support::{done, failed};

#[sqlx::test(migrations = "./migrations")]
async fn the_list_says_how_to_begin_and_then_where_each_run_stands(pool: PgPool) {
    let site = Site::open(pool, Role::Editor).await;
    site.get("/runs").await.says(
        200,
        &[
            "No run yet.",
            "says which there are, what fires next, and runs one.",
        ],
    );
    let run = site.desk.run_of(3).await;
    let lease = site.desk.claim(run, 2).await.unwrap();
    let outcomes = [
        done(&lease.items[0]),
        failed(&lease.items[1], FailureKind::Permanent),
    ];
    site.desk.commit(run, &lease, &outcomes).await;
    let list = site.get("/runs").await;
    list.says(200, &[&format!("/runs/{run}"), "&lt;b&gt;Kim"]);
    // Briefs that have ended, given up, drafts, speed.
    holds(&list, &["running", "2 of 3\n1\n2\n–"]);
    site.get(&format!("/runs?before={run}"))
        .await
        .says(200, &["These were all."]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_shows_what_it_gave_up_and_tries_it_again(pool: PgPool) {
    let site = Site::open(pool, Role::Supervisor).await;
    let run = site.desk.run_of(3).await;
    let lease = site.desk.claim(run, 3).await.unwrap();
    let outcomes = [
        done(&lease.items[0]),
        failed(&lease.items[1], FailureKind::Permanent),
        failed(&lease.items[2], FailureKind::Permanent),
    ];
    site.desk.commit(run, &lease, &outcomes).await;
    let place = format!("/runs/{run}");
    let page = site.get(&place).await;
    page.says(
        200,
        &[
            "completed with errors",
            "test.failed",
            "it did not work",
            "<bdi>b-01</bdi>, <bdi>b-02</bdi>",
        ],
    );
    let dry = site.get(&format!("{place}/redrive?code=test.failed")).await;
    dry.says(
        200,
        &["A dry run: nothing has been changed", "Try 2 briefs again"],
    );
    assert_eq!(
        site.desk.states(run).await,
        ["done", "quarantined", "quarantined"]
    );
    site.get(&format!("{place}/redrive?code=other"))
        .await
        .says(200, &["This run gave up no brief like that."]);
    let again = site
        .post(&format!("{place}/redrive"), &[("code", "test.failed")])
        .await;
    again.leads_to(&format!("{place}?redriven=2"));
    site.get(again.header("location").unwrap())
        .await
        .says(200, &["2 briefs go back to the queue", "running"]);
    assert_eq!(site.desk.states(run).await, ["done", "ready", "ready"]);
    assert_eq!(site.recorded().await, ["session.opened", "run.redriven"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_is_cancelled_once(pool: PgPool) {
    let site = Site::open(pool, Role::Supervisor).await;
    let run = site.desk.run_of(2).await;
    let place = format!("/runs/{run}");
    site.get(&place).await.says(
        200,
        &[
            "Cancel this run",
            "2 briefs are left for the next run",
            "data-events",
        ],
    );
    for _ in 0..2 {
        let cancelled = site.post(&format!("{place}/cancel"), &[]).await;
        cancelled.leads_to(&format!("{place}?done=cancelled"));
    }
    let page = site.get(&format!("{place}?done=cancelled")).await;
    page.says(200, &["The run is cancelled.", "cancelled by hand"]);
    assert_eq!(site.recorded().await, ["session.opened", "run.cancelled"]);
    let redrive = site.get(&format!("{place}/redrive")).await;
    redrive.says(409, &["cancelled"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_editor_looks_and_touches_nothing(pool: PgPool) {
    let site = Site::open(pool, Role::Editor).await;
    let run = site.desk.run_of(1).await;
    let place = format!("/runs/{run}");
    let page = site.get(&place).await;
    page.says(200, &["No worker has taken it yet."]);
    assert!(!page.body.contains("Cancel this run"));
    let refused = ["this takes the role `supervisor`, and yours is `editor`"];
    site.post(&format!("{place}/cancel"), &[])
        .await
        .says(403, &refused);
    site.post(&format!("{place}/redrive"), &[])
        .await
        .says(403, &refused);
    site.get(&format!("{place}/redrive"))
        .await
        .says(403, &refused);
    site.get("/runs/ffffffff").await.says(404, &["ffffffff"]);
    assert_eq!(site.desk.states(run).await, ["ready"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn events_go_on_until_the_run_ends(pool: PgPool) {
    let site = Site::open(pool, Role::Editor).await;
    let run = site.desk.run_of(2).await;
    let events = format!("/runs/{run}/events");
    let finish = async {
        for _ in 0..2 {
            let lease = site.desk.claim(run, 1).await.unwrap();
            site.desk
                .commit(run, &lease, &[done(&lease.items[0])])
                .await;
        }
    };
    // Two who watch, and each sees the end.
    let (first, second, ()) = tokio::join!(site.get(&events), site.get(&events), finish);
    for stream in [first, second] {
        let stream = stream.body.replace(": ", ":");
        // A whole state each time, from the first event on.
        for event in stream.split("\n\n").filter(|event| event.contains("data:")) {
            assert!(event.contains(" of 2\",\"percent\":"), "{stream}");
        }
        let last = stream.trim_end().rsplit("\n\n").next().unwrap();
        let end = "\"state\":\"completed\",\"ended\":\"2 of 2\",\"percent\":100";
        assert!(last.contains(end), "{stream}");
        assert!(
            last.contains("event:end") && last.contains("id:end"),
            "{stream}"
        );
    }
    // Of a run that is over there is one event.
    let over = site.get(&events).await.body;
    assert_eq!(over.matches("\"state\":").count(), 1, "{over}");
}
