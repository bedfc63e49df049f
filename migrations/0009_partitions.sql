-- The queue in monthly partitions, so that old nights are dropped instead of deleted: deleting a million rows
-- leaves a million dead ones, in the table that every claim reads. A binary from before this step works on:
-- same names, same columns, same statements.

-- What made an item be given up before a person asked for it again (`runs redrive`): a list of {"at", "attempt",
-- "failures", "crashes", "error"}, oldest first. Without it the cause would be gone with the next attempt.
alter table work_items add column redriven jsonb not null default '[]'
    constraint work_items_redriven_list check (jsonb_typeof(redriven) = 'array');

-- Facts that outlive the items: this campaign has drafted this revision. Selection asks here too; without it a
-- campaign would draft every old brief again in the night after `prune`. No foreign key to briefs, revisions or
-- runs: it is read and never followed.
create table drafted_briefs (
    campaign_id uuid not null constraint drafted_briefs_campaign_fkey references campaigns (id) on delete cascade,
    brief_id uuid not null,
    revision integer not null,
    primary key (campaign_id, brief_id, revision)
);

-- When `prune` dropped the run's items. The run itself stays: drafts name it, and so does the slot ledger.
alter table runs add column pruned_at timestamptz;
-- Its items by state as they were then, because there is nothing left to count.
alter table runs add column pruned_items jsonb
    constraint runs_pruned_items_object check (jsonb_typeof(pruned_items) = 'object');
alter table runs add constraint runs_pruned_iff_counted check (
    (pruned_at is not null) = (pruned_items is not null));
-- Drafts of it that `prune` deleted: the audit would take them for lost.
alter table runs add column pruned_drafts bigint not null default 0;

-- Foreign keys that go, and what does their work now.

-- From drafts to items: a dropped partition must neither take drafts along nor be held up by them. That a draft
-- has an item is the fence's work: the transaction that inserts drafts has just ended their item. That a run with
-- drafts is not deleted is `runs_keep_their_drafts`' below.
alter table drafts drop constraint drafts_run_id_brief_id_fkey;
-- From items to batches: every claim checked it for each item, and deleting a batch would search the whole queue
-- for items that name it. A claim writes the batch and its items in one statement, and only `prune` deletes
-- batches, in the transaction that drops their items.
alter table work_items drop constraint work_items_batch_fkey;
-- From items to briefs: the key to brief_revisions says more, and a revision has its brief. Making a run checked
-- both for every brief.
alter table work_items drop constraint work_items_brief_fkey;

-- A run with drafts cannot be deleted: its drafts would be in no list any more, as every list joins the run. A
-- trigger and not a foreign key, which would lock the run's row for every draft, the row that all its commits
-- update.
create function runs_keep_their_drafts() returns trigger
    language plpgsql as $$
begin
    if exists (select from drafts where run_id = old.id) then
        raise foreign_key_violation using
            message = format('run %s has drafts and stays', old.id),
            constraint = 'drafts_run', table = 'drafts';
    end if;
    return old;
end $$;

create trigger runs_keep_their_drafts before delete on runs
    for each row execute function runs_keep_their_drafts();

