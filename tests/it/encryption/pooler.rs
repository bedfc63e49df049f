//! Through a PgBouncer that takes only encrypted clients.

use nightdesk::store::Store;
use sqlx::PgPool;

use super::Authority;
use crate::support::Pooler;

#[sqlx::test(migrations = "./migrations")]
async fn the_way_to_a_pooler_is_encrypted_and_verified(pool: PgPool) {
    let database = pool.connect_options();
    let files = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (root, other) = (
        ours.file(files.path(), "root.pem"),
        theirs.file(files.path(), "other.pem"),
    );
    let signed = ours.signs("pooler", &["localhost"]);
    let (certificate, key) = (
        files.path().join("pooler.pem"),
        files.path().join("pooler.key"),
    );
    std::fs::write(&certificate, &signed.certificate).unwrap();
    std::fs::write(&key, &signed.key).unwrap();
    // PgBouncer becomes another user, who has to read them.
    open_to_all(files.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let settings = format!(
        "listen_addr = 127.0.0.1\nclient_tls_sslmode = require\nclient_tls_cert_file = {}\nclient_tls_key_file = {}",
        certificate.display(),
        key.display()
    );
    let Some(pooler) = Pooler::start_at(&database, port, &settings).await else {
        return;
    };
    let name = database.get_database().unwrap();
    let user = database.get_username();
    let url = |parameters: &str| format!("postgresql://{user}@localhost:{port}/{name}{parameters}");
    let root = root.display();
    let store = Store::connect(&url(&format!("?sslmode=verify-full&sslrootcert={root}")))
        .await
        .unwrap();
    assert!(store.is_pooled());
    store.require_schema().await.unwrap();
    store.require_writable().await.unwrap();
    assert_eq!(
        store.transport().unwrap().in_words(),
        "encrypted as far as the pooler; the server's certificate and name are verified"
    );
    store.close().await;
    let store = Store::connect(&url("")).await.unwrap();
    assert_eq!(
        store.transport().unwrap().in_words(),
        "encrypted as far as the pooler; the server's certificate is not verified"
    );
    store.close().await;
    let mut told = Vec::new();
    for parameters in [
        "?sslmode=disable".to_owned(),
        format!("?sslmode=verify-full&sslrootcert={}", other.display()),
    ] {
        let problem = Store::connect(&url(&parameters))
            .await
            .unwrap_err()
            .problem();
        let said = format!("{}: {problem}", problem.code).replace(name, "NAME");
        told.push(super::own::masked(&said));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    database.tls: Postgres at `localhost:PORT`, database `NAME` takes no connection in the clear: SSL required

    hint: put `sslmode=verify-full` (or `require`) into `DATABASE_URL`, with `sslrootcert=FILE` where its authority is not a public one
    database.tls: the certificate of Postgres at `localhost:PORT`, database `NAME` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer

    hint: name the file of its authority's certificate in `DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    ");
    drop(pooler);
}

fn open_to_all(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let allow = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(folder, 0o755);
    for entry in std::fs::read_dir(folder).unwrap() {
        allow(&entry.unwrap().path(), 0o644);
    }
}
