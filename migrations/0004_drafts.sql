-- Drafts, their scores, and where they came from.

create table drafts (
    id uuid primary key,
    run_id uuid not null,
    brief_id uuid not null,
    brief_revision integer not null,
    candidate_no integer not null constraint drafts_candidate_not_negative check (candidate_no >= 0),
    -- 1 is the best candidate of its brief.
    rank integer not null constraint drafts_rank_positive check (rank > 0),
    -- Whether it reaches the review queue; the others are stored all the same.
    kept boolean not null,
    channel text,
    text text not null,
    parts jsonb,
    priority integer not null constraint drafts_priority_range check (priority between 0 and 100),
    -- Gates, and the version of the weights; scores and findings have tables of their own.
    score_card_version text not null,
    gates jsonb not null,
    finish_reason text not null constraint drafts_finish_reason_known check (
        finish_reason in ('stop', 'length', 'stop_sequence')),
    state text not null default 'drafted' constraint drafts_state_known check (
        state in ('drafted', 'in_review', 'approved', 'rejected', 'exported', 'killed')),
    -- Provenance: with the run's pinned spec, enough to make the text again.
    template_sha256 text not null constraint drafts_template_fkey references templates (sha256),
    model_sha256 text not null constraint drafts_model_fkey references models (sha256),
    runtime text not null,
    params jsonb not null,
    seed bigint not null,
    prompt_tokens integer not null,
    token_ids integer[] not null,
    -- Raw log-probabilities, four bytes each: fluency and the token view need them.
    logprobs real[] not null,
    timings_ms jsonb not null,
    -- The batch whose commit made it. A worker that lost the reply to its commit finds its own drafts by it.
    batch_id uuid not null,
    created_at timestamptz not null default nightdesk_now(),
    -- The last line of defence: even with a broken fence, a candidate exists once.
    constraint drafts_candidate_key unique (run_id, brief_id, candidate_no),
    foreign key (run_id, brief_id) references work_items (run_id, brief_id),
    foreign key (brief_id, brief_revision) references brief_revisions (brief_id, revision)
);

-- `drafts list`: best first.
create index drafts_by_priority on drafts (priority desc, id) where kept;

-- What a score means; immutable a version, so that an old value is never read by a new rule.
create table score_configs (
    id integer generated always as identity primary key,
    name text not null,
    version integer not null,
    constraint score_configs_name_version_key unique (name, version)
);

-- A row also for a score without a value: "nothing to measure" and "the scorer failed" are answers,
-- and a missing row would look like a scorer that did not exist yet.
create table scores (
    draft_id uuid not null constraint scores_draft_fkey references drafts (id) on delete cascade,
    config_id integer not null constraint scores_config_fkey references score_configs (id),
    value double precision,
    status text not null constraint scores_status_known check (status in ('ok', 'null', 'error')),
    position integer not null,
    primary key (draft_id, config_id),
    constraint scores_value_iff_ok check ((value is not null) = (status = 'ok'))
);

-- Located reasons. Spans are offsets into drafts.text, which never changes.
create table findings (
    draft_id uuid not null constraint findings_draft_fkey references drafts (id) on delete cascade,
    position integer not null,
    score text not null,
    rule text not null,
    severity text not null constraint findings_severity_known check (severity in ('block', 'warn', 'info')),
    status text,
    byte_start integer not null,
    byte_end integer not null,
    char_start integer not null,
    char_end integer not null,
    quote text not null,
    fact_id text,
    deduction integer not null constraint findings_deduction_range check (deduction between 0 and 100),
    message text not null,
    primary key (draft_id, position),
    constraint findings_span_ordered check (byte_start <= byte_end and char_start <= char_end)
);
