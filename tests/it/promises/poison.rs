//! P11, P13: briefs that end the process, and briefs that never end.

use std::time::Duration;

use sqlx::{ConnectOptions, PgPool};

use super::say;
use crate::support::{Desk, Fleet, Script, assert_audit, brief, campaign, until};

/// One brief among others that does something to its process; says how many processes that cost.
pub(super) async fn among_others(pool: PgPool, poison: &str) -> Result<String, String> {
    let desk = Desk::in_real_time(pool.clone());
    Script::make_log(&pool).await;
    let url = pool.connect_options().to_url_lossy().to_string();
    let mut briefs: Vec<_> = (0..47).map(|n| brief(&format!("b-{n:02}"))).collect();
    briefs.insert(20, brief(poison));
    desk.import(&briefs).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    let mut fleet = Fleet::start(&url, 1, Duration::from_millis(5));
    let finished = until("the run to end, or too many deaths", async || {
        fleet.tend();
        let run = desk.store.run(&run.to_string()).await.ok()?;
        match run.finished_at {
            None if fleet.deaths > 6 => Some(false),
            None => None,
            Some(_) => Some(true),
        }
    })
    .await;
    let quarantined = desk.store.quarantined(run).await.expect("items");
    let keys: Vec<&str> = quarantined
        .iter()
        .map(|item| item.external_ref.as_str())
        .collect();
    let found = format!("{} processes died, given up: {keys:?}", fleet.deaths);
    let audit = desk.store.audit(run).await.expect("an audit");
    assert_audit(&audit);
    let good = finished && fleet.deaths <= 3 && keys == [poison] && audit.with_drafts == 47;
    if good { Ok(found) } else { Err(found) }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_brief_that_ends_the_process_costs_three_and_its_neighbours_nothing(pool: PgPool) {
    match among_others(pool, "abort-it").await {
        Ok(found) => say("P11", &found),
        Err(found) => panic!("{found}"),
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_step_that_never_returns_ends_its_process_and_blames_its_brief(pool: PgPool) {
    match among_others(pool, "hang-it").await {
        Ok(found) => say("P13", &found),
        Err(found) => panic!("{found}"),
    }
}