-- The smallest UUIDv7 of an instant: ids are ordered by time, so a month of runs is a range of ids.
create function uuid_floor(instant timestamptz) returns uuid
    language sql immutable strict parallel safe
    return (lpad(to_hex(floor(extract(epoch from instant) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;

-- Settings of one partition. They cannot be set on the partitioned table, so whoever makes a partition calls this.
create function tune_work_items(partition regclass) returns void
    language plpgsql as $$
begin
    execute format('alter table %s set (
        -- Every brief is written three times, ready, leased, done. No update is HOT, because the state is in
        -- the indexes; with room on its page at least the row stays near its neighbours, which are claimed with it,
        -- and the table does not grow with every claim.
        fillfactor = 70,
        -- By rows and not by share: a fifth of a million dead rows is a claim that reads 200,000 of them first.
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
        autovacuum_analyze_scale_factor = 0.05,
        -- No pauses: a vacuum that the queue outruns never ends.
        autovacuum_vacuum_cost_delay = 0)', partition);
end $$;

-- The table of before becomes the partition of everything up to the end of this month; nothing is copied.
alter table work_items rename to work_items_before;
alter index work_items_pkey rename to work_items_before_pkey;
alter index work_items_ready rename to work_items_before_ready;
alter index work_items_suspect rename to work_items_before_suspect;
alter index work_items_brief rename to work_items_before_brief;
drop index work_items_leased, work_items_leased_by_run;

-- The queue, one partition a month of `run_id`, the columns and checks as they were.
create table work_items (like work_items_before including defaults including constraints)
    partition by range (run_id);

alter table work_items
    add constraint work_items_pkey primary key (run_id, brief_id),
    add constraint work_items_run_fkey foreign key (run_id) references runs (id) on delete cascade,
    add constraint work_items_brief_id_brief_revision_fkey
        foreign key (brief_id, brief_revision) references brief_revisions (brief_id, revision);

-- What a claim reads: the filter and the order, and nothing that is finished.
create index work_items_ready on work_items (run_id, position) where state = 'ready';
create index work_items_suspect on work_items (run_id, crashes, position) where state = 'suspect';
-- A batch's items, and how much of a run is leased; never more rows than workers hold.
create index work_items_leased on work_items (run_id, batch_id) where state = 'leased';
-- "Has this campaign drafted this revision": asked for every brief when a run is made.
create index work_items_brief on work_items (brief_id, brief_revision);

-- Where a run goes whose month has no partition, because nobody called `ensure_work_items`: an insert must not
-- fail for that.
create table work_items_default partition of work_items default;

do $$
declare
    bound uuid := uuid_floor(date_trunc('month', now(), 'UTC') + interval '1 month');
begin
    perform tune_work_items('work_items_before');
    perform tune_work_items('work_items_default');
    -- Runs made by a host whose clock is ahead.
    with ahead as (delete from work_items_before where run_id >= bound returning *)
    insert into work_items_default select * from ahead;
    execute format('alter table work_items attach partition work_items_before for values from (minvalue) to (%L)', bound);
end $$;

-- Partitions with their bounds, which the catalogue keeps as text. `lower` is null for the first one, both are for
-- the default.
create view work_item_partitions as
    select c.oid::regclass as partition, c.relname::text as name,
           substring(bounds from 'FROM \(''([^'']+)''\)')::uuid as lower,
           substring(bounds from 'TO \(''([^'']+)''\)')::uuid as upper
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid,
    lateral pg_get_expr(c.relpartbound, c.oid) as bounds
    where i.inhparent = 'work_items'::regclass and not i.inhdetachpending;

-- Makes the partitions of this month and the next ones that are missing, and says how many. May be called by any
-- number of processes at once, and again and again. Needs every lock on the queue for a moment; rather than
-- queue up behind a long statement, and everybody behind it, it fails with `lock_not_available`.
create function ensure_work_items(months integer) returns integer
    language plpgsql set lock_timeout = '1s' as $$
declare
    month timestamptz;
    lower_bound uuid;
    upper_bound uuid;
    name text;
    made integer := 0;
begin
    for n in 0..months loop
        month := date_trunc('month', nightdesk_now(), 'UTC') + make_interval(months => n);
        lower_bound := uuid_floor(month);
        upper_bound := uuid_floor(month + interval '1 month');
        name := 'work_items_' || to_char(month at time zone 'UTC', 'YYYY_MM');
        continue when exists (
            select from work_item_partitions p
            where (p.upper > lower_bound) and (p.lower is null or p.lower < upper_bound));
        -- One after the other: the second finds what the first has made.
        lock table work_items in access exclusive mode;
        -- Attaching locks what its foreign keys name. Whoever has runs may be waiting for the queue by now: not
        -- a moment's wait for them, or Postgres finds a deadlock and some worker is its victim.
        lock table runs, brief_revisions in share row exclusive mode nowait;
        continue when to_regclass(name) is not null;
        execute format('create table %I (like work_items including defaults including constraints)', name);
        perform tune_work_items(name::regclass);
        -- Runs of this month that are in the default partition already: they would be in the way.
        execute format('with strays as (delete from work_items_default where run_id >= %L and run_id < %L returning *)
                        insert into %I select * from strays', lower_bound, upper_bound, name);
        execute format('alter table work_items attach partition %I for values from (%L) to (%L)',
                       name, lower_bound, upper_bound);
        made := made + 1;
    end loop;
    return made;
end $$;

select ensure_work_items(2);

-- Statistics for a run that was just made. Without them the planner expects a handful of items, and every claim
-- sorts all that are ready instead of reading the first from their index: seconds instead of milliseconds at a
-- million. Autovacuum would come by a minute later.
create function analyze_work_items(run uuid) returns void
    language plpgsql as $$
declare
    partition regclass := (select w.tableoid::regclass from work_items w where w.run_id = run limit 1);
begin
    if partition is not null then
        -- Whoever holds the lock is analyzing or vacuuming it already.
        execute format('analyze (skip_locked) %s (run_id, state, position)', partition);
    end if;
end $$;

-- Drops one partition, which needs every lock on the queue for a moment. Fails with `lock_not_available` rather
-- than let all workers queue up behind it while it waits for one long statement.
create function drop_work_items(partition regclass) returns void
    language plpgsql set lock_timeout = '2s' as $$
begin
    execute format('drop table %s', partition);
end $$;

-- Heartbeats are HOT (half-empty pages since step 3); what a batch leaves behind when it ends is cleaned early and
-- without pauses, because every heartbeat of the night reads this table.
alter table batches set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
-- Every commit updates its run's counters: with room on the page that is HOT too, and the old versions go with
-- the next one.
alter table runs set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
