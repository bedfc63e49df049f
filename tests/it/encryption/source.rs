//! A `[source]` behind TLS.

use std::time::Duration;

use nightdesk::store::Foreign;

use super::Secured;

#[tokio::test]
async fn a_source_is_read_behind_tls_and_only_where_it_is_the_right_one() {
    let secured = Secured::start().await;
    let url = secured.ann("localhost", "?sslmode=verify-full&sslrootcert=ROOT");
    let mut foreign = Foreign::connect(&url.into()).await.unwrap();
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
        let error = Foreign::connect(&url.into()).await.unwrap_err();
        assert!(!error.is_down(), "{error}");
        let problem = error.problem("NEWSROOM_DATABASE_URL");
        told.push(super::own::masked(&format!("{}: {problem}", problem.code)));
    }
    let told = told.join("\n");
    assert!(!told.contains("s3cret"), "{told}");
    insta::assert_snapshot!(told, @"");
}
