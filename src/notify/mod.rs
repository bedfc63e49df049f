//! Who hears of the night: the morning report and alerts, by webhook and by mail.
//!
//! Channels are independent: one that fails keeps nothing from the other. Nothing in here holds a database
//! connection while a server thinks.

mod alerts;
mod error;
mod mail;
mod message;
mod retry;
mod secret;
mod webhook;

use std::time::Duration;

use serde::Serialize;

pub use alerts::{AlertSender, look};
pub use error::NotifyError;
pub use message::Message;

use crate::domain::notify::NotifySettings;
use crate::domain::problem::Problem;
use crate::domain::secret::SecretUrl;
use crate::schedule::{Schedule, Zone};
use mail::Mail;
use secret::secret;
use webhook::Webhook;

const WEBHOOK: &str = "webhook";
const MAIL: &str = "smtp";

/// `[notify]`, checked and with its secrets.
pub struct Notify {
    webhook: Option<Webhook>,
    mail: Option<Mail>,
    /// Zone of the times in messages.
    pub zone: Zone,
    /// How long after it was due something counts as late.
    pub late_after: Duration,
    failed_share: f64,
    report: Option<Schedule>,
}

/// A channel and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// `webhook` or `smtp`.
    pub channel: &'static str,
    /// Host, sender and receivers; never the whole address of a webhook.
    pub to: String,
}

/// What came of sending to one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it went.
    pub destination: Destination,
    /// Why it did not arrive.
    pub error: Option<NotifyError>,
}

impl Notify {
    /// Checks the settings and looks up the variables they name.
    ///
    /// # Errors
    /// A [`Problem`] that names the key: a bad address, zone or variable.
    pub fn new(
        settings: &NotifySettings,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Problem> {
        let timezone = |error: crate::schedule::ScheduleError| {
            let problem = error.problem();
            problem.key("notify.timezone")
        };
        let address = match (&settings.webhook, &settings.webhook_env) {
            (Some(url), _) => Some((url.clone(), WEBHOOK)),
            (None, Some(name)) => {
                let url = secret(name, "webhook_env", variable)?;
                Some((SecretUrl::new(url.expose()), "webhook_env"))
            }
            (None, None) => None,
        };
        let daily = settings.report.map(|time| {
            let crontab = time.format("%-M %-H * * *").to_string();
            Schedule::parse(&crontab, &settings.timezone, None, None)
        });
        Ok(Self {
            webhook: address
                .map(|(url, key)| Webhook::new(url, key))
                .transpose()?,
            mail: settings
                .smtp
                .as_ref()
                .map(|smtp| Mail::new(smtp, variable))
                .transpose()?,
            zone: Zone::parse(&settings.timezone).map_err(timezone)?,
            late_after: settings.late_after,
            failed_share: settings.failed_share,
            report: daily.transpose().map_err(timezone)?,
        })
    }

    /// The channels, in the order in which they are told.
    pub fn destinations(&self) -> Vec<Destination> {
        let webhook = self.webhook.as_ref().map(|webhook| Destination {
            channel: WEBHOOK,
            to: webhook.place(),
        });
        let mail = self.mail.as_ref().map(|mail| Destination {
            channel: MAIL,
            to: format!(
                "{}, from {}, to {}",
                mail.place(),
                mail.sender(),
                mail.receivers()
            ),
        });
        webhook.into_iter().chain(mail).collect()
    }

    /// Sends a message to every channel that has not taken it yet, to all of them at once.
    pub async fn send(&self, message: &Message, taken: &[String]) -> Vec<Delivery> {
        let wanted = |channel: &str| !taken.iter().any(|taken| taken == channel);
        let webhook = async {
            match self.webhook.as_ref().filter(|_| wanted(WEBHOOK)) {
                Some(webhook) => Some((WEBHOOK, webhook.send(message).await)),
                None => None,
            }
        };
        let mail = async {
            match self.mail.as_ref().filter(|_| wanted(MAIL)) {
                Some(mail) => Some((MAIL, mail.send(message).await)),
                None => None,
            }
        };
        let (webhook, mail) = tokio::join!(webhook, mail);
        let sent: Vec<_> = webhook.into_iter().chain(mail).collect();
        let error_of = |channel: &str| {
            let of = sent.iter().find(|(sent, _)| *sent == channel);
            of.map(|(_, outcome)| outcome.clone().err())
        };
        let destinations = self.destinations().into_iter();
        destinations
            .filter_map(|destination| {
                Some(Delivery {
                    error: error_of(destination.channel)?,
                    destination,
                })
            })
            .collect()
    }
}
