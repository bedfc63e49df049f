-- The review desk: what waits for an editor, who holds it, and what was decided. Only additions: a binary from
-- before this step works on, its drafts just do not reach the queue until `open_reviews` is called for them.

-- One row for each brief of a run that has drafts to review. The columns after `campaign_id` are copies: the queue
-- is filtered and sorted by them, and a page of it must not join a million drafts.
create table review_items (
    -- The id of its best draft: a link to the draft and a link to the item are one. Goes with the draft when that is
    -- pruned, which happens only to drafts that nobody has decided about.
    id uuid primary key constraint review_items_draft_fkey references drafts (id) on delete cascade,
    run_id uuid not null,
    brief_id uuid not null,
    campaign_id uuid not null constraint review_items_campaign_fkey references campaigns (id),
    channel text,
    language text not null,
    kind text not null,
    topic text not null,
    external_ref text not null,
    -- The beginning of the best draft, for the list.
    first_line text not null,
    -- 0 low, 1 medium, 2 high: a number, because the queue is sorted by it.
    risk smallint not null constraint review_items_risk_known check (risk between 0 and 2),
    -- Of the best draft.
    priority integer not null constraint review_items_priority_range check (priority between 0 and 100),
    due_at timestamptz,
    -- What has no deadline comes after everything that has one.
    due_order timestamptz not null generated always as (coalesce(due_at, 'infinity')) stored,
    -- Of the best draft: names of gates that failed, and rules that took points.
    failed_gates text[] not null,
    rules text[] not null,
    -- Its two largest deductions, as a score card has them.
    deductions jsonb not null constraint review_items_deductions_list check (jsonb_typeof(deductions) = 'array'),
    -- How many have to agree.
    reviews_required integer not null constraint review_items_reviews_range check (reviews_required between 1 and 5),
    -- Who may take it: supervisors only once it was escalated or two reviews disagreed.
    level text not null default 'editor' constraint review_items_level_known check (level in ('editor', 'supervisor')),
    -- Two reviews disagreed: one supervisor who was not one of them decides alone.
    adjudicating boolean not null default false,
    state text not null default 'open' constraint review_items_state_known check (state in ('open', 'decided', 'withdrawn')),
    outcome text constraint review_items_outcome_known check (outcome in ('approved', 'rejected', 'regenerated')),
    -- The text that was approved.
    revision_id uuid,
    -- The item it was regenerated from.
    parent_id uuid constraint review_items_parent_fkey references review_items (id) on delete set null,
    created_at timestamptz not null default nightdesk_now(),
    decided_at timestamptz,
    constraint review_items_key unique (run_id, brief_id),
    constraint review_items_outcome_iff_decided check ((outcome is not null) = (state = 'decided')),
    constraint review_items_closed_has_time check ((decided_at is not null) = (state <> 'open')),
    constraint review_items_approved_has_text check ((revision_id is not null) = (outcome is not distinct from 'approved'))
);

-- The queue by deadline, by priority and by risk: each a walk along one index, however much was decided before.
create index review_items_by_due on review_items (due_order, id) where state = 'open';
create index review_items_by_priority on review_items (priority desc, id) where state = 'open';
create index review_items_by_risk on review_items (risk desc, due_order, id) where state = 'open';
create index review_items_of_campaign on review_items (campaign_id, due_order, id) where state = 'open';
-- Filters that few items match: without these the walk would read the whole queue for a page of five.
create index review_items_rules on review_items using gin (rules) where state = 'open';
create index review_items_gates on review_items using gin (failed_gates) where state = 'open';
-- How many wait for a supervisor: few among many.
create index review_items_of_supervisors on review_items (due_order, id) where state = 'open' and level = 'supervisor';
-- What was decided lately, and what may leave.
create index review_items_decided on review_items (decided_at desc, id) where state = 'decided';
create index review_items_children on review_items (parent_id) where parent_id is not null;

-- Who reads which item now. A lease and not a lock: it ends by itself when the reader closes the laptop. A table of
-- its own, because it is rewritten by every heartbeat.
create table review_leases (
    item_id uuid primary key constraint review_leases_item_fkey references review_items (id) on delete cascade,
    reviewer_id uuid not null constraint review_leases_reviewer_fkey references users (id),
    -- Random and new at every claim: a page from before a takeover cannot write.
    token uuid not null,
    lease_until timestamptz not null,
    taken_at timestamptz not null default nightdesk_now()
) with (fillfactor = 50);

