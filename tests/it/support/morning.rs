//! The desk on the morning after: every item of a run drafted, its drafts waiting, somebody there to review them.

use nightdesk::domain::user::{Role, User};
use nightdesk::store::LeasedItem;
use uuid::Uuid;

use super::{Desk, done};

impl Desk {
    /// Drafts every item of a run, in the order in which they are claimed.
    pub(crate) async fn draft_all(&self, run: Uuid) -> Vec<LeasedItem> {
        let mut drafted = Vec::new();
        while let Some(lease) = self.claim(run, 100).await {
            let outcomes: Vec<_> = lease.items.iter().map(done).collect();
            self.commit(run, &lease, &outcomes).await;
            drafted.extend(lease.items);
        }
        drafted
    }

    /// The items of a run that wait for review, by `external_ref`.
    pub(crate) async fn review_items(&self, run: Uuid) -> Vec<Uuid> {
        let items = "select id from review_items where run_id = $1 order by external_ref";
        sqlx::query_scalar(items)
            .bind(run)
            .fetch_all(&self.pool)
            .await
            .expect("items")
    }

    /// So many drafts of new briefs that wait for review, and their run.
    pub(crate) async fn morning_of(&self, items: usize) -> (Uuid, Vec<Uuid>) {
        let run = self.run_of(items).await;
        self.draft_all(run).await;
        (run, self.review_items(run).await)
    }

    /// Somebody who reviews and has no password to sign in with.
    pub(crate) async fn reviewer(&self, name: &str, role: Role) -> User {
        let word = serde_json::to_value(role).expect("a word");
        let id = Uuid::now_v7();
        sqlx::query("insert into users (id, name, role, password_hash) values ($1, $2, $3, '$argon2id$none')")
            .bind(id)
            .bind(name)
            .bind(word.as_str())
            .execute(&self.pool)
            .await
            .expect("a user");
        let name = name.to_owned();
        User { id, name, role }
    }
}
