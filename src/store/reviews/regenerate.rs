//! Drafting a brief again, with what an editor asked for.

use uuid::Uuid;

use super::super::Store;
use super::super::connection::Transaction;
use super::ReviewError;
use super::claim::LockedItem;
use crate::domain::review::{Refusal, UNDO_SECONDS};

impl Store {
    /// Makes a run of one brief that drafts it again: pinned as the run before, but for the seed, so that another
    /// text comes of it, and with the brief as it is now. A worker takes it once the decision cannot be undone.
    pub(super) async fn regenerate(
        &self,
        tx: &mut Transaction,
        item: &LockedItem,
        draft_id: Uuid,
        decision_id: Uuid,
        note: &str,
    ) -> Result<Uuid, ReviewError> {
        let run_id = Uuid::now_v7();
        sqlx::query!(
            r#"insert into runs (id, campaign_id, spec, template_sha256, model_sha256, opened_at, regenerates)
               select $1, r.campaign_id,
                      jsonb_set(r.spec, '{draft,seed}', to_jsonb(
                          ((r.spec -> 'draft' ->> 'seed')::numeric + 1 + (select count(*) from regenerations g where g.item_id = $3))
                          -- The largest seed there is goes on with the smallest.
                          % 9223372036854775808)),
                      r.template_sha256, r.model_sha256, nightdesk_now(), $3
               from runs r where r.id = $2"#,
            run_id,
            item.run_id,
            item.id
        )
        .execute(&mut **tx)
        .await?;
        let made = sqlx::query!(
            r#"insert into work_items (run_id, brief_id, brief_revision, position, available_at)
               select $1, b.id, b.revision, 1, nightdesk_now() + make_interval(secs => $3)
               from briefs b
               where b.id = $2 and is_available(b.embargo_until, b.expires_at)"#,
            run_id,
            item.brief_id,
            UNDO_SECONDS as f64
        )
        .execute(&mut **tx)
        .await?;
        if made.rows_affected() == 0 {
            return Err(Refusal::NotRegenerable.into());
        }
        sqlx::query!(
            r#"insert into regenerations (run_id, brief_id, item_id, draft_id, decision_id, note)
               values ($1, $2, $3, $4, $5, $6)"#,
            run_id,
            item.brief_id,
            item.id,
            draft_id,
            decision_id,
            note
        )
        .execute(&mut **tx)
        .await?;
        Ok(run_id)
    }
}
