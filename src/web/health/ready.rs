//! Whether a role can do its work: its database answers and has the schema it wants, and a worker has the
//! models of the runs that it was given.

use std::time::Duration;

use super::Vitals;
use crate::domain::problem::Problem;
use crate::store::{Store, StoreError};
use crate::web::cached::Cached;

/// A database that takes longer would not let anything be claimed either.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// Several probes of the same second ask the database once.
const KEPT: Duration = Duration::from_secs(1);

/// What the database last answered.
#[derive(Debug)]
pub(super) struct Readiness {
    database: Cached<Option<Problem>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            database: Cached::new(KEPT),
        }
    }
}

impl Readiness {
    /// What keeps the role from its work; nothing when it is ready.
    pub(super) async fn problems(&self, vitals: &Vitals) -> Vec<Problem> {
        let Some(store) = vitals.store() else {
            let problem = Problem::new(
                "database.not_reached",
                "the database has not been reached since this process started",
            );
            return vec![problem.hint("its log says why; it is tried again each second")];
        };
        let asked = async {
            match tokio::time::timeout(ANSWERS_WITHIN, works(store)).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.problem()),
                Err(_) => Some(silent()),
            }
        };
        let database = self.database.get(asked, Option::is_none);
        let mut problems = vitals.trouble();
        problems.extend(database.await.0);
        problems
    }
}

/// A schema that fits, in a database that can be written.
async fn works(store: &Store) -> Result<(), StoreError> {
    store.require_schema().await?;
    store.require_writable().await
}

fn silent() -> Problem {
    let waited = ANSWERS_WITHIN.as_secs();
    Problem::new(
        "database.silent",
        format!("the database has not answered within {waited} s"),
    )
    .hint("check that it runs and has connections to spare; work goes on by itself when it answers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_role_that_never_had_a_database_is_not_ready() {
        let vitals = Vitals::new("scheduler", Duration::from_secs(120));
        let problems = Readiness::default().problems(&vitals).await;
        assert_eq!(problems.len(), 1);
        insta::assert_snapshot!(problems[0], @"
        the database has not been reached since this process started

        hint: its log says why; it is tried again each second
        ");
        insta::assert_snapshot!(silent(), @"
        the database has not answered within 3 s

        hint: check that it runs and has connections to spare; work goes on by itself when it answers
        ");
    }
}
