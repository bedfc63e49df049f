//! What a run gave up, counted by reason: whoever mends a cause needs it once, and not once a brief.

use serde::Serialize;
use uuid::Uuid;

use super::super::{Store, StoreError};

/// Most reasons that are told apart.
const MOST_REASONS: i64 = 100;

/// The briefs of a run that were given up for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineReason {
    /// The reason's code, such as `prompt.too_long`; `unknown` where none was kept.
    pub code: String,
    /// How many.
    pub briefs: i64,
    /// One of its messages.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The first five of them, by their own keys.
    pub examples: Vec<String>,
}

impl Store {
    /// What a run gave up, the most frequent reason first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn quarantine_reasons(
        &self,
        run_id: Uuid,
    ) -> Result<Vec<QuarantineReason>, StoreError> {
        Ok(sqlx::query_as!(
            QuarantineReason,
            r#"select coalesce(w.error ->> 'code', 'unknown') as "code!", count(*) as "briefs!",
                      min(w.error ->> 'message') as message, min(w.error ->> 'hint') as hint,
                      (array_agg(b.external_ref order by w.position))[1:5] as "examples!"
               from work_items w join briefs b on b.id = w.brief_id
               where w.run_id = $1 and w.state = 'quarantined'
               group by coalesce(w.error ->> 'code', 'unknown')
               order by count(*) desc, 1 limit $2"#,
            run_id,
            MOST_REASONS
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
