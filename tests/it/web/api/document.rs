//! The OpenAPI document: it names every resource, and a program that knows nothing else holds the server to it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use nightdesk::domain::user::Role;
use nightdesk::web::{SignIn, new_token, token_hash};
use serde_json::Value;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::super::Site;
use super::{get, morning};
use crate::support::Desk;

#[sqlx::test(migrations = "./migrations")]
async fn it_names_every_resource(pool: PgPool) {
    let site = Site::with(Desk::open(pool).await, SignIn::Password);
    // Whoever writes a program has no token yet.
    let (status, document) = get(&mut site.browser(), "/openapi.json").await;
    assert_eq!(
        (status, &document["openapi"]),
        (200, &Value::from("3.1.0")),
        "{document}"
    );
    assert_eq!(
        document["components"]["securitySchemes"]["token"]["scheme"],
        "bearer"
    );
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap_or("nothing is said");
            operations.push(format!("{} {path}: {summary}", method.to_uppercase()));
            assert_eq!(
                operation["responses"]["422"]["content"]["application/problem+json"]["schema"]["$ref"],
                "#/components/schemas/ProblemDocument",
                "{path}"
            );
        }
    }
    operations.sort();
    insta::assert_snapshot!(operations.join("\n"), @"
    GET /api/v1/bulk: How many drafts a bulk would approve: a dry run, for supervisors.
    GET /api/v1/campaigns: Every campaign, by name.
    GET /api/v1/drafts/{id}: A draft with its scores, findings, and where it comes from.
    GET /api/v1/events: A page of the audit log: one event for every write of a person. `nightdesk audit verify` checks its chain.
    GET /api/v1/exports: A page of what left.
    GET /api/v1/items/counts: How much waits; 10,001 means more than 10,000.
    GET /api/v1/items/{id}: The item, its brief, all drafts with scores and findings, decisions and revisions; also by a draft's id.
    GET /api/v1/items: A page of what waits.
    GET /api/v1/me: Who asks.
    GET /api/v1/numbers: Acceptance, edits, reasons, calibration and cost.
    GET /api/v1/runs/{id}: One run: where it stands, its items by state, what it has drafted.
    GET /api/v1/runs: A page of runs.
    POST /api/v1/briefs: Imports briefs: a JSON document, JSON lines, or CSV, at most 10 MiB; for supervisors.
    POST /api/v1/bulk/{id}/undo: Takes all of a bulk back, within ten seconds of it.
    POST /api/v1/bulk: Approves the best draft of every item that fits, as the model wrote it; for supervisors.
    POST /api/v1/campaigns/{name}/pause: Keeps the campaign from firing; for supervisors.
    POST /api/v1/campaigns/{name}/resume: Lets the campaign fire again; for supervisors.
    POST /api/v1/campaigns/{name}/runs: Runs the campaign now, with the template and model of its last run; for supervisors.
    POST /api/v1/decisions/{id}/undo: Takes a decision back, within ten seconds of it.
    POST /api/v1/drafts/{id}/correct: Puts a corrected text in the place of an approved one; for supervisors. The next export tells it.
    POST /api/v1/drafts/{id}/kill: Has an approved text taken down wherever it left to; for supervisors. A second kill changes nothing.
    POST /api/v1/exports: Exports approved texts; the same export twice is recorded once.
    POST /api/v1/items/{id}/claim: Takes the item: a lease of 90 seconds, with the token that every write under it shows.
    POST /api/v1/items/{id}/decisions: Decides about an item.
    POST /api/v1/items/{id}/heartbeat: Keeps the item; a lease that nobody renews ends by itself.
    POST /api/v1/items/{id}/release: Gives the item back undecided.
    POST /api/v1/runs/{id}/cancel: Stops a run for good, its drafts kept; for supervisors. Again on a cancelled run it changes nothing.
    POST /api/v1/runs/{id}/redrive: Gives briefs that the run gave up another try in the same run; for supervisors.
    ");
}

/// Schemathesis makes requests from the document, fitting and unfitting ones, and checks that every answer is one
/// the document has: no status, no field and no media type that is not there, no 500, no way in without a token.
#[sqlx::test(migrations = "./migrations")]
async fn a_stranger_holds_the_server_to_it(pool: PgPool) {
    let Some(packages) = schemathesis() else {
        return;
    };
    let (site, _) = morning(pool, 5).await;
    let admin = site.user("Root", Role::Admin).await;
    let token = new_token();
    let hash = token_hash(&token);
    site.token(&admin, &hash).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = site.app.clone();
    let served = tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    });
    let folder = tempfile::tempdir().unwrap();
    let config = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/schemathesis/schemathesis.toml"
    );
    let output = Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
        .env("PYTHONPATH", packages)
        .args(["-m", "schemathesis.cli", "--config-file", config, "run"])
        .arg(format!("http://{address}/api/v1/openapi.json"))
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Python");
    served.abort();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(told.contains("Operations:"), "{told}");
}

/// Where its packages are; none where it is not installed, unless it has to be.
fn schemathesis() -> Option<PathBuf> {
    let packages = std::env::var_os("NIGHTDESK_SCHEMATHESIS").map(PathBuf::from);
    if packages.is_none() {
        #[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
        {
            eprintln!("skipped: schemathesis is not installed; `make test-api` installs it");
        }
    }
    packages
}
