//! `[notify]` of nightdesk.toml: who hears of the night, and how.
//!
//! Secrets are in environment variables that the file names. A webhook's address is one too, so it may be
//! given either way, and is never printed whole.

use std::time::Duration;

use chrono::NaiveTime;
use serde::{Deserialize, Deserializer, de};

use super::problem::Problem;
use super::secret::SecretUrl;

/// The section as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifySettings {
    /// Address that gets every message as JSON.
    pub webhook: Option<SecretUrl>,
    /// Variable that holds this address, instead.
    pub webhook_env: Option<String>,
    /// Mail server, sender and receivers.
    pub smtp: Option<SmtpSettings>,
    /// Time of day at which the report of the night is sent.
    #[serde(deserialize_with = "time_of_day")]
    pub report: Option<NaiveTime>,
    /// Zone of `report`, and of the times in messages.
    pub timezone: String,
    /// How long after it was due something counts as late.
    #[serde(deserialize_with = "duration")]
    pub late_after: Duration,
    /// A run that gives up more than this share of its briefs has failed.
    pub failed_share: f64,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            webhook: None,
            webhook_env: None,
            smtp: None,
            report: None,
            timezone: "UTC".to_owned(),
            late_after: Duration::from_mins(10),
            failed_share: 0.1,
        }
    }
}

/// A mail server, and who writes to whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port; by default that of `tls`.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Who logs in; `None` does not log in.
    pub user: Option<String>,
    /// Variable that holds the password.
    pub password_env: Option<String>,
    /// Sender, such as `Nightdesk <desk@example.org>`.
    pub from: String,
    /// Receivers.
    pub to: Vec<String>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Begins in the clear and must be upgraded before anything is said; port 587.
    #[default]
    Starttls,
    /// From the first byte; port 465.
    Tls,
    /// Never; port 25. For a relay on the same machine.
    None,
}

impl SmtpSettings {
    /// The port in effect.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            SmtpTls::Starttls => 587,
            SmtpTls::Tls => 465,
            SmtpTls::None => 25,
        })
    }
}

impl NotifySettings {
    /// Whether anything is to be sent anywhere.
    pub fn is_configured(&self) -> bool {
        self.webhook.is_some() || self.webhook_env.is_some() || self.smtp.is_some()
    }

    /// Rules beyond types.
    ///
    /// # Errors
    /// A [`Problem`] that names the key.
    pub fn check(&self) -> Result<(), Problem> {
        let refused = |key: &str, message: String| {
            Err(Problem::new("config.value", message).key(format!("notify.{key}")))
        };
        if self.webhook.is_some() && self.webhook_env.is_some() {
            return refused(
                "webhook_env",
                "the webhook's address is given twice; keep `webhook` or `webhook_env`".to_owned(),
            );
        }
        if !(0.0..=1.0).contains(&self.failed_share) {
            let given = self.failed_share;
            return refused(
                "failed_share",
                format!("must be from 0 to 1, given {given}"),
            );
        }
        if self.late_after < Duration::from_mins(1) || self.late_after > Duration::from_hours(24) {
            let given = humantime::format_duration(self.late_after);
            return refused(
                "late_after",
                format!("must be from 1min to 24h, given {given}"),
            );
        }
        let Some(smtp) = &self.smtp else {
            return Ok(());
        };
        if smtp.host.trim().is_empty() {
            return refused(
                "smtp.host",
                "must name a mail server, given nothing".to_owned(),
            );
        }
        let number = smtp.host.parse::<std::net::IpAddr>();
        if number.is_err() && smtp.host.contains(['/', '@', ':']) {
            // Not repeated here: an address may have a password in it.
            return refused(
                "smtp.host",
                "must be the name of a mail server and not an address; port, user and password have keys of their own".to_owned(),
            );
        }
        if smtp.to.is_empty() {
            return refused(
                "smtp.to",
                "must name at least one receiver, given none".to_owned(),
            );
        }
        if smtp.user.is_some() != smtp.password_env.is_some() {
            return refused(
                "smtp.password_env",
                "`user` and `password_env` belong together; give both or neither".to_owned(),
            );
        }
        if smtp.user.is_some() && smtp.tls == SmtpTls::None && !is_here(&smtp.host) {
            return refused(
                "smtp.tls",
                format!("a password is not sent to `{}` in the clear", smtp.host),
            );
        }
        Ok(())
    }
}

