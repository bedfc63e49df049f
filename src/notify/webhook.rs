//! The webhook: one POST of JSON, in the shape that Slack's incoming webhooks and those modelled on them take.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::error::{Failed, NotifyError};
use super::message::Message;
use super::retry::a_few_times;
use crate::domain::problem::Problem;
use crate::domain::secret::SecretUrl;
use crate::report::cut;

/// For one try, from the name's look-up to the answer's last byte.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An address that takes messages.
pub(super) struct Webhook {
    url: SecretUrl,
    agent: Agent,
}

impl Webhook {
    /// # Errors
    /// A [`Problem`] for what is no address of the web; it does not repeat the address.
    pub(super) fn new(url: SecretUrl, key: &str) -> Result<Self, Problem> {
        let refused = |why: &str| {
            let message = format!("the webhook's address {why}");
            Problem::new("config.value", message)
                .key(format!("notify.{key}"))
                .hint("it looks like `https://hooks.example.org/services/…`")
        };
        let uri: ureq::http::Uri = url
            .expose()
            .trim()
            .parse()
            .map_err(|_| refused("cannot be read as a URL"))?;
        let (Some(scheme), Some(_)) = (uri.scheme_str(), uri.host()) else {
            return Err(refused("has no scheme or no host"));
        };
        if !matches!(scheme, "http" | "https") {
            return Err(refused("must begin with `https://` or `http://`"));
        }
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // A redirect would turn the POST into a GET that says yes and tells nobody.
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("nightdesk/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self { url, agent })
    }

    /// Where it is, without the part of the address that is a secret.
    pub(super) fn place(&self) -> String {
        self.url.shown()
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), NotifyError> {
        let body = message.webhook().to_string();
        let id = message.id.to_string();
        a_few_times(|| self.try_once(&id, &body)).await
    }

    async fn try_once(&self, id: &str, body: &str) -> Result<(), Failed> {
        let (agent, url, place) = (self.agent.clone(), self.url.clone(), self.place());
        let (id, body) = (id.to_owned(), body.to_owned());
        let posted = tokio::task::spawn_blocking(move || post(&agent, &url, place, &id, body));
        posted.await.unwrap_or_else(|error| {
            Err(Failed {
                error: NotifyError::WebhookUnreachable {
                    place: self.place(),
                    reason: error.to_string(),
                },
                passing: false,
            })
        })
    }
}

fn post(
    agent: &Agent,
    url: &SecretUrl,
    place: String,
    id: &str,
    body: String,
) -> Result<(), Failed> {
    let posted = agent
        .post(url.expose().trim())
        .header("content-type", "application/json")
        .header("x-nightdesk-id", id)
        .send(body);
    let mut response = posted.map_err(|error| Failed {
        error: NotifyError::WebhookUnreachable {
            place: place.clone(),
            reason: match &error {
                ureq::Error::Io(error) => error.to_string(),
                // The client names the address in some of its messages.
                error => untold(url, error.to_string()),
            },
        },
        passing: true,
    })?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    // What cannot be read of it is no loss: the status says the most.
    let said = response.body_mut().with_config().limit(1 << 16);
    // Some servers repeat the path that they did not find; cut, a piece of it would not be known for one.
    let said = untold(url, said.read_to_string().unwrap_or_default());
    let said = cut(&said, 200);
    let answer = match said.as_str() {
        "" => status.to_string(),
        said => format!("{status}: {said}"),
    };
    Err(Failed {
        error: NotifyError::Answered {
            place,
            answer,
            status: status.as_u16(),
        },
        // Too busy and too slow pass; everything else of 3xx and 4xx is for good.
        passing: status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429),
    })
}

/// What was said, unless it repeats the secret of the address.
fn untold(url: &SecretUrl, said: String) -> String {
    if url.is_repeated_in(&said) {
        "(it repeats the address, and is not shown)".to_owned()
    } else {
        said
    }
}
