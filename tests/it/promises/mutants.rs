//! The protections taken away one at a time: the promise they keep has to be broken then, or its test
//! proves nothing. They are taken away in the test's own database, so that no shipped code has a switch.

use sqlx::PgPool;

use super::firing::{Schedulers, daily};
use super::{kills, poison, say};
use crate::support::{Desk, brief};

#[sqlx::test(migrations = "./migrations")]
async fn without_the_fence_zombies_write(pool: PgPool) {
    let without = "create or replace function holds_lease(item_batch uuid, item_epoch bigint, item_state text, batch uuid, epoch bigint)
        returns boolean language sql immutable return item_state in ('leased', 'suspect', 'done')";
    sqlx::query(without).execute(&pool).await.unwrap();
    let found = kills::kill_and_freeze(pool)
        .await
        .expect_err("the fence protects nothing");
    say("mutant: fence", &found);
}

#[sqlx::test(migrations = "./migrations")]
async fn without_isolation_a_brief_kills_on(pool: PgPool) {
    for without in [
        "create function nobody_is_alone() returns trigger language plpgsql as 'begin new.alone := false; return new; end'",
        "create trigger nobody_is_alone before insert on batches for each row execute function nobody_is_alone()",
    ] {
        sqlx::query(without).execute(&pool).await.unwrap();
    }
    let found = poison::among_others(pool, "abort-it")
        .await
        .expect_err("isolation protects nothing");
    say("mutant: isolation", &found);
}

#[sqlx::test(migrations = "./migrations")]
async fn without_the_unique_slot_a_cursor_that_is_put_back_fires_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    desk.apply(&daily("nightly", "0 13 * * *")).await.unwrap();
    let put_back = async || {
        let back = "update campaigns set cursor = '2026-01-05T12:00Z'";
        sqlx::query(back).execute(&desk.pool).await.unwrap();
        Schedulers::new(&desk, 2).look().await;
        let fired: i64 = sqlx::query_scalar("select count(*) from slots where status = 'fired'")
            .fetch_one(&desk.pool)
            .await
            .unwrap();
        fired
    };
    Schedulers::new(&desk, 1).pass_hours(1.5).await;
    assert_eq!(put_back().await, 1, "it is in the ledger");
    // The statement that fires names the constraint's columns and fails without it; a key that is another one each
    // time takes away what it protects.
    for without in [
        "create function another_key() returns trigger language plpgsql as
         'begin new.slot_key := new.slot_key || gen_random_uuid(); return new; end'",
        "create trigger another_key before insert on slots for each row execute function another_key()",
    ] {
        sqlx::query(without).execute(&desk.pool).await.unwrap();
    }
    sqlx::query("update runs set state = 'cancelled', finished_at = now()")
        .execute(&desk.pool)
        .await
        .unwrap();
    assert_eq!(put_back().await, 2, "the constraint protects nothing");
    say(
        "mutant: unique slot",
        "a cursor that was put back fired the same slot again",
    );
}
