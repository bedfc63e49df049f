//! One small night under watch: the slot fires, a worker drafts on the real model, and every stage is seen
//! from outside.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::routing::post;
use sqlx::{ConnectOptions, PgPool};

use super::{ask, free_address};
use crate::support::{Project, until};

const CAMPAIGN: &str = r#"
name = "explainers"
schedule = "* * * * *"
timezone = "UTC"
[draft]
template = "news/line"
model = "smollm2-135m-instruct"
candidates = 2
max_tokens = 8
seed = 7
"#;

#[sqlx::test(migrations = "./migrations")]
async fn a_night_is_seen_from_outside(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    let collector = Collector::start().await;
    let project = Project::new(&url, CAMPAIGN, 2)
        .await
        .with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)
        .with_variable("OTEL_BSP_SCHEDULE_DELAY", "100")
        .with_variable("NIGHTDESK_LOG_FORMAT", "json");
    // The last minute's slot is due at once.
    query(
        &pool,
        "update campaigns set cursor = cursor - interval '5 minutes'",
    )
    .await;
    let (scheduler_at, worker_at) = (free_address(), free_address());
    let _scheduler = project.start(&["scheduler", "--listen", &scheduler_at]);
    let worker = project.start(&["worker", "--threads", "2", "--listen", &worker_at]);

    let metrics = until("drafts to be counted", async || {
        let metrics = ask(&worker_at, "/metrics").await?;
        let drafts = metrics.metric(r#"nightdesk_drafts_total{campaign="explainers"}"#)?;
        (drafts >= 4.0).then_some(metrics)
    });
    let metrics = metrics.await;
    for name in [
        r#"nightdesk_tokens_total{campaign="explainers"}"#,
        r#"nightdesk_busy_seconds_total{campaign="explainers"}"#,
        "nightdesk_engine_tokens_total",
        "nightdesk_database_up",
    ] {
        assert!(metrics.metric(name) > Some(0.0), "{name}: {}", metrics.text);
    }
    let fired = ask(&scheduler_at, "/metrics").await.unwrap();
    let late = r#"nightdesk_campaign_slot_late_seconds{campaign="explainers"}"#;
    assert!(fired.metric(late) >= Some(0.0), "{}", fired.text);
    assert_eq!(fired.metric("nightdesk_engine_tokens_total"), None);
    for address in [&scheduler_at, &worker_at] {
        for path in ["/healthz", "/readyz"] {
            let answer = ask(address, path).await.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    // The model of a run is not the one in the folder any more: this worker is alive and of no use to it.
    for sql in [
        "insert into models (sha256, name, context_limit) values (repeat('b', 64), 'other', 8192)",
        "update runs set model_sha256 = repeat('b', 64), state = 'running', finished_at = null",
        "update work_items set state = 'ready', finished_at = null",
    ] {
        query(&pool, sql).await;
    }
    let unready = until("the worker to be not ready", async || {
        let answer = ask(&worker_at, "/readyz").await?;
        (answer.status == 503).then_some(answer)
    });
    assert_eq!(
        unready.await.json()["problems"][0]["code"],
        "run.other_model"
    );
    assert_eq!(ask(&worker_at, "/healthz").await.unwrap().status, 200);

    worker.signal("TERM");
    let ended = worker.end().await;
    assert!(ended.status.success(), "{ended:?}");
    for line in ended.stderr.lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        assert!(told["message"].is_string(), "no JSON: {line}");
    }
    // The worker has sent what it had before it ended.
    for part in [
        "brief",
        "claim",
        "render",
        "generate",
        "score",
        "commit",
        "run_id",
        "batch_id",
        "external_ref",
        "service.name",
    ] {
        assert!(collector.has(part), "no `{part}` in what was sent");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_collector_that_is_away_is_said_once_and_holds_nothing_up(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    let nobody = format!("http://{}", free_address());
    let project = Project::new(&url, CAMPAIGN, 1)
        .await
        .with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", &nobody)
        .with_variable("OTEL_BSP_SCHEDULE_DELAY", "50");
    let ended = project
        .start(&["run", "explainers", "--threads", "2"])
        .end()
        .await;
    assert!(ended.status.success(), "{ended:?}");
    let told = ended.stderr.matches("spans cannot be sent to").count();
    assert_eq!(told, 1, "{ended:?}");

    let project = project.with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", "no address");
    let ended = project.start(&["runs", "list"]).end().await;
    assert_eq!(ended.error_code(), "telemetry.endpoint", "{ended:?}");
    assert!(
        ended.stderr.contains("spans cannot be sent anywhere:"),
        "{ended:?}"
    );
}

async fn query(pool: &PgPool, sql: &'static str) {
    sqlx::query(sql).execute(pool).await.unwrap();
}

/// Receives spans, as an OpenTelemetry collector does.
struct Collector {
    endpoint: String,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<u8>>> = Arc::default();
        let into = Arc::clone(&received);
        let receive = async move |body: Bytes| into.lock().unwrap().extend_from_slice(&body);
        let router = axum::Router::new().route("/v1/traces", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, received }
    }

    /// Whether a text was in what was sent: protobuf leaves texts as they are.
    fn has(&self, text: &str) -> bool {
        let received = self.received.lock().unwrap();
        received
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }
}
