//! Webhook and mail against servers that really speak their protocols.

use nightdesk::domain::alert::{Alert, AlertKind};
use nightdesk::domain::notify::{NotifySettings, SmtpSettings, SmtpTls};
use nightdesk::notify::{Message, Notify};
use regex::Regex;
use uuid::Uuid;

use super::HOSTILE;
use crate::support::{Hook, MailServer};

pub(super) fn mail_to(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        tls: SmtpTls::None,
        user: None,
        password_env: None,
        from: "Nightdesk <desk@example.org>".to_owned(),
        to: vec![
            "Ann <ann@example.org>".to_owned(),
            "bob@example.org".to_owned(),
        ],
    }
}

pub(super) fn hook_at(url: &str) -> NotifySettings {
    NotifySettings {
        webhook: Some(url.into()),
        ..NotifySettings::default()
    }
}

pub(super) fn notify(settings: &NotifySettings) -> Notify {
    let variable = |name: &str| (name == "DESK_PASSWORD").then(|| "s3cret".to_owned());
    Notify::new(settings, &variable).unwrap()
}

fn message() -> Message {
    let alert = Alert {
        kind: AlertKind::RunFailed,
        subject: "r1".to_owned(),
        campaign: Some("ads".to_owned()),
        run_id: None,
        message: format!("ads gave up 1 of 2 briefs, such as {HOSTILE}"),
        hint: None,
        since: None,
        until: None,
    };
    Message::of_alert(Uuid::nil(), &alert)
}

/// What came of sending to each channel, as a person reads it.
async fn sent(settings: &NotifySettings) -> String {
    let sent = notify(settings).send(&message(), &[]).await;
    let lines = sent.iter().map(|delivery| {
        let said = delivery
            .error
            .as_ref()
            .map(|error| error.problem().to_string());
        format!(
            "{}: {}",
            delivery.destination.channel,
            said.as_deref().unwrap_or("sent")
        )
    });
    let port = Regex::new(r"127\.0\.0\.1:\d+").unwrap();
    let said = lines.collect::<Vec<_>>().join("\n");
    port.replace_all(&said, "127.0.0.1:PORT").into_owned()
}

#[tokio::test]
async fn a_webhook_that_fails_twice_is_asked_a_third_time() {
    let hook = Hook::answering(&["500 Oops|", "503 Busy|"]);
    assert_eq!(sent(&hook_at(&hook.url())).await, "webhook: sent");
    let posts = hook.posts();
    assert_eq!(posts.len(), 3);
    assert_eq!(posts[0], posts[2], "the same message, with the same id");
    assert!(
        posts[0]
            .head
            .starts_with("POST /services/s3cret HTTP/1.1\r\n")
    );
    let headers = posts[0].head.to_lowercase();
    assert!(headers.contains("\r\nx-nightdesk-id: 00000000-0000-0000-0000-000000000000\r\n"));
    assert!(headers.contains("\r\ncontent-type: application/json\r\n"));
    assert_eq!(posts[0].body["kind"], "run_failed");
}

