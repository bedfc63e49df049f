-- Time and briefs.

-- Every statement takes the time from here, so that a test can set it (`set nightdesk.now = '…'`) and
-- so that all hosts agree: application clocks differ, and a lease compared across two of them is void.
create function nightdesk_now() returns timestamptz
    language sql stable
    return coalesce(nullif(current_setting('nightdesk.now', true), '')::timestamptz, now());

-- One brief, whatever its revisions. The columns beside the key are copies from the current revision,
-- because campaigns select by them.
create table briefs (
    id uuid primary key,
    -- The sender's own key: importing a file twice must not make a second brief.
    external_ref text not null constraint briefs_external_ref_key unique,
    -- Revision that campaigns draft; older ones stay for the drafts that point at them.
    revision integer not null constraint briefs_revision_positive check (revision > 0),
    kind text not null constraint briefs_kind_known check (kind in ('news', 'event', 'ad', 'social', 'fiction')),
    topic text not null,
    language text not null,
    tags text[] not null,
    priority integer not null,
    due_at timestamptz,
    embargo_until timestamptz,
    expires_at timestamptz,
    -- Hash of the current revision's canonical JSON: an import with the same hash changes nothing.
    sha256 text not null constraint briefs_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default nightdesk_now(),
    updated_at timestamptz not null default nightdesk_now()
);

-- `tags @> …` is how nearly every campaign selects.
create index briefs_tags on briefs using gin (tags);

-- Immutable content. A draft points at the revision it was written from, so a later correction never
-- changes what an editor sees beside an old draft.
create table brief_revisions (
    brief_id uuid not null constraint brief_revisions_brief_fkey references briefs (id) on delete cascade,
    revision integer not null constraint brief_revisions_positive check (revision > 0),
    -- The brief as JSON, valid against the published schema.
    content jsonb not null constraint brief_revisions_object check (jsonb_typeof(content) = 'object'),
    sha256 text not null constraint brief_revisions_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default nightdesk_now(),
    primary key (brief_id, revision)
);