-- Every text that stood for a draft; never changed. The model's own is copied here when it is first needed.
create table revisions (
    id uuid primary key,
    item_id uuid not null constraint revisions_item_fkey references review_items (id) on delete cascade,
    draft_id uuid not null constraint revisions_draft_fkey references drafts (id) on delete cascade,
    -- From 1, the model's own text.
    number integer not null constraint revisions_number_positive check (number > 0),
    text text not null,
    parts jsonb,
    -- Of text and parts: two reviews agree when they approve the same one.
    sha256 text not null constraint revisions_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
    author_kind text not null constraint revisions_author_known check (author_kind in ('model', 'human')),
    author_id uuid constraint revisions_author_fkey references users (id),
    created_at timestamptz not null default nightdesk_now(),
    constraint revisions_number_key unique (draft_id, number),
    -- An edit that is taken back is the text it was before, not another one.
    constraint revisions_text_key unique (draft_id, sha256),
    constraint revisions_model_has_no_author check (author_kind = 'human' or author_id is null)
);
create index revisions_of_item on revisions (item_id);
create index review_items_of_revision on review_items (revision_id) where revision_id is not null;
alter table review_items add constraint review_items_revision_fkey foreign key (revision_id) references revisions (id);

-- The hash of a revision: the text, and after a byte that no UTF-8 text has,
-- the parts as `jsonb` prints them.
create function revision_sha256(body text, parts jsonb) returns text
    language sql stable
    return encode(sha256(convert_to(body, 'UTF8') || coalesce('\xff'::bytea || convert_to(parts::text, 'UTF8'), '')), 'hex');

-- What reviewers said, in order; nothing is taken out. An undo is a row of its own, and marks the row it undoes.
create table decisions (
    id uuid primary key,
    item_id uuid not null constraint decisions_item_fkey references review_items (id) on delete cascade,
    reviewer_id uuid not null constraint decisions_reviewer_fkey references users (id),
    verdict text not null constraint decisions_verdict_known check (
        verdict in ('approve', 'approve_with_edits', 'regenerate', 'reject', 'escalate', 'decline', 'undo')),
    -- The draft that was judged, and the text that was approved.
    draft_id uuid not null constraint decisions_draft_fkey references drafts (id) on delete cascade,
    revision_id uuid constraint decisions_revision_fkey references revisions (id),
    reasons text[] not null default '{}',
    note text constraint decisions_note_short check (length(note) <= 2000),
    -- From claim to decision.
    seconds double precision not null,
    -- Characters that were put in and taken out, over those of both texts; null where nothing was edited.
    edit_ratio real,
    -- The lease it was made under; null in a bulk.
    lease_token uuid,
    bulk_id uuid,
    -- From the form or the caller: the same one twice is one decision.
    key uuid not null constraint decisions_key_key unique,
    undoes uuid constraint decisions_undoes_key unique constraint decisions_undoes_fkey references decisions (id) on delete cascade,
    undone_at timestamptz,
    created_at timestamptz not null default nightdesk_now(),
    constraint decisions_approval_has_text check ((revision_id is not null) = (verdict in ('approve', 'approve_with_edits'))),
    constraint decisions_reject_has_reason check (verdict not in ('reject', 'decline', 'escalate') or cardinality(reasons) > 0 or note is not null),
    constraint decisions_undo_names_one check ((undoes is not null) = (verdict = 'undo')),
    constraint decisions_bulk_approves check (bulk_id is null or verdict in ('approve', 'undo')),
    constraint decisions_under_lease check (lease_token is not null or bulk_id is not null or verdict = 'undo')
);
-- One reviewer, one review of an item: the second pair of eyes, and the adjudicator's, are somebody else's.
create unique index decisions_once_each on decisions (item_id, reviewer_id)
    where undone_at is null and verdict in ('approve', 'approve_with_edits', 'regenerate', 'reject');
