//! The addresses of the roles: taken, shared out by `up`, and what they answer while the database is away.

use sqlx::{ConnectOptions, PgPool};

use super::{ask, free_address};
use crate::commands::Folder;
use crate::support::{Project, Proxy, until};

const CAMPAIGN: &str =
    "name = \"quiet\"\n[draft]\ntemplate = \"news/line\"\nmodel = \"smollm2-135m-instruct\"\n";

#[sqlx::test(migrations = "./migrations")]
async fn while_the_database_is_away_a_role_is_alive_and_not_ready(pool: PgPool) {
    let options = (*pool.connect_options()).clone();
    let proxy = Proxy::start(&options);
    let direct = options.to_url_lossy().to_string();
    let project = Project::new(&direct, CAMPAIGN, 1)
        .await
        .through(&proxy.url());
    proxy.close();
    let address = free_address();
    let _scheduler = project.start(&["scheduler", "--listen", &address]);
    let status = async |path: &str| ask(&address, path).await.map(|answer| answer.status);
    until("an answer", async || status("/healthz").await).await;
    let unready = ask(&address, "/readyz").await.unwrap();
    assert_eq!(unready.status, 503);
    assert_eq!(
        unready.json()["problems"][0]["code"],
        "database.not_reached"
    );

    proxy.open();
    let ready = async || (status("/readyz").await == Some(200)).then_some(());
    until("the scheduler to be ready", ready).await;
    proxy.close();
    let unready = until("the scheduler to notice", async || {
        let answer = ask(&address, "/readyz").await?;
        (answer.status == 503).then_some(answer)
    });
    let told = unready.await.json();
    let code = told["problems"][0]["code"].as_str().unwrap_or_default();
    assert!(code.starts_with("database."), "{told}");
    let health = ask(&address, "/healthz").await.unwrap();
    assert_eq!(
        (health.status, &health.json()["alive"]),
        (200, &true.into()),
        "it waits, it does not stand still"
    );
    until("metrics to notice", async || {
        let answer = ask(&address, "/metrics").await?;
        (answer.metric("nightdesk_database_up") == Some(0.0)).then_some(())
    })
    .await;
    proxy.open();
    until("the scheduler to be ready again", ready).await;
}

#[test]
fn an_address_that_is_taken_ends_the_role_with_advice() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = Folder::without_database();
    let told = |args: &[&str]| {
        let said = folder.run(args);
        assert_eq!(said.status, 1, "{said}");
        said.stderr.replace(&address, "ADDRESS")
    };
    let taken = told(&["scheduler", "--listen", &address]);
    insta::assert_snapshot!(taken, @"
    error: `listen`: another process listens on `ADDRESS` already

    hint: give every worker and scheduler of this host a port of its own, or let the system choose one with port 0
    ");
    assert_eq!(told(&["worker", "--listen", &address]), taken);
    insta::assert_snapshot!(told(&["worker", "--listen", "9600"]), @"
    error: `listen`: cannot listen on `9600`: invalid socket address

    hint: an address is a host and a port, such as `127.0.0.1:9600`
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn up_gives_the_scheduler_the_address_and_its_workers_the_next(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    let project = Project::new(&url, CAMPAIGN, 1).await;
    // Three ports in a row of which nobody uses the first; the others are free as likely as not.
    let first = until("three free ports", async || {
        let first: u16 = free_address().rsplit_once(':')?.1.parse().ok()?;
        let free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        (free(first + 1) && free(first + 2)).then_some(first)
    });
    let first = first.await;
    let address = format!("127.0.0.1:{first}");
    let args = [
        "up",
        "--workers",
        "2",
        "--listen",
        &address,
        "--log-format",
        "json",
    ];
    let up = project.start(&args);
    for (port, role) in [
        (first, "scheduler"),
        (first + 1, "worker"),
        (first + 2, "worker"),
    ] {
        let health = until("a process of its own on each port", async || {
            ask(&format!("127.0.0.1:{port}"), "/healthz").await
        });
        assert_eq!(health.await.json()["role"], role);
    }
    up.signal("TERM");
    let ended = up.end().await;
    assert!(ended.status.success(), "{ended:?}");
    for line in ended.stderr.lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        assert!(told["message"].is_string(), "no JSON: {line}");
    }
}
