//! Tests as the harness lists them: each with a database of its own, as `#[sqlx::test]` would give it, and ignored
//! where what it needs is not on this machine.

use std::future::Future;

use libtest_mimic::Trial;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::testing::{TestArgs, TestFn};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Lists the tests of a file as its `trials`.
macro_rules! trials {
    ($($test:ident),+ $(,)?) => {
        pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(crate::trials::trial(concat!(module_path!(), "::", stringify!($test)), $test)),+]
        }
    };
}

/// A test by its path in this binary; a panic fails it.
pub(crate) fn trial<F>(path: &'static str, test: fn(PgPool) -> F) -> Trial
where
    F: Future<Output = ()> + 'static,
{
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    Trial::test(name, move || {
        let mut args = TestArgs::new(path);
        args.migrator(&MIGRATOR);
        test.run_test(args);
        Ok(())
    })
}
