//! The address on which a role answers `/healthz`, `/readyz` and `/metrics`, where one was given.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::domain::problem::Problem;
use crate::web::{Listener, Server, Vitals};

/// Flags of the roles.
#[derive(Debug, Clone, Args)]
pub(super) struct ProbeArgs {
    /// Answer /healthz, /readyz and /metrics here, such as 127.0.0.1:9600; by default nowhere.
    #[arg(long, env = "NIGHTDESK_LISTEN", value_name = "ADDR")]
    pub(super) listen: Option<String>,
    /// Seconds without a round of its loop after which a process counts as hung.
    #[arg(long, env = "NIGHTDESK_SILENCE_S", value_name = "S", default_value_t = 120, value_parser = clap::value_parser!(u64).range(3..=86400))]
    pub(super) silence_s: u64,
}

/// A role under watch.
pub(super) struct Watch {
    /// What the role writes into.
    pub(super) vitals: Arc<Vitals>,
    /// Answers as long as it is there.
    _server: Option<Server>,
}

impl Watch {
    /// Begins to answer, before the database is there: "alive, not ready" is an answer too.
    pub(super) async fn start(
        context: &Context,
        role: &'static str,
        args: &ProbeArgs,
    ) -> Result<Self, Failure> {
        let vitals = Arc::new(Vitals::new(role, Duration::from_secs(args.silence_s)));
        let server = match &context.config.listen.value {
            None => None,
            Some(address) => {
                let listener = Listener::bind(address)
                    .await?
                    .behind(context.config.trusted_proxies.clone());
                let address = listener.address();
                tracing::info!(role, %address, "the {role} answers on http://{address}/metrics, /healthz and /readyz");
                Some(listener.serve(Arc::clone(&vitals)))
            }
        };
        Ok(Self {
            vitals,
            _server: server,
        })
    }
}

/// The address itself and the ports after it, one for each process that `up` starts; all are free.
pub(super) async fn addresses(first: &str, processes: usize) -> Result<Vec<String>, Failure> {
    let mut addresses = Vec::new();
    // Kept until all are taken, or two of them would seem to be free that are one.
    let mut taken = Vec::new();
    for n in 0..processes {
        let address = following(first, n)?;
        taken.push(Listener::bind(&address).await?);
        addresses.push(address);
    }
    Ok(addresses)
}

/// An address so many ports further on its host; port 0 stays what it is, "any".
fn following(address: &str, n: usize) -> Result<String, Problem> {
    let port = address
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    match port {
        Some((_, 0)) => Ok(address.to_owned()),
        Some((host, port)) => match u16::try_from(usize::from(port) + n) {
            Ok(port) => Ok(format!("{host}:{port}")),
            Err(_) => Err(Problem::new(
                "web.no_port_left",
                format!("the ports after `{address}` are not enough for every process"),
            )
            .key("listen")
            .hint("the scheduler takes the port and each worker the next; start at a lower one")),
        },
        // The system's own words for it come when it is taken.
        None => Ok(address.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_gets_the_next_port() {
        let told = |address, n| following(address, n).unwrap_or_else(|problem| problem.to_string());
        assert_eq!(told("127.0.0.1:9600", 0), "127.0.0.1:9600");
        assert_eq!(told("[::1]:9600", 2), "[::1]:9602");
        assert_eq!(told("localhost:0", 3), "localhost:0");
        insta::assert_snapshot!(told("0.0.0.0:65535", 1), @"
        `listen`: the ports after `0.0.0.0:65535` are not enough for every process

        hint: the scheduler takes the port and each worker the next; start at a lower one
        ");
    }
}
