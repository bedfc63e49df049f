//! Nightdesk's own database: the modes, the certificates, and what `doctor` says.

use nightdesk::store::Store;

use super::{Authority, Secured, Server};
use crate::commands::Folder;
use crate::support::until;

/// `localhost:PORT` and the folder of the files differ from run to run.
pub(super) fn masked(said: &str) -> String {
    regex::Regex::new(r":\d{4,5}`")
        .unwrap()
        .replace_all(said, ":PORT`")
        .into_owned()
}

/// What a connection comes to: how it is protected, or the code, message and hint.
async fn comes_to(url: &str) -> String {
    let told = match Store::connect(url).await {
        Ok(store) => {
            let words = store.transport().expect("its own connection").in_words();
            store.close().await;
            words
        }
        Err(error) => {
            let problem = error.problem();
            format!("{}: {problem}", problem.code)
        }
    };
    assert!(!told.contains("s3cret"), "{told}");
    masked(&told)
}

#[tokio::test]
async fn a_connection_is_as_safe_as_its_address_says_or_does_not_come_about() {
    let secured = Secured::start().await;
    let mut told = String::new();
    for (host, parameters) in [
        ("localhost", ""),
        ("localhost", "?sslmode=disable"),
        ("localhost", "?sslmode=allow"),
        ("localhost", "?sslmode=require"),
        ("localhost", "?sslmode=require&sslrootcert=ROOT"),
        ("localhost", "?sslmode=require&sslrootcert=OTHER"),
        ("localhost", "?sslmode=verify-ca&sslrootcert=ROOT"),
        ("localhost", "?sslmode=verify-ca&sslrootcert=OTHER"),
        ("localhost", "?sslmode=verify-full&sslrootcert=ROOT"),
        ("localhost", "?sslmode=verify-full"),
        ("localhost", "?sslrootcert=system"),
        // Its certificate is for the name and not for the number.
        ("127.0.0.1", "?sslmode=verify-ca&sslrootcert=ROOT"),
        ("127.0.0.1", "?sslmode=verify-full&sslrootcert=ROOT"),
    ] {
        let came = comes_to(&secured.ann(host, parameters)).await;
        told.push_str(&format!(
            "{host}{parameters}\n  {}\n",
            came.replace("\n\n", "\n  ")
        ));
    }
    for of in ["carl", "eve", ""] {
        let came = comes_to(&secured.carl(of)).await;
        told.push_str(&format!(
            "certificate of “{of}”\n  {}\n",
            came.replace("\n\n", "\n  ")
        ));
    }
    insta::assert_snapshot!(told, @"");
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_told_by_what_is_wrong_with_it() {
    let secured = Secured::start().await;
    let url = secured.ann("localhost", "?sslmode=verify-full&sslrootcert=ROOT");
    let (authority, other) = (&secured.authority, &secured.other);
    let mut told = Vec::new();
    for (signed, sign) in [
        (authority.signs_expired(&["localhost"]), "not valid today"),
        (
            authority.signs("db", &["db.example.org"]),
            "for another host",
        ),
        (other.signs("db", &["localhost"]), "by no authority"),
    ] {
        secured.server.shows(&signed);
        let said = until(sign, async || {
            Some(comes_to(&url).await).filter(|said| said.contains(sign))
        });
        told.push(said.await);
    }
    insta::assert_snapshot!(told.join("\n"), @"");
    // The same certificate is enough for who does not ask whose it is.
    assert!(
        comes_to(&secured.ann("localhost", "?sslmode=require"))
            .await
            .starts_with("encrypted")
    );
}

#[tokio::test]
async fn a_server_that_cannot_encrypt_is_not_spoken_to_by_who_wants_it() {
    let files = tempfile::tempdir().unwrap();
    let root = Authority::new("ours").file(files.path(), "root.pem");
    let server = Server::start(None, &root, "host all paul 127.0.0.1/32 trust").await;
    server.does("create role paul login").await;
    let mut told = Vec::new();
    for parameters in ["", "?sslmode=disable", "?sslmode=require"] {
        told.push(comes_to(&server.url("paul", "localhost", parameters)).await);
    }
    insta::assert_snapshot!(told.join("\n"), @"");
}

#[tokio::test]
async fn commands_work_behind_tls_and_doctor_says_how_safe_they_are() {
    let secured = Secured::start().await;
    let mut folder = Folder::without_database();
    folder.database_url = secured.ann("localhost", "?sslmode=verify-full&sslrootcert=ROOT");
    folder.json(&["migrate"]);
    let folder = folder.with_briefs(2);
    assert_eq!(
        folder.json(&["briefs", "list"]).as_array().unwrap().len(),
        2
    );
    let encryption = |said: &serde_json::Value| {
        let checks = said["checks"].as_array().unwrap();
        let check = checks
            .iter()
            .find(|check| check["name"] == "encryption")
            .unwrap();
        check["found"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        encryption(&folder.json(&["doctor"])),
        "encrypted with TLSv1.3; the server's certificate and name are verified"
    );
    // The system's own authorities are those of a file here.
    let mut command = folder.bare();
    command.env("SSL_CERT_FILE", secured.file("root.pem"));
    let system = secured.ann("localhost", "?sslrootcert=system");
    let said = folder.said(command.args(["--database-url", &system, "briefs", "list", "--json"]));
    assert_eq!(said.status, 0, "{said}");
    // What the driver reads from variables holds too.
    let mut command = folder.bare();
    command
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", secured.file("other.pem"));
    let plain = secured.ann("localhost", "");
    let said = folder.said(command.args(["--database-url", &plain, "briefs", "list"]));
    assert!(
        said.stderr.contains("by no authority that is trusted here"),
        "{said}"
    );
    assert!(!said.to_string().contains("s3cret"), "{said}");
}
