//! Logs and traces: what happens goes to stderr, as text or as JSON, filtered by `NIGHTDESK_LOG` as `tracing`
//! filters are; spans go to a collector where `OTEL_EXPORTER_OTLP_ENDPOINT` names one.

mod otlp;

use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::domain::problem::Problem;
use crate::domain::words::words;
use otlp::Export;

words! {
    /// How logs are written.
    #[derive(Default)]
    LogFormat {
        /// A line for people.
        #[default]
        Text = "text";
        /// An object a line, for machines that collect them.
        Json = "json";
    } else "expected `text` or `json`, given `{}`"
}

/// Whether logs are JSON: then everything else on stderr has to be too.
static JSON: AtomicBool = AtomicBool::new(false);

/// Whether stderr is read by a machine that wants an object a line.
pub fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Keeps logging going; spans that have not been sent yet are sent when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Telemetry {
    export: Option<Export>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(export) = self.export.take() {
            export.finish();
        }
    }
}

/// Libraries that write the addresses and headers that they send to into logs of their own, secrets included; what of
/// it is news is told by those who call them.
const TALKATIVE: [&str; 4] = ["ureq", "lettre", "opentelemetry", "hyper"];

/// The filter without what [`TALKATIVE`] libraries say in detail; whoever names a part of one gets it all the same. As
/// directives and not as a second filter beside this one: with two, spans were lost on their way to a collector.
fn without_details(filter: EnvFilter) -> EnvFilter {
    TALKATIVE
        .iter()
        .filter_map(|library| format!("{library}=info").parse().ok())
        .fold(filter, EnvFilter::add_directive)
}

/// Starts logging; `verbose` counts the `-v`s. Starting twice in one process changes nothing.
///
/// # Errors
/// A [`Problem`] when the collector's address is none.
pub fn start(format: LogFormat, verbose: u8) -> Result<Telemetry, Problem> {
    let default = match verbose {
        0 => "nightdesk=warn",
        1 => "nightdesk=info",
        2 => "nightdesk=debug",
        _ => "debug",
    };
    let filter = match EnvFilter::try_from_env("NIGHTDESK_LOG") {
        Ok(asked_for) => without_details(asked_for),
        Err(_) if verbose > 2 => without_details(EnvFilter::new(default)),
        Err(_) => EnvFilter::new(default),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines
            .with_ansi(
                std::io::IsTerminal::is_terminal(&std::io::stderr())
                    && std::env::var_os("NO_COLOR").is_none(),
            )
            .boxed(),
        // The fields of an event beside its message, those of its spans in `spans`.
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
    };
    let export = Export::from_env()?;
    let spans = export.as_ref().map(Export::layer);
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans)
        .try_init();
    // A test process that runs two commands has a subscriber already.
    if started.is_ok() {
        JSON.store(format == LogFormat::Json, Ordering::Relaxed);
    }
    Ok(Telemetry { export })
}
