//! Why a message did not get through, without the secrets that were used.

use crate::domain::problem::Problem;

const LATER: &str = "it may pass: send it again later";
const ENCRYPTION: &str = "`tls = \"starttls\"` is usual at port 587, `\"tls\"` at 465, `\"none\"` only for a relay on this machine";

/// Why one channel did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// It answered, and not with success.
    #[error("the webhook at {place} answered {answer}")]
    Answered {
        /// Scheme and host; the rest of the address is a secret.
        place: String,
        /// Status, and the beginning of what it said.
        answer: String,
        /// The status alone.
        status: u16,
    },
    /// It did not answer.
    #[error("the webhook at {place} could not be reached: {reason}")]
    WebhookUnreachable {
        /// Scheme and host.
        place: String,
        /// The client's words.
        reason: String,
    },
    /// It said no.
    #[error("the mail server {place} refused the message: {reason}")]
    Refused {
        /// Host and port.
        place: String,
        /// Its words.
        reason: String,
    },
    /// It said not now.
    #[error("the mail server {place} cannot take the message now: {reason}")]
    NotNow {
        /// Host and port.
        place: String,
        /// Its words.
        reason: String,
    },
    /// It does not speak as it is configured to.
    #[error("the mail server {place} cannot be used as it is configured: {reason}")]
    Unusable {
        /// Host and port.
        place: String,
        /// The client's words.
        reason: String,
    },
    /// It could not be talked to.
    #[error("the mail server {place} could not be reached: {reason}")]
    MailUnreachable {
        /// Host and port.
        place: String,
        /// The client's words.
        reason: String,
    },
}

impl NotifyError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        let text = self.to_string();
        match self {
            Self::Answered { status, .. } => Problem::new("notify.webhook", text)
                .key("notify.webhook")
                .hint(match status {
                    300..400 => "it has moved: give its new address",
                    408 | 429 | 500.. => LATER,
                    _ => "the address may have been revoked",
                }),
            Self::WebhookUnreachable { .. } => Problem::new("notify.webhook", text)
                .key("notify.webhook")
                .hint("check the address, that this machine may reach it, and that the system trusts its certificate"),
            Self::Refused { .. } => Problem::new("notify.smtp", text)
                .key("notify.smtp")
                .hint("check `user`, `password_env`, `from` and `to`; some servers take mail only from addresses of their own"),
            Self::NotNow { .. } => Problem::new("notify.smtp", text)
                .key("notify.smtp")
                .hint(LATER),
            Self::Unusable { .. } => Problem::new("notify.smtp", text)
                .key("notify.smtp")
                .hint(ENCRYPTION),
            Self::MailUnreachable { .. } => Problem::new("notify.smtp", text)
                .key("notify.smtp")
                .hint(format!("check `host`, `port` and `tls`: {ENCRYPTION}")),
        }
    }
}

/// One failed try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) error: NotifyError,
    /// Whether the same may succeed in a moment.
    pub(super) passing: bool,
}
