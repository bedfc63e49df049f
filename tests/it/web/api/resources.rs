//! The resources around the queue: bulk, briefs, drafts, exports, campaigns, runs, figures, the record.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use nightdesk::domain::user::Role;
use nightdesk::web::SignIn;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::super::Site;
use super::{get, morning, post, program, refuses, value};
use crate::support::{Desk, brief, campaign};

#[sqlx::test(migrations = "./migrations")]
async fn a_bulk_is_counted_done_once_and_taken_back(pool: PgPool) {
    let (site, _) = morning(pool, 3).await;
    let mut ann = program(&site, "Ann", Role::Editor).await;
    let asked = ann.get("/api/v1/bulk").await;
    refuses(
        &asked,
        403,
        "api.role",
        "this takes the role `supervisor`, and yours is `editor`",
    );
    let mut sue = program(&site, "Sue", Role::Supervisor).await;
    let asked = sue.get("/api/v1/bulk?max_risk=high").await;
    refuses(
        &asked,
        422,
        "api.unreadable",
        "unknown variant `high`, expected `low` or `medium`",
    );
    let asked = sue.get("/api/v1/bulk?min_priority=900").await;
    refuses(
        &asked,
        422,
        "api.unreadable",
        "a priority is 0 to 100, asked for 900",
    );
    let (_, counted) = get(&mut sue, "/bulk?min_priority=50&campaign=nightly").await;
    assert_eq!(counted, json!({ "fitting": 3 }));
    let bulk = json!({ "bar": { "min_priority": 50, "campaign": "nightly" }, "expected": 3 });
    let keyless = post(&mut sue, "/bulk", &bulk).await;
    refuses(&keyless, 422, "api.unreadable", "`Idempotency-Key`");
    sue.header("idempotency-key", &Uuid::new_v4().to_string());
    let fewer = json!({ "bar": { "min_priority": 50 }, "expected": 2 });
    let changed = post(&mut sue, "/bulk", &fewer).await;
    refuses(&changed, 409, "review.bulk_changed", "3");
    let first = value(&post(&mut sue, "/bulk", &bulk).await);
    let again = value(&post(&mut sue, "/bulk", &bulk).await);
    assert_eq!((&first["approved"], &first), (&json!(3), &again));
    let undo = format!("/bulk/{}/undo", first["id"].as_str().unwrap());
    assert_eq!(post(&mut sue, &undo, &json!({})).await.status, 204);
    let (_, counted) = get(&mut sue, "/bulk?min_priority=50").await;
    assert_eq!(counted, json!({ "fitting": 3 }));
}

