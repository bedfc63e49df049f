//! What operators see: probes and metrics of real roles, logs as JSON, traces.

mod crowds;
mod exports;
mod figures;
mod night;
mod roles;
mod slow;
mod sockets;

use std::time::Duration;

/// What somebody answered over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The value of a metric, labels included in its name.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let lines = self.text.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.next()?.parse().ok()
    }
}

/// Asks; `None` while nobody listens there.
pub(crate) async fn ask(address: &str, path: &str) -> Option<Answer> {
    let url = format!("http://{address}{path}");
    let asking = tokio::task::spawn_blocking(move || {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)));
        let mut answer = config.build().new_agent().get(url).call().ok()?;
        let kind = answer.headers().get("content-type")?.to_str().ok()?;
        Some(Answer {
            status: answer.status().as_u16(),
            kind: kind.to_owned(),
            text: answer.body_mut().read_to_string().ok()?,
        })
    });
    asking.await.unwrap()
}

/// An address of this host on which nobody listens.
pub(crate) fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
