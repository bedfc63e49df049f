//! Mail: the report as text and as a page, an alert as text, over SMTP.

use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::error::{Failed, NotifyError};
use super::message::Message;
use super::retry::a_few_times;
use super::secret::secret;
use crate::domain::notify::{SmtpSettings, SmtpTls};
use crate::domain::problem::Problem;
use crate::domain::secret::Secret;
use crate::report::clean;

/// For one answer of the server, and for one try from the first byte to the last.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(20));

/// A mail server with sender, receivers and password.
pub(super) struct Mail {
    settings: SmtpSettings,
    password: Option<Secret>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mail {
    /// # Errors
    /// A [`Problem`] for a bad address or a variable that is not set.
    pub(super) fn new(
        settings: &SmtpSettings,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Problem> {
        let mailbox = |key: &str, given: &str| -> Result<Mailbox, Problem> {
            given.parse().map_err(|_| {
                Problem::new("config.value", format!("`{given}` is no mail address"))
                    .key(format!("notify.smtp.{key}"))
                    .hint("it looks like `ann@example.org` or `Ann <ann@example.org>`")
            })
        };
        let to = settings.to.iter().map(|to| mailbox("to", to));
        let password = settings.password_env.as_deref();
        Ok(Self {
            from: mailbox("from", &settings.from)?,
            to: to.collect::<Result<_, _>>()?,
            password: password
                .map(|name| secret(name, "smtp.password_env", variable))
                .transpose()?,
            settings: settings.clone(),
        })
    }

    /// Host and port.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port())
    }

    /// Who gets it.
    pub(super) fn receivers(&self) -> String {
        let to: Vec<String> = self.to.iter().map(Mailbox::to_string).collect();
        to.join(", ")
    }

    /// Who it is from.
    pub(super) fn sender(&self) -> String {
        self.from.to_string()
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), NotifyError> {
        let mail = self
            .compose(message)
            .map_err(|error| NotifyError::Unusable {
                place: self.place(),
                reason: error.to_string(),
            })?;
        a_few_times(|| self.try_once(mail.clone())).await
    }

    async fn try_once(&self, mail: lettre::Message) -> Result<(), Failed> {
        let transport = self.transport().map_err(|error| self.failed(&error))?;
        match tokio::time::timeout(TIMEOUTS.1, transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => Err(Failed {
                error: NotifyError::MailUnreachable {
                    place: self.place(),
                    reason: format!("no answer within {} s", TIMEOUTS.1.as_secs()),
                },
                passing: true,
            }),
        }
    }

    fn compose(&self, message: &Message) -> Result<lettre::Message, lettre::error::Error> {
        // The same id at every try: who gets it twice can tell, and many clients show it once.
        let id = format!("<{}@{}>", message.id, self.from.email.domain());
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .subject(&message.subject)
            .message_id(Some(id))
            .date_now()
            // Nobody's out-of-office notice should answer it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        match &message.html {
            Some(html) => mail.multipart(MultiPart::alternative_plain_html(
                message.text.clone(),
                html.clone(),
            )),
            None => mail.singlepart(SinglePart::plain(message.text.clone())),
        }
    }

    /// A connection for one message: a night sends a handful.
    fn transport(
        &self,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
        let settings = &self.settings;
        let parameters = || TlsParameters::new(settings.host.clone());
        let tls = match settings.tls {
            SmtpTls::Starttls => Tls::Required(parameters()?),
            SmtpTls::Tls => Tls::Wrapper(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port())
            .tls(tls)
            .timeout(Some(TIMEOUTS.0));
        if let (Some(user), Some(password)) = (&settings.user, &self.password) {
            transport =
                transport.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(transport.build())
    }

    fn failed(&self, error: &lettre::transport::smtp::Error) -> Failed {
        let place = self.place();
        let said = std::error::Error::source(error).map(ToString::to_string);
        let said = said.unwrap_or_else(|| error.to_string());
        let reason = match error.status() {
            Some(code) => clean(&format!("{code} {said}")),
            None => clean(&said),
        };
        Failed {
            passing: !error.is_permanent() && !error.is_client() && !error.is_tls(),
            error: if error.is_permanent() {
                NotifyError::Refused { place, reason }
            } else if error.is_transient() {
                NotifyError::NotNow { place, reason }
            } else if error.is_client() || error.is_tls() {
                NotifyError::Unusable { place, reason }
            } else {
                NotifyError::MailUnreachable { place, reason }
            },
        }
    }
}