#[tokio::test]
async fn what_a_webhook_says_is_told_without_its_address() {
    let gone = Hook::answering(&["404 Not Found|no_team\u{1b}[31m"]);
    let moved = Hook::answering(&["302 Found|"]);
    let broken = Hook::answering(&["500 Oops|", "500 Oops|", "500 Oops|it is\nbroken"]);
    let mut said = Vec::new();
    for hook in [&gone, &moved, &broken] {
        said.push(sent(&hook_at(&hook.url())).await);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    said.push(sent(&hook_at(&format!("http://{nobody}/services/s3cret"))).await);
    let said = said.join("\n\n");
    assert!(!said.contains("s3cret"), "{said}");
    insta::assert_snapshot!(said, @r"
    webhook: `notify.webhook`: the webhook at http://127.0.0.1:PORT/… answered 404 Not Found: no_team [31m

    hint: the address may have been revoked

    webhook: `notify.webhook`: the webhook at http://127.0.0.1:PORT/… answered 302 Found

    hint: it has moved: give its new address

    webhook: `notify.webhook`: the webhook at http://127.0.0.1:PORT/… answered 500 Internal Server Error: it is broken

    hint: it may pass: send it again later

    webhook: `notify.webhook`: the webhook at http://127.0.0.1:PORT/… could not be reached: Connection refused (os error 111)

    hint: check the address, that this machine may reach it, and that the system trusts its certificate
    ");
    assert_eq!(
        gone.posts().len(),
        1,
        "a webhook that is gone is not asked again"
    );
    assert_eq!(moved.posts().len(), 1, "a redirect is not followed");
}

#[tokio::test]
async fn a_mail_arrives_whole_and_its_subject_is_one_line() {
    let server = MailServer::obliging();
    let smtp = SmtpSettings {
        user: Some("desk".to_owned()),
        password_env: Some("DESK_PASSWORD".to_owned()),
        ..mail_to(server.port())
    };
    let settings = NotifySettings {
        smtp: Some(smtp),
        ..NotifySettings::default()
    };
    assert_eq!(sent(&settings).await, "smtp: sent");
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(
        mail.login.as_deref(),
        Some("AGRlc2sAczNjcmV0"),
        "desk and s3cret, in base64"
    );
    assert_eq!(mail.from, "desk@example.org");
    assert_eq!(mail.to, ["ann@example.org", "bob@example.org"]);
    let date = Regex::new("(?m)^Date: .*$").unwrap();
    insta::assert_snapshot!(date.replace(&mail.headers(), "Date: DATE"), @r#"
    From: Nightdesk <desk@example.org>
    Subject: Nightdesk alert: ads gave up 1 of 2 briefs, such as <script>alert("1")</script> [31m & <!channel> Bcc: all@example.org
    Message-ID: <00000000-0000-0000-0000-000000000000@example.org>
    Date: DATE
    Auto-Submitted: auto-generated
    To: Ann <ann@example.org>, bob@example.org
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable
    "#);
}

#[tokio::test]
async fn a_mail_server_that_does_not_want_the_mail_is_quoted() {
    let relay = MailServer::but("RCPT", "550 5.7.1 relaying denied");
    let locked = MailServer::but("AUTH", "535 5.7.8 wrong password");
    let full = MailServer::but("MAIL", "452 4.3.1 disk full");
    let mut said = Vec::new();
    for server in [&relay, &locked, &full] {
        let mut smtp = mail_to(server.port());
        smtp.user = Some("desk".to_owned());
        smtp.password_env = Some("DESK_PASSWORD".to_owned());
        let settings = NotifySettings {
            smtp: Some(smtp),
            ..NotifySettings::default()
        };
        said.push(sent(&settings).await);
    }
    // A server that cannot encrypt does not get the mail, whoever asks it to do without.
    let smtp = SmtpSettings {
        tls: SmtpTls::Starttls,
        ..mail_to(full.port())
    };
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for smtp in [smtp, mail_to(nobody.port())] {
        let settings = NotifySettings {
            smtp: Some(smtp),
            ..NotifySettings::default()
        };
        said.push(sent(&settings).await);
    }
    let said = said.join("\n\n");
    assert!(!said.contains("s3cret"), "{said}");
    insta::assert_snapshot!(said, @r#"
    smtp: `notify.smtp`: the mail server 127.0.0.1:PORT refused the message: 550 5.7.1 relaying denied

    hint: check `user`, `password_env`, `from` and `to`; some servers take mail only from addresses of their own

    smtp: `notify.smtp`: the mail server 127.0.0.1:PORT refused the message: 535 5.7.8 wrong password

    hint: check `user`, `password_env`, `from` and `to`; some servers take mail only from addresses of their own

    smtp: `notify.smtp`: the mail server 127.0.0.1:PORT cannot take the message now: 452 4.3.1 disk full

    hint: it may pass: send it again later

    smtp: `notify.smtp`: the mail server 127.0.0.1:PORT cannot be used as it is configured: STARTTLS is not supported on this server

    hint: `tls = "starttls"` is usual at port 587, `"tls"` at 465, `"none"` only for a relay on this machine

    smtp: `notify.smtp`: the mail server 127.0.0.1:PORT could not be reached: Connection refused (os error 111)

    hint: check `host`, `port` and `tls`: `tls = "starttls"` is usual at port 587, `"tls"` at 465, `"none"` only for a relay on this machine
    "#);
    assert_eq!(
        [&relay, &locked, &full].map(|server| server.mails().len()),
        [0, 0, 0]
    );
}

#[tokio::test]
async fn one_channel_that_fails_keeps_nothing_from_the_other() {
    let (hook, server) = (Hook::answering(&["403 Forbidden|"]), MailServer::obliging());
    let settings = NotifySettings {
        smtp: Some(mail_to(server.port())),
        ..hook_at(&hook.url())
    };
    let said = sent(&settings).await;
    assert!(
        said.starts_with("webhook: `notify.webhook`: the webhook at"),
        "{said}"
    );
    assert!(said.ends_with("smtp: sent"), "{said}");
    let taken = ["smtp".to_owned()];
    let again = notify(&settings).send(&message(), &taken).await;
    assert_eq!(again.len(), 1, "who has it does not get it again");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_bad_address_or_a_missing_variable_is_told_with_its_key() {
    let refused = |settings: NotifySettings| {
        let problem = Notify::new(&settings, &|_| None).err().expect("refused");
        problem.to_string()
    };
    let with = |change: &dyn Fn(&mut SmtpSettings)| {
        let mut smtp = mail_to(25);
        change(&mut smtp);
        NotifySettings {
            smtp: Some(smtp),
            ..NotifySettings::default()
        }
    };
    let said = [
        refused(hook_at("hooks.example.org/s3cret")),
        refused(hook_at("ftp://hooks.example.org/s3cret")),
        refused(hook_at("https://hooks example/s3cret")),
        refused(NotifySettings {
            webhook_env: Some("DESK_HOOK".to_owned()),
            ..NotifySettings::default()
        }),
        refused(with(&|smtp| smtp.from = "the desk".to_owned())),
        refused(with(&|smtp| smtp.to = vec!["ann@".to_owned()])),
        refused(with(&|smtp| {
            smtp.user = Some("desk".to_owned());
            smtp.password_env = Some("DESK_PASSWORD".to_owned());
        })),
        refused(NotifySettings {
            timezone: "Berlin".to_owned(),
            ..hook_at("https://hooks.example.org/x")
        }),
    ];
    let said = said.join("\n\n");
    assert!(!said.contains("s3cret"), "{said}");
    insta::assert_snapshot!(said, @r"
    `notify.webhook`: the webhook's address cannot be read as a URL

    hint: it looks like `https://hooks.example.org/services/…`

    `notify.webhook`: the webhook's address must begin with `https://` or `http://`

    hint: it looks like `https://hooks.example.org/services/…`

    `notify.webhook`: the webhook's address cannot be read as a URL

    hint: it looks like `https://hooks.example.org/services/…`

    `notify.webhook_env`: the environment variable `DESK_HOOK` is not set

    hint: set it where Nightdesk is started; secrets are in no file

    `notify.smtp.from`: `the desk` is no mail address

    hint: it looks like `ann@example.org` or `Ann <ann@example.org>`

    `notify.smtp.to`: `ann@` is no mail address

    hint: it looks like `ann@example.org` or `Ann <ann@example.org>`

    `notify.smtp.password_env`: the environment variable `DESK_PASSWORD` is not set

    hint: set it where Nightdesk is started; secrets are in no file

    `notify.timezone`: no time zone is named `Berlin`

    hint: did you mean `Europe/Berlin`?
    ");
}