#[sqlx::test(migrations = "./migrations")]
async fn copy_goes_in_leaves_is_corrected_and_killed(pool: PgPool) {
    let (site, items) = morning(pool, 2).await;
    let item = items[0];
    let mut sue = program(&site, "Sue", Role::Supervisor).await;
    sue.header("idempotency-key", &Uuid::new_v4().to_string());
    let lease = value(&post(&mut sue, &format!("/items/{item}/claim"), &json!({})).await);
    let said = json!({ "verdict": "approve", "draft_id": item, "token": lease["token"] });
    let decided = post(&mut sue, &format!("/items/{item}/decisions"), &said).await;
    assert_eq!(decided.status, 200, "{}", decided.body);

    let kill = format!("/drafts/{item}/kill");
    let reason = json!({ "reason": "the source withdrew it" });
    let correct = format!("/drafts/{item}/correct");
    let corrected = json!({ "text": "What is right.", "reason": "a figure was wrong" });
    let fresh = post(&mut sue, &correct, &corrected).await;
    refuses(&fresh, 409, "draft.fresh", "less than 10 seconds ago");
    let waits = value(&post(&mut sue, "/exports", &json!({ "format": "jsonl" })).await);
    assert_eq!(
        (&waits["record"], &waits["waiting"]),
        (&json!(null), &json!(1))
    );

    site.desk.pass(Duration::from_secs(11));
    let made = value(&post(&mut sue, "/exports", &json!({ "format": "jsonl" })).await);
    assert_eq!(
        (&made["again"], &made["counts"]["publish"]),
        (&json!(false), &json!(1))
    );
    assert!(made["content"].as_str().unwrap().contains("b-00"), "{made}");
    let again = value(&post(&mut sue, "/exports", &json!({ "format": "jsonl" })).await);
    assert_eq!(
        (&again["again"], &again["record"]["id"]),
        (&json!(true), &made["record"]["id"])
    );
    sue.header("accept", "application/octet-stream");
    let file = post(&mut sue, "/exports", &json!({ "format": "jsonl" })).await;
    assert_eq!(made["content"], file.body);
    assert!(
        file.header("content-disposition")
            .unwrap()
            .contains(made["file_name"].as_str().unwrap())
    );
    sue.header("accept", "application/json");
    let (_, left) = get(&mut sue, "/exports?limit=1").await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1, "{left}");
    let odd = sue.get("/api/v1/exports?after=yesterday").await;
    refuses(&odd, 422, "api.unreadable", "after");

    let amended = value(&post(&mut sue, &correct, &corrected).await);
    assert_eq!(
        (&amended["revision"], &amended["left_in"]),
        (&json!(2), &json!(["jsonl"]))
    );
    let same = post(&mut sue, &correct, &corrected).await;
    refuses(
        &same,
        409,
        "draft.same_text",
        "the text is the one that stands",
    );
    let empty = json!({ "text": " ", "reason": "none" });
    assert_eq!(post(&mut sue, &correct, &empty).await.status, 422);
    let killed = value(&post(&mut sue, &kill, &reason).await);
    assert_eq!(killed["now"], true);
    assert_eq!(value(&post(&mut sue, &kill, &reason).await)["now"], false);
    let (_, draft) = get(&mut sue, &format!("/drafts/{item}")).await;
    assert_eq!(draft["state"], "killed");
    let other = format!("/drafts/{}/kill", items[1]);
    let never = post(&mut sue, &other, &reason).await;
    refuses(&never, 409, "draft.not_approved", "not approved");

    let mut ann = program(&site, "Ann", Role::Editor).await;
    for (path, body) in [
        (kill.as_str(), reason),
        (correct.as_str(), corrected),
        ("/briefs", json!([])),
    ] {
        let refused = post(&mut ann, path, &body).await;
        refuses(
            &refused,
            403,
            "api.role",
            "this takes the role `supervisor`",
        );
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn briefs_are_taken_and_rejected_one_by_one(pool: PgPool) {
    let site = Site::with(Desk::open(pool).await, SignIn::Password);
    let mut sue = program(&site, "Sue", Role::Supervisor).await;
    let both = json!([brief("b-01"), { "external_ref": "b-02", "kind": "novel" }]);
    let told = value(&post(&mut sue, "/briefs", &both).await);
    assert_eq!((&told["new"], &told["rejected"]), (&json!(1), &json!(1)));
    let rejection = &told["rejections"][0];
    assert_eq!(
        (&rejection["file"], &rejection["line"]),
        (&json!("request.json"), &json!(2)),
        "{told}"
    );
    let again = value(&post(&mut sue, "/briefs", &json!([brief("b-01")])).await);
    assert_eq!((&again["new"], &again["unchanged"]), (&json!(0), &json!(1)));
    let sent = |kind: &'static str, body: &'static str| (kind, Body::from(body));
    let (kind, body) = sent(
        "text/csv",
        "external_ref,kind,topic,language\nb-03,social,Rain,en\n",
    );
    let rows = sue
        .ask(Method::POST, "/api/v1/briefs", Some(kind), body)
        .await;
    assert_eq!(value(&rows)["new"], 1, "{}", rows.body);
    let (kind, body) = sent("text/html", "<p>");
    let page = sue
        .ask(Method::POST, "/api/v1/briefs", Some(kind), body)
        .await;
    refuses(
        &page,
        415,
        "api.media_type",
        "the body is not announced as briefs",
    );
    let huge = Body::from(vec![b' '; 11 << 20]);
    let kind = Some("application/json");
    let huge = sue.ask(Method::POST, "/api/v1/briefs", kind, huge).await;
    refuses(
        &huge,
        413,
        "api.upload_too_large",
        "the briefs are larger than 10 MiB",
    );
    let many = Body::from("{}\n".repeat(2_500_000));
    let kind = Some("application/x-ndjson");
    let many = sue.ask(Method::POST, "/api/v1/briefs", kind, many).await;
    refuses(
        &many,
        413,
        "intake.too_many",
        "what is sent at once may hold 50000 briefs, this holds 2500000",
    );
    let deep = Body::from(format!("{{\"meta\":{}", "[".repeat(100_000)));
    let deep = sue.ask(Method::POST, "/api/v1/briefs", kind, deep).await;
    assert_eq!(
        value(&deep)["rejections"][0]["message"],
        "is nested more than 127 levels deep"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_night_is_steered_and_every_step_recorded(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.apply(&campaign("nightly")).await.unwrap();
    let site = Site::with(desk, SignIn::Password);
    let mut adam = program(&site, "Adam", Role::Admin).await;
    let never = post(&mut adam, "/campaigns/nightly/runs", &json!({})).await;
    refuses(&never, 409, "campaign.never_ran", "nightly has not run yet");
    let run = site.desk.run_of(2).await;
    let taken_up = value(&post(&mut adam, "/campaigns/nightly/runs", &json!({})).await);
    assert_eq!(
        (&taken_up["id"], &taken_up["counts"]["ready"]),
        (&json!(run), &json!(2))
    );
    for path in ["/campaigns/nightly/pause", "/campaigns/nightly/pause"] {
        assert_eq!(post(&mut adam, path, &json!({})).await.status, 204);
    }
    let (_, campaigns) = get(&mut adam, "/campaigns").await;
    assert_eq!(campaigns[0]["paused_by"], "person", "{campaigns}");
    let resumed = post(&mut adam, "/campaigns/nightly/resume", &json!({})).await;
    assert_eq!(resumed.status, 204);
    let nobody = post(&mut adam, "/campaigns/nobody/pause", &json!({})).await;
    refuses(&nobody, 404, "not_found", "no campaign `nobody`");

    let redrive = format!("/runs/{run}/redrive");
    let dry = value(&post(&mut adam, &redrive, &json!({ "dry_run": true })).await);
    assert_eq!(dry["redriven"], 0);
    for _ in 0..2 {
        let cancelled = value(&post(&mut adam, &format!("/runs/{run}/cancel"), &json!({})).await);
        assert_eq!(cancelled["state"], "cancelled");
    }
    let ended = post(&mut adam, &redrive, &json!({})).await;
    refuses(&ended, 409, "run.ended", "so it cannot be redriven");
    let next = site.desk.open_run(&campaign("nightly")).await.id;
    let (_, runs) = get(&mut adam, "/runs?limit=1&campaign=nightly").await;
    assert_eq!(runs["items"][0]["id"], json!(next));
    let after = runs["next"].as_str().unwrap();
    let (_, rest) = get(&mut adam, &format!("/runs?after={after}")).await;
    assert_eq!(
        (&rest["items"][0]["id"], &rest["next"]),
        (&json!(run), &json!(null))
    );
    let (status, one) = get(&mut adam, &format!("/runs/{run}")).await;
    assert_eq!((status, &one["campaign"]), (200, &json!("nightly")));

    let (_, numbers) = get(&mut adam, "/numbers?days=7").await;
    assert_eq!(
        (&numbers["days"], &numbers["verdicts"]),
        (&json!(7), &json!([]))
    );
    let long = adam.get("/api/v1/numbers?days=900").await;
    refuses(
        &long,
        422,
        "api.unreadable",
        "a period has 1 to 366 days, asked for 900",
    );

    let (_, events) = get(&mut adam, "/events?limit=2").await;
    let next = events["next"].as_str().unwrap();
    let (_, before) = get(&mut adam, &format!("/events?after={next}")).await;
    let told = |page: &serde_json::Value| -> Vec<String> {
        let events = page["items"].as_array().unwrap().iter();
        let own = events.filter(|event| event["actor"] == "Adam");
        own.map(|event| event["action"].as_str().unwrap().to_owned())
            .collect()
    };
    let actions = [told(&events), told(&before)].concat();
    assert_eq!(
        actions,
        ["run.cancelled", "campaign.resumed", "campaign.paused"]
    );
    let mut sue = program(&site, "Sue", Role::Supervisor).await;
    let refused = sue.get("/api/v1/events").await;
    refuses(&refused, 403, "api.role", "this takes the role `admin`");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_nul_is_turned_away_wherever_it_stands(pool: PgPool) {
    let (site, items) = morning(pool, 1).await;
    let mut sue = program(&site, "Sue", Role::Supervisor).await;
    let nul = "there is a NUL character in it";
    for path in ["/items?campaign=%00", "/campaigns/%00/pause"] {
        let asked = sue.get(&format!("/api/v1{path}")).await;
        refuses(&asked, 422, "api.unreadable", nul);
    }
    let kill = format!("/drafts/{}/kill", items[0]);
    let sent = post(&mut sue, &kill, &json!({ "reason": "a\0b" })).await;
    refuses(&sent, 422, "api.unreadable", nul);
}
