//! Nightdesk's own database: the modes, the certificates, and what `doctor` says.

use nightdesk::store::Store;

use super::{Authority, Secured, Server};
use crate::commands::Folder;
use crate::support::until;

/// Without ports and times, which differ from run to run.
pub(super) fn masked(said: &str) -> String {
    let masks = [(r":\d{4,5}`", ":PORT`"), (r"\b\d{8,}\b", "N")];
    masks.iter().fold(said.to_owned(), |said, (pattern, mask)| {
        let pattern = regex::Regex::new(pattern).unwrap();
        pattern.replace_all(&said, *mask).into_owned()
    })
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
    insta::assert_snapshot!(told, @r#"
    localhost
      encrypted with TLSv1.3; the server's certificate is not verified
    localhost?sslmode=disable
      database.tls: Postgres at `localhost:PORT`, database `desk` takes no connection in the clear: no pg_hba.conf entry for host "127.0.0.1", user "ann", database "desk", no encryption
      hint: put `sslmode=verify-full` (or `require`) into `DATABASE_URL`, with `sslrootcert=FILE` where its authority is not a public one
    localhost?sslmode=allow
      encrypted with TLSv1.3; the server's certificate is not verified
    localhost?sslmode=require
      encrypted with TLSv1.3; the server's certificate is not verified
    localhost?sslmode=require&sslrootcert=ROOT
      encrypted with TLSv1.3; the server's certificate is by a trusted authority, its name is not checked
    localhost?sslmode=require&sslrootcert=OTHER
      database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer
      hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    localhost?sslmode=verify-ca&sslrootcert=ROOT
      encrypted with TLSv1.3; the server's certificate is by a trusted authority, its name is not checked
    localhost?sslmode=verify-ca&sslrootcert=OTHER
      database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer
      hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    localhost?sslmode=verify-full&sslrootcert=ROOT
      encrypted with TLSv1.3; the server's certificate and name are verified
    localhost?sslmode=verify-full
      database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer
      hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    localhost?sslrootcert=system
      database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer
      hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    127.0.0.1?sslmode=verify-ca&sslrootcert=ROOT
      encrypted with TLSv1.3; the server's certificate is by a trusted authority, its name is not checked
    127.0.0.1?sslmode=verify-full&sslrootcert=ROOT
      database.tls: the certificate of Postgres at `127.0.0.1:PORT`, database `desk` is for another host: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost")
      hint: write the host in `DATABASE_URL` as the certificate has it, or give the server a certificate for this host
    certificate of “carl”
      encrypted with TLSv1.3; the server's certificate and name are verified
    certificate of “eve”
      database.tls: Postgres at `localhost:PORT`, database `desk` wants a client certificate that it trusts: received fatal alert: UnknownCA
      hint: put `sslcert=FILE&sslkey=FILE` into `DATABASE_URL`: a certificate for this user by an authority that the server trusts
    certificate of “”
      database.tls: Postgres at `localhost:PORT`, database `desk` wants a client certificate that it trusts: connection requires a valid client certificate
      hint: put `sslcert=FILE&sslkey=FILE` into `DATABASE_URL`: a certificate for this user by an authority that the server trusts
    "#);
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
    insta::assert_snapshot!(told.join("\n"), @r#"
    database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is not valid today: invalid peer certificate: certificate expired: verification time N (UNIX), but certificate is not valid after N (N seconds ago)

    hint: renew the server's certificate; or put this machine's clock right
    database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is for another host: invalid peer certificate: certificate not valid for name "localhost"; certificate is only valid for DnsName("db.example.org")

    hint: write the host in `DATABASE_URL` as the certificate has it, or give the server a certificate for this host
    database.tls: the certificate of Postgres at `localhost:PORT`, database `desk` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer

    hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    "#);
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
    insta::assert_snapshot!(told.join("\n"), @"
    not encrypted
    not encrypted
    database.tls: Postgres at `localhost:PORT`, database `desk` does not encrypt, and the address wants it to: server does not support TLS

    hint: switch `ssl` on at the server; or, where nobody is in between, write `sslmode=disable` into `DATABASE_URL`
    ");
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
