//! The queue's own writes: approving many, and views kept by name.

use nightdesk::domain::user::Role;
use sqlx::PgPool;

use super::deciding::{SCRIPT, field, morning, send};

#[sqlx::test(migrations = "./migrations")]
async fn many_are_approved_by_a_supervisor_who_saw_how_many(pool: PgPool) {
    let (site, _) = morning(pool, 3).await;
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let mut sue = site.signed_in("Sue", Role::Supervisor).await;
    let refused = ann.get("/bulk").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused
            .body
            .contains("this takes the role `supervisor`, and yours is `editor`")
    );
    let counted = sue.get("/bulk?min_priority=80").await;
    assert!(
        counted.body.contains("<strong>3 drafts fit</strong>"),
        "{}",
        counted.body
    );
    let key = field(&counted, "action=\"/bulk\"", "key");
    let bar = |expected, risk| {
        [
            ("q", ""),
            ("min_priority", "80"),
            ("max_risk", risk),
            ("expected", expected),
            ("key", key.as_str()),
        ]
        .map(|(name, value): (&str, &str)| (name.to_owned(), value.to_owned()))
    };
    let high = send(&mut sue, "/bulk", &bar("3", "high")).await;
    assert!(
        high.body
            .contains("drafts of high risk are not approved in bulk"),
        "{}",
        high.body
    );
    // Asked for by address, the same is refused, and never taken for something else.
    for (address, told) in [
        (
            "max_risk=high",
            "drafts of high risk are not approved in bulk",
        ),
        ("max_risk=none", "`none` is none of `low`, `medium`, `high`"),
        ("min_priority=-5", "a priority is 0 to 100, asked for -5"),
    ] {
        let refused = sue.get(&format!("/bulk?{address}")).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains(told), "{}", refused.body);
    }
    let other = send(&mut sue, "/bulk", &bar("2", "low")).await;
    assert_eq!(other.status, 409);
    assert!(
        other
            .body
            .contains("2 drafts were counted, and 3 fit now; none was approved")
    );
    let sent = send(&mut sue, "/bulk", &bar("3", "low")).await;
    let done = sue.get(sent.header("location").unwrap()).await;
    assert!(done.body.contains("3 drafts approved"), "{}", done.body);
    let undone = sue.post(&format!("/bulk/{key}/undo"), &[]).await;
    assert_eq!(undone.status, 303);
    assert!(
        sue.get("/")
            .await
            .body
            .contains("<strong>3</strong> to review")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn views_of_the_queue_are_kept_by_name(pool: PgPool) {
    let (site, _) = morning(pool, 1).await;
    let mut ann = site.signed_in("Ann", Role::Editor).await;
    let saved = ann
        .post(
            "/filters",
            &[("q", "language=en&order=risk"), ("name", SCRIPT)],
        )
        .await;
    assert_eq!(saved.header("location"), Some("/?language=en&order=risk"));
    let queue = ann.get("/?language=en&order=risk").await;
    assert!(
        queue
            .body
            .contains("&lt;script&gt;alert(1)&lt;/script&gt;</a>"),
        "{}",
        queue.body
    );
    let nameless = ann.post("/filters", &[("q", ""), ("name", " ")]).await;
    assert_eq!(nameless.status, 422);
    assert!(
        nameless
            .body
            .contains("a view has a name of 1 to 60 characters")
    );
    ann.post("/filters/delete", &[("name", SCRIPT)]).await;
    assert!(!ann.get("/").await.body.contains("Saved views"));
    let none = ann.get("/?language=fr").await;
    assert!(
        none.body
            .contains("No draft fits these filters; 1 draft waits without them."),
        "{}",
        none.body
    );
}
