//! Databases that are down, wrong, foreign, too old or too new.

use sqlx::PgPool;

use crate::commands::Folder;

/// Commands that need the schema, and leave no trace where it is not there.
const COMMANDS: [&[&str]; 4] = [
    &["briefs", "list"],
    &["campaigns", "list"],
    &["run", "explainers"],
    &["drafts", "list"],
];

#[test]
fn a_database_that_is_down_is_named_with_a_way_out() {
    let mut folder = Folder::without_database();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    folder.database_url = format!("postgresql://ann:s3cret@127.0.0.1:{port}/desk");
    let said = folder.run(&["briefs", "list"]);
    said.refuses(&[
        "cannot reach Postgres at `127.0.0.1:",
        "database `desk`",
        "private cluster",
    ]);
    assert!(!said.to_string().contains("s3cret"), "{said}");
    folder.database_url = "postgresql://ann:s3cret@%2Fnowhere/desk".to_owned();
    for command in COMMANDS {
        let said = folder.run(command);
        said.refuses(&["cannot reach Postgres at `/nowhere`, database `desk`"]);
        assert!(!said.to_string().contains("s3cret"), "{said}");
    }
    let error = folder.run(&["briefs", "list", "--json"]).error();
    assert_eq!(error["code"], "database.unreachable");
}

#[sqlx::test(migrations = false)]
async fn an_address_that_is_wrong_is_refused(pool: PgPool) {
    let mut folder = Folder::new(&pool);
    let good = folder.database_url.clone();
    let (server, _) = good.rsplit_once('/').unwrap();
    folder.database_url = format!("{server}/no_such_database");
    folder
        .run(&["migrate"])
        .refuses(&["database `no_such_database`", "does not exist"]);
    for wrong in ["nonsense", "/var/run/postgresql"] {
        folder.database_url = wrong.to_owned();
        folder
            .run(&["migrate"])
            .refuses(&["postgresql://user:password@host:5432/database"]);
    }
}

#[sqlx::test(migrations = false)]
async fn tables_of_another_program_are_left_alone(pool: PgPool) {
    let folder = Folder::new(&pool);
    for table in ["orders", "customers", "invoices", "payments"] {
        let sql = format!("create table {table} (id integer)");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&pool)
            .await
            .unwrap();
    }
    insta::assert_snapshot!(folder.run(&["migrate"]), @r#"
    exit 1
    -- stderr --
    error: the database already holds other tables (customers, invoices, orders), and Nightdesk will not mix its own with them

    hint: make a database for it (`createdb nightdesk`) and point `DATABASE_URL` there
    "#);
    for command in COMMANDS {
        folder
            .run(command)
            .refuses(&["already holds other tables (customers, invoices, orders)"]);
    }
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(tables, 4);
}

#[sqlx::test(migrations = false)]
async fn an_empty_database_asks_for_migrate(pool: PgPool) {
    let folder = Folder::new(&pool);
    for command in COMMANDS {
        folder.run(command).refuses(&[
            "has no Nightdesk schema yet",
            "hint: run `nightdesk migrate`",
        ]);
    }
    folder.write("b.jsonl", "{}");
    folder
        .run(&["briefs", "import", "b.jsonl"])
        .refuses(&["run `nightdesk migrate`"]);
    let doctor = folder.run(&["doctor"]);
    assert_eq!(doctor.status, 1);
    assert!(
        doctor
            .stdout
            .contains("missing  database   the database has no Nightdesk schema yet\n"),
        "{doctor}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_newer_or_older_schema_is_not_touched(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1);
    let newer =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'later', true, '', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    let others = COMMANDS
        .into_iter()
        .chain([&["migrate"][..], &["briefs", "import", "briefs.jsonl"]]);
    for command in others {
        let said = folder.run(command);
        said.refuses(&[
            "schema is at step 9999, newer than step ",
            "hint: use the newer `nightdesk`",
        ]);
    }
    let older = "delete from _sqlx_migrations where version = 9999
                 or version = (select max(version) from _sqlx_migrations where version < 9999)";
    sqlx::query(older).execute(&pool).await.unwrap();
    for command in COMMANDS {
        folder.run(command).refuses(&[
            "schema is at step ",
            "this binary needs step ",
            "run `nightdesk migrate`",
        ]);
    }
    let briefs: i64 = sqlx::query_scalar("select count(*) from briefs")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(briefs, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_migration_that_was_changed_is_named_and_nothing_goes_on(pool: PgPool) {
    let folder = Folder::new(&pool);
    let applied = |sql: &'static str| sqlx::query(sql).execute(&pool);
    applied("create table kept as select * from _sqlx_migrations")
        .await
        .unwrap();
    applied("update _sqlx_migrations set checksum = '\\x00' where version = 4")
        .await
        .unwrap();
    insta::assert_snapshot!(folder.run(&["migrate"]), @"
    exit 1
    -- stderr --
    error: step 4 (drafts) of the database's schema was not made by the migration that this binary has under that number

    hint: its file in migrations/ was changed after it had been applied: put it back as it was and make a new step of the change; or use the binary that made this schema. Nothing was changed
    ");
    for command in COMMANDS {
        folder.run(command).refuses(&["step 4 (drafts)"]);
    }
    let doctor = folder.run(&["doctor"]);
    assert_eq!(doctor.status, 1);
    assert!(
        doctor
            .stdout
            .contains("missing  database   step 4 (drafts) of the database's schema"),
        "{doctor}"
    );
    applied("truncate _sqlx_migrations").await.unwrap();
    applied("insert into _sqlx_migrations select * from kept")
        .await
        .unwrap();
    folder.json(&["briefs", "list"]);
    // A step of another branch, between those of this binary.
    applied("update _sqlx_migrations set version = 5 where version = 4")
        .await
        .unwrap();
    insta::assert_snapshot!(folder.run(&["migrate"]), @"
    exit 1
    -- stderr --
    error: the database's schema has a step 5 that this binary does not have, though it has later ones

    hint: another branch or fork of Nightdesk made it: use that binary, or a database of its own for this one. Nothing was changed
    ");
    // One of this binary's that was left out, though later ones were applied.
    applied("delete from _sqlx_migrations where version = 5")
        .await
        .unwrap();
    folder
        .run(&["briefs", "list"])
        .refuses(&["is at step 3,", "hint: run `nightdesk migrate`"]);
}
