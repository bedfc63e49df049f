//! Campaigns: what fires next, pausing, resuming, and a run that is opened from the desk.

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::{Site, holds};
use crate::support::{brief, campaign, done};

#[sqlx::test(migrations = "./migrations")]
async fn campaigns_say_what_fires_next_and_what_ran_last(pool: PgPool) {
    let site = Site::open(pool, Role::Editor).await;
    site.get("/campaigns").await.says(
        200,
        &["No campaign yet.", "whoever runs Nightdesk applies it"],
    );
    let scheduled = CampaignSpec {
        schedule: Some("30 2 * * *".to_owned()),
        timezone: "Europe/Berlin".to_owned(),
        ..campaign("nightly")
    };
    site.desk.run_of(1).await;
    site.desk.apply(&scheduled).await.unwrap();
    site.desk.apply(&campaign("by-hand")).await.unwrap();
    let page = site.get("/campaigns").await;
    page.says(200, &["by hand only", "none yet"]);
    let fires = "Fires next\n6 Jan 2026, 01:30 UTC\n(Tue 02:30 there)";
    let ran = "Last runs\n5 Jan 2026, 12:00 UTC\nqueued\n0 drafts";
    holds(&page, &[fires, ran, "30 2 * * *\nEurope/Berlin"]);
    assert!(!page.body.contains("Pause"), "an editor has no buttons");
    let refused = ["this takes the role `supervisor`, and yours is `editor`"];
    for action in ["pause", "resume", "run"] {
        let answer = site
            .post(&format!("/campaigns/{action}"), &[("name", "nightly")])
            .await;
        answer.says(403, &refused);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_supervisor_pauses_and_resumes(pool: PgPool) {
    let site = Site::open(pool, Role::Supervisor).await;
    site.desk.apply(&campaign("nightly")).await.unwrap();
    let named = [("name", "nightly")];
    for _ in 0..2 {
        let paused = site.post("/campaigns/pause", &named).await;
        paused.leads_to("/campaigns?paused=nightly");
    }
    site.get("/campaigns?paused=nightly")
        .await
        .says(200, &["nightly is paused", "not before it is resumed"]);
    let resumed = site.post("/campaigns/resume", &named).await;
    resumed.leads_to("/campaigns?resumed=nightly");
    site.get("/campaigns?resumed=%3Cb%3E")
        .await
        .says(200, &["&lt;b&gt; fires again"]);
    assert_eq!(
        site.recorded().await,
        ["session.opened", "campaign.paused", "campaign.resumed"]
    );
    site.post("/campaigns/pause", &[("name", "nobody")])
        .await
        .says(404, &["nobody"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_is_opened_with_what_the_last_one_was_pinned_to(pool: PgPool) {
    let site = Site::open(pool, Role::Supervisor).await;
    site.desk.apply(&campaign("nightly")).await.unwrap();
    let named = [("name", "nightly")];
    let first = site.post("/campaigns/run", &named).await;
    first.says(
        409,
        &[
            "nightly has not run yet with template `social/post` and model `none`, and only a run says which versions of them to take",
            "whoever runs Nightdesk starts its first run",
        ],
    );
    let run = site.desk.run_of(1).await;
    // A run that is under way is taken up.
    let again = site.post("/campaigns/run", &named).await;
    again.leads_to(&format!("/runs/{run}?done=resumed"));
    let lease = site.desk.claim(run, 1).await.unwrap();
    site.desk
        .commit(run, &lease, &[done(&lease.items[0])])
        .await;
    site.desk.import(&[brief("b-99")]).await;
    let opened = site.post("/campaigns/run", &named).await;
    let place = opened.header("location").unwrap();
    assert!(place.ends_with("?done=opened"), "{place}");
    site.get(place)
        .await
        .says(200, &["The run is open; a worker takes it up.", "0 of 1"]);
    assert_eq!(site.recorded().await, ["session.opened", "run.opened"]);
}
