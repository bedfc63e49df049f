//! One message as every channel takes it: a short text for chats, a subject, a text and a page for mail,
//! and all of it as JSON for programs.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::alert::{Alert, AlertKind};
use crate::domain::report::Report;
use crate::report::{clean, cut, page, plain};
use crate::schedule::Zone;

/// Subjects longer than this are cut in every list of mails.
const SUBJECT: usize = 160;

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The message's id, equal at every try, so that a receiver can tell a repetition.
    pub id: Uuid,
    /// What it is about.
    pub kind: AlertKind,
    /// One line without control characters: a line end in a subject would begin another header.
    pub subject: String,
    /// Text of the mail.
    pub text: String,
    /// Page of the mail.
    pub html: Option<String>,
    /// A few lines for chats.
    chat: String,
    /// Name and object of what programs read.
    object: (&'static str, Value),
}

impl Message {
    /// The morning report.
    pub fn of_report(id: Uuid, report: &Report, zone: Zone) -> Self {
        let mut chat = report.headline.clone();
        for sentence in &report.attention {
            chat = format!("{chat}\n• {}", clean(sentence));
        }
        Self {
            id,
            kind: AlertKind::Report,
            subject: cut(&format!("Nightdesk: {}", report.headline), SUBJECT),
            text: plain(report, zone),
            html: Some(page(report, zone)),
            chat,
            object: ("report", json!(report)),
        }
    }

    /// An alert.
    pub fn of_alert(id: Uuid, alert: &Alert) -> Self {
        let said = clean(&alert.message);
        let hint = alert.hint.as_deref().map(clean);
        let with_hint = |mark: &str| match &hint {
            Some(hint) => format!("{said}{mark}{hint}"),
            None => said.clone(),
        };
        Self {
            id,
            kind: alert.kind,
            subject: cut(&format!("Nightdesk alert: {said}"), SUBJECT),
            text: format!("{}\n", with_hint("\n\nhint: ")),
            html: None,
            chat: with_hint("\n"),
            object: ("alert", json!(alert)),
        }
    }

    /// The body of a webhook's POST.
    pub fn webhook(&self) -> Value {
        let mut body = json!({ "text": escaped(&self.chat), "id": self.id, "kind": self.kind });
        let (name, object) = &self.object;
        body[*name] = object.clone();
        body
    }
}

/// As Slack asks for in `text`. Without it a brief that is called `<!channel>` wakes everybody.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_neither_calls_a_channel_nor_begins_a_header() {
        let alert = Alert {
            kind: AlertKind::RunFailed,
            subject: "r1".to_owned(),
            campaign: Some("ads".to_owned()),
            run_id: None,
            message: "ads gave up 1 brief: <!channel> & co\r\nBcc: all@example.org".to_owned(),
            hint: Some("look".to_owned()),
            since: None,
            until: None,
        };
        let message = Message::of_alert(Uuid::nil(), &alert);
        assert_eq!(
            message.subject,
            "Nightdesk alert: ads gave up 1 brief: <!channel> & co Bcc: all@example.org"
        );
        insta::assert_snapshot!(serde_json::to_string_pretty(&message.webhook()).expect("JSON"), @r#"
        {
          "text": "ads gave up 1 brief: &lt;!channel&gt; &amp; co Bcc: all@example.org\nlook",
          "id": "00000000-0000-0000-0000-000000000000",
          "kind": "run_failed",
          "alert": {
            "kind": "run_failed",
            "subject": "r1",
            "campaign": "ads",
            "run_id": null,
            "message": "ads gave up 1 brief: <!channel> & co\r\nBcc: all@example.org",
            "hint": "look"
          }
        }
        "#);
    }
}
