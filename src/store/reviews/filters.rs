//! A reviewer's own views of the queue.

use serde::Serialize;
use uuid::Uuid;

use super::super::{Store, StoreError};

/// A view of the queue under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedFilter {
    /// The reviewer's word for it.
    pub name: String,
    /// The query part of the page's address.
    pub query: String,
}

impl Store {
    /// A reviewer's views, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn saved_filters(&self, user_id: Uuid) -> Result<Vec<SavedFilter>, StoreError> {
        Ok(sqlx::query_as!(
            SavedFilter,
            "select name, query from saved_filters where user_id = $1 order by lower(name), name",
            user_id
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Keeps a view; one of the same name is replaced.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_filter(
        &self,
        user_id: Uuid,
        name: &str,
        query: &str,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            r#"insert into saved_filters (user_id, name, query) values ($1, $2, $3)
               on conflict (user_id, name) do update set query = excluded.query"#,
            user_id,
            name,
            query
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Drops a view.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_filter(&self, user_id: Uuid, name: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from saved_filters where user_id = $1 and name = $2",
            user_id,
            name
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
