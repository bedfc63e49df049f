//! A scheduler that pulls before it fires: the slot waits for a source that is down.

use sqlx::{ConnectOptions, PgPool};

use super::{NEWSROOM_SOURCE, Newsroom};
use crate::support::{Project, Proxy, until};

#[sqlx::test(migrations = "./migrations")]
async fn a_slot_waits_for_its_source_and_fires_with_what_it_has(pool: PgPool) {
    let newsroom = Newsroom::beside(&pool.connect_options()).await;
    newsroom.writes("harbour", "Harbour: fish", 1).await;
    newsroom.writes("market", "Market: apples", 2).await;
    let campaign = format!(
        "name = \"wires\"\nschedule = \"* * * * *\"\n{NEWSROOM_SOURCE}\n[draft]\ntemplate = \"news/line\"\nmodel = \"smollm2-135m-instruct\"\n"
    );
    let url = pool.connect_options().to_url_lossy().to_string();
    let proxy = Proxy::start(newsroom.options());
    let project = Project::new(&url, &campaign, 0)
        .await
        .with_variable("NEWSROOM_DATABASE_URL", &proxy.url());
    let back = "update campaigns set cursor = now() - interval '1 minute'";
    sqlx::query(back).execute(&pool).await.unwrap();
    proxy.close();
    let scheduler = project.start(&["scheduler"]);
    let trouble = until("the trouble to be told", async || {
        let trouble = "select trouble from campaigns";
        let trouble: Option<String> = sqlx::query_scalar(trouble).fetch_one(&pool).await.unwrap();
        trouble
    })
    .await;
    assert!(trouble.contains("source"), "{trouble}");
    assert!(!trouble.contains("s3cret"), "{trouble}");
    let fired = async || -> i64 {
        let fired = "select count(*) from slots where status = 'fired'";
        sqlx::query_scalar(fired).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(fired().await, 0);
    proxy.open();
    until("the slot to fire", async || {
        (fired().await > 0).then_some(())
    })
    .await;
    let items = "select count(*) from work_items";
    let items: i64 = sqlx::query_scalar(items).fetch_one(&pool).await.unwrap();
    assert_eq!(items, 2, "the briefs came before the run was made");
    scheduler.signal("TERM");
    let ended = scheduler.end().await;
    assert!(ended.status.success(), "{ended:?}");
}
