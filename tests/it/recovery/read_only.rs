//! A database that answers and takes no writes: said once, waited for, and back only when it can be written.

use nightdesk::domain::campaign::CampaignSpec;
use nightdesk::scheduler::{Pinning, PinsFuture, Scheduler};
use nightdesk::store::{Scheduled, Store};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

use crate::commands::Folder;
use crate::support::{Program, Project, pins, until};

/// What a database of this name is set to for every session that begins from now on.
async fn set_read_only(pool: &PgPool, on: bool) {
    let mut connection = pool.acquire().await.unwrap();
    let name: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    // The session itself may have begun while it was on.
    for sql in [
        "set default_transaction_read_only = off".to_owned(),
        format!("alter database \"{name}\" set default_transaction_read_only = {on}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

struct Always;

impl Pinning for Always {
    fn pins<'a>(
        &'a mut self,
        _: &'a Store,
        _: &'a Scheduled,
        _: &'a CampaignSpec,
    ) -> PinsFuture<'a> {
        Box::pin(std::future::ready(Ok(pins())))
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn no_round_of_a_scheduler_succeeds_before_the_database_can_be_written(pool: PgPool) {
    set_read_only(&pool, true).await;
    let url = pool.connect_options().to_url_lossy().to_string();
    let store = Store::connect(&url).await.unwrap();
    let every = std::time::Duration::from_secs(1);
    let mut scheduler = Scheduler::new(store, Box::new(Always), every);
    for round in 0..3 {
        let error = scheduler.round().await.expect_err("nothing can be written");
        assert!(
            error.is_read_only() && error.may_pass(),
            "{round}: {error:?}"
        );
    }
    set_read_only(&pool, false).await;
    scheduler
        .round()
        .await
        .expect("a session that began afterwards");
}

#[sqlx::test(migrations = "./migrations")]
async fn roles_say_once_that_the_database_is_read_only_and_once_that_it_is_back(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    let campaign = super::campaign(12);
    let project = Project::new(&url, &campaign, 1).await;
    set_read_only(&pool, true).await;
    let roles = ["scheduler", "worker"].map(|role| project.start(&[role]));
    let said = |role: &Program, words: &str| role.stderr().contains(words).then_some(());
    for role in &roles {
        until("the role to say that it is read-only", async || {
            said(role, "the database is read-only")
        })
        .await;
    }
    let refused = async || -> i64 {
        let sql = "select xact_rollback from pg_stat_database where datname = current_database()";
        sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
    };
    let before = refused().await;
    until("many more tries", async || {
        (refused().await > before + 10).then_some(())
    })
    .await;
    set_read_only(&pool, false).await;
    for role in roles {
        until("the role to say that it is back", async || {
            said(&role, "the database is back")
        })
        .await;
        role.signal("TERM");
        let ended = role.end().await;
        assert!(ended.status.success(), "{ended:?}");
        for words in ["the database is read-only", "the database is back"] {
            assert_eq!(ended.stderr.matches(words).count(), 1, "{ended:?}");
        }
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn commands_that_write_say_that_the_database_is_read_only(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1);
    set_read_only(&pool, true).await;
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl"]), @"
    exit 1
    -- stderr --
    error: the database is read-only: it is a standby, or `default_transaction_read_only` is on

    hint: point `DATABASE_URL` at the primary, or make it one; what was committed is kept
    ");
    let doctor = folder.run(&["doctor"]);
    assert_eq!(doctor.status, 1);
    assert!(
        doctor
            .stdout
            .contains("missing  database   the database is read-only"),
        "{doctor}"
    );
    assert_eq!(
        folder.json(&["briefs", "list"]).as_array().unwrap().len(),
        1,
        "reading goes on"
    );
    set_read_only(&pool, false).await;
    folder.json(&["briefs", "import", "briefs.jsonl"]);
    assert_eq!(folder.run(&["doctor"]).status, 0);
}
