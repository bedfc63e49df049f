//! How a run ends: with its last item, or with its window; and items that may not be drafted any more.

use uuid::Uuid;

use super::super::{Store, StoreError};

impl Store {
    /// Ends a run whose items have all ended, or whose window has closed while no item is leased; says
    /// whether it has ended. One that somebody has deleted has.
    ///
    /// A worker without work calls it too: the one that committed the last item may have died between
    /// that commit and this.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn finish_run(&self, run_id: Uuid) -> Result<bool, StoreError> {
        let run = sqlx::query!(
            r#"select r.finished_at is not null as "finished!",
                      not exists (select from work_items where run_id = $1 and state in ('ready', 'leased', 'suspect')) as "done!",
                      coalesce(r.window_ends_at <= nightdesk_now(), false)
                          and not exists (select from work_items where run_id = $1 and state = 'leased') as "closed!"
               from runs r where r.id = $1"#,
            run_id
        )
        .fetch_optional(&self.pool)
        .await?;
        match run {
            None => Ok(true),
            Some(run) if run.finished => Ok(true),
            Some(run) if run.done => self.end_with_last_item(run_id).await,
            Some(run) if run.closed => self.end_with_window(run_id).await,
            Some(_) => Ok(false),
        }
    }

    /// Two statements, as in [`Store::end_with_window`]: a redrive that holds the run's row gives items back,
    /// and only a statement that starts after waiting for it sees them.
    async fn end_with_last_item(&self, run_id: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "select id from runs where id = $1 for no key update",
            run_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        let ended = sqlx::query!(
            r#"update runs r
               set finished_at = nightdesk_now(),
                   state = case when exists (select from work_items where run_id = $1 and state = 'quarantined')
                           then 'completed_with_errors' else 'completed' end
               where r.id = $1 and r.finished_at is null
                 and not exists (select from work_items where run_id = $1 and state in ('ready', 'leased', 'suspect'))"#,
            run_id
        )
        .execute(&mut *tx)
        .await?;
        let finished = sqlx::query_scalar!(
            r#"select finished_at is not null as "finished!" from runs where id = $1"#,
            run_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ended.rows_affected() == 1 || finished.unwrap_or(true))
    }

    /// Ends every run that is over: all its items have ended, or its window has closed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn finish_runs(&self) -> Result<usize, StoreError> {
        let over = sqlx::query_scalar!(
            r#"select id from runs r
               where state in ('queued', 'running')
                 and (window_ends_at <= nightdesk_now()
                      or ((select w.position from work_items w where w.run_id = r.id and w.state = 'ready'
                           order by w.position limit 1) is null
                          and (select w.position from work_items w where w.run_id = r.id and w.state = 'suspect'
                               order by w.crashes, w.position limit 1) is null
                          and not exists (select from work_items w where w.run_id = r.id and w.state = 'leased')))"#
        )
        .fetch_all(&self.pool)
        .await?;
        let mut ended = 0;
        for run_id in over {
            ended += usize::from(self.finish_run(run_id).await?);
        }
        Ok(ended)
    }

    /// Two statements: a claim that began before the window closed holds the run's row until its
    /// leases can be seen, and only a statement that starts after waiting for it does see them. In one
    /// statement the run could end with leased items, whose briefs the next run would draft again.
    async fn end_with_window(&self, run_id: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "select id from runs where id = $1 for no key update",
            run_id
        )
        .fetch_one(&mut *tx)
        .await?;
        let ended = sqlx::query!(
            r#"update runs set state = 'window_expired', finished_at = nightdesk_now()
               where id = $1 and finished_at is null and window_ends_at <= nightdesk_now()
                 and not exists (select from work_items where run_id = $1 and state = 'leased')"#,
            run_id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    /// Ends the campaign's runs by hand whose window has closed; leases that ran out do not keep one.
    pub(in crate::store) async fn end_closed_runs(
        &self,
        campaign_id: Uuid,
    ) -> Result<Option<Uuid>, StoreError> {
        let closed = sqlx::query_scalar!(
            r#"select id from runs
               where campaign_id = $1 and slot is null and regenerates is null
                 and state in ('queued', 'running')
                 and window_ends_at <= nightdesk_now()
               order by id"#,
            campaign_id
        )
        .fetch_all(&self.pool)
        .await?;
        let mut ended = None;
        for run_id in closed {
            self.expire_leases(Some(run_id), &[]).await?;
            if self.finish_run(run_id).await? {
                ended = Some(run_id);
            }
        }
        Ok(ended)
    }

    /// Gives up waiting items whose brief is embargoed again or has expired since the run was made;
    /// the brief's current revision decides. Claims pass them over, so none of them can be leased.
    pub(in crate::store) async fn withdraw(&self, run_id: Uuid) -> Result<u64, StoreError> {
        let withdrawn = sqlx::query!(
            r#"update work_items w
               set state = 'quarantined', finished_at = nightdesk_now(),
                   error = case when b.expires_at <= nightdesk_now() then jsonb_build_object(
                       'code', 'brief.expired', 'message',
                       'the brief expired at ' || to_char(b.expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC, before it was drafted')
                   else jsonb_build_object(
                       'code', 'brief.embargoed', 'message',
                       'the brief is embargoed until ' || to_char(b.embargo_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC; a later run takes it') end
               from briefs b, runs r
               where w.run_id = $1 and b.id = w.brief_id and w.state in ('ready', 'suspect')
                 and not is_available(b.embargo_until, b.expires_at)
                 and r.id = w.run_id and r.state in ('queued', 'running')"#,
            run_id
        )
        .execute(&self.pool)
        .await?;
        if withdrawn.rows_affected() > 0 {
            self.finish_run(run_id).await?;
        }
        Ok(withdrawn.rows_affected())
    }
}
