//! Which briefs a campaign would take: the selection that makes a run's items, and the same counted.
//!
//! Two statements with the same conditions, because only literals are checked when they are compiled;
//! tests/it/queue/selection.rs holds every count against the run that is made next.

use serde::Serialize;
use uuid::Uuid;

use super::super::connection::Transaction;
use super::super::{Store, StoreError};
use super::open::RunRequest;
use crate::domain::campaign::{Redraft, Select};

/// How many briefs a campaign would take now, and what becomes of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Selected {
    /// Every brief there is.
    pub briefs: i64,
    /// Briefs that `[select]` describes.
    pub matching: i64,
    /// Of these: not to be written about yet.
    pub embargoed: i64,
    /// Of these: not to be written about any more.
    pub expired: i64,
    /// Of these: drafted before, or being drafted by an unfinished run.
    pub drafted: i64,
    /// Of these: what is left, and a run without a limit would take.
    pub open: i64,
    /// What a run takes, with the campaign's limit.
    pub takes: i64,
}

impl Store {
    /// Selects the briefs of a run by the campaign's `[select]`; gives their number.
    pub(in crate::store) async fn insert_items(
        &self,
        tx: &mut Transaction,
        run_id: Uuid,
        request: &RunRequest<'_>,
    ) -> Result<i64, StoreError> {
        let select = &request.spec.select;
        let limits = [select.limit, request.limit];
        let inserted = sqlx::query!(
            r#"insert into work_items (run_id, brief_id, brief_revision, position)
               select $1, chosen.id, chosen.revision, row_number() over ()
               from (
                   select b.id, b.revision
                   from briefs b
                   where ($3::text is null or b.kind = $3)
                     and b.tags @> $4
                     and ($5::text is null or b.language = $5)
                     and ($6::integer is null or b.priority >= $6)
                     and ($7::text is null or b.external_ref like $7)
                     and is_available(b.embargo_until, b.expires_at)
                     -- Drafted, or being drafted by another run of this campaign.
                     and ($8 = 'always' or not exists (
                         select from work_items w join runs r on r.id = w.run_id
                         where w.brief_id = b.id and r.campaign_id = $2
                           and ($8 = 'never' or w.brief_revision = b.revision)
                           and has_its_brief(w.state, r.state)))
                     -- The same of runs whose items have been pruned.
                     and ($8 = 'always' or not exists (
                         select from drafted_briefs d
                         where d.campaign_id = $2 and d.brief_id = b.id
                           and ($8 = 'never' or d.revision = b.revision)))
                   order by b.priority desc, b.due_at nulls last, b.created_at, b.id
                   limit $9
               ) as chosen"#,
            run_id,
            request.campaign_id,
            select.kind.map(|kind| kind.as_str()),
            &select.tags,
            select.language,
            select.priority,
            select.external_ref.as_deref().map(like_pattern),
            redraft(select),
            limits.into_iter().flatten().min()
        )
        .execute(&mut **tx)
        .await?;
        Ok(inserted.rows_affected() as i64)
    }

    /// Counts what a campaign would take now; `None` for one that is not stored yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn selected(
        &self,
        campaign_id: Option<Uuid>,
        select: &Select,
    ) -> Result<Selected, StoreError> {
        let counted = sqlx::query!(
            r#"with matching as (
                   select is_available(b.embargo_until, b.expires_at) as available,
                          b.expires_at <= nightdesk_now() as expired,
                          $7 <> 'always' and (exists (
                              select from work_items w join runs r on r.id = w.run_id
                              where w.brief_id = b.id and r.campaign_id = $1
                                and ($7 = 'never' or w.brief_revision = b.revision)
                                and has_its_brief(w.state, r.state))
                              or exists (
                              select from drafted_briefs d
                              where d.campaign_id = $1 and d.brief_id = b.id
                                and ($7 = 'never' or d.revision = b.revision))) as drafted
                   from briefs b
                   where ($2::text is null or b.kind = $2)
                     and b.tags @> $3
                     and ($4::text is null or b.language = $4)
                     and ($5::integer is null or b.priority >= $5)
                     and ($6::text is null or b.external_ref like $6)
               )
               select (select count(*) from briefs) as "briefs!",
                      count(*) as "matching!",
                      count(*) filter (where expired) as "expired!",
                      count(*) filter (where not available and expired is not true) as "embargoed!",
                      count(*) filter (where available and drafted) as "drafted!",
                      count(*) filter (where available and not drafted) as "open!"
               from matching"#,
            campaign_id,
            select.kind.map(|kind| kind.as_str()),
            &select.tags,
            select.language,
            select.priority,
            select.external_ref.as_deref().map(like_pattern),
            redraft(select)
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Selected {
            briefs: counted.briefs,
            matching: counted.matching,
            embargoed: counted.embargoed,
            expired: counted.expired,
            drafted: counted.drafted,
            open: counted.open,
            takes: select
                .limit
                .map_or(counted.open, |limit| counted.open.min(limit)),
        })
    }

    /// Every tag that some brief carries, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tags(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"select distinct tag as "tag!" from briefs, unnest(tags) as tag order by 1"#
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

fn redraft(select: &Select) -> &'static str {
    match select.redraft {
        Redraft::Changed => "changed",
        Redraft::Never => "never",
        Redraft::Always => "always",
    }
}

/// `*` stands for anything; `%` and `_`, which SQL would read as wildcards, stand for themselves.
fn like_pattern(glob: &str) -> String {
    let mut pattern = String::with_capacity(glob.len());
    for c in glob.chars() {
        match c {
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', c]),
            other => pattern.push(other),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_star_is_a_wildcard() {
        assert_eq!(like_pattern("fact_book-*-50%"), "fact\\_book-%-50\\%");
    }
}
