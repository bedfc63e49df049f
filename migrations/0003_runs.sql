-- Runs and the queue. Effects are exactly once: a finished item's drafts, its state and the run's
-- counters are one transaction, fenced by (batch, epoch). Compute is at least once.

-- The execution of one slot or of one manual trigger, with everything it uses pinned: a template or a
-- campaign edited at noon must not change what a run that began at night still has to draft.
create table runs (
    id uuid primary key,
    campaign_id uuid not null constraint runs_campaign_fkey references campaigns (id),
    state text not null default 'queued' constraint runs_state_known check (
        state in ('queued', 'running', 'completed', 'completed_with_errors', 'window_expired', 'cancelled')),
    -- The scheduled instant; null for a run started by hand.
    slot timestamptz,
    spec jsonb not null,
    template_sha256 text not null constraint runs_template_fkey references templates (sha256),
    model_sha256 text not null constraint runs_model_fkey references models (sha256),
    -- Counters that the fenced commits raise. Items by state are counted from work_items.
    drafts bigint not null default 0,
    output_tokens bigint not null default 0,
    -- Milliseconds in which some worker was drafting for it: the denominator of tokens per second.
    busy_ms bigint not null default 0,
    -- Results thrown away because somebody had taken the item over.
    stale_commits bigint not null default 0,
    created_at timestamptz not null default nightdesk_now(),
    started_at timestamptz,
    finished_at timestamptz,
    error text,
    constraint runs_finished_iff_final check (
        (finished_at is not null)
        = (state in ('completed', 'completed_with_errors', 'window_expired', 'cancelled')))
);

-- `run NAME` takes up the unfinished manual run of its campaign.
create index runs_open on runs (campaign_id) where state in ('queued', 'running');

-- A lease: one row a batch, not one an item, so that a heartbeat is one narrow update.
create table batches (
    -- Random, so that a fence cannot be guessed or handed out twice after a restore.
    id uuid primary key,
    run_id uuid not null constraint batches_run_fkey references runs (id) on delete cascade,
    worker text not null,
    -- Whether its worker had nothing else in hand: only then a crash blames the item.
    alone boolean not null,
    lease_until timestamptz not null,
    ended_at timestamptz,
    created_at timestamptz not null default nightdesk_now()
-- Half-empty pages and no index on lease_until keep heartbeats on their page (HOT updates).
) with (fillfactor = 50);

create index batches_open on batches (run_id) where ended_at is null;

-- One brief in one run: the queue row.
create table work_items (
    run_id uuid not null constraint work_items_run_fkey references runs (id) on delete cascade,
    brief_id uuid not null constraint work_items_brief_fkey references briefs (id),
    brief_revision integer not null,
    state text not null default 'ready' constraint work_items_state_known check (
        state in ('ready', 'leased', 'suspect', 'done', 'quarantined')),
    -- Raised by every claim and never lowered: half of the fence, the batch id is the other half.
    epoch bigint not null default 0,
    -- The batch that holds it, or that ended it.
    batch_id uuid constraint work_items_batch_fkey references batches (id),
    attempt integer not null default 0,
    -- Transient errors, each followed by a pause.
    failures integer not null default 0,
    -- Deaths of a worker that held only this item.
    crashes integer not null default 0,
    available_at timestamptz not null default nightdesk_now(),
    -- Order of claims: priority, then due time, then age of the brief.
    position integer not null,
    error jsonb,
    finished_at timestamptz,
    -- The same brief twice in one run would be drafted twice.
    primary key (run_id, brief_id),
    foreign key (brief_id, brief_revision) references brief_revisions (brief_id, revision),
    constraint work_items_leased_has_batch check (state <> 'leased' or batch_id is not null),
    constraint work_items_finished_iff_ended check (
        (finished_at is not null) = (state in ('done', 'quarantined')))
);

-- What a claim reads: the filter and the order, and nothing that is finished.
create index work_items_ready on work_items (run_id, position) where state = 'ready';
create index work_items_suspect on work_items (run_id, crashes, position) where state = 'suspect';
create index work_items_leased on work_items (batch_id) where state = 'leased';
-- "Has this campaign drafted this revision": asked for every brief when a run is made.
create index work_items_brief on work_items (brief_id, brief_revision);
