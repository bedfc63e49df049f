//! A `[source]` behind TLS.

use std::time::Duration;

use nightdesk::store::SourceConnection;

use super::Secured;

#[tokio::test]
async fn a_source_is_read_behind_tls_and_only_where_it_is_the_right_one() {
    let secured = Secured::start().await;
    let url = secured.ann("localhost", "?sslmode=verify-full&sslrootcert=ROOT");
    let mut foreign = SourceConnection::connect(&url.into()).await.unwrap();
    let query = "select 'a' as slug, now() as updated_at";
    let columns = foreign
        .columns(query, "updated_at", Duration::from_secs(10))
        .await;
    assert_eq!(columns.unwrap().names, ["slug", "updated_at"]);
    foreign.close().await;
    let mut told = Vec::new();
    for url in [
        secured.ann("localhost", "?sslmode=disable"),
        secured.ann("localhost", "?sslmode=verify-full&sslrootcert=OTHER"),
        secured.ann("127.0.0.1", "?sslmode=verify-full&sslrootcert=ROOT"),
        secured.ann("localhost", "?sslmode=verify_full"),
        secured.carl(""),
    ] {
        let error = SourceConnection::connect(&url.into()).await.unwrap_err();
        assert!(!error.is_down(), "{error}");
        let problem = error.problem("NEWSROOM_DATABASE_URL");
        told.push(super::own::masked(&format!("{}: {problem}", problem.code)));
    }
    let told = told.join("\n");
    assert!(!told.contains("s3cret"), "{told}");
    insta::assert_snapshot!(told, @r#"
    source.tls: the source at `localhost:PORT`, database `desk` takes no connection in the clear: no pg_hba.conf entry for host "127.0.0.1", user "ann", database "desk", no encryption

    hint: put `sslmode=verify-full` (or `require`) into `NEWSROOM_DATABASE_URL`, with `sslrootcert=FILE` where its authority is not a public one
    source.tls: the certificate of the source at `localhost:PORT`, database `desk` is by no authority that is trusted here: invalid peer certificate: UnknownIssuer

    hint: name the file of its authority's certificate in `NEWSROOM_DATABASE_URL`: `sslrootcert=FILE`; if that is there, the server is not the one it should be
    source.tls: the certificate of the source at `127.0.0.1:PORT`, database `desk` is for another host: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost")

    hint: write the host in `NEWSROOM_DATABASE_URL` as the certificate has it, or give the server a certificate for this host
    source.url: `NEWSROOM_DATABASE_URL`: the value is not a Postgres address that can be used: the `sslmode` in the address is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`

    hint: `verify-full` is encrypted and checks whose server it is; docs/DATABASE.md says what the others do
    source.tls: the source at `localhost:PORT`, database `desk` wants a client certificate that it trusts: connection requires a valid client certificate

    hint: put `sslcert=FILE&sslkey=FILE` into `NEWSROOM_DATABASE_URL`: a certificate for this user by an authority that the server trusts
    "#);
}
