//! Spans to a collector by OTLP over HTTP with protobuf bodies: batched, on a thread of the SDK's own, and
//! never in the way of the work. What the standard `OTEL_…` variables say about endpoint, headers, timeout
//! and batches holds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::domain::problem::Problem;
use crate::domain::secret::SecretUrl;

/// Where the collector is, for all signals and for traces alone.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// A collector that takes longer has not got the batch.
const SEND_WITHIN: Duration = Duration::from_secs(10);

/// At its end a process waits so long for a collector.
const FINISH_WITHIN: Duration = Duration::from_secs(3);

/// Sends spans.
#[derive(Debug)]
pub(super) struct Export {
    provider: SdkTracerProvider,
}

impl Export {
    /// What the environment asks for, if anything.
    pub(super) fn from_env() -> Result<Option<Self>, Problem> {
        let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let Some(variable) = ENDPOINTS.iter().find(|name| named(name)) else {
            return Ok(None);
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new())
            .build()
            .map_err(|_| {
                // The library's words repeat the address, which may hold a token.
                let message = "spans cannot be sent anywhere: the endpoint is no address of the web, or a header is none";
                Problem::new("telemetry.endpoint", message)
                .key(*variable)
                .hint("it looks like `http://127.0.0.1:4318`")
            })?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        Ok(Some(Self { provider }))
    }

    /// The layer that makes spans of this program's `info` spans, whatever is logged.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("nightdesk"))
            .with_filter(Targets::new().with_target("nightdesk", LevelFilter::INFO))
    }

    /// Sends what is left.
    pub(super) fn finish(self) {
        // A collector that is away must not keep a process from ending.
        let _ = self.provider.shutdown_with_timeout(FINISH_WITHIN);
    }
}

fn resource() -> Resource {
    let resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())));
    match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource.build(),
        None => resource.with_service_name("nightdesk").build(),
    }
}

/// The HTTP client; it blocks, and the SDK calls it on a thread of its own.
#[derive(Debug)]
struct Client {
    agent: ureq::Agent,
    /// Whether the last batch was lost and that was said.
    failing: AtomicBool,
}

impl Client {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(SEND_WITHIN))
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.into(),
            failing: AtomicBool::new(false),
        }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let (parts, mut body) = self.agent.run(request)?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let endpoint = SecretUrl::new(request.uri().to_string());
        let sent = self.send(request);
        let trouble = match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(ureq::Error::Io(error)) => Some(error.to_string()),
            // The client names the address in some of its messages.
            Err(error) if !endpoint.is_repeated_in(&error.to_string()) => Some(error.to_string()),
            Err(_) => Some("the address cannot be used".to_owned()),
        };
        let endpoint = endpoint.shown();
        // Once and not for every batch: the work goes on, and its log is not about collectors.
        match trouble {
            None => self.failing.store(false, Ordering::Relaxed),
            Some(trouble) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(endpoint, "spans cannot be sent to {endpoint}: {trouble}");
                }
            }
        }
        Ok(sent?)
    }
}