/// Whether a host is this machine by its name.
fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveTime>, D::Error> {
    let word = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(word.trim(), "%H:%M")
        .map(Some)
        .map_err(|_| {
            de::Error::custom(format!(
                "expected a time of day such as \"06:30\", given \"{word}\""
            ))
        })
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let word = String::deserialize(deserializer)?;
    humantime::parse_duration(word.trim()).map_err(|_| {
        de::Error::custom(format!(
            "expected a number and a unit such as \"10min\", given \"{word}\""
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(section: &str) -> String {
        #[derive(Deserialize)]
        struct File {
            notify: NotifySettings,
        }
        let source = format!("[notify]\n{section}\n");
        match toml::from_str::<File>(&source) {
            Err(error) => {
                Problem::from_toml("config.invalid", &error, &source, "nightdesk.toml").to_string()
            }
            Ok(file) => match file.notify.check() {
                Ok(()) => "accepted".to_owned(),
                Err(problem) => problem.to_string(),
            },
        }
    }

    #[test]
    fn a_full_section_is_accepted() {
        let full = r#"webhook_env = "HOOK"
report = "06:30"
timezone = "Europe/London"
late_after = "20min"
failed_share = 0.25
smtp = { host = "mail.example.org", tls = "tls", user = "desk", password_env = "PASSWORD", from = "Desk <desk@example.org>", to = ["ann@example.org"] }"#;
        assert_eq!(said(full), "accepted");
        assert_eq!(said(""), "accepted");
    }

    #[test]
    fn mistakes_name_the_key_and_what_is_accepted() {
        let smtp = |rest: &str| {
            format!("smtp = {{ host = \"mail.example.org\", from = \"a@b.org\", {rest} }}")
        };
        let mistakes = [
            "webhok = \"https://example.org\"".to_owned(),
            "webhook = \"https://example.org\"\nwebhook_env = \"HOOK\"".to_owned(),
            "report = \"half past six\"".to_owned(),
            "late_after = \"10\"".to_owned(),
            "late_after = \"10s\"".to_owned(),
            "failed_share = 20".to_owned(),
            smtp("to = [\"a@b.org\"], prot = 25"),
            smtp("to = [\"a@b.org\"], tls = \"ssl\""),
            smtp("to = []"),
            smtp("to = [\"a@b.org\"], user = \"desk\""),
            smtp("to = [\"a@b.org\"], user = \"desk\", password_env = \"P\", tls = \"none\""),
            "smtp = { host = \" \", from = \"a@b.org\", to = [\"a@b.org\"] }".to_owned(),
            "smtp = { host = \"mail.example.org\", from = \"a@b.org\" }".to_owned(),
            "smtp = { host = \"smtp://a:s3cret@b.org\", from = \"a@b.org\", to = [\"a@b.org\"] }"
                .to_owned(),
            "smtp = \"smtp://a:s3cret@b.org\"".to_owned(),
            "report = \"https://b.org/s3cret\"".to_owned(),
        ];
        insta::assert_snapshot!(mistakes.map(|section| said(&section)).join("\n"), @r#"
        nightdesk.toml:2: unknown field `webhok`, expected one of `webhook`, `webhook_env`, `smtp`, `report`, `timezone`, `late_after`, `failed_share`
        `notify.webhook_env`: the webhook's address is given twice; keep `webhook` or `webhook_env`
        nightdesk.toml:2: expected a time of day such as "06:30", given "half past six"
        nightdesk.toml:2: expected a number and a unit such as "10min", given "10"
        `notify.late_after`: must be from 1min to 24h, given 10s
        `notify.failed_share`: must be from 0 to 1, given 20
        nightdesk.toml:2: unknown field `prot`, expected one of `host`, `port`, `tls`, `user`, `password_env`, `from`, `to`
        nightdesk.toml:2: unknown variant `ssl`, expected one of `starttls`, `tls`, `none`
        `notify.smtp.to`: must name at least one receiver, given none
        `notify.smtp.password_env`: `user` and `password_env` belong together; give both or neither
        `notify.smtp.tls`: a password is not sent to `mail.example.org` in the clear
        `notify.smtp.host`: must name a mail server, given nothing
        nightdesk.toml:2: missing field `to`
        `notify.smtp.host`: must be the name of a mail server and not an address; port, user and password have keys of their own
        nightdesk.toml:2: an address is not shown, and not what is wanted: expected a table
        nightdesk.toml:2: an address is not shown, and not what is wanted
        "#);
    }

    #[test]
    fn an_address_that_is_a_secret_does_not_show() {
        let settings = NotifySettings {
            webhook: Some("https://example.org/secret".into()),
            ..NotifySettings::default()
        };
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