create index decisions_of_item on decisions (item_id, created_at);
create index decisions_by_time on decisions (created_at);
-- `prune` deletes drafts by the ten thousand, and each looks for what hangs on it.
create index decisions_of_draft on decisions (draft_id);

-- The last line of defence for what the desk promises: even with a broken desk no decision is stored without a
-- lease that holds, on a closed item, or by somebody who may not decide it.
create function decisions_are_allowed() returns trigger language plpgsql as $$
declare
    item review_items;
    role text;
begin
    select * into item from review_items where id = new.item_id for no key update;
    select u.role into role from users u where u.id = new.reviewer_id and u.disabled_at is null;
    if role is null then
        raise exception 'the reviewer is disabled' using errcode = 'check_violation', constraint = 'decisions_reviewer_active';
    end if;
    if new.verdict = 'undo' then
        return new;
    end if;
    if item.state <> 'open' then
        raise exception 'the item is closed' using errcode = 'check_violation', constraint = 'decisions_item_open';
    end if;
    if item.level = 'supervisor' and role = 'editor' then
        raise exception 'a supervisor has to decide' using errcode = 'check_violation', constraint = 'decisions_level';
    end if;
    if new.bulk_id is not null then
        if role = 'editor' or item.reviews_required > 1 or exists (
            select from review_leases l where l.item_id = item.id and l.lease_until > nightdesk_now()) then
            raise exception 'not for a bulk' using errcode = 'check_violation', constraint = 'decisions_bulk_allowed';
        end if;
    elsif not exists (
        select from review_leases l
        where l.item_id = item.id and l.reviewer_id = new.reviewer_id and l.token = new.lease_token
          and l.lease_until > nightdesk_now()) then
        raise exception 'the lease is not held' using errcode = 'check_violation', constraint = 'decisions_lease_held';
    end if;
    return new;
end $$;
create trigger decisions_are_allowed before insert on decisions
    for each row execute function decisions_are_allowed();

-- The same for the outcome: an approved item has as many live approvals of its very text as it needs, or an
-- adjudicator's; and where two have to agree, somebody other than the text's author approved it.
create function review_items_are_reviewed() returns trigger language plpgsql as $$
declare
    approvals integer;
    others integer;
begin
    if new.outcome is distinct from 'approved' or old.outcome is not distinct from 'approved' and old.revision_id = new.revision_id then
        return new;
    end if;
    select count(*), count(*) filter (where r.author_id is distinct from d.reviewer_id)
    into approvals, others
    from decisions d join revisions r on r.id = d.revision_id
    where d.item_id = new.id and d.undone_at is null and d.revision_id = new.revision_id;
    if approvals < (case when new.adjudicating then 1 else new.reviews_required end) then
        raise exception 'reviews are missing' using errcode = 'check_violation', constraint = 'review_items_reviews_done';
    end if;
    if new.reviews_required > 1 and others = 0 then
        raise exception 'the author cannot be the only approver' using errcode = 'check_violation', constraint = 'review_items_four_eyes';
    end if;
    return new;
end $$;
-- Not on the correction of an approved text, which `drafts correct` records by itself.
create trigger review_items_are_reviewed before update of outcome on review_items
    for each row execute function review_items_are_reviewed();

-- A revision and a decision stay as they were written; only the mark of an undo is added.
create function reviews_are_kept() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'decisions' and to_jsonb(new) - 'undone_at' = to_jsonb(old) - 'undone_at' and to_jsonb(old) ->> 'undone_at' is null then
        return new;
    end if;
    raise exception '% is never changed', tg_table_name using errcode = 'check_violation', constraint = 'reviews_are_kept';
end $$;
create trigger revisions_are_kept before update on revisions for each row execute function reviews_are_kept();
create trigger decisions_are_kept before update on decisions for each row execute function reviews_are_kept();

-- A run of one brief that an editor asked for, with what the next draft should heed. Null for every other run.
alter table runs add column regenerates uuid
    constraint runs_regenerates_fkey references review_items (id) on delete set null;

