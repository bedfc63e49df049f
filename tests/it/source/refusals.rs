//! Sources that cannot be pulled: what is said, what is kept, and what waiting mends.

use std::sync::Arc;
use std::time::Duration;

use nightdesk::domain::secret::SecretUrl;
use nightdesk::source::{PullError, PullEvent, PullOptions, pull_with_retries};
use sqlx::PgPool;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::Notify;

use super::{NEWSROOM_SOURCE, Pulling};

#[sqlx::test(migrations = "./migrations")]
async fn queries_that_cannot_be_read_are_refused_by_name(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    pulling
        .newsroom
        .does("create function desk.tick() returns text language plpgsql as $$ begin update desk.articles set headline = 'x'; return 'x'; end $$")
        .await;
    let changes = [
        (
            "a.headline,",
            "a.headline || nextval('desk.visits') as headline,",
        ),
        ("a.headline,", "desk.tick() as headline,"),
        (
            "a.headline,",
            "set_config('transaction_read_only', 'off', false) || desk.tick() as headline,",
        ),
        ("a.headline,", "a.headlin,"),
        ("from desk.articles a", "from desk.artikel a"),
        ("where a.state = 'live'", "where a.state = 'alive'"),
        ("where a.state", "whre a.state"),
        ("a.headline,", "a.headline, a.slug,"),
        ("a.headline,", "a.photo as headline,"),
        ("cursor = \"updated_at\"", "cursor = \"updatd_at\""),
        ("cursor = \"updated_at\"", "cursor = \"topics\""),
        (
            "cursor = \"updated_at\"",
            "cursor = \"slug\"\noverlap = \"1h\"",
        ),
        ("topic = \"headline\"", "topic = \"headlines\""),
        ("external_ref = \"slug\"\n", ""),
        ("a.headline,", "(1 / (a.id - a.id))::text as headline,"),
        (
            "a.headline,",
            "pg_terminate_backend(pg_backend_pid())::text as headline,",
        ),
    ];
    let mut told = String::new();
    for (from, to) in changes {
        assert!(NEWSROOM_SOURCE.contains(from), "{from}");
        pulling.apply(&NEWSROOM_SOURCE.replacen(from, to, 1)).await;
        told.push_str(&pulling.refused().await);
    }
    insta::assert_snapshot!(told, @r#"
    [source.writes] test.toml: `source.query`: the query writes, and a source is only read: cannot execute nextval() in a read-only transaction

    hint: leave out the function that writes; give the source a user that may only read
    [source.writes] test.toml: `source.query`: the query writes, and a source is only read: cannot execute UPDATE in a read-only transaction

    hint: leave out the function that writes; give the source a user that may only read
    [source.query] test.toml: `source.query`: the source refuses the query: transaction read-write mode must be set before any query

    hint: try the query in `psql` with the same user
    [source.query] test.toml: `source.query`: the source refuses the query at its line 1: column a.headlin does not exist

    hint: Perhaps you meant to reference the column "a.headline"
    [source.query] test.toml: `source.query`: the source refuses the query at its line 4: relation "desk.artikel" does not exist

    hint: try the query in `psql` with the same user
    [source.query] test.toml: `source.query`: the source refuses the query at its line 5: invalid input value for enum desk.state: "alive"

    hint: try the query in `psql` with the same user
    [source.query] test.toml: `source.query`: the source refuses the query at its line 5: syntax error at or near "whre"

    hint: try the query in `psql` with the same user
    [source.query] test.toml: `source.query`: the query gives two columns `slug`

    hint: give one of them another name: `… as other_slug`
    [source.column] test.toml: `source.map`: the column `headline` is of the type `bytea`, which is no text

    hint: leave it out, or make it a text in the query: `convert_from(headline, 'UTF8') as headline`
    [source.cursor] test.toml: `source.cursor`: the query gives no column `updatd_at`, which is its cursor

    hint: did you mean `updated_at`?
    [source.cursor] test.toml: `source.cursor`: the cursor `topics` is of the type `text[]`, expected one of `timestamptz`, `timestamp`, `date`, `int2`, `int4`, `int8`, `numeric`, `text`, `varchar`, `uuid`

    hint: cast it in the query, such as `topics::timestamptz as topics`
    [source.cursor] test.toml: `source.overlap`: an overlap needs a cursor that is a time, and `slug` is of the type `text`

    hint: leave `overlap` out, or use a column with the time of the last change as cursor
    [campaign.source] test.toml: `source.map.topic`: the query gives no column `headlines`

    hint: did you mean `headline`?
    [campaign.source] test.toml: `source.map.external_ref`: no column fills `external_ref`

    hint: name the column that is unique and never changes: `external_ref = "id"` under `[source.map]`, or call it so in the query
    [source.query] test.toml: `source.query`: the source refuses the query: division by zero

    hint: try the query in `psql` with the same user
    [source.down] test.toml: the connection to the source is lost: terminating connection due to administrator command

    hint: what was pulled is kept; the next pull goes on from there
    "#);
    let headline: String = sqlx::query_scalar("select headline from desk.articles")
        .fetch_one(&pulling.newsroom.pool)
        .await
        .unwrap();
    assert_eq!(
        (headline.as_str(), pulling.briefs().await.len()),
        ("Harbour", 0)
    );
    pulling.apply(NEWSROOM_SOURCE).await;
    pulling.pull().await;
    let campaign = pulling.campaign().await;
    let state = pulling
        .desk
        .store
        .source_state(campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((state.last_error, state.failed_at), (None, None));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_query_without_end_is_stopped_and_kept_as_the_reason(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    let endless = NEWSROOM_SOURCE
        .replace("a.headline,", "(with recursive n(n) as (select 1 union all select n + 1 from n) select max(n)::text from n) as headline,")
        .replace("page = 3", "timeout = \"1s\"");
    pulling.apply(&endless).await;
    insta::assert_snapshot!(pulling.refused().await, @r"
    [source.slow] test.toml: `source.query`: the query took longer than 1 s

    hint: an index on the cursor's column helps most; `timeout` allows more
    ");
    let campaign = pulling.campaign().await;
    let state = pulling
        .desk
        .store
        .source_state(campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state.last_error.unwrap()["code"], "source.slow");
    assert_eq!(state.finished_at, None);
}

#[sqlx::test(migrations = "./migrations")]
async fn addresses_that_lead_nowhere_are_told_without_their_password(pool: PgPool) {
    let mut pulling = Pulling::open(pool).await;
    let addresses = [
        "mysql://ann:s3cret@db/news".to_owned(),
        "postgresql://ann:12/s3cret@db/news".to_owned(),
        "postgresql://ann:s3cret#x@db/news".to_owned(),
        "postgresql://ann:s3cret@127.0.0.1:1/news".to_owned(),
        pulling.newsroom.url().replace("/newsroom_", "/nowhere_"),
    ];
    let mut told = String::new();
    for address in addresses {
        pulling.url = address;
        told.push_str(&pulling.refused().await);
    }
    assert!(!told.contains("s3cret"), "{told}");
    let machine = regex::Regex::new("`[^`]*socket`|(?:newsroom|nowhere)_[A-Za-z0-9_-]*").unwrap();
    insta::assert_snapshot!(machine.replace_all(&told, "PLACE"), @r#"
    [source.url] test.toml: `NEWSROOM_DATABASE_URL`: the value is not a Postgres address that can be used: it does not begin with `postgresql://`

    hint: it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password
    [source.url] test.toml: `NEWSROOM_DATABASE_URL`: the value is not a Postgres address that can be used: there is an `@` behind the host

    hint: it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password
    [source.url] test.toml: `NEWSROOM_DATABASE_URL`: the value is not a Postgres address that can be used: invalid port number

    hint: it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password
    [source.down] test.toml: cannot reach the source at `127.0.0.1:1`, database `news`: Connection refused (os error 111)

    hint: check that it runs and listens there, and host and port in `NEWSROOM_DATABASE_URL`
    [source.refused] test.toml: the source at PLACE, database `PLACE` has no such database: database "PLACE" does not exist

    hint: check the database in `NEWSROOM_DATABASE_URL`, or make it: `createdb …`
    "#);
    let kept: String = sqlx::query_scalar("select last_error::text from sources")
        .fetch_one(&pulling.desk.pool)
        .await
        .unwrap();
    assert!(!kept.contains("s3cret"), "{kept}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_source_that_is_down_is_waited_for_and_pulled_when_it_is_back(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    // A port that nobody listens on until the pull has said that it found it closed.
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let found_closed = Arc::new(Notify::new());
    let server = pulling.newsroom.options().clone();
    let opened = Arc::clone(&found_closed);
    let back = tokio::spawn(async move {
        opened.notified().await;
        let listener = TcpListener::bind(port).await.unwrap();
        let (mut client, _) = listener.accept().await.unwrap();
        let socket = server
            .get_socket()
            .unwrap()
            .join(format!(".s.PGSQL.{}", server.get_port()));
        let mut server = UnixStream::connect(socket).await.unwrap();
        // Ends with the pull's own goodbye.
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    let options = PullOptions {
        connection: Some(SecretUrl::new(format!(
            "postgresql://{}:s3cret@{port}/{}?sslmode=disable",
            pulling.newsroom.options().get_username(),
            pulling.newsroom.options().get_database().unwrap()
        ))),
        ..PullOptions::default()
    };
    let campaign = pulling.campaign().await;
    let store = &pulling.desk.store;
    let pulled = pull_with_retries(
        store,
        &campaign,
        &options,
        Duration::from_mins(1),
        &|event| {
            if let PullEvent::Down { error, .. } = event {
                assert!(error.is_down(), "{error}");
                found_closed.notify_one();
            }
        },
    )
    .await
    .unwrap();
    assert_eq!(pulled.new, 1);
    back.await.unwrap();
    let state = store.source_state(campaign.id).await.unwrap().unwrap();
    assert_eq!(
        state.last_error, None,
        "a pull that succeeds takes the error back"
    );

    // Without patience it fails at once, and the reason is kept for the morning report.
    let failed = pull_with_retries(store, &campaign, &options, Duration::ZERO, &|_| ()).await;
    assert!(
        matches!(&failed, Err(error) if error.is_down()),
        "{failed:?}"
    );
    let state = store.source_state(campaign.id).await.unwrap().unwrap();
    assert_eq!(state.last_error.unwrap()["code"], "source.down");
    assert_eq!(
        (state.rows, pulling.briefs().await.len()),
        (1, 1),
        "what was pulled is kept"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_source_that_is_replaced_in_the_middle_gives_up(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    let campaign = pulling.campaign().await;
    let other = "f".repeat(64);
    let page = nightdesk::store::Page::default();
    pulling
        .desk
        .store
        .begin_pull(campaign.id, &other, false)
        .await
        .unwrap();
    let source = campaign.spec.source.as_ref().unwrap().sha256();
    let outcome = pulling
        .desk
        .store
        .commit_page(campaign.id, &source, &page)
        .await
        .unwrap();
    assert_eq!(outcome, nightdesk::store::PageOutcome::Replaced);
    let told = [PullError::Replaced, PullError::NoSource]
        .map(|error| error.problem(&campaign).to_string());
    insta::assert_snapshot!(told.join("\n"), @r"
    test.toml: `source`: the campaign's `[source]` was changed while it was pulled

    hint: pull again: all of it is read with what the campaign says now
    test.toml: `source`: the campaign has no `[source]`

    hint: docs/SOURCES.md shows one
    ");
}
