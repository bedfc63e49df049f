//! `nightdesk report` as a person types it.

use sqlx::PgPool;

use super::night;
use crate::commands::Folder;
use crate::support::{Hook, MailServer};

#[sqlx::test(migrations = "./migrations")]
async fn the_forms_of_a_report(pool: PgPool) {
    let desk = night(pool).await;
    let folder = Folder::new(&desk.pool);
    let day = [
        "report",
        "--since",
        "2026-01-05 12:00",
        "--until",
        "2026-01-06",
    ];
    let text = folder.run(&day);
    assert_eq!((text.status, text.stderr.as_str()), (0, ""), "{text}");
    assert!(
        text.stdout
            .contains("\nMon 5 Jan 2026 12:00 to Tue 6 Jan 2026 00:00, UTC\n"),
        "{text}"
    );
    let json = folder.json(&day);
    assert_eq!(json["since"], "2026-01-05T12:00:00Z");
    let paged = [&day[..], &["--html", "--output", "night.html"]].concat();
    let said = folder.run(&paged);
    assert_eq!((said.status, said.stdout.as_str()), (0, ""), "{said}");
    let page = std::fs::read_to_string(folder.path("night.html")).unwrap();
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"),
        "{page}"
    );
    let nowhere = [&day[..], &["--html", "--output", "nowhere/night.html"]].concat();
    folder
        .run(&nowhere)
        .refuses(&["nowhere/night.html: cannot be written: "]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_report_is_sent_or_shown_before(pool: PgPool) {
    let folder = Folder::new(&pool);
    let (hook, server) = (
        Hook::answering(&[]),
        MailServer::but("RCPT", "550 no such user"),
    );
    let config = std::fs::read_to_string(folder.path("nightdesk.toml")).unwrap();
    let section = format!(
        "{config}\n[notify]\nwebhook_env = \"DESK_HOOK\"\nsmtp = {{ host = \"localhost\", port = {}, tls = \"none\", from = \"desk@example.org\", to = [\"ann@example.org\"] }}\n",
        server.port()
    );
    folder.write("nightdesk.toml", section);
    let with_hook = |args: &[&str]| {
        let mut command = folder.command(args);
        command.env("DESK_HOOK", hook.url());
        folder.said(&mut command)
    };
    let mask = |said: String| {
        let ports = regex::Regex::new(r"(127\.0\.0\.1|localhost):\d+").unwrap();
        let pages = regex::Regex::new(r"page of \d+ bytes").unwrap();
        let said = ports.replace_all(&said, "$1:PORT").into_owned();
        // Dates are of the day of the test.
        let days = regex::Regex::new(r"\w{3} \d+ \w{3} \d{4} \d\d:\d\d").unwrap();
        let said = days.replace_all(&said, "DAY").into_owned();
        pages.replace_all(&said, "page of N bytes").into_owned()
    };
    let shown = with_hook(&["report", "--send", "--dry-run"]);
    assert!(!shown.to_string().contains("s3cret"), "{shown}");
    let (before, json) = shown.stdout.split_once("\n{").unwrap();
    let (_, mail) = json.split_once("\n}\n").unwrap();
    insta::assert_snapshot!(mask(format!("{before}\n{{…}}\n{mail}{}", shown.stderr)), @r"
    webhook http://127.0.0.1:PORT/…
    {…}

    smtp localhost:PORT, from desk@example.org, to ann@example.org
    Subject: Nightdesk: Nothing was due; no draft waits for review

    Nothing was due; no draft waits for review
    DAY to DAY, UTC

    Waits for review
      nothing

    and the same as a page of N bytes

    nothing was sent
    ");
    assert_eq!(hook.posts().len(), 0);

    insta::assert_snapshot!(mask(with_hook(&["report", "--send"]).to_string()), @r"
    exit 1
    -- stderr --
    sent to webhook: http://127.0.0.1:PORT/…
    error: `notify.smtp`: the mail server localhost:PORT refused the message: 550 no such user

    hint: check `user`, `password_env`, `from` and `to`; some servers take mail only from addresses of their own
    ");
    assert_eq!(hook.posts().len(), 1);
    let json = with_hook(&["report", "--send", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&rows[0]["sent"], &rows[1]["sent"]),
        (&true.into(), &false.into())
    );
    assert_eq!(rows[1]["error"]["code"], "notify.smtp");

    insta::assert_snapshot!(folder.run(&["report", "--send"]), @r"
    exit 1
    -- stderr --
    error: `notify.webhook_env`: the environment variable `DESK_HOOK` is not set

    hint: set it where Nightdesk is started; secrets are in no file
    ");
    let doctor = with_hook(&["doctor"]).stdout;
    let notify: Vec<String> = doctor
        .lines()
        .filter(|line| line.contains("notify"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(mask(notify.join("\n")), @r"
    ok notify webhook http://127.0.0.1:PORT/…; smtp localhost:PORT, from desk@example.org, to ann@example.org
    notify.webhook in DESK_HOOK nightdesk.toml
    notify.smtp localhost:PORT nightdesk.toml
    ");
    let without = folder.run(&["doctor"]).stdout;
    assert!(
        without.contains("the environment variable `DESK_HOOK` is not set"),
        "{without}"
    );
}

#[test]
fn what_cannot_be_reported_is_refused_before_the_database_is_asked() {
    let folder = Folder::without_database();
    insta::assert_snapshot!(folder.run(&["report", "--send"]), @r"
    exit 1
    -- stderr --
    error: `notify`: neither a webhook nor a mail server is configured

    hint: `[notify]` in nightdesk.toml names them: docs/REPORT.md
    ");
    insta::assert_snapshot!(folder.run(&["report", "--html", "--json"]).stderr, @r#"{"error":{"code":"report.form","message":"`--json` and `--html` are two forms of one report","file":null,"line":null,"key":null,"hint":"give one of them"}}"#);
    let zone = folder.run(&["report", "--timezone", "Pacific Standard Time"]);
    zone.refuses(&["`--timezone`: ", "America/Los_Angeles"]);
    let help = folder.said(folder.bare().args(["report", "--help"])).stdout;
    for said in [
        "the 24 hours before now",
        "--since",
        "`18:00`, the last one",
        "--dry-run",
    ] {
        assert!(help.contains(said), "{help}");
    }
}