-- What an editor asked for when a draft was sent back. The note reaches the next prompt, and the draft that comes of
-- it names this one as its parent.
create table regenerations (
    run_id uuid primary key constraint regenerations_run_fkey references runs (id) on delete cascade,
    brief_id uuid not null,
    item_id uuid not null constraint regenerations_item_fkey references review_items (id) on delete cascade,
    draft_id uuid not null,
    decision_id uuid not null constraint regenerations_decision_fkey references decisions (id) on delete cascade,
    note text not null,
    created_at timestamptz not null default nightdesk_now()
);
create index regenerations_of_item on regenerations (item_id);
create index regenerations_of_decision on regenerations (decision_id);
create index runs_regenerating on runs (regenerates) where regenerates is not null;

-- "What was written of this brief", on the brief's page.
create index drafts_of_brief on drafts (brief_id);

-- A reviewer's own views of the queue.
create table saved_filters (
    user_id uuid not null constraint saved_filters_user_fkey references users (id) on delete cascade,
    name text not null constraint saved_filters_name_length check (length(name) between 1 and 60),
    -- The query part of the queue page's address.
    query text not null constraint saved_filters_query_length check (length(query) <= 2000),
    created_at timestamptz not null default nightdesk_now(),
    primary key (user_id, name)
);

-- Puts what was drafted for some briefs of a run before the reviewers; what is there already stays as it is. Called
-- by the commit that writes the drafts. Nothing where the campaign wants no review.
create function open_reviews(run uuid, briefs uuid[]) returns bigint
    language sql as $$
    with best as (
        select distinct on (d.brief_id) d.*
        from drafts d
        where d.run_id = $1 and d.brief_id = any($2) and d.kept and d.state = 'drafted'
        order by d.brief_id, d.rank
    ), made as (
        insert into review_items (id, run_id, brief_id, campaign_id, channel, language, kind, topic, external_ref, first_line,
            risk, priority, due_at, failed_gates, rules, deductions, reviews_required, parent_id, created_at)
        select best.id, best.run_id, best.brief_id, r.campaign_id, best.channel, b.language, b.kind, b.topic, b.external_ref,
               left(regexp_replace(split_part(ltrim(best.text, E' \n\r\t#*'), E'\n', 1), '\s+', ' ', 'g'), 200),
               case v.content ->> 'risk' when 'high' then 2 when 'medium' then 1 else 0 end,
               best.priority, b.due_at, gates.failed, found.rules,
               coalesce(gates.deductions, found.deductions, '[]'),
               -- Where a mistake does harm, two look at it, whatever the campaign says.
               greatest(wanted.reviews, case v.content ->> 'risk' when 'high' then 2 else 1 end),
               g.item_id, best.created_at
        from best
        join runs r on r.id = best.run_id
        join briefs b on b.id = best.brief_id
        join brief_revisions v on v.brief_id = best.brief_id and v.revision = best.brief_revision
        left join regenerations g on g.run_id = best.run_id and g.brief_id = best.brief_id,
        lateral (select coalesce((r.spec -> 'review' ->> 'reviews_required')::integer, 1) as reviews) wanted,
        lateral (
            select coalesce(array_agg(gate ->> 'name'), '{}') as failed,
                   jsonb_agg(jsonb_build_object('points', 100, 'rule', gate ->> 'name', 'message', coalesce(gate ->> 'reason', ''))) as deductions
            from jsonb_array_elements(best.gates) gate where not (gate ->> 'pass')::boolean) gates,
        lateral (
            select coalesce(array_agg(distinct f.rule), '{}') as rules,
                   (select jsonb_agg(jsonb_build_object('points', top.deduction, 'rule', top.rule, 'message', top.message)
                                     order by top.deduction desc, top.position)
                    from (select t.* from findings t where t.draft_id = best.id and t.deduction > 0
                          order by t.deduction desc, t.position limit 2) top) as deductions
            from findings f where f.draft_id = best.id and (f.deduction > 0 or f.severity = 'block')) found
        where wanted.reviews > 0
        on conflict do nothing
        returning 1
    )
    select count(*) from made
$$;

-- What earlier binaries have drafted and nobody has reviewed yet.
do $$
declare
    run uuid;
begin
    for run in select distinct run_id from drafts where kept and state = 'drafted' loop
        perform open_reviews(run, array(select distinct brief_id from drafts where run_id = run and kept));
    end loop;
end $$;
